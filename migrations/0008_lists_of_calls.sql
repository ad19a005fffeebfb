-- The calls of a channel, and of a member in all channels, page by page: later calls have greater ids.
DROP INDEX calls_of_channel;
CREATE INDEX calls_of_channel ON calls (channel_id, audience, id);
CREATE INDEX guests ON participants (member_id, call_id)
WHERE guest = 1;
CREATE INDEX missed_calls ON participants (member_id, call_id)
WHERE status IN ('invited', 'ringing') AND left_at IS NOT NULL AND hushed = 0;
