-- What people write, as it is compared when somebody looks for words: without capitals and accents (app/domain/src/search.rs).
-- Empty for what was removed, nothing for cards of calls. What was written before this is folded by the server when it starts
-- (server/store/src/search.rs), on both databases by the same rule.
ALTER TABLE messages ADD COLUMN folded TEXT;
CREATE INDEX not_folded_messages ON messages (id)
WHERE folded IS NULL AND call_id IS NULL;
