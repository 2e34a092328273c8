-- The catalog: what plugins sighted of what a Moodle holds, and the items made from it. An item is a record of the host's own collection
-- `items`, whose changes stand in the log.

-- What was looked at. A scope belongs to the plugin that first wrote it.
CREATE TABLE catalog_scope (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site     TEXT NOT NULL,
    scope    TEXT NOT NULL,
    plugin   TEXT NOT NULL,
    source   TEXT NOT NULL,
    -- What stands before the first slash of the scope, and the course it is about; empty where it is about the whole site.
    part     TEXT NOT NULL,
    course   TEXT NOT NULL,
    version  BIGINT NOT NULL,
    -- A digest of what was sighted last, where the same again would change nothing; else empty.
    digest   TEXT NOT NULL,
    -- Whether all of it was seen once.
    complete BOOLEAN NOT NULL,
    seen_at  BIGINT NOT NULL,
    UNIQUE (site, scope)
);
CREATE INDEX catalog_scope_part ON catalog_scope (site, part, course);

-- What each scope tells of an item.
CREATE TABLE sighting (
    scope_id     BIGINT NOT NULL REFERENCES catalog_scope (id),
    key          TEXT NOT NULL,
    standpoint   TEXT NOT NULL,
    -- Whether its loss was seen once and held back.
    held         BOOLEAN NOT NULL,
    digest       TEXT NOT NULL,
    value        TEXT NOT NULL,
    likeness     TEXT,
    within_group TEXT,
    at           BIGINT,
    PRIMARY KEY (scope_id, key)
);
CREATE INDEX sighting_key ON sighting (key);

-- What of an item is asked for: columns beside its record.
CREATE TABLE item (
    record_id    BIGINT PRIMARY KEY REFERENCES record (id),
    site         TEXT NOT NULL,
    stands       BOOLEAN NOT NULL,
    kind         TEXT NOT NULL,
    course       TEXT NOT NULL,
    -- Days without an hour stand here as their first instant, UTC.
    published_at BIGINT,
    starts_at    BIGINT,
    due_at       BIGINT,
    completion   TEXT NOT NULL,
    review       TEXT NOT NULL
);
CREATE INDEX item_kind ON item (site, kind) WHERE stands;
CREATE INDEX item_course ON item (site, course) WHERE stands;
CREATE INDEX item_due ON item (site, due_at) WHERE stands AND due_at IS NOT NULL;
CREATE INDEX item_starts ON item (site, starts_at) WHERE stands AND starts_at IS NOT NULL;
CREATE INDEX item_review ON item (site, review) WHERE stands AND review <> 'none';

-- What texts and dates of items say.
CREATE TABLE fact (
    record_id  BIGINT NOT NULL REFERENCES record (id),
    place      BIGINT NOT NULL,
    site       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    at         BIGINT,
    confidence DOUBLE PRECISION NOT NULL,
    extractor  TEXT NOT NULL,
    -- All of it: JSON.
    body       TEXT NOT NULL,
    PRIMARY KEY (record_id, place)
);
CREATE INDEX fact_at ON fact (site, kind, at);
