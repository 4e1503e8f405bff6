"""A projector goes on: whatever ends beside it, whatever an event holds, whoever else is building."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from psycopg import Connection, Cursor

from domain.milestone_events import MilestoneProgressed, MilestoneRedated, MilestoneStarted
from ledger.embedded import EmbeddedPostgres
from ledger.log import NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.tracking import PostgresTracking
from projections import projections, timeline
from projections.fold import Batch
from projections.follower import Follower, GapInLog
from projections.generation import BUILDING_LOCK, use
from projections.health import health
from projections.projection import Projection
from projections.reading import ReaderPool
from projections.runner import Runner
from projections.schema import current_schema, leader_lock
from tests.projections.asking import F001, JAL
from tests.projections.following import busy, leading
from tests.projections.histories import History, Prefix, rows, schedule, told
from tests.waiting import eventually

PROJECTOR = (
    "import sys, threading; from ledger.postgres import PostgresLog; from projections.runner import Runner;"
    "Runner(sys.argv[1], PostgresLog(sys.argv[1])).run(threading.Event())"
)


def position(url: str) -> int:
    """Return how far the tables in use are, 0 while there are none."""
    with psycopg.connect(url, autocommit=True) as connection:
        use(connection, current_schema())
        if connection.execute("SELECT to_regclass('tracking')").fetchone() == (None,):
            return 0
        return PostgresTracking(connection).max_tracking_id("log") or 0


def is_led(connection: Connection[Any]) -> bool:
    """Tell whether somebody leads; a test's own try would be in a leader's way."""
    found = connection.execute(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND (classid::bigint << 32) | objid::bigint = %s"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [leader_lock()],
    )
    return found.rowcount == 1


def test_what_was_recorded_meanwhile_is_told_together(log: PostgresLog, writer: Connection[Any]) -> None:
    written = busy(log, rounds=3)
    told(writer, log, "projection_together")
    with writer.transaction():
        use(writer, "projection_together")
    follower = Follower(writer, log)
    for number in range(3):
        written.record(F001, [MilestoneProgressed(done=100 + number)])

    assert follower.tell_next() == 3
    assert follower.position == log.head().position
    assert follower.tell_next() == 0


def test_a_standby_takes_over_within_seconds_of_the_leader_s_death(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    written = busy(log)
    leader = subprocess.Popen([sys.executable, "-c", PROJECTOR, url], cwd=Path(__file__).parents[2])
    try:
        eventually(lambda: is_led(writer) and position(url) == log.head().position)
        with leading(Runner(url, log)):
            time.sleep(0.2)
            leader.send_signal(signal.SIGKILL)
            died_at = time.monotonic()
            written.record(JAL, [MilestoneStarted()])
            eventually(lambda: position(url) == log.head().position)
            assert time.monotonic() - died_at < 5
    finally:
        leader.kill()
        leader.wait(10)


def test_a_projector_whose_connections_are_cut_goes_on(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    written = busy(log)
    with leading(Runner(url, log)):
        for number in range(3):
            eventually(lambda: position(url) == log.head().position)
            with psycopg.connect(url, autocommit=True) as administrator:
                administrator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'bitacora projector' AND datname = current_database()"
                    " AND pid <> %s",
                    [writer.info.backend_pid],
                )
            written.record(F001, [MilestoneProgressed(done=number)])
        eventually(lambda: position(url) == log.head().position)

    used = rows(writer, current_schema())
    told(writer, log, "projection_replayed")
    assert used == rows(writer, "projection_replayed")


def test_a_projector_outlives_the_database(durable_cluster: EmbeddedPostgres) -> None:
    url = durable_cluster.dsn()
    migrate(url)
    log = PostgresLog(url)
    written = busy(log)
    with leading(Runner(url, log)):
        eventually(lambda: position(url) == log.head().position)
        durable_cluster.stop("immediate")
        time.sleep(0.5)
        durable_cluster.start()
        written.record(F001, [MilestoneProgressed(done=7)])
        eventually(lambda: position(url) == log.head().position)
    log.close()


def test_a_projector_whose_transaction_was_too_slow_tries_again(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that slept in the middle of a transaction finds its session ended, which is no fault of ours."""
    written = busy(log)
    asleep = threading.Event()

    def sleep_once(cursor: Cursor[Any], batch: Batch) -> None:
        if not asleep.is_set():
            asleep.set()
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
            time.sleep(0.2)
        timeline.tell(cursor, batch)

    slow = Projection("timeline", timeline.TABLES, sleep_once)
    Runner(url, log).catch_up()
    monkeypatch.setattr("projections.telling.projections", lambda: (slow,))
    with leading(Runner(url, log)):
        eventually(lambda: is_led(writer))
        written.record(F001, [MilestoneProgressed(done=7)])
        eventually(lambda: position(url) == log.head().position)
    assert asleep.is_set()


