-- What becomes of a message after it was written, and that a message sent twice is written once.

-- Made by the author's device for one message, however often it is sent.
ALTER TABLE messages ADD COLUMN nonce TEXT;
CREATE UNIQUE INDEX one_message_per_nonce ON messages (author_id, nonce)
WHERE nonce IS NOT NULL;

-- The parts of the text that lead somewhere, as JSON; empty if there are none.
ALTER TABLE messages ADD COLUMN marks TEXT NOT NULL DEFAULT '';

-- When its author last changed what it says.
ALTER TABLE messages ADD COLUMN edited_at BIGINT;

-- Who has taken it out of the timeline. The line stays, its text does not.
ALTER TABLE messages ADD COLUMN removed TEXT CHECK (removed IN ('author', 'leader'));

-- Of which messages a member's devices that look at nothing are told: of 'all', of those that name the member ('named'),
-- or of 'none'. Nothing: as the kind of the channel has it.
ALTER TABLE channel_members ADD COLUMN notices TEXT CHECK (notices IN ('all', 'named', 'none'));
