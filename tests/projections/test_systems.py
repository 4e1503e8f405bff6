"""The figures of the fourteen functions are those the domain comes to, milestone by milestone, at any instant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from psycopg import Connection

from domain.case import may_be_opened_in
from domain.milestone import Milestone
from domain.procedure import procedures
from domain.timeliness import due_at, late_by_law, standing
from ledger.embedded import EmbeddedPostgres
from ledger.postgres import PostgresLog
from projections.entities import national_status
from projections.moment import AsOf
from projections.reading import ReaderPool, reader_pool
from projections.runner import Runner
from projections.systems import SystemRow, list_systems
from projections.tally import Tally
from tests.projections.asking import AFTER, Asked
from tests.projections.case_histories import CaseFile
from tests.projections.conftest import migrated_database
from tests.projections.histories import History

KINDS = {kind: procedure for kind, procedure in procedures().items() if not procedure.is_plan}
PLACES = ["MX", "MX-CMX", "MX-JAL"]
LATE = {"done_late", "reported_unfinished", "without_report"}


class Walked:
    """A case of every procedure, some steps into it, in a log that was told."""

    def __init__(self, log: PostgresLog, readers: ReaderPool) -> None:
        dice = Random(14)
        self.written = History(log)
        self.readers = readers
        self.cases = []
        for number, (kind, procedure) in enumerate(sorted(KINDS.items())):
            allowed = [place for place in PLACES if place in may_be_opened_in(procedure)]
            territory = allowed[-1 - number % len(allowed)]  # in turn, so that each has its share
            received = f"2027-{dice.randint(1, 4):02}-{dice.randint(1, 28):02}T{dice.randint(9, 17):02}:30"
            case = CaseFile(self.written, kind, f"F-{number}", received, territory=territory)
            self.cases.append(case.walk(dice, dice.choice([0, 2, 5, 40])))

    def systems(self, as_of: AsOf, territory: str | None = None) -> dict[int, SystemRow]:
        with self.readers.connection() as connection:
            return {row.number: row for row in list_systems(connection, as_of, territory)}

    def milestones(self) -> Iterator[tuple[CaseFile, Milestone]]:
        for case in self.cases:
            for milestone in case.course.milestones.values():
                yield case, milestone


@pytest.fixture(scope="module")
def walked(migrated: EmbeddedPostgres) -> Iterator[Walked]:
    """A case of each of all procedures."""
    with migrated_database(migrated) as url:
        log = PostgresLog(url)
        readers = reader_pool(url)
        made = Walked(log, readers)
        Runner(url, log).catch_up()
        yield made
        readers.close()
        log.close()


def counted(walked: Walked, at: datetime, territory: str | None) -> dict[int, Counter[str]]:
    """Return the figures by function, counted one by one with the domain's own functions."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for case, milestone in walked.milestones():
        plan, schedule = milestone.plan, milestone.schedule
        assert plan is not None
        assert schedule is not None
        if territory not in {None, plan.territory}:
            continue
        stands = standing(milestone, at)
        for system in {case.procedure.system, *case.procedure.step(plan.row).systems}:
            found[system].update(["total", stands])
            found[system]["counted"] += stands != "not_counted"
            found[system]["left_out"] += milestone.status in {"cancelled", "not_applicable"}
            found[system]["late_by_law"] += stands in LATE and late_by_law(schedule)
    return found


def figures(tally: Tally) -> dict[str, int]:
    return {name: number for name, number in tally.model_dump().items() if number and name != "due"}


def instants(walked: Walked, territory: str | None = None) -> list[datetime]:
    """Return instants at which something of a territory becomes late, and those right before; ends of months, too."""
    due = {
        moment
        for _, milestone in walked.milestones()
        if milestone.plan
        and milestone.schedule
        and territory in {None, milestone.plan.territory}
        and (moment := due_at(milestone.schedule, milestone.plan.zone))
    }
    picked = Random(3).sample(sorted(due), min(60, len(due)))
    edges = [datetime(2027, month, 1, tzinfo=UTC) for month in (1, 3, 4)]
    return [*picked, *(moment - timedelta(microseconds=1) for moment in picked), *edges]


