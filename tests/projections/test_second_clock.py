"""What had happened by an instant, of what was known at a moment: what a fold of those events alone would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, cast

import pytest
from psycopg import Connection, sql

from domain.event import Envelope, Event
from domain.milestone import MILESTONE, Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import (
    MilestoneAnnounced,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestonePlanned,
    MilestoneReplanned,
    MilestoneStarted,
    MilestoneValidated,
)
from domain.process import ElectionDayMoved, ProcessClosed, ProcessConfirmed, process_stream
from ledger.codec import decode
from ledger.embedded import EmbeddedPostgres
from ledger.log import Log, StoredEvent
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections.bulk import FOR_EVER
from projections.change_fields import FieldChange
from projections.changes import ChangeFilter, list_changes
from projections.entities import entity_status, national_status
from projections.fold import Step
from projections.generation import use, writing_connection
from projections.milestone_filter import MilestoneFilter
from projections.milestone_versions import schedule_row, version_row
from projections.milestones import get_milestone, list_milestones
from projections.moment import AsOf, BadMoment, moment_parameters
from projections.outlines import list_outlines
from projections.page import BadCursor
from projections.processes import get_process, list_processes
from projections.second_clock import EVERYTHING, Scope, at_both_clocks
from projections.timeline import TimelineFilter, list_timeline
from projections.true_then import schedule_then, version_join
from tests.domain.milestones import COMMANDS
from tests.projections.asking import AFTER, F001, JAL, Asked
from tests.projections.conftest import migrated_database
from tests.projections.histories import FEDERAL, FIRST_ACT_AT, LOCAL, PLAN, History, told

NOW = datetime(2099, 1, 1, tzinfo=UTC)
ACTS = 70
SCHEMA = "projection_clocks"


def disorderly(log: Log) -> None:
    """Record a history in which anything is told in any order, corrected and taken back; the same at every run."""
    dice = Random(20270607)
    written = History(log).open()
    commands: list[MilestoneCommand] = list(COMMANDS.values())
    recorded = 0
    while recorded < ACTS:
        act_at = FIRST_ACT_AT.replace(day=dice.randint(2, 28), hour=dice.randint(0, 23))
        recorded += written.ask(dice.choice(sorted(PLAN)), dice.choice(commands), act_at)
    day = FIRST_ACT_AT.replace(day=9)
    written.record(process_stream(LOCAL), [ProcessConfirmed(instrument="IEPC/1")], day + timedelta(days=5))
    moved = ElectionDayMoved(
        election_day="2027-06-13", election_day_basis="calendar", instrument="CG/1", reason="Sentencia"
    )
    written.record(process_stream(LOCAL), [moved], day)
    written.record(process_stream(LOCAL), [ProcessClosed(instrument="IEPC/2")], day + timedelta(days=9))


@pytest.fixture(scope="module")
def history(migrated: EmbeddedPostgres) -> Iterator[tuple[Connection[Any], Log]]:
    """A disorderly history that is told."""
    with migrated_database(migrated) as url:
        log = PostgresLog(url)
        disorderly(log)
        with writing_connection(url, RoleNames()) as connection:
            told(connection, log, SCHEMA)
            use(connection, SCHEMA)
            yield connection, log
        log.close()


# By hand ------------------------------------------------------------------------------------------------------


def naive(events: list[StoredEvent], by: datetime) -> Step[Milestone] | None:
    """Fold those events of a stream that had happened, as the words of the decision have it."""
    decoded = {stored.version: decode(stored.type, stored.body) for stored in events}

    def happened(stored: StoredEvent) -> bool:
        event: Event = decoded[stored.version]
        if isinstance(event, MilestonePlanned | MilestoneReplanned):
            return True
        says = stored
        while True:
            later = [
                other
                for other in events
                if isinstance(decoded[other.version], MilestoneCorrected | MilestoneAnnounced)
                and cast("MilestoneCorrected", decoded[other.version]).corrects == says.version
            ]
            if not later:
                return says.occurred_at <= by
            says = later[-1]

    step = None
    state = MILESTONE.initial
    for stored in filter(happened, events):
        before, state = state, MILESTONE.evolve(state, decoded[stored.version], cast("Envelope", stored))
        step = Step(stored, decoded[stored.version], events[0].position, before, state)
    return step


def streams(log: Log, position: int) -> Mapping[str, list[StoredEvent]]:
    found: dict[str, list[StoredEvent]] = {}
    for stored in log.read(0, 10_000):
        if stored.position <= position and stored.stream.startswith("milestone/"):
            found.setdefault(stored.stream, []).append(stored)
    return found


def by_hand(log: Log, position: int, by: datetime) -> dict[int, tuple[Any, ...]]:
    """Return the version's row and the schedule's of each milestone, but for the columns that say from when to when."""
    found = {}
    for events in streams(log, position).values():
        step = naive(events, by)
        assert step is not None
        found[step.origin] = (*version_row(step, FOR_EVER)[3:-1], *schedule_row(step)[2:-1])
    return found


def told_at(connection: Connection[Any], position: int, by: datetime) -> dict[int, tuple[Any, ...]]:
    """Return the same from the tables."""
    as_of = at_both_clocks(connection, AsOf(position, NOW), by.isoformat(), NOW)
    query = sql.SQL("""
        SELECT m.position, v.*, last.* FROM milestones AS m {version} CROSS JOIN LATERAL ({schedule}) AS last
        WHERE m.position <= %(position)s""").format(
        version=version_join(as_of, sql.Identifier("v"), sql.Identifier("m", "position")),
        schedule=schedule_then(as_of, sql.Identifier("m", "position")),
    )
    rows = connection.execute(query, moment_parameters(as_of)).fetchall()
    return {row[0]: (*row[4:-8], *row[-5:-1]) for row in rows}


def written(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row with its instants as instants: one deadline is worked out as text."""
    return tuple(
        datetime.fromisoformat(value)
        if isinstance(value, str) and value[10:11] == "T" and len(value) > 19
        else value
        for value in row
    )


