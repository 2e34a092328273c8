-- Times are milliseconds since 1970-01-01 UTC. Words such as states are spelt as in `model.rs`.

-- Who works on this store. One row; `term` counts the holders.
CREATE TABLE lease (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    term       INTEGER NOT NULL,
    holder     TEXT NOT NULL,
    taken_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- What other commands ask of the holder.
CREATE TABLE request (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    body        TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    answer      TEXT,
    answered_at INTEGER
) STRICT;
CREATE INDEX request_open ON request (id) WHERE answer IS NULL;

CREATE TABLE schedule (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    plugin          TEXT NOT NULL,
    site            TEXT,
    -- Every instant up to here has its firing row, or was deliberately never due.
    planned_through INTEGER NOT NULL
) STRICT;

CREATE TABLE firing (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule_id  INTEGER NOT NULL REFERENCES schedule (id),
    trigger_word TEXT NOT NULL,
    instant      INTEGER NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT,
    -- A long stretch of firings that were missed together is one row: how many, and the first of them.
    stands_for   INTEGER NOT NULL DEFAULT 1,
    first        INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    -- The last number given to an effect of this firing.
    effects      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    UNIQUE (schedule_id, trigger_word, instant)
) STRICT;
CREATE INDEX firing_open ON firing (id) WHERE state IN ('waiting', 'running');
CREATE INDEX firing_age ON firing (created_at);

CREATE TABLE run (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    firing_id     INTEGER NOT NULL REFERENCES firing (id) ON DELETE CASCADE,
    attempt       INTEGER NOT NULL,
    mode          TEXT NOT NULL,
    plugin_digest TEXT NOT NULL,
    state         TEXT NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    sentence      TEXT,
    failure_kind  TEXT,
    failure       TEXT,
    backtrace     TEXT,
    -- What was read, counted and used; in a scheduled dry run also the plan: JSON.
    report        TEXT,
    UNIQUE (firing_id, attempt)
) STRICT;
CREATE INDEX run_open ON run (id) WHERE state = 'running';

CREATE TABLE run_log (
    run_id  INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    level   TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;

-- The outbox. It outlives the runs that filled it.
CREATE TABLE effect (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    firing_id  INTEGER,
    number     INTEGER NOT NULL,
    run_id     INTEGER,
    target     TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- When the request that carried it was sent, while its outcome is not known.
    sent_at    INTEGER,
    cause      TEXT,
    place      TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    UNIQUE (target, key)
) STRICT;
CREATE UNIQUE INDEX effect_number ON effect (firing_id, number) WHERE firing_id IS NOT NULL;
CREATE INDEX effect_open ON effect (target, id) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX effect_run ON effect (run_id);
CREATE INDEX effect_settled ON effect (settled_at) WHERE settled_at IS NOT NULL;

-- Targets that cannot be written to at the moment.
CREATE TABLE target (
    target     TEXT PRIMARY KEY,
    -- 'held': an operator must mend it; 'waiting': it is tried again by itself.
    state      TEXT NOT NULL,
    cause      TEXT NOT NULL,
    advice     TEXT,
    since      INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    failures   INTEGER NOT NULL
) STRICT;

-- Tabs of spreadsheets: what delivery knows of them.
CREATE TABLE tab (
    target   TEXT PRIMARY KEY,
    -- The lease's term under which the keys were last read.
    term     INTEGER NOT NULL,
    read_at  INTEGER NOT NULL
) STRICT;
CREATE TABLE tab_key (
    target TEXT NOT NULL,
    key    TEXT NOT NULL,
    PRIMARY KEY (target, key)
) STRICT, WITHOUT ROWID;

-- What plugins observed.
CREATE TABLE scope (
    id         INTEGER PRIMARY KEY,
    plugin     TEXT NOT NULL,
    site       TEXT NOT NULL,
    collection TEXT NOT NULL,
    scope      TEXT NOT NULL,
    version    INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    UNIQUE (plugin, site, collection, scope)
) STRICT;
CREATE TABLE record (
    scope_id INTEGER NOT NULL REFERENCES scope (id),
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    aspects  TEXT NOT NULL,
    at       INTEGER,
    stands   INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    -- Whether its loss was seen once and held back.
    held     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (scope_id, key)
) STRICT, WITHOUT ROWID;

-- All committed changes, in commit order. Not pruned.
CREATE TABLE log (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    scope_id INTEGER NOT NULL REFERENCES scope (id),
    key      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    value    TEXT,
    aspects  TEXT,
    run_id   INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX log_record ON log (scope_id, key);
