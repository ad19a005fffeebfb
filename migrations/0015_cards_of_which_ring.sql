-- At which version of its call a card was judged to ring: what ended an earlier ring, or this one before the card was sent, does not
-- speak of it.
ALTER TABLE ring_cards ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
