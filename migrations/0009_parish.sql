-- What a one-time link is for: to come in, or to choose a new password.
ALTER TABLE sign_in_links ADD COLUMN kind TEXT NOT NULL DEFAULT 'sign_in' CHECK (kind IN ('sign_in', 'reset'));
CREATE INDEX sign_in_links_of_member ON sign_in_links (member_id);

-- Which invitations of a parish are open.
CREATE INDEX invites_of_parish ON invites (parish_id, expires_at);
CREATE INDEX invites_by_creator ON invites (created_by)
WHERE created_by IS NOT NULL;