def test_what_had_happened_is_what_a_fold_of_those_events_says(history: tuple[Connection[Any], Log]) -> None:
    connection, log = history
    head = log.head().position
    dice = Random(7)
    instants = sorted({stored.occurred_at for stored in log.read(0, 10_000)})
    distinct = set()
    for _ in range(250):
        position = dice.randint(len(PLAN) + 2, head)
        by = dice.choice(instants) - timedelta(microseconds=dice.randint(0, 1))
        expected = {origin: written(row) for origin, row in by_hand(log, position, by).items()}

        assert {origin: written(row) for origin, row in told_at(connection, position, by).items()} == expected, (
            position, by,
        )  # fmt: skip
        distinct.add(repr(expected))
    assert len(distinct) > 100, "a history in which nothing changes proves nothing"


def test_at_the_end_of_both_clocks_everything_is_as_it_is_known(history: tuple[Connection[Any], Log]) -> None:
    connection, log = history
    for position in range(len(PLAN) + 2, log.head().position + 1, 5):
        latest = max(stored.occurred_at for stored in log.read(0, position))
        known = AsOf(position, latest)
        both = at_both_clocks(connection, known, latest.isoformat(), NOW)
        for question in QUESTIONS:
            assert question(connection, both) == question(connection, known), position


QUESTIONS = (
    lambda connection, as_of: list_milestones(connection, MilestoneFilter(), as_of, limit=500),
    lambda connection, as_of: list_milestones(connection, MilestoneFilter(blocked=True), as_of, limit=500),
    list_processes,
    lambda connection, as_of: list_outlines(connection, as_of, process=LOCAL),
    lambda connection, as_of: entity_status(connection, "MX-JAL", as_of),
    national_status,
)


