"""Every event is told once: whoever crashes, whoever competes, whatever an event holds."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from domain.milestone_events import MilestoneCompleted, MilestoneProgressed, MilestoneStarted
from ledger.log import NewEvent
from ledger.postgres import PostgresLog
from ledger.tracking import MovedOn, PostgresTracking
from projections import projections
from projections.follower import Follower
from projections.generation import use
from projections.projection import Projection
from projections.runner import Runner
from projections.schema import current_schema
from projections.share import LOG_NAME
from tests.projections.following import busy, leading
from tests.projections.histories import History, rows, told
from tests.torture.size import sized
from tests.waiting import eventually


def as_replayed(writer: Connection[Any], log: PostgresLog) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows a replay from zero gives."""
    told(writer, log, "projection_replayed")
    return rows(writer, "projection_replayed")


def position(url: str) -> int:
    """Return how far the tables in use are."""
    with psycopg.connect(url, autocommit=True) as connection:
        use(connection, current_schema())
        return PostgresTracking(connection).max_tracking_id(LOG_NAME) or 0


def test_a_crash_between_folding_and_committing_tells_nothing_twice(
    writer: Connection[Any], log: PostgresLog
) -> None:
    busy(log)
    told(writer, log, "projection_used")
    History(log, commands=10_000).record_raw(
        [NewEvent("milestone/pef-2026-2027/F002-JAL", 2, "MilestoneStarted.v1", b'{"note":null}')]
    )

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    crashing = Follower(writer, log, told=[*projections(), Projection("the power", "", die)])
    use(writer, "projection_used")
    crashing.begin()
    with pytest.raises(KeyboardInterrupt):
        crashing.catch_up()
    before = rows(writer, "projection_used")
    Follower(writer, log).catch_up()

    assert rows(writer, "projection_used") != before
    assert rows(writer, "projection_used") == as_replayed(writer, log)


def test_of_two_that_believe_they_are_at_the_same_position_one_fails(
    writer: Connection[Any], url: str, log: PostgresLog
) -> None:
    busy(log)
    told(writer, log, "projection_used")
    one, other = Follower(writer, log), Follower(writer, log)
    History(log, commands=10_000).record_raw(
        [NewEvent("milestone/pef-2026-2027/F002-JAL", 2, "MilestoneStarted.v1", b'{"note":null}')]
    )
    one.catch_up()

    with pytest.raises(MovedOn):
        other.catch_up()
    assert rows(writer, "projection_used") == as_replayed(writer, log)


def test_without_the_comparison_the_same_two_tell_it_twice(writer: Connection[Any], log: PostgresLog) -> None:
    """The negative control: a projector that trusts itself writes a version again, and the tables refuse it."""
    busy(log)
    told(writer, log, "projection_used")
    believing = Follower(writer, log)
    believing.position -= 1
    writer.execute("UPDATE tracking SET notification_id = notification_id - 1")
    believing.catch_up()

    assert rows(writer, "projection_used") != as_replayed(writer, log)


def test_one_leads_and_the_other_takes_over(url: str, log: PostgresLog, writer: Connection[Any]) -> None:
    written = busy(log)
    with ExitStack() as leader:
        leader.enter_context(leading(Runner(url, log)))
        eventually(
            lambda: _leaders(writer) == 1 and _is_ready(writer) and position(url) == log.head().position
        )
        with leading(Runner(url, log)):
            written.record("milestone/pef-2026-2027/F002-SON", [MilestoneStarted()])
            eventually(lambda: position(url) == log.head().position)
            assert _leaders(writer) == 1
            leader.close()
            written.record("milestone/pef-2026-2027/F002-JAL", [MilestoneStarted(), MilestoneCompleted()])
            eventually(lambda: position(url) == log.head().position)
            assert _leaders(writer) == 1

    assert rows(writer, current_schema()) == as_replayed(writer, log)


def test_a_projector_killed_again_and_again_ends_where_a_replay_does(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    kills = sized(3, 20)
    written = busy(log)
    script = (
        "import sys, threading; from ledger.postgres import PostgresLog; from projections.runner import Runner;"
        "Runner(sys.argv[1], PostgresLog(sys.argv[1])).run(threading.Event())"
    )
    for _ in range(kills):
        projector = subprocess.Popen([sys.executable, "-c", script, url], cwd=Path(__file__).parents[2])
        try:
            reached = log.head().position
            for number in range(100):
                written.record("milestone/pef-2026-2027/F001", [MilestoneProgressed(done=number)])
            eventually(lambda reached=reached: _is_ready(writer) and position(url) > reached)  # type: ignore[misc]  # mypy has no type for a default
        finally:
            projector.send_signal(signal.SIGKILL)
            projector.wait(10)
    Runner(url, log).catch_up()

    assert position(url) == log.head().position
    assert rows(writer, current_schema()) == as_replayed(writer, log)


def test_an_event_at_fault_is_set_aside_and_the_rest_goes_on(
    writer: Connection[Any], log: PostgresLog
) -> None:
    written = busy(log, rounds=3)
    written.record_raw([NewEvent("milestone/pef-2026-2027/F009", 1, "MilestoneMislaid.v1", b"{}")])
    written.record_raw([NewEvent("milestone/pef-2026-2027/F008", 1, "MilestoneStarted.v1", b"not JSON")])
    written.record_raw([NewEvent("milestone/never/planned", 1, "MilestoneStarted.v1", b'{"note":null}')])
    huge = b'{"done":' + b"9" * 30 + b',"note":null,"target":null}'
    written.record_raw([NewEvent("milestone/pef-2026-2027/F002-JAL", 2, "MilestoneProgressed.v1", huge)])
    written.record_raw([NewEvent("somebody/else", 1, "Anything.v1", b"\x00")])
    written.record("milestone/pef-2026-2027/F002-SON", [MilestoneStarted()])
    told(writer, log, "projection_used")
    found = rows(writer, "projection_used")

    aside = {(row[1] - log.head().position, row[0]) for row in found["quarantine"]}
    assert aside == {
        (-5, "fold"), (-4, "fold"), (-3, "milestone_versions"), (-3, "timeline"), (-2, "milestone_versions"),
    }  # fmt: skip
    assert PostgresTracking(writer).max_tracking_id(LOG_NAME) == log.head().position
    last = log.head().position
    assert any(row[1] == last for row in found["milestone_versions"]), "what came after them was not told"
    told(writer, log, "projection_small", 1)
    assert rows(writer, "projection_small") == found


def _leaders(connection: Connection[Any]) -> int:
    rows = connection.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchone()
    return rows[0] if rows else 0


def _is_ready(connection: Connection[Any]) -> bool:
    return connection.execute("SELECT to_regnamespace(%s)", [current_schema()]).fetchone() != (None,)
