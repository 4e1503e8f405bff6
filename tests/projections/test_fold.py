"""The same rows come out, however the log is cut; and the past is what a replay up to it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection
from psycopg.rows import dict_row

from domain.milestone_events import MilestoneStarted
from domain.timeliness import standing
from ledger.embedded import EmbeddedPostgres
from ledger.log import NewEvent
from ledger.memory import MemoryLog
from ledger.roles import RoleNames
from projections.fold import Folding
from projections.generation import use, writing_connection
from projections.known import known
from projections.moment import AsOf, moment_parameters
from tests.projections.conftest import migrated_database
from tests.projections.histories import ACTS, FIRST_ACT_AT, PLAN, History, Prefix, history, rows, told

ONE_DATABASE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
INSTANTS = st.datetimes(
    min_value=FIRST_ACT_AT.replace(tzinfo=None), max_value=FIRST_ACT_AT.replace(month=6, tzinfo=None)
).map(lambda instant: instant.replace(tzinfo=FIRST_ACT_AT.tzinfo))


@pytest.fixture(scope="module")
def connection(migrated: EmbeddedPostgres) -> Iterator[Connection[Any]]:
    with migrated_database(migrated) as url, writing_connection(url, RoleNames()) as connection:
        yield connection


def as_known(connection: Connection[Any], as_of: AsOf) -> list[dict[str, Any]]:
    """Return every milestone as it was known, without what only the present knows."""
    with connection.cursor(row_factory=dict_row) as cursor:
        query = known(as_of) + psycopg.sql.SQL(" ORDER BY m.position")
        return cursor.execute(query, moment_parameters(as_of)).fetchall()


@ONE_DATABASE
@given(acts=ACTS, batches=st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_any_batch_size_gives_the_same_rows(
    connection: Connection[Any], acts: list[Any], batches: list[int]
) -> None:
    log = history(acts)
    told(connection, log, "projection_whole")
    told(connection, log, "projection_parts", *batches)

    assert rows(connection, "projection_parts") == rows(connection, "projection_whole")


@ONE_DATABASE
@given(acts=ACTS, data=st.data())
def test_as_of_a_position_is_what_a_replay_up_to_it_says(
    connection: Connection[Any], acts: list[Any], data: st.DataObject
) -> None:
    log = history(acts)
    position = data.draw(st.integers(1, log.head().position))
    at = data.draw(INSTANTS)
    told(connection, log, "projection_whole")
    then = as_known(connection, AsOf(position, at))
    told(connection, Prefix(log, position), "projection_parts")

    assert then == as_known(connection, AsOf(None, at))


@ONE_DATABASE
@given(acts=ACTS, at=INSTANTS)
def test_the_standing_in_sql_is_the_domain_s(connection: Connection[Any], acts: list[Any], at: Any) -> None:
    log = history(acts)
    told(connection, log, "projection_whole")
    states = {stream: kept.state for stream, kept in _folded(log).items()}

    found = {
        f"milestone/{row['process']}/{row['id']}": row["standing"]
        for row in as_known(connection, AsOf(None, at))
    }

    assert found == {stream: standing(states[stream], at) for stream in found}
    assert len(found) == len(PLAN)


def test_a_stream_that_was_forgotten_is_folded_again(connection: Connection[Any]) -> None:
    log = history([])
    events = log.read(0, 100)
    whole = Folding(log).fold(events).all_steps()
    forgetful = Folding(log, capacity=1)

    one_by_one = [step for event in events for step in forgetful.fold([event]).all_steps()]

    assert one_by_one == whole


@pytest.mark.parametrize("capacity", [14_000, 1])
def test_a_stream_whose_first_event_cannot_be_read_is_known_by_the_first_that_can(capacity: int) -> None:
    """By its origin a stream is named in every table; an event that cannot be read names nothing."""
    log = MemoryLog()
    written = History(log)
    stream = "milestone/pef-2026-2027/F001"
    written.record_raw([NewEvent(stream, 1, "MilestonePlanned.v99", b"{}")])
    written.versions[stream] = 1
    written.record(stream, [PLAN["pef-2026-2027/F001"]])
    written.record("milestone/pef-2026-2027/F003", [PLAN["pef-2026-2027/F003"]])
    written.record(stream, [MilestoneStarted()])
    folding = Folding(log, capacity=capacity)

    batches = [folding.fold([event]) for event in log.read(0, 100)]

    assert [failure.stored.position for batch in batches for failure in batch.failures] == [1]
    assert [step.origin for batch in batches for step in batch.all_steps()] == [2, 3, 2]


def test_a_difference_in_the_rows_is_noticed(connection: Connection[Any]) -> None:
    """The negative control of the property above."""
    log = MemoryLog()
    written = History(log).open()
    told(connection, log, "projection_whole")
    before = rows(connection, "projection_whole")
    written.record(
        "milestone/pef-2026-2027/F001", [PLAN["pef-2026-2027/F001"].model_copy(update={"row": "F009"})]
    )
    use(connection, "projection_whole")
    told(connection, log, "projection_whole")

    assert rows(connection, "projection_whole") != before


def _folded(log: MemoryLog) -> dict[str, Any]:
    folding = Folding(log)
    folding.fold(log.read(0, 10_000))
    return {stream: kept for stream, kept in folding._kept.items() if stream.startswith("milestone/")}
