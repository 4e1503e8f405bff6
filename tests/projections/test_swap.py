"""One generation takes another's place: what a reader sees of it, and what waits for whom."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import Connection, errors

from domain.milestone_events import MilestoneProgressed, MilestoneStarted
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.tracking import PostgresTracking
from projections.follower import Follower
from projections.generation import create, swap, use
from projections.reading import ReaderPool, projected_position
from projections.runner import Runner
from projections.schema import NEXT_SUFFIX, current_schema
from tests.projections.asking import JAL
from tests.projections.following import busy, leading
from tests.projections.histories import rows, told
from tests.waiting import eventually


def next_generation(writer: Connection[Any], log: PostgresLog) -> Follower:
    """Make the generation that is to be swapped in, told as much as there is now."""
    create(writer, current_schema() + NEXT_SUFFIX, RoleNames())
    use(writer, current_schema() + NEXT_SUFFIX)
    follower = Follower(writer, log)
    follower.catch_up()
    return follower


def test_the_next_generation_tells_all_that_readers_have_seen_before_it_takes_the_place(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    behind = next_generation(writer, log)
    written.record(JAL, [MilestoneStarted()])
    Runner(url, log).catch_up()

    swap(writer, current_schema(), behind.tell_up_to)

    use(writer, current_schema())
    assert PostgresTracking(writer).max_tracking_id("log") == log.head().position
    used = rows(writer, current_schema())
    told(writer, log, "projection_replayed")
    assert used == rows(writer, "projection_replayed")


def test_a_reader_that_waited_for_the_swap_sees_all_that_was_told_during_it(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    behind = next_generation(writer, log)
    written.record(JAL, [MilestoneStarted()])
    Runner(url, log).catch_up()
    seen: list[tuple[int, Any]] = []

    def read() -> None:
        with readers.connection() as connection:
            count = connection.execute("SELECT count(*) FROM timeline").fetchone()
            seen.append((projected_position(connection), count))

    reading = threading.Thread(target=read)

    def tell_while_a_reader_waits(position: int) -> None:
        reading.start()
        eventually(lambda: _waiting(url) == 1)
        behind.tell_up_to(position)

    swap(writer, current_schema(), tell_while_a_reader_waits)
    reading.join(10)

    assert seen == [(log.head().position, (log.head().position,))]


def test_what_is_read_through_one_connection_is_of_one_moment(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    with readers.connection() as connection:
        before = projected_position(connection)
        written.record(JAL, [MilestoneStarted()])
        Runner(url, log).catch_up()

        assert projected_position(connection) == before
        assert connection.execute("SELECT max(position) FROM timeline").fetchone() == (before,)


def test_readers_whose_connections_were_cut_while_idle_notice_nothing(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    busy(log)
    Runner(url, log).catch_up()
    with ExitStack() as lent:
        connections = [lent.enter_context(readers.connection()) for _ in range(4)]
        pids = [connection.info.backend_pid for connection in connections]
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s::int[]) AS pid", [pids])

    with readers.connection() as connection:
        assert projected_position(connection) == log.head().position


def test_a_rebuild_that_was_interrupted_is_not_seen_and_not_in_the_way(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool
) -> None:
    written = busy(log)
    Runner(url, log).catch_up()
    before = rows(writer, current_schema())

    def interrupt(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Runner(url, log).rebuild(interrupt)

    assert _exists(writer, current_schema() + NEXT_SUFFIX)
    assert rows(writer, current_schema()) == before
    written.record(JAL, [MilestoneStarted()])
    assert Runner(url, log).rebuild() == log.head().position
    with readers.connection() as connection:
        assert projected_position(connection) == log.head().position


def test_a_rebuild_waits_for_a_reader_longer_than_a_lock_is_waited_for(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    busy(log)
    Runner(url, log).catch_up()
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with readers.connection() as connection:
            projected_position(connection)
            reading.set()
            done.wait(3)

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(10)
    started = time.monotonic()
    assert Runner(url, log).rebuild() == log.head().position
    assert time.monotonic() - started > 2
    reader.join(10)


def test_a_swap_that_waited_in_vain_has_changed_nothing(
    url: str, log: PostgresLog, writer: Connection[Any], readers: ReaderPool
) -> None:
    busy(log)
    Runner(url, log).catch_up()
    follower = next_generation(writer, log)
    before = rows(writer, current_schema())
    with readers.connection() as connection:
        with pytest.raises(errors.LockNotAvailable):
            swap(writer, current_schema(), follower.tell_up_to)
        assert projected_position(connection) == log.head().position

    assert rows(writer, current_schema()) == before


def test_a_generation_that_an_older_program_reads_is_dropped_another_time(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log)
    create(writer, "projection_00000000", RoleNames())
    with writer.transaction():
        writer.execute("LOCK TABLE projection_00000000.tracking IN ACCESS SHARE MODE")
        Runner(url, log).rebuild()
        assert _exists(writer, "projection_00000000")

    Runner(url, log).rebuild()
    assert not _exists(writer, "projection_00000000")


def test_a_version_that_was_built_again_is_the_last_one(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(log)
    for version in (
        "projection_11111111",
        "projection_22222222",
        "projection_11111111",
        "projection_33333333",
    ):
        monkeypatch.setattr("projections.runner.current_schema", lambda version=version: version)
        Runner(url, log).rebuild()

    assert _exists(writer, "projection_11111111")
    assert not _exists(writer, "projection_22222222")


@pytest.mark.parametrize("follows", [False, True], ids=["told once", "followed"])
def test_a_version_that_came_back_is_kept_when_the_next_one_is_built(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch, *, follows: bool
) -> None:
    written = busy(log)
    for version in (
        "projection_11111111",
        "projection_22222222",
        "projection_11111111",
        "projection_33333333",
    ):
        monkeypatch.setattr("projections.runner.current_schema", lambda version=version: version)
        written.record(JAL, [MilestoneProgressed(done=1)])
        if follows:
            with leading(Runner(url, log)):
                eventually(partial(_tells_all, writer, version, log))
        else:
            Runner(url, log).catch_up()

    assert _exists(writer, "projection_11111111")
    assert not _exists(writer, "projection_22222222")


def test_the_planner_knows_the_tables_from_the_first_question(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log)
    Runner(url, log).rebuild()

    known = writer.execute(
        "SELECT relname, reltuples FROM pg_class WHERE relnamespace = %s::regnamespace"
        " AND relname IN ('milestones', 'milestone_versions_now', 'timeline')",
        [current_schema()],
    ).fetchall()
    assert len(known) == 3
    assert all(count > 0 for _, count in known), known


def _waiting(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    return row[0] if row else 0


def _tells_all(connection: Connection[Any], schema: str, log: PostgresLog) -> bool:
    """Tell whether a generation is there and up to the log."""
    if not _exists(connection, schema):
        return False
    use(connection, schema)
    return PostgresTracking(connection).max_tracking_id("log") == log.head().position


def _exists(connection: Connection[Any], schema: str) -> bool:
    return connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", [schema]).fetchone() == (True,)
