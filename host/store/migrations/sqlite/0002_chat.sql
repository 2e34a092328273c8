-- Messages are said anew under one key, so that a key may have several effects.
CREATE TABLE effect_anew (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    firing_id  INTEGER,
    number     INTEGER NOT NULL,
    run_id     INTEGER,
    target     TEXT NOT NULL,
    key        TEXT NOT NULL,
    body       TEXT NOT NULL,
    -- Whether it is said once for all, as a row is.
    once       INTEGER NOT NULL,
    state      TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    -- From when on and until when the run wanted it delivered; none where at once, and where for ever.
    send_from  INTEGER,
    send_until INTEGER,
    -- From when on it may be delivered: `send_from`, or later where it was put off after that.
    send_at    INTEGER,
    -- When the first request was sent that carried it and whose outcome is not known, and how many such requests there were.
    sent_at    INTEGER,
    doubts     INTEGER NOT NULL DEFAULT 0,
    cause      TEXT,
    place      TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER
) STRICT;
INSERT INTO effect_anew (id, firing_id, number, run_id, target, key, body, once, state, attempts, sent_at, doubts, cause, place,
    created_at, settled_at)
SELECT id, firing_id, number, run_id, target, key, body, 1, state, attempts, sent_at, sent_at IS NOT NULL, cause, place, created_at,
    settled_at
FROM effect;
-- Numbers that were given away are not given again.
INSERT OR REPLACE INTO sqlite_sequence (rowid, name, seq)
SELECT (SELECT rowid FROM sqlite_sequence WHERE name = 'effect_anew'), 'effect_anew', seq FROM sqlite_sequence WHERE name = 'effect';
DROP TABLE effect;
ALTER TABLE effect_anew RENAME TO effect;
CREATE UNIQUE INDEX effect_once ON effect (target, key) WHERE once;
CREATE INDEX effect_key ON effect (target, key) WHERE NOT once;
CREATE UNIQUE INDEX effect_number ON effect (firing_id, number) WHERE firing_id IS NOT NULL;
-- In the order in which a target's effects are delivered.
CREATE INDEX effect_open ON effect (target, (state = 'queued'), (send_until IS NULL), send_until, id)
    WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX effect_run ON effect (run_id);
CREATE INDEX effect_settled ON effect (settled_at) WHERE settled_at IS NOT NULL;

-- Messages by their keys. A row lives as long as its key, whatever is removed because of its age.
CREATE TABLE message (
    target TEXT NOT NULL,
    key    TEXT NOT NULL,
    -- The digest of what was last said under the key; empty where it was taken back.
    said   TEXT NOT NULL,
    -- What stands in the channel: JSON.
    parts  TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (target, key)
) STRICT, WITHOUT ROWID;

-- When schedules want to run earlier than they are due.
CREATE TABLE wake (
    schedule_id INTEGER NOT NULL REFERENCES schedule (id),
    at          INTEGER NOT NULL,
    PRIMARY KEY (schedule_id, at)
) STRICT, WITHOUT ROWID;
