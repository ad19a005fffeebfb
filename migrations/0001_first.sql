-- The whole first schema. One text for SQLite and PostgreSQL: TEXT and BIGINT are the only types. Ids are TEXT made by
-- the caller (time-ordered UUIDs), times are server milliseconds, flags are 0 or 1. Never edit a migration that has
-- landed: add the next one.

CREATE TABLE persons (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    login TEXT UNIQUE,
    password_hash TEXT,
    locale TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE parishes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE members (
    id TEXT PRIMARY KEY,
    parish_id TEXT NOT NULL REFERENCES parishes (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('member', 'coordinator', 'admin')),
    blocked_at BIGINT,
    left_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (parish_id, person_id)
);
CREATE INDEX members_of_person ON members (person_id);

CREATE TABLE channels (
    id TEXT PRIMARY KEY,
    parish_id TEXT NOT NULL REFERENCES parishes (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('parish', 'group', 'direct')),
    name TEXT NOT NULL,
    announcements_only BIGINT NOT NULL CHECK (announcements_only IN (0, 1)),
    -- "<smaller member id>:<greater>": two members have at most one direct channel.
    direct_pair TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    CHECK ((kind = 'direct') = (direct_pair IS NOT NULL))
);
CREATE INDEX channels_of_parish ON channels (parish_id, kind);

CREATE TABLE channel_members (
    channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    -- The last message read. No reference: what it points to may be deleted, and the place in the timeline stays.
    read_up_to TEXT,
    joined_at BIGINT NOT NULL,
    PRIMARY KEY (channel_id, member_id)
);
CREATE INDEX channels_of_member ON channel_members (member_id);

CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    initiator_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    room_name TEXT NOT NULL UNIQUE,
    audience TEXT NOT NULL CHECK (audience IN ('channel', 'invited')),
    status TEXT NOT NULL CHECK (status IN ('ringing', 'active', 'ended', 'missed', 'declined')),
    end_reason TEXT CHECK (end_reason IN (
        'hangup', 'cancelled', 'declined', 'missed', 'empty', 'failed', 'media_lost', 'removed', 'expired'
    )),
    -- The first answer.
    started_at BIGINT,
    ended_at BIGINT,
    -- Whole seconds that people talked.
    duration BIGINT CHECK (duration >= 0),
    created_at BIGINT NOT NULL,
    -- Rises by one with every change; a change based on an older version is refused.
    version BIGINT NOT NULL CHECK (version >= 0),
    CHECK ((status IN ('active', 'ended')) = (started_at IS NOT NULL)),
    CHECK ((status IN ('ended', 'missed', 'declined')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NOT NULL) = (end_reason IS NOT NULL)),
    CHECK ((status = 'ended') = (duration IS NOT NULL)),
    CHECK (status <> 'declined' OR end_reason = 'declined')
);
CREATE INDEX calls_of_channel ON calls (channel_id, created_at, id);
CREATE INDEX calls_of_initiator ON calls (initiator_id);
CREATE INDEX calls_by_status ON calls (status);
CREATE UNIQUE INDEX one_live_call_per_channel ON calls (channel_id)
WHERE status IN ('ringing', 'active') AND audience = 'channel';

CREATE TABLE participants (
    call_id TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('invited', 'ringing', 'connected', 'disconnected', 'declined')),
    -- When the ring ends by itself; only while it goes on.
    ring_until BIGINT,
    joined_at BIGINT,
    -- When this state came to its end. Still 'invited' or 'ringing' with this set: a missed call.
    left_at BIGINT,
    -- How often this member has joined.
    epoch BIGINT NOT NULL CHECK (epoch >= 0),
    -- The place in the call's list of participants.
    position BIGINT NOT NULL CHECK (position >= 0),
    PRIMARY KEY (call_id, member_id),
    CHECK ((status IN ('invited', 'ringing') AND left_at IS NULL) = (ring_until IS NOT NULL)),
    CHECK ((status IN ('connected', 'disconnected')) = (joined_at IS NOT NULL)),
    CHECK (status <> 'connected' OR left_at IS NULL),
    CHECK (status NOT IN ('disconnected', 'declined') OR left_at IS NOT NULL)
);
CREATE INDEX participants_of_member ON participants (member_id, status);
CREATE INDEX participants_by_status ON participants (call_id, status);
CREATE INDEX live_rings ON participants (ring_until)
WHERE status IN ('invited', 'ringing') AND left_at IS NULL;
CREATE UNIQUE INDEX one_live_participation ON participants (member_id)
WHERE status = 'connected';

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    author_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    -- The call this line remembers.
    call_id TEXT REFERENCES calls (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_of_channel ON messages (channel_id, id);
CREATE UNIQUE INDEX one_card_per_call ON messages (call_id)
WHERE call_id IS NOT NULL;

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_member ON sessions (member_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE sign_in_links (
    token_hash TEXT PRIMARY KEY,
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);

CREATE TABLE invites (
    id TEXT PRIMARY KEY,
    parish_id TEXT NOT NULL REFERENCES parishes (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('member', 'coordinator', 'admin')),
    uses_left BIGINT NOT NULL CHECK (uses_left >= 0),
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    created_by TEXT REFERENCES members (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL
);

-- What a change wants done outside of the database, written in the change's own transaction.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX outbox_due ON outbox (not_before, id)
WHERE done_at IS NULL;