@pytest.mark.parametrize("territory", [None, "MX", "MX-JAL"])
def test_every_figure_is_what_the_domain_comes_to_at_that_instant(
    walked: Walked, territory: str | None
) -> None:
    distinct = set()
    for at in instants(walked, territory):
        told, expected = walked.systems(AsOf(None, at), territory), counted(walked, at, territory)
        distinct.add(repr(expected))
        for number, row in told.items():
            wanted = {name: n for name, n in expected[number].items() if n and name != "not_counted"}
            assert figures(row.case_milestones) == wanted, (number, at)
            tally = row.case_milestones
            assert tally.due == (
                tally.done_on_time
                + tally.done_late
                + tally.reported_unfinished
                + tally.without_report
                + tally.suspended
            )
    assert len(distinct) > 10, "figures that never change prove nothing"


def test_cases_are_counted_by_their_own_function_apart_from_their_steps(walked: Walked) -> None:
    told = walked.systems(AsOf(None, datetime(2027, 6, 1, tzinfo=UTC)))
    is_open = Counter(case.procedure.system for case in walked.cases if not case.is_closed)
    is_closed = Counter(case.procedure.system for case in walked.cases if case.is_closed)

    assert {number: row.cases_open for number, row in told.items() if row.cases_open} == is_open
    assert {number: row.cases_closed for number, row in told.items() if row.cases_closed} == is_closed
    assert is_open.total() > 0 < is_closed.total()


def test_the_fourteen_are_there_in_order_with_or_without_activity(walked: Walked) -> None:
    nowhere = walked.systems(AsOf(None, datetime(2027, 6, 1, tzinfo=UTC)), "MX-AGU")

    assert list(nowhere) == list(range(1, 15))
    assert all(row.case_milestones == Tally() and row.cases_open == 0 for row in nowhere.values())


@pytest.mark.parametrize("territory", [None, "MX-JAL"])
def test_what_is_kept_is_what_is_counted_of_the_past(walked: Walked, territory: str | None) -> None:
    """Of the past milestones are counted one by one; at the last position both ways have to agree."""
    head = walked.written.log.head().position
    for at in instants(walked, territory)[::7]:
        assert walked.systems(AsOf(head, at), territory) == walked.systems(AsOf(None, at), territory)
    assert walked.systems(AsOf(head // 2, at), territory) != walked.systems(AsOf(None, at), territory)


def test_what_is_counted_no_more_leaves_no_row(walked: Walked) -> None:
    with walked.readers.connection() as connection:
        rows = _numbers(connection)

    assert rows
    assert min(rows) > 0


def test_activities_of_elections_are_counted_beside_the_steps_of_cases(asked: Asked) -> None:
    CaseFile(asked.written, "ordinary_sanctioning", "F-1")
    with asked.reading() as connection:
        told = {row.number: row for row in list_systems(connection, AsOf(None, AFTER))}
        jalisco = {row.number: row for row in list_systems(connection, AsOf(None, AFTER), "MX-JAL")}
        national = national_status(connection, AsOf(None, AFTER))

    def without(tally: Tally) -> Tally:
        return tally.model_copy(update={"blocked": 0, "due_soon": 0})

    assert told[1].election_milestones == without(national.federal)
    assert told[2].election_milestones == without(national.local)
    assert jalisco[1].election_milestones.total == 1
    assert jalisco[2].election_milestones == without(national.local)
    assert told[7].case_milestones.total > 0 == told[7].election_milestones.total


def _numbers(connection: Connection[Any]) -> list[int]:
    return [number for (number,) in connection.execute("SELECT number FROM case_figures")]
