-- Messages are said anew under one key, so that a key may have several effects.
ALTER TABLE effect DROP CONSTRAINT effect_target_key_key;
-- Whether it is said once for all, as a row is.
ALTER TABLE effect ADD COLUMN once BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE effect ALTER COLUMN once DROP DEFAULT;
-- From when on and until when the run wanted it delivered; none where at once, and where for ever.
ALTER TABLE effect ADD COLUMN send_from BIGINT;
ALTER TABLE effect ADD COLUMN send_until BIGINT;
-- From when on it may be delivered: `send_from`, or later where it was put off after that.
ALTER TABLE effect ADD COLUMN send_at BIGINT;
-- How many requests carried it whose outcome is not known; `sent_at` is the first one's.
ALTER TABLE effect ADD COLUMN doubts BIGINT NOT NULL DEFAULT 0;
UPDATE effect SET doubts = 1 WHERE sent_at IS NOT NULL;
CREATE UNIQUE INDEX effect_once ON effect (target, key) WHERE once;
CREATE INDEX effect_key ON effect (target, key) WHERE NOT once;
-- In the order in which a target's effects are delivered.
DROP INDEX effect_open;
CREATE INDEX effect_open ON effect (target, (state = 'queued'), (send_until IS NULL), send_until, id)
    WHERE state IN ('queued', 'sending', 'unknown');

-- Messages by their keys. A row lives as long as its key, whatever is removed because of its age.
CREATE TABLE message (
    target TEXT NOT NULL,
    key    TEXT NOT NULL,
    -- The digest of what was last said under the key; empty where it was taken back.
    said   TEXT NOT NULL,
    -- What stands in the channel: JSON.
    parts  TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (target, key)
);

-- When schedules want to run earlier than they are due.
CREATE TABLE wake (
    schedule_id BIGINT NOT NULL REFERENCES schedule (id),
    at          BIGINT NOT NULL,
    PRIMARY KEY (schedule_id, at)
);
