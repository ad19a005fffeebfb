-- Keys that a server made for itself at its first start. Others that share the database use the same ones.

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (value <> ''),
    created_at BIGINT NOT NULL
);
