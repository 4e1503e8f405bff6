-- The desk: what has to be remembered beside the log and can be erased again. Who an opaque id is, how they sign in, and
-- who is signed in now. Nothing here is evidence: what anybody may do and what they said is in the log.

CREATE SCHEMA desk;

-- Who an id in the log is, as far as the program has to know. A row that is erased leaves the log as it is.
CREATE TABLE desk.people (
    person      text        PRIMARY KEY,
    -- What the person is called on the pages of those who work with them; never in the log.
    name        text        NOT NULL,
    -- Identity is issuer and subject (OpenID Connect Core 1.0, 5.7), never an address; empty for a passkey.
    issuer      text,
    subject     text,
    enrolled_at timestamptz NOT NULL,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);

-- The passkeys a person signs in with (WebAuthn Level 2): public keys only.
CREATE TABLE desk.passkeys (
    credential bytea       PRIMARY KEY,
    person     text        NOT NULL REFERENCES desk.people ON DELETE CASCADE,
    public_key bytea       NOT NULL,
    -- Grows with each use where the device counts; one that falls is a copy.
    uses       bigint      NOT NULL,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX ON desk.passkeys (person);

-- Codes that let somebody in once: to enrol, or as a challenge under way. Only the SHA-256 is kept.
CREATE TABLE desk.codes (
    digest     bytea       PRIMARY KEY,
    purpose    text        NOT NULL,
    -- What it is for, as the program that made it wrote it down.
    about      text        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Who is signed in. Only the SHA-256 of what the browser holds is kept.
CREATE TABLE desk.sessions (
    digest     bytea       PRIMARY KEY,
    person     text        NOT NULL REFERENCES desk.people ON DELETE CASCADE,
    began_at   timestamptz NOT NULL,
    -- When the person last proved who they are, for acts of legal effect.
    proved_at  timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON desk.sessions (person);
