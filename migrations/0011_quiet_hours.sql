-- Where the clock of a parish stands: a name of the IANA time zones. Empty as long as nobody has chosen one: UTC.
ALTER TABLE parishes ADD COLUMN time_zone TEXT NOT NULL DEFAULT '';

-- When no phone of a person rings, by the clock of their parish: minutes since midnight, over midnight if it ends earlier.
ALTER TABLE persons ADD COLUMN quiet_from BIGINT CHECK (quiet_from BETWEEN 0 AND 1439);
ALTER TABLE persons ADD COLUMN quiet_until BIGINT CHECK (
    (quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_until BETWEEN 0 AND 1439 AND quiet_until <> quiet_from
);

-- Had quiet hours when the ring began: no phone of theirs rang, and the caller was told why.
ALTER TABLE participants ADD COLUMN quiet BIGINT NOT NULL DEFAULT 0 CHECK (quiet IN (0, 1));
