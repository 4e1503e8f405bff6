"""Every figure adds up, and equals a count made from the events alone by another program (`tests.counting`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from domain.entity import entities
from domain.milestone import milestone_stream
from domain.plan import OpenProcess
from domain.process import Process, process_stream
from ledger.codec import encode
from ledger.embedded import EmbeddedPostgres
from ledger.entry import entry
from ledger.log import Commit, NewEvent, StoredEvent
from ledger.postgres import PostgresLog
from projections.activities import get_activity, tally_of
from projections.entities import entity_status, entity_statuses, national_status
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.processes import get_process, list_processes
from projections.reading import ReaderPool, reader_pool
from projections.runner import Runner
from projections.tally import Tally, total
from projections.timeline import TimelineFilter, list_timeline
from tests.counting import Count, count
from tests.projections.conftest import migrated_database
from tests.projections.histories import AUTHOR

INSTANTS = [datetime(2026, 12, 15, tzinfo=UTC), datetime(2027, 6, 20, 18, tzinfo=UTC)]
FEDERAL = "pef-2026-2027"
STATES = ("MX-JAL", "MX-MEX", "MX-COA", "MX-SON")
"""Four of the 32 local processes tell local from federal, and a state's own plan from the national one."""


@pytest.fixture(scope="module")
def real(migrated: EmbeddedPostgres) -> Iterator[tuple[PostgresLog, ReaderPool]]:
    """The real plans with a year of made-up reports on them."""
    with migrated_database(migrated) as url:
        log = PostgresLog(url)
        _open_and_report(log)
        Runner(url, log).catch_up()
        readers = reader_pool(url)
        yield log, readers
        readers.close()
        log.close()


def _open_and_report(log: PostgresLog) -> None:
    dice = Random(2027)
    commits: list[Commit] = []
    streams: list[str] = []

    def record(occurred_at: datetime, *new: NewEvent) -> None:
        commits.append(Commit(UUID(int=len(commits) + 1), AUTHOR, occurred_at, new))

    for kind, territory in [("federal_election", "MX"), *(("local_election", code) for code in STATES)]:
        opening = OpenProcess(kind=kind, territory=territory, cycle="2026-2027").decide(Process())
        assert opening is not None
        parts = [
            (process_stream(opening.process), opening.opened),
            *(
                (milestone_stream(opening.process, id_), planned)
                for id_, planned in opening.milestones.items()
            ),
        ]
        record(INSTANTS[0], *(NewEvent(stream, 1, event.type, encode(event)) for stream, event in parts))
        streams += [stream for stream, _ in parts[1:]]
    for stream in dice.sample(streams, 1500):
        act_at = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=dice.randint(0, 360))
        for version, (type_, body) in enumerate(dice.choice(_LIVES), start=2):
            record(act_at, NewEvent(stream, version, type_ + ".v1", json.dumps(body).encode()))
    for start in range(0, len(commits), 500):
        log.append(commits[start : start + 500])


_START: tuple[str, dict[str, Any]] = ("MilestoneStarted", {"note": None})
_DONE: tuple[str, dict[str, Any]] = (
    "MilestoneCompleted",
    {"outcome": "aprobado", "instrument": None, "declared": [], "note": None},
)
_STOP: tuple[str, dict[str, Any]] = ("MilestoneSuspended", {"instrument": "SUP-1", "reason": "a ruling"})
_LIVES: list[list[tuple[str, dict[str, Any]]]] = [
    [_START],
    [_START, _DONE],
    [_DONE],
    [_STOP],
    [_START, _STOP],
    [("MilestoneCancelled", {"instrument": "SUP-2", "reason": "void"})],
    [("MilestoneClosedAsNotApplicable", {"reason": "nothing was filed"})],
    [_DONE, ("MilestoneReopened", {"reason": "more to do", "instrument": None})],
    [_START, ("MilestoneProgressed", {"done": 3, "target": None, "note": None})],
]


def counted(events: list[StoredEvent], at: datetime) -> Count:
    """Return what another program counts, which knows the events only as they are published."""
    return count(((event.position, json.loads(entry(event, "figures.test"))) for event in events), at)


def figures_of(tally: Tally) -> Counter[str]:
    """Return a tally as a count."""
    return Counter({name: value for name, value in tally.model_dump().items() if value})


def adds_up(tally: Tally) -> bool:
    due = (
        tally.done_on_time
        + tally.done_late
        + tally.reported_unfinished
        + tally.without_report
        + tally.suspended
    )
    apart = tally.done_ahead + tally.pending + tally.undated + tally.done_undated + tally.estimated
    return tally.due == due and tally.counted == due + apart and tally.due_soon <= tally.pending


