-- Has blocked whoever rings: nobody's phone rings, and nobody is told.
ALTER TABLE participants ADD COLUMN hushed BIGINT NOT NULL DEFAULT 0 CHECK (hushed IN (0, 1));
-- Was in another call when the ring began.
ALTER TABLE participants ADD COLUMN busy BIGINT NOT NULL DEFAULT 0 CHECK (busy IN (0, 1));
-- The devices that have confirmed the ring, separated by spaces.
ALTER TABLE participants ADD COLUMN rings_on TEXT NOT NULL DEFAULT '';
-- Of a missed call: when its member took notice.
ALTER TABLE participants ADD COLUMN seen_at BIGINT;
UPDATE participants SET seen_at = left_at WHERE status IN ('invited', 'ringing') AND left_at IS NOT NULL;

-- Whose calls ring nobody of whom.
CREATE TABLE blocks (
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    blocked_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, blocked_id),
    CHECK (member_id <> blocked_id)
);
CREATE INDEX blocks_of_blocked ON blocks (blocked_id);

-- Where a device can be reached by Web Push. One for each session: who signs out is not reached any more.
CREATE TABLE push_subscriptions (
    session TEXT PRIMARY KEY REFERENCES sessions (token_hash) ON DELETE CASCADE,
    endpoint TEXT NOT NULL UNIQUE,
    p256dh TEXT NOT NULL,
    auth TEXT NOT NULL,
    -- The public VAPID key that the browser was given: only messages signed with it arrive.
    vapid_key TEXT NOT NULL,
    -- When the device last said that this is so.
    renewed_at BIGINT NOT NULL,
    -- When the push service last took a message.
    accepted_at BIGINT,
    -- Why it last did not, in its own words.
    refused TEXT
);

-- Which devices show a card for a ring, to be replaced when the ring is over.
CREATE TABLE ring_cards (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    session TEXT NOT NULL REFERENCES sessions (token_hash) ON DELETE CASCADE,
    -- Lets the card decline without anybody being signed in; used once.
    decline_hash TEXT UNIQUE,
    PRIMARY KEY (call_id, session)
);
CREATE INDEX ring_cards_of_session ON ring_cards (session);