def test_a_projector_waits_for_another_that_is_building(
    url: str, log: PostgresLog, writer: Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    busy(log)
    writer.execute("SELECT pg_advisory_lock(%s)", [BUILDING_LOCK])
    with leading(Runner(url, log)):
        eventually(lambda: "is building" in caplog.text)
        writer.execute("SELECT pg_advisory_unlock(%s)", [BUILDING_LOCK])
        eventually(lambda: position(url) == log.head().position)


def test_who_catches_up_beside_a_leader_goes_on_from_where_the_leader_is(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    for number in range(30):
        written.record(F001, [MilestoneProgressed(done=number)])
    monkeypatch.setitem(cast("dict[str, int]", Follower.__init__.__kwdefaults__), "batch_events", 10)
    overtaken = threading.Event()

    def overtake(*_: int) -> None:
        if not overtaken.is_set():
            overtaken.set()
            Runner(url, log).catch_up()

    assert Runner(url, log).catch_up(overtake) == log.head().position
    used = rows(writer, current_schema())
    told(writer, log, "projection_replayed")
    assert used == rows(writer, "projection_replayed")


def test_what_a_reader_may_read_is_said_again_at_every_start(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool
) -> None:
    """A restored dump brings no grants."""
    written = busy(log)
    Runner(url, log).catch_up()
    writer.execute(f"REVOKE ALL ON SCHEMA {current_schema()} FROM bitacora_reader")
    writer.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {current_schema()} FROM bitacora_reader")
    written.record(F001, [MilestoneProgressed(done=7)])
    with leading(Runner(url, log)):
        eventually(lambda: position(url) == log.head().position)

    with readers.connection() as connection:
        assert health(connection).lag_events == 0


def test_nothing_hangs_on_notifications(url: str, log: PostgresLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresLog, "_sleep_until_notified", lambda _, seconds: time.sleep(seconds))
    written = busy(log)
    with leading(Runner(url, log)):
        for number in range(3):
            written.record(F001, [MilestoneProgressed(done=number)])
            eventually(lambda: position(url) == log.head().position)


def test_a_projector_renews_what_the_planner_knows_as_the_log_grows(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log, rounds=0)
    with leading(Runner(url, log)):
        eventually(lambda: position(url) == log.head().position)
        body = b'{"done":1,"note":null,"target":null}'
        more = [NewEvent(F001, version, "MilestoneProgressed.v1", body) for version in range(2, 1302)]
        History(log, commands=10_000).record_raw(more)
        eventually(
            lambda: (
                writer.execute(
                    "SELECT reltuples >= 1300 FROM pg_class"
                    " WHERE relnamespace = to_regnamespace(%s) AND relname = 'timeline'",
                    [current_schema()],
                ).fetchone()
                == (True,)
            )
        )


def test_a_log_with_a_gap_is_not_told(writer: Connection[Any], log: PostgresLog) -> None:
    class Torn(Prefix):
        def read(self, after_position: int, limit: int) -> Any:
            return [event for event in log.read(after_position, limit) if event.position != 3]

    busy(log)
    told(writer, Prefix(log, 2), "projection_used")

    with pytest.raises(GapInLog, match="position 3"):
        Follower(writer, Torn(log, 100)).catch_up()
    assert PostgresTracking(writer).max_tracking_id("log") == 2


def test_a_follower_that_failed_goes_on_from_what_was_written(
    writer: Connection[Any], log: PostgresLog
) -> None:
    written = busy(log)
    told(writer, log, "projection_used")
    failing = threading.Event()
    failing.set()

    def fail_once(_: Cursor[Any], __: Batch) -> None:
        if failing.is_set():
            failing.clear()
            raise psycopg.OperationalError("the disk is full")

    follower = Follower(writer, log, told=[*projections(), Projection("the disk", "", fail_once)])
    redated = MilestoneRedated(schedule=schedule("2027-04-01"), instrument="CG/2", reason="a reform")
    written.record(F001, [redated])
    with pytest.raises(psycopg.OperationalError):
        follower.catch_up()
    follower.catch_up()

    used = rows(writer, "projection_used")
    told(writer, log, "projection_replayed")
    assert used == rows(writer, "projection_replayed")


def test_a_projector_that_has_built_waits_for_the_disk_again(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log)
    Runner(url, log)._build(writer, None)

    assert writer.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_an_event_two_projections_set_aside_is_one_event(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    busy(log).record_raw([NewEvent("milestone/never/planned", 1, "MilestoneStarted.v1", b'{"note":null}')])
    Runner(url, log).catch_up()

    with readers.connection() as connection:
        assert connection.execute("SELECT count(*) FROM quarantine").fetchone() == (2,)
        assert health(connection).quarantined == 1


def test_the_leader_of_another_database_is_not_ours(
    url: str, log: PostgresLog, readers: ReaderPool, migrated: EmbeddedPostgres
) -> None:
    busy(log)
    Runner(url, log).catch_up()
    with psycopg.connect(migrated.dsn("postgres"), autocommit=True) as elsewhere:
        elsewhere.execute("SELECT pg_advisory_lock(%s)", [leader_lock()])
        with readers.connection() as connection:
            assert health(connection).leader_alive is False


def test_what_was_set_aside_is_told_by_a_rebuild_once_the_mistake_is_mended(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()

    def mistaken(cursor: Cursor[Any], batch: Batch) -> None:
        if any(step.stored.stream == JAL for step in batch.all_steps()):
            raise ZeroDivisionError("a mistake of ours")
        timeline.tell(cursor, batch)

    with monkeypatch.context() as patched:
        patched.setattr(
            "projections.telling.projections", lambda: (Projection("timeline", timeline.TABLES, mistaken),)
        )
        written.record(JAL, [MilestoneStarted()])
        Runner(url, log).catch_up()
        with readers.connection() as connection:
            assert health(connection).quarantined == 1

    Runner(url, log).rebuild()
    with readers.connection() as connection:
        assert health(connection).quarantined == 0
    used = rows(writer, current_schema())
    told(writer, log, "projection_replayed")
    assert used == rows(writer, "projection_replayed")


def test_a_clock_that_was_set_back_makes_nobody_look_ahead(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("UPDATE ledger.head SET recorded_at = recorded_at + interval '1 hour'")
    written.record(JAL, [MilestoneStarted()])

    with readers.connection() as connection:
        seen = health(connection)
    assert (seen.lag_events, seen.lag_seconds) == (1, 0)