@pytest.mark.parametrize("at", INSTANTS)
@pytest.mark.parametrize("part", [0.7, 1.0])
def test_every_figure_equals_an_independent_count(
    real: tuple[PostgresLog, ReaderPool], at: datetime, part: float
) -> None:
    log, readers = real
    position = int(log.head().position * part)
    events = log.read(0, position)
    expected = counted(events, at)
    as_of = AsOf(None if part == 1.0 else position, at)
    with readers.connection() as connection:
        national = national_status(connection, as_of)
        processes = list_processes(connection, as_of).items
        statuses = entity_statuses(connection, as_of)

    for status in statuses:
        local, federal = expected.work[status.process or "", status.code], expected.work[FEDERAL, status.code]
        assert figures_of(status.local) == expected.figures(local), status.code
        assert figures_of(status.federal) == expected.figures(federal), status.code
        assert total(one.tally for one in status.by_stage) == status.local
        assert total(one.tally for one in status.by_responsible) == status.local
        assert adds_up(status.local)
        assert adds_up(status.federal)
    assert figures_of(national.total) == expected.figures()
    assert national.total == national.federal + national.local
    assert adds_up(national.total)
    assert national.total == total(one.tally for one in national.by_responsible)
    assert national.total == total(one.tally for one in national.stages)
    assert national.entities == statuses
    assert total(process.tally for process in processes) == national.total
    assert national.total.counted > 1000, "a count of nothing proves nothing"


def test_the_rows_that_are_listed_are_those_that_are_counted(real: tuple[PostgresLog, ReaderPool]) -> None:
    _, readers = real
    as_of = AsOf(None, INSTANTS[1])
    with readers.connection() as connection:
        status = entity_status(connection, "MX-JAL", as_of)
        rows = list_milestones(
            connection, MilestoneFilter(process="pel-2026-2027-jal"), as_of, limit=500
        ).items
        federal = list_milestones(
            connection, MilestoneFilter(process=FEDERAL, territory="MX-JAL"), as_of, limit=500
        ).items

    assert status is not None
    assert tally_of(rows).model_dump(exclude={"due_soon"}) == status.local.model_dump(exclude={"due_soon"})
    assert tally_of(federal).model_dump(exclude={"due_soon"}) == status.federal.model_dump(
        exclude={"due_soon"}
    )
    assert status.blocked == status.local.blocked + status.federal.blocked
    assert any(row.blocked_by for row in rows + federal)


def test_the_state_s_words_are_the_entity_s(real: tuple[PostgresLog, ReaderPool]) -> None:
    log, readers = real
    with readers.connection() as connection:
        statuses = entity_statuses(connection, AsOf(None, INSTANTS[0]))
        nowhere = entity_status(connection, "MX-XXX", AsOf(None, INSTANTS[0]))

    assert [status.code for status in statuses] == list(entities())
    assert nowhere is None
    assert {status.code for status in statuses if not status.confirmed} == {"MX-COA"}
    assert {status.code for status in statuses if status.process} == set(STATES)
    assert not any(status.calendar_loaded for status in statuses)
    assert all(status.last_activity_at and status.position <= log.head().position for status in statuses)


def test_the_short_lists_name_the_longest_late_and_the_next_due(real: tuple[PostgresLog, ReaderPool]) -> None:
    _, readers = real
    as_of = AsOf(None, INSTANTS[1])
    with readers.connection() as connection:
        national = national_status(connection, as_of)
        rows = list_milestones(connection, MilestoneFilter(counted_only=True), as_of, limit=5000).items
    late = [row for row in rows if row.late and row.by_law]
    pending = [row for row in rows if row.standing == "pending" and row.status != "suspended"]

    by_date = lambda row: (row.due_at, rows.index(row))  # noqa: E731 - used twice, here
    assert national.late_by_law == [f"{row.process}/{row.id}" for row in sorted(late, key=by_date)[:10]]
    assert national.upcoming == [f"{row.process}/{row.id}" for row in sorted(pending, key=by_date)[:10]]


