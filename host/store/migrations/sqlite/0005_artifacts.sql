-- What refers to content that is kept by its digest, outside of the database.
CREATE TABLE artifact (
    id            INTEGER PRIMARY KEY,
    site          TEXT NOT NULL,
    plugin        TEXT NOT NULL,
    -- The key of an item or the name of a scope of the catalog, and what of it this is.
    subject       TEXT NOT NULL,
    name          TEXT NOT NULL,
    media_type    TEXT NOT NULL,
    digest        TEXT NOT NULL,
    size          INTEGER NOT NULL,
    -- The run whose log rows tell what changed with it.
    run_id        INTEGER NOT NULL,
    kept_at       INTEGER NOT NULL,
    -- Since when another stands in its place; one that stands has none.
    superseded_at INTEGER
) STRICT;
CREATE UNIQUE INDEX artifact_stands ON artifact (site, subject, name, plugin) WHERE superseded_at IS NULL;
CREATE INDEX artifact_digest ON artifact (digest);
CREATE INDEX artifact_run ON artifact (run_id);
CREATE INDEX artifact_superseded ON artifact (superseded_at) WHERE superseded_at IS NOT NULL;
