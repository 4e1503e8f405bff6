-- The log: events, where it ends, which commands made it, and the one function that may write it.
--
-- Everything here belongs to the owner role, which nobody can log in as (owners.sql). Who may use what is in
-- grants.sql. Both are applied again at every migration, because a restored dump brings neither.

CREATE SCHEMA ledger;

-- Which of these files were applied, and their SHA-256: a file that changed afterwards is refused.
CREATE TABLE ledger.migrations (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row an event. Only ledger.append writes here.
--
-- One CHECK: PostgreSQL reads each from its text again at every INSERT, which a tenth of a small append went into.
-- What else a row must be (a version from 0, a stream and a type that are not empty) ledger/log.py sees to.
CREATE TABLE ledger.events (
    position     bigint      PRIMARY KEY,
    recorded_at  timestamptz NOT NULL,
    occurred_at  timestamptz NOT NULL,
    command_id   uuid        NOT NULL,
    version      integer     NOT NULL,
    -- "C", so that a prefix is a range of the index and no operating system's collation can reorder it.
    stream       text        COLLATE "C" NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    author_actor text        NOT NULL,
    author_post  text        NOT NULL,
    author_body  text        NOT NULL,
    author_grant text        NOT NULL,
    author_on_behalf_of text,
    -- The exact bytes, because they are what is hashed: jsonb would reorder, rewrite and lose.
    body         bytea       NOT NULL CHECK (octet_length(body) <= 65535),
    UNIQUE (stream, version)
) WITH (
    -- Rows never change, so pages are filled, and frozen early while they are still in memory.
    fillfactor = 100,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_freeze_min_age = 0
);

-- Compressing 300 bytes costs time and wins nothing; a large body is stored as it is.
ALTER TABLE ledger.events ALTER COLUMN body SET STORAGE EXTERNAL;

-- One row: where the log ends. Its lock, held to commit, is what makes positions gapless and in commit order.
CREATE TABLE ledger.head (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL
) WITH (
    -- Updated by every append: room on the page keeps each new version there (HOT), out of the index.
    fillfactor = 10
);

INSERT INTO ledger.head (position, recorded_at) VALUES (0, clock_timestamp());

-- One row a command that recorded something: its id always has the same outcome.
CREATE TABLE ledger.commands (
    command_id     uuid   PRIMARY KEY,
    first_position bigint NOT NULL,
    last_position  bigint NOT NULL,
    request_digest bytea  NOT NULL
);

-- A second wall: not even the owner changes the past by mistake. A superuser still can, which is why
-- the log is also meant to be provable from outside. ALWAYS: also for replication roles.
CREATE FUNCTION ledger.refuse_to_change_the_past() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger.%: what was recorded is not changed (% refused)', TG_TABLE_NAME, TG_OP
        USING HINT = 'Record a correction as a new event.';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_to_change_the_past();
ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.commands
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_to_change_the_past();
ALTER TABLE ledger.commands ENABLE ALWAYS TRIGGER append_only;

-- Record a batch of commits, all of them, in the order given; or, where some cannot be, say which and record none.
-- The caller answers those and sends the rest again: that is rare, and keeps this short and quick.
--
-- Commits are arrays of equal length; so are their events, in the commits' order, and their expectations; the first
-- array of the latter two says which commit (1, 2 …) each belongs to. last_events says which event (1, 2 …) is each
-- commit's last. What comes back is either one row
--   recorded   every commit was recorded, from first_position on, at recorded_at
-- or a row for each reason against a commit:
--   repeated   an earlier append of this command recorded first_position to last_position, at recorded_at
--   reused     another request was recorded under this command id
--   conflict   a stream is not at the version the commit was decided on
-- A stream that one commit writes may not be among the expectations of a later one, and no id may come twice: the
-- caller sees to it (PostgresLog.append). Where it does not, a unique key fails the batch and nothing is recorded.
CREATE FUNCTION ledger.append(
    command_ids uuid[], request_digests bytea[], last_events integer[],
    event_commits integer[], occurred_ats timestamptz[], streams text[], versions integer[], types text[], event_bodies bytea[],
    actors text[], posts text[], bodies text[], grants text[], on_behalf_ofs text[],
    expected_commits integer[], expected_streams text[], expected_versions integer[]
) RETURNS TABLE (
    outcome text, commit_number integer, first_position bigint, last_position bigint, recorded_at timestamptz,
    stream text, expected_version integer, actual_version integer
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Plans are made once, and must not be the ones that suit an empty table: every look-up is by index.
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    head ledger.head;
    written_at timestamptz;
BEGIN
    IF current_setting('synchronous_commit') IN ('off', 'local')
       AND coalesce(current_setting('ledger.unsafe_durability', true), '') <> 'on' THEN
        RAISE EXCEPTION 'synchronous_commit is %: what is acknowledged could be lost',
            current_setting('synchronous_commit')
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Set it to on or remote_apply.';
    END IF;

    -- What follows sees all earlier appends, because a statement takes its snapshot after this lock.
    SELECT * INTO STRICT head FROM ledger.head FOR UPDATE;

    -- Elements are taken by number: here that is a step, and unnest of ten arrays is ten tables made and joined.
    RETURN QUERY
    -- LIMIT keeps the look-up by index; as a plain join it would be planned as a scan of everything recorded.
    SELECT CASE WHEN earlier.request_digest = request_digests[i] THEN 'repeated' ELSE 'reused' END,
           i, earlier.first_position, earlier.last_position,
           (SELECT event.recorded_at FROM ledger.events AS event WHERE event.position = earlier.first_position),
           NULL::text, NULL::integer, NULL::integer
    FROM generate_series(1, cardinality(command_ids)) AS i,
    LATERAL (SELECT * FROM ledger.commands AS known WHERE known.command_id = command_ids[i] LIMIT 1) AS earlier
    UNION ALL
    SELECT 'conflict', expected_commits[i], NULL, NULL, NULL, expected_streams[i], expected_versions[i], actual
    FROM (
        SELECT i, (
            SELECT event.version FROM ledger.events AS event
            WHERE event.stream = expected_streams[i] ORDER BY event.version DESC LIMIT 1
        ) AS actual
        FROM generate_series(1, cardinality(expected_streams)) AS i
    ) AS expectation
    -- A stream without events is expected as 0 or as -1 (see ledger/log.py).
    WHERE coalesce(actual, least(expected_versions[i], 0)) <> expected_versions[i];
    IF FOUND THEN
        RETURN;
    END IF;

    -- The clock may step back; the log's time does not, so that "as of a time" is a prefix of it.
    written_at := greatest(clock_timestamp(), head.recorded_at);

    INSERT INTO ledger.events (position, recorded_at, occurred_at, command_id, version, stream, type, author_actor,
                               author_post, author_body, author_grant, author_on_behalf_of, body)
    SELECT head.position + i, written_at, occurred_ats[i], command_ids[event_commits[i]],
           versions[i], streams[i], types[i],
           actors[i], posts[i], bodies[i], grants[i], on_behalf_ofs[i], event_bodies[i]
    FROM generate_series(1, cardinality(streams)) AS i;

    INSERT INTO ledger.commands (command_id, first_position, last_position, request_digest)
    SELECT command_ids[i], head.position + coalesce(last_events[i - 1], 0) + 1, head.position + last_events[i],
           request_digests[i]
    FROM generate_series(1, cardinality(command_ids)) AS i;

    UPDATE ledger.head SET position = head.position + cardinality(streams), recorded_at = written_at;

    -- One wake-up a batch, and none when the queue of notifications fills (a listener that does not read):
    -- a full queue would fail the append, and nobody's correctness depends on being woken.
    IF pg_notification_queue_usage() < 0.5 THEN
        PERFORM pg_notify('ledger', (head.position + cardinality(streams))::text);
    END IF;

    outcome := 'recorded';
    first_position := head.position + 1;
    recorded_at := written_at;
    RETURN NEXT;
END $$;

-- PostgreSQL lets everybody execute a new function unless told otherwise.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;

-- The Merkle tree over these events is built by a follower, from the stored bytes, outside the append:
-- its tables come in a later migration.
