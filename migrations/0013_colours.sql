-- The colour that a person has chosen for their face, one of twelve; none: the one that follows from the member's id.
ALTER TABLE persons ADD COLUMN hue BIGINT CHECK (hue BETWEEN 0 AND 11);
