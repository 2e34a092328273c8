-- The number of the last change. Whoever writes changes takes theirs from here at the end of its transaction, so that they come in the
-- order of the commits.
CREATE TABLE feed (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    head INTEGER NOT NULL
) STRICT;
INSERT INTO feed (one, head) SELECT 1, coalesce(max(number), 0) FROM log;

-- Records have numbers of their own.
CREATE TABLE record_anew (
    id       INTEGER PRIMARY KEY,
    scope_id INTEGER NOT NULL REFERENCES scope (id),
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    aspects  TEXT NOT NULL,
    at       INTEGER,
    stands   INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    -- Whether its loss was seen once and held back.
    held     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (scope_id, key)
) STRICT;
INSERT INTO record_anew (scope_id, key, value, aspects, at, stands, since, held)
SELECT scope_id, key, value, aspects, at, stands, since, held FROM record;
DROP TABLE record;
ALTER TABLE record_anew RENAME TO record;

-- All committed changes, in commit order. Not pruned.
CREATE TABLE log_anew (
    number    INTEGER PRIMARY KEY,
    record_id INTEGER NOT NULL REFERENCES record (id),
    stands    INTEGER NOT NULL,
    -- Whether it was seen at the first look at its scope.
    baseline  INTEGER NOT NULL,
    -- Of a record that is gone: as it was when it went.
    value     TEXT NOT NULL,
    aspects   TEXT NOT NULL,
    -- The aspects as later normalisers tell them, where one took over while this was the record's newest change.
    retold    TEXT,
    run_id    INTEGER NOT NULL,
    at        INTEGER NOT NULL
) STRICT;
INSERT INTO log_anew (number, record_id, stands, baseline, value, aspects, run_id, at)
SELECT log.number, record.id, log.kind <> 'gone',
    log.run_id = (SELECT first.run_id FROM log AS first WHERE first.scope_id = log.scope_id ORDER BY first.number LIMIT 1),
    coalesce(log.value, record.value), coalesce(log.aspects, record.aspects), log.run_id, log.at
FROM log JOIN record ON record.scope_id = log.scope_id AND record.key = log.key;
DROP TABLE log;
ALTER TABLE log_anew RENAME TO log;
CREATE INDEX log_record ON log (record_id, number);
CREATE INDEX log_time ON log (at, number);
