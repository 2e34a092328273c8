-- The number of the last change. Whoever writes changes takes theirs from here at the end of its transaction, so that they come in the
-- order of the commits.
CREATE TABLE feed (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    head BIGINT NOT NULL
);
INSERT INTO feed (one, head) SELECT 1, coalesce(max(number), 0) FROM log;

-- Records have numbers of their own.
ALTER TABLE record DROP CONSTRAINT record_pkey;
ALTER TABLE record ADD COLUMN id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
ALTER TABLE record ADD UNIQUE (scope_id, key);

-- All committed changes, in commit order. Not pruned.
ALTER TABLE log RENAME TO log_before;
CREATE TABLE log (
    number    BIGINT PRIMARY KEY,
    record_id BIGINT NOT NULL REFERENCES record (id),
    stands    BOOLEAN NOT NULL,
    -- Whether it was seen at the first look at its scope.
    baseline  BOOLEAN NOT NULL,
    -- Of a record that is gone: as it was when it went.
    value     TEXT NOT NULL,
    aspects   TEXT NOT NULL,
    -- The aspects as later normalisers tell them, where one took over while this was the record's newest change.
    retold    TEXT,
    run_id    BIGINT NOT NULL,
    at        BIGINT NOT NULL
);
INSERT INTO log (number, record_id, stands, baseline, value, aspects, run_id, at)
SELECT old.number, record.id, old.kind <> 'gone',
    old.run_id = (SELECT first.run_id FROM log_before AS first WHERE first.scope_id = old.scope_id ORDER BY first.number LIMIT 1),
    coalesce(old.value, record.value), coalesce(old.aspects, record.aspects), old.run_id, old.at
FROM log_before AS old JOIN record ON record.scope_id = old.scope_id AND record.key = old.key;
DROP TABLE log_before;
CREATE INDEX log_record ON log (record_id, number);
CREATE INDEX log_time ON log (at, number);
