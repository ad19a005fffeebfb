-- What people are told of the devices that they are signed in with: the browser and what it runs on, in a word each (other for
-- sessions that were opened before this), and when it was last seen, to a few hours. No address is kept, and nothing else that
-- a browser says of itself.
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT 'other'
    CHECK (browser IN ('chrome', 'edge', 'firefox', 'safari', 'samsung', 'other'));
ALTER TABLE sessions ADD COLUMN machine TEXT NOT NULL DEFAULT 'other'
    CHECK (machine IN ('android', 'iphone', 'ipad', 'mac', 'windows', 'linux', 'other'));
ALTER TABLE sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET seen_at = created_at;
