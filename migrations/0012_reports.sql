-- What members report to those who look after the parish.
CREATE TABLE reports (
    id TEXT PRIMARY KEY,
    parish_id TEXT NOT NULL REFERENCES parishes (id) ON DELETE CASCADE,
    by_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    about_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    -- The message that it is about, unless it is about the member.
    message_id TEXT REFERENCES messages (id) ON DELETE CASCADE,
    -- What the message said when it was reported. Forgotten when the report is closed.
    words TEXT NOT NULL,
    -- What whoever reports says about it.
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT REFERENCES members (id) ON DELETE SET NULL,
    outcome TEXT CHECK (outcome IN ('nothing', 'removed')),
    CHECK (by_id <> about_id),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX open_reports ON reports (parish_id, id)
WHERE closed_at IS NULL;
-- Whoever reports the same twice reports it once.
CREATE UNIQUE INDEX one_open_report ON reports (by_id, about_id, COALESCE(message_id, ''))
WHERE closed_at IS NULL;
CREATE INDEX reports_about ON reports (about_id);
CREATE INDEX reports_of_message ON reports (message_id)
WHERE message_id IS NOT NULL;
CREATE INDEX reports_by_closer ON reports (closed_by)
WHERE closed_by IS NOT NULL;
