-- The Merkle tree over the events (ledger/tree.py) and what was signed of it (ledger/signer.py). Both are built from the
-- stored bytes by followers with roles of their own, after the append and never in its way.

-- One row a full tile of C2SP tlog-tiles: 256 hashes. What is not full is made from the events when it is asked for.
CREATE TABLE ledger.tiles (
    level  integer NOT NULL,
    number bigint  NOT NULL,
    hashes bytea   NOT NULL CHECK (octet_length(hashes) = 8192),
    -- The hash over all of them: one hash of the tile above.
    root   bytea   NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, number)
);

-- Hashes do not compress, and one part of them can be read without the others.
ALTER TABLE ledger.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.tiles
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_to_change_the_past();
ALTER TABLE ledger.tiles ENABLE ALWAYS TRIGGER append_only;

-- One row a checkpoint that was signed, for all to read. What was signed last is not looked up here but in a file beside
-- the key: a database can be restored, and must not bring the signer back to an earlier tree with it.
CREATE TABLE ledger.checkpoints (
    size      bigint      PRIMARY KEY,
    -- The signed note as it is served: witnesses' cosignatures are added to it.
    note      bytea       NOT NULL,
    -- The public keys that sign, one a line: /log/vkey.
    vkeys     text        NOT NULL,
    -- When it was last said to stand: once a minute while the log does not grow.
    signed_at timestamptz NOT NULL,
    -- When as many witnesses as the policy needs had last signed it; NULL while they have not.
    witnessed_at timestamptz
);

-- One row a time stamp (RFC 3161) that an authority of others gave over the text of a checkpoint.
CREATE TABLE ledger.time_stamps (
    size       bigint      PRIMARY KEY REFERENCES ledger.checkpoints,
    -- The authority's answer as it came: what `openssl ts -verify` reads.
    answer     bytea       NOT NULL,
    -- The hour it says, by the authority's own clock.
    stamped_at timestamptz NOT NULL,
    -- When it was asked for, by ours: from then on nothing is asked for a while.
    asked_at   timestamptz NOT NULL
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.time_stamps
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_to_change_the_past();
ALTER TABLE ledger.time_stamps ENABLE ALWAYS TRIGGER append_only;