def test_a_process_is_told_with_its_stages(real: tuple[PostgresLog, ReaderPool]) -> None:
    _, readers = real
    as_of = AsOf(None, INSTANTS[1])
    with readers.connection() as connection:
        federal = get_process(connection, FEDERAL, as_of)
        coahuila = list_processes(connection, as_of, territory="MX-COA").items
        page = list_processes(connection, as_of, kind="local_election", limit=2)
        rest = list_processes(connection, as_of, kind="local_election", limit=2, after=page.next)
        nothing = get_process(connection, "pef-2029-2030", as_of)
        before = get_process(connection, "pel-2026-2027-jal", AsOf(1, INSTANTS[0]))

    assert federal is not None
    assert nothing is None
    assert before is None
    assert federal.tally.total == federal.milestones
    assert [stage.id for stage in federal.stages] == ["preparation", "election_day", "results", "close"]
    assert total(stage.tally for stage in federal.stages) == federal.tally
    election_day = federal.stages[1]
    assert election_day.starts is not None
    assert election_day.starts <= str(federal.election_day) <= str(election_day.due)
    assert [process.confirmed for process in coahuila] == [False]
    assert coahuila[0].doubt is not None
    assert [process.territory for process in (*page.items, *rest.items)] == list(STATES)
    assert rest.next is None


def test_stages_come_in_the_order_of_the_plan(real: tuple[PostgresLog, ReaderPool]) -> None:
    _, readers = real
    with readers.connection() as connection:
        national = national_status(connection, AsOf(None, INSTANTS[1]))
        jalisco = entity_status(connection, "MX-JAL", AsOf(None, INSTANTS[1]))

    assert jalisco is not None
    for stages in (national.stages, national.federal_stages, jalisco.by_stage):
        assert [one.stage for one in stages] == ["preparation", "election_day", "results", "close"]


def test_a_stage_lasts_as_the_law_has_it_and_not_as_long_as_its_last_activity(
    real: tuple[PostgresLog, ReaderPool],
) -> None:
    """LGIPE 225.3 to 225.5; monthly reports of the preparation go on to August."""
    _, readers = real
    as_of = AsOf(None, INSTANTS[1])
    with readers.connection() as connection:
        federal = get_process(connection, FEDERAL, as_of)
        local = get_process(connection, "pel-2026-2027-jal", as_of)
        [last] = connection.execute(
            "SELECT max(due) FROM milestone_schedules JOIN milestones ON milestones.position = milestone"
            " JOIN milestone_versions AS v ON v.milestone = milestones.position"
            " WHERE process = %s AND stage = 'preparation'",
            [FEDERAL],
        ).fetchall()

    assert federal is not None
    assert local is not None
    assert last == ("2027-08-31",)
    assert [(stage.starts, stage.due) for stage in federal.stages] == [
        ("2026-09-10", "2027-06-06"),
        ("2027-06-06", "2027-06-07"),
        ("2027-06-06", "2027-08-29"),
        ("2027-08-29", "2027-09-01"),
    ]
    assert [stage.due for stage in local.stages] == ["2027-06-06", "2027-06-07", "2027-06-07", None]


@pytest.mark.parametrize("process", [FEDERAL, "pel-2026-2027-jal", "pel-2026-2027-mex"])
def test_no_stage_begins_before_the_one_before_it(real: tuple[PostgresLog, ReaderPool], process: str) -> None:
    _, readers = real
    with readers.connection() as connection:
        found = get_process(connection, process, AsOf(None, INSTANTS[1]))

    assert found is not None
    starts = [stage.starts for stage in found.stages if stage.starts]
    assert starts == sorted(starts)
    assert starts[0] > "2026-06"


def test_an_activity_s_figures_are_its_parts_together(real: tuple[PostgresLog, ReaderPool]) -> None:
    _, readers = real
    with readers.connection() as connection:
        activity = get_activity(connection, FEDERAL, "F005", AsOf(None, INSTANTS[1]))

    assert activity is not None
    assert len(activity.parts) == activity.tally.total == 32
    assert adds_up(activity.tally)


def test_the_timeline_is_the_log_of_a_process(real: tuple[PostgresLog, ReaderPool]) -> None:
    log, readers = real
    where = TimelineFilter(process="pel-2026-2027-jal")
    with readers.connection() as connection:
        oldest = list_timeline(connection, where, AsOf(None, INSTANTS[1]), limit=5000).items
        newest = list_timeline(
            connection, where, AsOf(None, INSTANTS[1]), newest_first=True, limit=5000
        ).items

    positions = [
        event.position for event in log.read(0, 100_000) if event.stream.split("/")[1] == "pel-2026-2027-jal"
    ]
    assert [entry.position for entry in oldest] == positions
    assert newest == oldest[::-1]
