-- Nobody new may come in.
ALTER TABLE calls ADD COLUMN locked BIGINT NOT NULL DEFAULT 0 CHECK (locked IN (0, 1));

-- Who rang them last.
ALTER TABLE participants ADD COLUMN rung_by TEXT REFERENCES members (id) ON DELETE SET NULL;
-- Was put out by somebody who leads, and may not come back by themselves.
ALTER TABLE participants ADD COLUMN put_out BIGINT NOT NULL DEFAULT 0 CHECK (put_out IN (0, 1));
-- Since when their hand is up.
ALTER TABLE participants ADD COLUMN hand_at BIGINT CHECK (hand_at IS NULL OR status = 'connected');
-- What somebody who leads wanted of them last.
ALTER TABLE participants ADD COLUMN prompt TEXT CHECK (prompt IN ('mute', 'unmute'));
ALTER TABLE participants ADD COLUMN prompt_by TEXT REFERENCES members (id) ON DELETE SET NULL;
ALTER TABLE participants ADD COLUMN prompt_at BIGINT;
-- How they reacted last.
ALTER TABLE participants ADD COLUMN reaction TEXT
    CHECK (reaction IN ('thumb', 'heart', 'applause', 'laughter', 'prayer'));
ALTER TABLE participants ADD COLUMN reaction_at BIGINT;
CREATE INDEX participants_by_rung_by ON participants (rung_by)
WHERE rung_by IS NOT NULL;
CREATE INDEX participants_by_prompt_by ON participants (prompt_by)
WHERE prompt_by IS NOT NULL;