def test_of_a_process_or_a_state_the_same_is_said_as_of_everything(
    history: tuple[Connection[Any], Log],
) -> None:
    connection, log = history
    position = log.head().position
    known = AsOf(position, NOW)
    for day in range(3, 27, 3):
        by = FIRST_ACT_AT.replace(day=day).isoformat()
        whole, state, process = (
            at_both_clocks(connection, known, by, NOW, scope)
            for scope in (EVERYTHING, Scope(territory="MX-JAL"), Scope(process=LOCAL))
        )
        assert entity_status(connection, "MX-JAL", state) == entity_status(connection, "MX-JAL", whole)
        assert get_process(connection, LOCAL, process) == get_process(connection, LOCAL, whole)
        where = MilestoneFilter(process=LOCAL)
        assert list_milestones(connection, where, process) == list_milestones(connection, where, whole)


def test_a_process_is_what_its_own_events_had_made_of_it(history: tuple[Connection[Any], Log]) -> None:
    connection, log = history
    known, seen = AsOf(log.head().position, NOW), []
    for day in (8, 10, 15, 20):
        by = FIRST_ACT_AT.replace(day=day, hour=23).isoformat()
        row = get_process(connection, LOCAL, at_both_clocks(connection, known, by, NOW))
        assert row is not None
        seen.append((row.election_day, row.confirmed, row.status))

    assert seen == [
        ("2027-06-06", False, "open"),
        ("2027-06-13", False, "open"),
        ("2027-06-13", True, "open"),
        ("2027-06-13", True, "closed"),
    ]


# One act ------------------------------------------------------------------------------------------------------


def status(asked: Asked, by: datetime, position: int | None = None) -> str:
    with asked.reading() as connection:
        moment = at_both_clocks(
            connection, AsOf(position, AFTER), by.isoformat(), NOW, Scope(process=FEDERAL)
        )
        row = get_milestone(connection, FEDERAL, "F001", moment)
    assert row is not None
    return row.status


def test_a_completion_corrected_to_a_later_day_had_not_happened_before(asked: Asked) -> None:
    day = FIRST_ACT_AT.replace(day=20)
    asked.written.record(F001, [MilestoneCompleted()], day)
    reported = asked.written.log.head().position
    asked.written.record(
        F001,
        [MilestoneCorrected(report="completion", corrects=2, reason="Fue el 25")],
        day + timedelta(days=5),
    )

    assert status(asked, day + timedelta(days=2), reported) == "completed", "as it was known then"
    assert status(asked, day + timedelta(days=2)) == "planned"
    assert status(asked, day + timedelta(days=5)) == "completed"


def test_a_late_report_of_an_early_act_had_happened_when_it_says(asked: Asked) -> None:
    day = FIRST_ACT_AT.replace(day=20)
    asked.written.record(F001, [MilestoneValidated(validates=1)], day)
    asked.written.record(F001, [MilestoneStarted()], day - timedelta(days=3))

    assert status(asked, day - timedelta(days=4)) == "planned"
    assert status(asked, day - timedelta(days=3)) == "in_progress"


def entries(
    asked: Asked, by: datetime, position: int | None = None, **listing: Any
) -> list[tuple[str, datetime]]:
    """Return what a timeline of the federal process lists, read in pages of two."""
    found: list[tuple[str, datetime]] = []
    where, cursor = TimelineFilter(process=FEDERAL, reports_only=True), None
    with asked.reading() as connection:
        moment = at_both_clocks(connection, AsOf(position, AFTER), by.isoformat(), NOW)
        while True:
            page = list_timeline(connection, where, moment, after=cursor, limit=2, **listing)
            found += [(one.type, one.occurred_at) for one in page.items]
            cursor = page.next
            if cursor is None:
                return found


