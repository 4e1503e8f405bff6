"""Who waits for whom: blocked, holding back, out of sequence, and rows that mirror others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestoneResumed,
    MilestoneStarted,
    MilestoneSuspended,
    Order,
)
from projections.milestones import Blocker
from tests.domain.milestones import planned
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, schedule


def test_a_late_predecessor_blocks_its_own_state_and_every_state_when_it_is_national(asked: Asked) -> None:
    jalisco, sonora = asked.milestone(FEDERAL, "F002-JAL"), asked.milestone(FEDERAL, "F002-SON")

    assert jalisco.blocked_by == [Blocker(id="F001", reason="required", basis="LGIPE 1")]
    assert sonora.blocked_by == [Blocker(id="F001", reason="usual", basis="")]
    assert asked.milestone(FEDERAL, "F001").holds_back == 2
    assert asked.listed(blocked=True) == ["F002-JAL", "F002-SON", "L002"]


def test_a_predecessor_that_still_has_time_blocks_nobody(asked: Asked) -> None:
    assert asked.milestone(FEDERAL, "F002-JAL", BEFORE).blocked_by == []
    assert asked.listed(BEFORE, blocked=True) == []
    assert "F002-JAL" in asked.listed(BEFORE, blocked=False)


def test_a_suspended_predecessor_blocks_before_it_is_late(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneSuspended(instrument="SUP-1", reason="a ruling")], BEFORE)
    assert asked.milestone(FEDERAL, "F002-JAL", BEFORE).blocked_by
    asked.written.record(F001, [MilestoneResumed(instrument="SUP-2")], BEFORE)
    assert not asked.milestone(FEDERAL, "F002-JAL", BEFORE).blocked_by


@pytest.mark.parametrize(
    "end",
    [
        MilestoneCompleted(),
        MilestoneCancelled(instrument="SUP-1", reason="void"),
        MilestoneClosedAsNotApplicable(reason="nothing was filed"),
    ],
)
def test_a_predecessor_that_is_over_blocks_nobody(asked: Asked, end: Any) -> None:
    asked.written.record(F001, [end], AFTER)

    assert asked.milestone(FEDERAL, "F002-JAL").blocked_by == []
    assert asked.milestone(FEDERAL, "F001").holds_back == 0


def test_start_to_start_links_and_periods_hold_nobody_up(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted()], BEFORE)
    late = datetime(2027, 4, 1, tzinfo=UTC)

    assert asked.milestone(FEDERAL, "F003", late).blocked_by == []
    assert asked.milestone(FEDERAL, "F004", late).blocked_by != [], "a usual link of an act does"


def test_what_was_completed_before_its_predecessor_is_out_of_sequence(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneCompleted()], BEFORE)
    assert asked.milestone(FEDERAL, "F002-JAL").out_of_sequence
    asked.written.record(F001, [MilestoneCompleted()], AFTER)
    assert asked.milestone(FEDERAL, "F002-JAL").out_of_sequence
    assert not asked.milestone(FEDERAL, "F001").out_of_sequence


def test_what_was_completed_after_its_predecessor_is_in_sequence(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted()], BEFORE)
    asked.written.record(JAL, [MilestoneCompleted()], AFTER)

    assert not asked.milestone(FEDERAL, "F002-JAL").out_of_sequence


def occurrence(asked: Asked, row: str, month: str, due: str, follows: str) -> str:
    """Plan a month of a repeated duty that follows another row; return its id."""
    id_ = f"{row}.{month}"
    plan = planned(
        row=row, kind="recurring", occurrence=month, after=(Order(row=follows),), schedule=schedule(due)
    )
    asked.written.record(f"milestone/{FEDERAL}/{id_}", [plan])
    return id_


def test_a_month_s_duty_follows_one_act_only_where_that_is_due_before_it(asked: Asked) -> None:
    """F001 is due on 12 March: what is due that day or before does not wait for it."""
    february = occurrence(asked, "F008", "2027-02", "2027-02-28", "F001")
    same_day = occurrence(asked, "F009", "2027-03", "2027-03-12", "F001")
    march = occurrence(asked, "F008", "2027-03", "2027-03-31", "F001")
    for id_ in (february, same_day):
        asked.written.record(f"milestone/{FEDERAL}/{id_}", [MilestoneCompleted()], BEFORE)

    assert asked.milestone(FEDERAL, february).out_of_sequence is False
    assert asked.milestone(FEDERAL, same_day).out_of_sequence is False
    assert asked.milestone(FEDERAL, march).blocked_by == [Blocker(id="F001", reason="usual", basis="")]
    asked.written.record(f"milestone/{FEDERAL}/{march}", [MilestoneCompleted()], BEFORE)
    assert asked.milestone(FEDERAL, march).out_of_sequence is True


def test_one_act_follows_the_months_of_a_duty_that_are_due_before_it(asked: Asked) -> None:
    early = occurrence(asked, "F008", "2027-02", "2027-02-28", "F006")
    late = occurrence(asked, "F008", "2027-04", "2027-04-30", "F006")
    after = planned(row="F010", after=(Order(row="F008"),), schedule=schedule("2027-03-20"))
    asked.written.record(f"milestone/{FEDERAL}/F010", [after])

    assert [one.id for one in asked.milestone(FEDERAL, "F010").blocked_by] == [early]
    assert asked.milestone(FEDERAL, early).holds_back == 1
    assert asked.milestone(FEDERAL, late).holds_back == 0


def test_of_two_monthly_duties_each_month_follows_its_own(asked: Asked) -> None:
    march = occurrence(asked, "F008", "2027-03", "2027-03-05", "F006")
    follower = occurrence(asked, "F009", "2027-03", "2027-03-31", "F008")
    other = occurrence(asked, "F009", "2027-04", "2027-04-30", "F008")

    assert [one.id for one in asked.milestone(FEDERAL, follower).blocked_by] == [march]
    assert asked.milestone(FEDERAL, other).blocked_by == []


def test_a_mirror_shows_what_the_acts_it_stands_for_come_to(asked: Asked) -> None:
    first = asked.milestone(LOCAL, "L001")
    assert (first.status, first.standing, first.counted, first.late, first.due) == (
        "planned", "not_counted", False, True, "2027-03-22",
    )  # fmt: skip
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    assert asked.milestone(LOCAL, "L001").status == "in_progress"
    asked.written.record(F001, [MilestoneCompleted()], BEFORE)
    assert asked.milestone(LOCAL, "L001").status == "in_progress"
    position = asked.written.log.head().position
    asked.written.record(JAL, [MilestoneCompleted()], AFTER)
    whole = asked.milestone(LOCAL, "L001")
    assert (whole.status, whole.completed_at) == ("completed", AFTER)
    assert asked.listed(status="completed", process=LOCAL) == ["L001"]

    assert asked.milestone(LOCAL, "L001", position=position).status == "in_progress"


def test_a_mirror_of_a_late_act_holds_up_those_that_follow_it(asked: Asked) -> None:
    assert asked.milestone(LOCAL, "L002").blocked_by == [Blocker(id="L001", reason="usual", basis="")]
    asked.written.record(F001, [MilestoneCompleted()], BEFORE)
    asked.written.record(JAL, [MilestoneCompleted()], BEFORE)
    assert asked.milestone(LOCAL, "L002").blocked_by == []
