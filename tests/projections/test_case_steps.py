"""The lists of steps of all cases: what is looked up is what is counted one by one, whatever is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from domain.notice import notice_status
from domain.owed import owed
from domain.step import Quality
from domain.timeliness import DUE_TO_DATE, Standing
from ledger.embedded import EmbeddedPostgres
from ledger.postgres import PostgresLog
from projections.case_steps import can_tell
from projections.milestone_filter import MilestoneFilter
from projections.milestones import count_milestones, count_withheld, list_milestones
from projections.moment import AsOf
from projections.notices import missing_notices
from projections.reading import reader_pool
from projections.runner import Runner
from tests.projections.conftest import migrated_database
from tests.projections.test_systems import Walked

AT = datetime(2027, 5, 20, 18, tzinfo=UTC)
CASES = MilestoneFilter(among="cases")

FILTERS = [
    CASES,
    replace(CASES, counted_only=True),
    replace(CASES, standing=DUE_TO_DATE),
    replace(CASES, standing="pending", by_law=True),
    replace(CASES, standing=("reported_unfinished", "without_report"), by_law=True, territory="MX"),
    replace(CASES, notice="missing"),
    replace(CASES, notice="missing", system=7, territory="MX-JAL"),
    replace(CASES, owes="validation"),
    replace(CASES, procedure="ordinary_sanctioning"),
    replace(CASES, procedure="information_request", notice="missing"),
    replace(CASES, owes="evidence", system=13),
    *(replace(CASES, standing=standing) for standing in get_args(Standing)),
    *(replace(CASES, system=system, counted_only=True) for system in range(1, 15)),
    *(replace(CASES, quality=quality) for quality in get_args(Quality)),
]


@pytest.fixture(scope="module")
def walked(migrated: EmbeddedPostgres) -> Iterator[Walked]:
    """A case of each of all procedures, told."""
    with migrated_database(migrated) as url:
        log = PostgresLog(url)
        readers = reader_pool(url)
        made = Walked(log, readers)
        Runner(url, log).catch_up()
        yield made
        readers.close()
        log.close()


def told(walked: Walked, where: MilestoneFilter, as_of: AsOf) -> tuple[list[str], int, int]:
    """Return the whole list, page by page, how long it says it is, and how many are of cases that are not public."""
    with walked.readers.connection() as connection:
        found: list[str] = []
        after = None
        while after != "":
            page = list_milestones(connection, where, as_of, after=after, limit=70)
            found += [f"{row.process}/{row.id}" for row in page.items]
            after = page.next or ""
        return (
            found,
            count_milestones(connection, where, as_of),
            count_withheld(connection, where, as_of),
        )


@pytest.mark.parametrize("where", FILTERS, ids=repr)
def test_what_is_looked_up_is_what_is_found_one_by_one(walked: Walked, where: MilestoneFilter) -> None:
    """The past is looked at milestone by milestone; at the last position both ways have to agree."""
    now, then = AsOf(None, AT), AsOf(walked.written.log.head().position, AT)
    assert can_tell(where, now)
    assert not can_tell(where, then)

    looked_up = told(walked, where, now)
    assert looked_up == told(walked, where, then)
    assert len(looked_up[0]) == looked_up[1]


def test_the_filters_find_something_and_something_that_is_not_public(walked: Walked) -> None:
    """The control of the comparison above."""
    now = AsOf(None, AT)
    lengths = [told(walked, where, now)[1:] for where in FILTERS]

    assert sum(listed > 0 for listed, _ in lengths) > len(FILTERS) * 2 / 3
    assert sum(withheld > 0 for _, withheld in lengths) > 5


def test_what_is_closed_without_its_notice_is_counted_as_the_domain_says(walked: Walked) -> None:
    stands = [notice_status(milestone, AT) for _, milestone in walked.milestones()]
    in_jalisco = [
        notice_status(milestone, AT)
        for _, milestone in walked.milestones()
        if milestone.plan and milestone.plan.territory == "MX-JAL"
    ]
    with walked.readers.connection() as connection:
        told = missing_notices(connection, AsOf(None, AT))
        jalisco = missing_notices(connection, AsOf(None, AT), "MX-JAL")
        then = missing_notices(connection, AsOf(walked.written.log.head().position, AT))

    assert told.cases == stands.count("missing") > 0
    assert jalisco.cases == in_jalisco.count("missing") < told.cases
    assert then == told


def test_what_steps_owe_is_listed_as_the_domain_says(walked: Walked) -> None:
    expected = {
        f"{case.id}/{id_}"
        for case in walked.cases
        if case.procedure.docket == "public"
        for id_, milestone in case.course.milestones.items()
        if "evidence" in owed(milestone)
    }

    assert set(told(walked, replace(CASES, owes="evidence"), AsOf(None, AT))[0]) == expected != set()
