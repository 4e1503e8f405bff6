"""How a milestone stands to the instant, and what a row comes to that stands for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestoneRedated,
    MilestoneStarted,
    MilestoneSuspended,
    Order,
)
from domain.timeliness import standing
from tests.domain.milestones import planned
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, PLAN, schedule

DUE_AT = datetime(2027, 3, 13, 6, tzinfo=UTC)
"""The first instant at which F001 is late: 24:00 of 12 March in Mexico City."""
A_MOMENT = timedelta(microseconds=1)

COMPLETED = MilestoneCompleted()
CANCELLED = MilestoneCancelled(instrument="SUP-1", reason="void")
NOT_APPLICABLE = MilestoneClosedAsNotApplicable(reason="nothing was filed")
SUSPENDED = MilestoneSuspended(instrument="SUP-2", reason="a ruling")


@pytest.mark.parametrize(
    ("act_at", "at", "expected"),
    [
        (None, DUE_AT - A_MOMENT, "pending"),
        (None, DUE_AT, "without_report"),
        (DUE_AT - A_MOMENT, DUE_AT - A_MOMENT, "done_ahead"),
        (DUE_AT - A_MOMENT, DUE_AT, "done_on_time"),
        (DUE_AT, DUE_AT, "done_late"),
    ],
)
def test_the_day_ends_for_the_database_when_it_ends_for_the_domain(
    asked: Asked, act_at: datetime | None, at: datetime, expected: str
) -> None:
    if act_at is not None:
        asked.written.record(F001, [COMPLETED], act_at)

    assert asked.milestone(FEDERAL, "F001", at).standing == expected
    assert standing(asked.written.states[f"{FEDERAL}/F001"], at) == expected


@pytest.mark.parametrize(
    ("national", "jalisco", "together"),
    [
        (COMPLETED, COMPLETED, "completed"),
        (COMPLETED, CANCELLED, "completed"),
        (CANCELLED, NOT_APPLICABLE, "cancelled"),
        (CANCELLED, CANCELLED, "cancelled"),
        (NOT_APPLICABLE, NOT_APPLICABLE, "not_applicable"),
        (COMPLETED, SUSPENDED, "suspended"),
        (SUSPENDED, SUSPENDED, "suspended"),
        (SUSPENDED, None, "planned"),
        (CANCELLED, None, "planned"),
        (MilestoneStarted(), SUSPENDED, "in_progress"),
        (None, COMPLETED, "in_progress"),
        (None, None, "planned"),
    ],
)
def test_a_mirror_s_status_is_what_its_acts_come_to(
    asked: Asked, national: Any, jalisco: Any, together: str
) -> None:
    for stream, event in ((F001, national), (JAL, jalisco)):
        if event is not None:
            asked.written.record(stream, [event], BEFORE)

    assert asked.milestone(LOCAL, "L001").status == together


def test_a_mirror_begins_with_the_first_of_its_acts_and_ends_with_the_last(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted(), COMPLETED], BEFORE)
    asked.written.record(JAL, [MilestoneStarted()], AFTER)
    assert asked.milestone(LOCAL, "L001").completed_at is None
    asked.written.record(JAL, [COMPLETED], AFTER + timedelta(days=1))
    row = asked.milestone(LOCAL, "L001")

    assert (row.started_at, row.completed_at) == (BEFORE, AFTER + timedelta(days=1))
    assert row.due_at == asked.milestone(FEDERAL, "F002-JAL").due_at, "the later of the two"
    assert row.due == asked.milestone(FEDERAL, "F002-JAL").due


def test_a_mirror_is_late_by_law_if_any_of_its_acts_is(asked: Asked) -> None:
    estimated = MilestoneRedated(
        schedule=schedule("2027-03-22", "estimated"), instrument="CG/2", reason="a guess"
    )
    asked.written.record(JAL, [estimated])
    row = asked.milestone(LOCAL, "L001")

    assert (row.late, row.by_law) == (True, True)
    assert asked.milestone(LOCAL, "L001", BEFORE).late is False


def test_a_mirror_of_acts_of_which_one_counts_is_in_the_order_of_the_plan(asked: Asked) -> None:
    period = f"{FEDERAL}/F003"
    mirror = planned(
        row="L003", territory="MX-JAL", same_as=(period, f"{FEDERAL}/F001", period), schedule=schedule(None)
    )
    follower = planned(row="L004", territory="MX-JAL", after=(Order(row="L003"),))
    asked.written.record(f"milestone/{LOCAL}/L003", [mirror])
    asked.written.record(f"milestone/{LOCAL}/L004", [follower])

    assert PLAN[period].kind == "period"
    assert [blocker.id for blocker in asked.milestone(LOCAL, "L004").blocked_by] == ["L003"]
