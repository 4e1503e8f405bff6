"""Tables are built anew under the readers' feet, and no reader sees it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from psycopg import Connection

from domain.milestone_events import MilestoneProgressed
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections.generation import BUILDING_LOCK, AlreadyBuilding, create
from projections.health import health
from projections.reading import NotReady, ReaderPool, projected_position
from projections.runner import Runner
from projections.schema import NEXT_SUFFIX, current_schema
from tests.projections.following import busy, leading
from tests.projections.histories import PLAN, History
from tests.waiting import eventually


def test_before_the_first_tables_are_built_readers_are_told_to_wait(readers: ReaderPool) -> None:
    with pytest.raises(NotReady), readers.connection():
        pass


def test_a_reader_sees_one_whole_generation_while_others_take_its_place(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    written = busy(log)
    runner = Runner(url, log)
    runner.catch_up()
    stop = threading.Event()
    seen: list[tuple[int, int, int]] = []
    failures: list[BaseException] = []

    def read() -> None:
        last = 0
        while not stop.is_set():
            try:
                with readers.connection() as connection:
                    position = projected_position(connection)
                    counts = [
                        connection.execute(query).fetchone()[0]  # type: ignore[index]  # the query always has a row
                        for query in ("SELECT count(*) FROM milestones", "SELECT count(*) FROM timeline")
                    ]
                    assert position >= last, "the log shrank"
                    last = position
                    seen.append((position, counts[0], counts[1]))
            except BaseException as failure:  # noqa: BLE001 - told to the test below
                failures.append(failure)
                return

    reading = [threading.Thread(target=read) for _ in range(2)]
    for thread in reading:
        thread.start()
    for number in range(4):
        written.record("milestone/pef-2026-2027/F001", [MilestoneProgressed(done=number)])
        runner.rebuild()
    stop.set()
    for thread in reading:
        thread.join(10)

    assert failures == []
    assert {milestones for _, milestones, _ in seen} == {len(PLAN)}
    assert all(position == told for position, _, told in seen), "a half-built generation was seen"
    assert len({position for position, *_ in seen}) > 1


def test_a_rebuild_that_was_interrupted_leaves_nothing_behind(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log)
    create(writer, current_schema() + NEXT_SUFFIX, RoleNames())
    create(writer, "projection_abandon", RoleNames())
    Runner(url, log).rebuild()

    assert _schemas(writer) == {current_schema(), "projection_control"}


def test_the_generation_before_this_one_is_kept_for_the_older_program(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(log)
    for version in ("projection_11111111", "projection_22222222", "projection_33333333"):
        monkeypatch.setattr("projections.runner.current_schema", lambda version=version: version)
        Runner(url, log).catch_up()

    assert _schemas(writer) == {"projection_22222222", "projection_33333333", "projection_control"}


def test_one_builds_at_a_time(url: str, log: PostgresLog, writer: Connection[Any]) -> None:
    writer.execute("SELECT pg_advisory_lock(%s)", [BUILDING_LOCK])

    with pytest.raises(AlreadyBuilding):
        Runner(url, log).rebuild()


def test_a_log_that_was_restored_to_an_earlier_day_is_told_anew(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log)
    runner = Runner(url, log)
    runner.catch_up()
    writer.execute(f"UPDATE {current_schema()}.tracking SET notification_id = 1000000")  # noqa: S608 - our own name
    position = f"SELECT max(notification_id) FROM {current_schema()}.tracking"  # noqa: S608 - our own name
    with leading(runner):
        eventually(lambda: writer.execute(position).fetchone() == (log.head().position,))


def test_progress_is_told(url: str, log: PostgresLog) -> None:
    busy(log)
    heard: list[tuple[int, int]] = []

    Runner(url, log).rebuild(lambda told, total: heard.append((told, total)))

    assert heard[-1] == (log.head().position, log.head().position)


def test_health_tells_who_is_behind_and_since_when_the_log_is_still(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    busy(log)
    Runner(url, log).catch_up()
    with readers.connection() as connection:
        well = health(connection)
    written = History(log, commands=20_000)
    written.versions["milestone/pef-2026-2027/F002-JAL"] = 1
    written.record("milestone/pef-2026-2027/F002-JAL", [MilestoneProgressed(done=1)])
    with readers.connection() as connection:
        behind = health(connection)

    assert (well.lag_events, well.lag_seconds, well.quarantined, well.leader_alive) == (0, 0, 0, False)
    assert behind.lag_events == 1
    assert behind.lag_seconds > 0
    assert behind.head_moved_at > well.head_moved_at


def test_a_leader_at_work_is_seen(url: str, log: PostgresLog, readers: ReaderPool) -> None:
    busy(log)
    Runner(url, log).catch_up()

    def is_seen() -> bool:
        with readers.connection() as connection:
            return health(connection).leader_alive

    assert not is_seen()
    with leading(Runner(url, log)):
        eventually(is_seen)


def _schemas(connection: Connection[Any]) -> set[str]:
    rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection%'").fetchall()
    return {name for (name,) in rows}
