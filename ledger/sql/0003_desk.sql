-- The desk: what has to be remembered beside the log and can be erased again. Who an opaque id is, how they sign in, and
-- who is signed in now. Nothing here is evidence: what anybody may do and what they said is in the log.
-- What is sealed is under the key of the person it is about, in a folder outside the database (ledger/desk/person_keys.py).

CREATE SCHEMA desk;

-- Who an id in the log is, as far as the program has to know. A row that is erased leaves the log as it is.
CREATE TABLE desk.people (
    person      text        PRIMARY KEY,
    -- Sealed: what the person is called on the pages of those who work with them, never in the log; and their issuer and
    -- subject (OpenID Connect Core 1.0, 5.7). By which of them somebody is found is in the folder, too.
    known       bytea       NOT NULL,
    enrolled_at timestamptz NOT NULL
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
    -- Whose it is, where somebody is known to have it.
    person     text,
    -- What it is for, as the program that made it wrote it down, sealed under the code itself.
    about      bytea       NOT NULL,
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

-- How far those who follow the log to tell others of it have come, and when they last looked.
CREATE TABLE desk.followers (
    name      text        PRIMARY KEY,
    position  bigint      NOT NULL,
    looked_at timestamptz NOT NULL
);

-- Who is told by webhook of what happens where. The secret signs what is sent, so it is kept as it is.
CREATE TABLE desk.webhooks (
    id             text        PRIMARY KEY,
    -- The token or the person that asked for it, whose rights it has.
    owner          text        NOT NULL,
    -- Sealed.
    address        bytea       NOT NULL,
    territory      text        NOT NULL,
    process        text,
    -- Names of events without their version; empty for all.
    types          text[]      NOT NULL,
    secret         text        NOT NULL,
    made_at        timestamptz NOT NULL,
    -- Only what is beyond it is told.
    after_position bigint      NOT NULL,
    failing_since  timestamptz,
    disabled_at    timestamptz,
    why_disabled   text
);
CREATE INDEX ON desk.webhooks (owner);

-- What is to be delivered, and what was: made in the transaction that moves the follower on, so that nothing is left out.
CREATE TABLE desk.deliveries (
    webhook         text        NOT NULL REFERENCES desk.webhooks ON DELETE CASCADE,
    position        bigint      NOT NULL,
    made_at         timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    -- Null once it arrived or was given up.
    next_attempt_at timestamptz,
    delivered_at    timestamptz,
    given_up_at     timestamptz,
    last_status     integer,
    last_failure    text,
    PRIMARY KEY (webhook, position)
);
CREATE INDEX ON desk.deliveries (webhook, position) WHERE next_attempt_at IS NOT NULL;

-- The secret address of a person's own calendar; only its SHA-256 is kept.
CREATE TABLE desk.calendars (
    person  text        PRIMARY KEY REFERENCES desk.people ON DELETE CASCADE,
    digest  bytea       NOT NULL UNIQUE,
    made_at timestamptz NOT NULL
);

-- Who wants letters, of what and when. The address is used once its owner has shown a code that was sent there.
CREATE TABLE desk.letters (
    person       text        PRIMARY KEY REFERENCES desk.people ON DELETE CASCADE,
    -- Sealed.
    address      bytea       NOT NULL,
    confirmed_at timestamptz,
    pace         text        NOT NULL CHECK (pace IN ('at_once', 'daily', 'never')),
    matters      text[]      NOT NULL,
    due_days     integer     NOT NULL,
    -- Hours of the person's own day in which nothing is sent at once.
    quiet_from   integer     NOT NULL CHECK (quiet_from BETWEEN 0 AND 23),
    quiet_to     integer     NOT NULL CHECK (quiet_to BETWEEN 0 AND 23),
    language     text        NOT NULL
);

-- What a person was told already, so that nothing is told twice.
CREATE TABLE desk.told (
    person  text        NOT NULL REFERENCES desk.people ON DELETE CASCADE,
    matter  text        NOT NULL,
    told_at timestamptz NOT NULL,
    PRIMARY KEY (person, matter)
);

-- Files a person sent and has not confirmed yet: what is recorded is exactly what was looked at.
CREATE TABLE desk.uploads (
    person     text        NOT NULL REFERENCES desk.people ON DELETE CASCADE,
    -- SHA-256 of the file.
    digest     bytea       NOT NULL,
    -- Sealed.
    content    bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (person, digest)
);
