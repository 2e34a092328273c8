-- Times are milliseconds since 1970-01-01 UTC. Words such as states are spelt as in `model.rs`.

-- Who works on this store. One row; `term` counts the holders.
CREATE TABLE lease (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    term       BIGINT NOT NULL,
    holder     TEXT NOT NULL,
    taken_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What other commands ask of the holder.
CREATE TABLE request (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body        TEXT NOT NULL,
    asked_at    BIGINT NOT NULL,
    answer      TEXT,
    answered_at BIGINT
);
CREATE INDEX request_open ON request (id) WHERE answer IS NULL;

CREATE TABLE schedule (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    plugin          TEXT NOT NULL,
    site            TEXT,
    -- Every instant up to here has its firing row, or was deliberately never due.
    planned_through BIGINT NOT NULL
);

CREATE TABLE firing (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule_id  BIGINT NOT NULL REFERENCES schedule (id),
    trigger_word TEXT NOT NULL,
    instant      BIGINT NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT,
    -- A long stretch of firings that were missed together is one row: how many, and the first of them.
    stands_for   BIGINT NOT NULL DEFAULT 1,
    first        BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    -- The last number given to an effect of this firing.
    effects      BIGINT NOT NULL DEFAULT 0,
    created_at   BIGINT NOT NULL,
    UNIQUE (schedule_id, trigger_word, instant)
);
CREATE INDEX firing_open ON firing (id) WHERE state IN ('waiting', 'running');
CREATE INDEX firing_age ON firing (created_at);

CREATE TABLE run (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firing_id     BIGINT NOT NULL REFERENCES firing (id) ON DELETE CASCADE,
    attempt       BIGINT NOT NULL,
    mode          TEXT NOT NULL,
    plugin_digest TEXT NOT NULL,
    state         TEXT NOT NULL,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT,
    sentence      TEXT,
    failure_kind  TEXT,
    failure       TEXT,
    backtrace     TEXT,
    -- What was read, counted and used; in a scheduled dry run also the plan: JSON.
    report        TEXT,
    UNIQUE (firing_id, attempt)
);
CREATE INDEX run_open ON run (id) WHERE state = 'running';

CREATE TABLE run_log (
    run_id  BIGINT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    level   TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- The outbox. It outlives the runs that filled it.
CREATE TABLE effect (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firing_id  BIGINT,
    number     BIGINT NOT NULL,
    run_id     BIGINT,
    target     TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    state      TEXT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    -- When the request that carried it was sent, while its outcome is not known.
    sent_at    BIGINT,
    cause      TEXT,
    place      TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    UNIQUE (target, key)
);
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
    since      BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    failures   BIGINT NOT NULL
);

-- Tabs of spreadsheets: what delivery knows of them.
CREATE TABLE tab (
    target   TEXT PRIMARY KEY,
    -- The lease's term under which the keys were last read.
    term     BIGINT NOT NULL,
    read_at  BIGINT NOT NULL
);
CREATE TABLE tab_key (
    target TEXT NOT NULL,
    key    TEXT NOT NULL,
    PRIMARY KEY (target, key)
);

-- What plugins observed.
CREATE TABLE scope (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plugin     TEXT NOT NULL,
    site       TEXT NOT NULL,
    collection TEXT NOT NULL,
    scope      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    UNIQUE (plugin, site, collection, scope)
);
CREATE TABLE record (
    scope_id BIGINT NOT NULL REFERENCES scope (id),
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    aspects  TEXT NOT NULL,
    at       BIGINT,
    stands   BOOLEAN NOT NULL,
    since    BIGINT NOT NULL,
    -- Whether its loss was seen once and held back.
    held     BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (scope_id, key)
);

-- All committed changes, in commit order. Not pruned.
CREATE TABLE log (
    number   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope_id BIGINT NOT NULL REFERENCES scope (id),
    key      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    value    TEXT,
    aspects  TEXT,
    run_id   BIGINT NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX log_record ON log (scope_id, key);
