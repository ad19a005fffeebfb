-- Their phone has taken the microphone away, and may have stopped the page: the others are told.
ALTER TABLE participants ADD COLUMN asleep BIGINT NOT NULL DEFAULT 0
    CHECK (asleep = 0 OR (asleep = 1 AND status = 'connected'));
