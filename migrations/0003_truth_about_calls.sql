-- Which device somebody came in with; none for those who came before this was known.
ALTER TABLE participants ADD COLUMN device TEXT;

-- Picked for this very call: may see and join it without its channel.
ALTER TABLE participants ADD COLUMN guest BIGINT NOT NULL DEFAULT 0 CHECK (guest IN (0, 1));
UPDATE participants SET guest = 1
WHERE EXISTS (SELECT 1 FROM calls WHERE calls.id = participants.call_id AND calls.audience = 'invited');

-- Of a call between picked people, a hash of who they were at its start. Two who call each other at once end up in one
-- call in the parish channel as well.
ALTER TABLE calls ADD COLUMN party TEXT;
CREATE UNIQUE INDEX one_live_call_per_party ON calls (channel_id, party)
WHERE status IN ('ringing', 'active') AND party IS NOT NULL;

CREATE INDEX calls_by_end ON calls (ended_at)
WHERE ended_at IS NOT NULL;

-- What a member's browser has asked for and got, by the nonce it made: the same request again has no second effect.
CREATE TABLE requests (
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    -- The member's epoch in the call afterwards.
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (member_id, nonce)
);
CREATE INDEX requests_by_age ON requests (created_at);
CREATE INDEX requests_of_call ON requests (call_id);

-- When something was last so, for all processes that share the database.
CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