def test_a_timeline_lists_what_had_happened_in_the_order_of_the_acts(asked: Asked) -> None:
    day = FIRST_ACT_AT.replace(day=20)
    late, early = day + timedelta(days=1), day - timedelta(days=1)
    asked.written.record(JAL, [MilestoneStarted()], late)
    asked.written.record(F001, [MilestoneStarted()], early)
    asked.written.record(F001, [MilestoneCompleted()], day)
    asked.written.record(JAL, [MilestoneCompleted()], late + timedelta(days=9))

    in_order = [("MilestoneStarted", early), ("MilestoneCompleted", day), ("MilestoneStarted", late)]
    opening = ("ProcessOpened", FIRST_ACT_AT)
    assert entries(asked, late) == [opening, *in_order]
    assert entries(asked, late, newest_first=True) == [*reversed(in_order), opening]
    assert entries(asked, day) == [opening, *in_order[:2]]


def test_a_restated_report_is_listed_when_the_correction_that_is_known_says(asked: Asked) -> None:
    day = FIRST_ACT_AT.replace(day=20)
    asked.written.record(F001, [MilestoneCompleted()], day)
    reported = asked.written.log.head().position
    for number, days in enumerate((5, 2)):
        correction = MilestoneCorrected(report="completion", corrects=2 + number, reason="Fue otro día")
        asked.written.record(F001, [correction], day + timedelta(days=days))

    assert [type_ for type_, _ in entries(asked, day, reported)][1:] == ["MilestoneCompleted"]
    assert [type_ for type_, _ in entries(asked, day)][1:] == []
    assert [type_ for type_, _ in entries(asked, day, reported + 1)][1:] == []
    assert [type_ for type_, _ in entries(asked, day + timedelta(days=2))][1:] == [
        "MilestoneCompleted", "MilestoneCorrected", "MilestoneCorrected",
    ]  # fmt: skip


def test_a_cursor_that_no_timeline_gave_out_is_refused(asked: Asked) -> None:
    with asked.reading() as connection:
        moment = at_both_clocks(connection, AsOf(None, AFTER), AFTER.isoformat(), NOW)
        with pytest.raises(BadCursor):
            list_timeline(connection, TimelineFilter(process=FEDERAL), moment, after="9999999")


def test_a_difference_of_what_had_happened_by_an_instant(asked: Asked) -> None:
    """What was learnt in between about the days before the 22nd: that it had not been done."""
    day = FIRST_ACT_AT.replace(day=20)
    asked.written.record(F001, [MilestoneCompleted()], day)
    since = AsOf(asked.written.log.head().position, AFTER)
    wrong = MilestoneCorrected(report="completion", corrects=2, reason="Fue el 25")
    asked.written.record(F001, [wrong], day + timedelta(days=5))
    with asked.reading() as connection:
        until = AsOf(asked.written.log.head().position, AFTER)
        by = (day + timedelta(days=2)).isoformat()
        moments = [at_both_clocks(connection, moment, by, NOW) for moment in (since, until)]
        (row,) = list_changes(connection, ChangeFilter(), *moments).items

    assert FieldChange(field="status", before="completed", after="planned") in row.fields
    assert [one.type for one in row.events] == ["MilestoneCorrected"]


def test_the_plan_is_there_before_it_was_written_down(asked: Asked) -> None:
    assert status(asked, FIRST_ACT_AT - timedelta(days=300)) == "planned"


def test_it_is_judged_at_the_instant_asked_about(asked: Asked) -> None:
    with asked.reading() as connection:
        standings = []
        for by in (datetime(2027, 3, 11, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)):
            moment = at_both_clocks(connection, AsOf(None, AFTER), by.isoformat(), NOW)
            row = get_milestone(connection, FEDERAL, "F001", moment)
            assert row is not None
            standings.append(row.standing)

    assert standings == ["pending", "without_report"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4711", "no instant"),
        ("2027-03-10", "no instant"),
        ("2098-01-01T00:00:00Z", "future"),
        ("", "no instant"),
    ],
)
def test_what_is_no_instant_that_has_passed_is_refused(asked: Asked, text: str, said: str) -> None:
    with asked.reading() as connection, pytest.raises(BadMoment, match=said) as refused:
        at_both_clocks(connection, AsOf(None, AFTER), text, AFTER)

    assert refused.value.field == "happened_by"
