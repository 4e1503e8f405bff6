"""Which activity is done instead of which, now and at any earlier moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.milestone_events import (
    MilestoneCompleted,
    MilestoneReopened,
    MilestoneReplaced,
    MilestoneSuspended,
    Order,
)
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.tally import cells, together
from projections.waiting import list_waiting
from tests.domain.milestones import planned
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, schedule
from tests.projections.test_worklist import listed, who

BY_F003 = MilestoneReplaced(replaced_by="F003", instrument="SUP-1", reason="a ruling")


def head(asked: Asked) -> int:
    return asked.written.log.head().position


def test_a_replaced_activity_and_the_other_tell_of_each_other(asked: Asked) -> None:
    asked.written.record(F001, [BY_F003], BEFORE)
    replaced, other = asked.milestone(FEDERAL, "F001"), asked.milestone(FEDERAL, "F003")

    assert (replaced.status, replaced.standing, replaced.replaced_by) == ("cancelled", "not_counted", "F003")
    assert (other.replaces, other.replaced_by, replaced.replaces) == (["F001"], None, [])


def test_one_may_be_done_instead_of_several_named_in_the_order_of_the_plan(asked: Asked) -> None:
    asked.written.record(f"milestone/{FEDERAL}/F002-JAL", [BY_F003], BEFORE)
    asked.written.record(F001, [BY_F003], BEFORE)

    assert asked.milestone(FEDERAL, "F003").replaces == ["F001", "F002-JAL"]


def test_reopening_takes_it_back_and_an_earlier_moment_still_has_it(asked: Asked) -> None:
    before = head(asked)
    asked.written.record(F001, [BY_F003], BEFORE)
    while_replaced = head(asked)
    asked.written.record(F001, [MilestoneReopened(reason="the ruling was revoked")], BEFORE)

    for position, replaced_by, replaces in (
        (before, None, []), (while_replaced, "F003", ["F001"]), (None, None, []),
    ):  # fmt: skip
        assert asked.milestone(FEDERAL, "F001", AFTER, position).replaced_by == replaced_by
        assert asked.milestone(FEDERAL, "F003", AFTER, position).replaces == replaces


def test_the_same_id_in_another_process_replaces_nothing(asked: Asked) -> None:
    asked.written.record(
        F001, [MilestoneReplaced(replaced_by="L002", instrument="SUP-1", reason="a ruling")], BEFORE
    )

    assert asked.milestone(LOCAL, "L002").replaces == []


# What followed it --------------------------------------------------------------------------------------------


F047, F048 = f"milestone/{FEDERAL}/F047", f"milestone/{FEDERAL}/F048"
LATER = datetime(2027, 3, 20, tzinfo=UTC)
"""F047 is late by then, and what follows F001 is not."""


@pytest.fixture
def ordered(asked: Asked) -> Asked:
    """F001 is replaced by F047, which is due four days later."""
    asked.written.record(F047, [planned(row="F047", schedule=schedule("2027-03-16"))])
    asked.written.record(F001, [instead("F047")], BEFORE)
    return asked


def instead(other: str) -> MilestoneReplaced:
    return MilestoneReplaced(replaced_by=other, instrument="SUP-1", reason="a ruling")


def told(asked: Asked, at: datetime, position: int | None = None) -> tuple[list[str], list[str], int]:
    """Return what is blocked, by the filter, by each row and by the figures; by what F002-JAL is; F047's own."""
    as_of = AsOf(position, at)
    with asked.reading() as connection:
        rows = {
            row.id: row
            for process in (FEDERAL, LOCAL)
            for row in list_milestones(connection, MilestoneFilter(process=process), as_of).items
        }
        blocked = [row.id for row in list_milestones(connection, MilestoneFilter(blocked=True), as_of).items]
        counted = together(cells(connection, as_of, due_soon_days=7, processes=[FEDERAL, LOCAL])).blocked
    assert sorted(blocked) == sorted(row.id for row in rows.values() if row.blocked_by)
    assert counted == sum(rows[id_].counted for id_ in blocked)
    return blocked, [one.id for one in rows["F002-JAL"].blocked_by], rows["F047"].holds_back


def test_what_followed_the_replaced_one_waits_for_the_other(ordered: Asked) -> None:
    assert told(ordered, AFTER) == ([], [], 2)
    assert told(ordered, LATER) == (["F002-JAL", "F002-SON", "L002"], ["F047"], 2)
    assert ordered.milestone(FEDERAL, "F002-JAL", LATER).blocked_by[0].basis == "LGIPE 1"


def test_it_waits_until_the_other_is_done_and_what_is_done_before_it_is_out_of_sequence(
    ordered: Asked,
) -> None:
    ordered.written.record(JAL, [MilestoneCompleted()], BEFORE)
    assert ordered.milestone(FEDERAL, "F002-JAL").out_of_sequence
    before = head(ordered)
    ordered.written.record(F047, [MilestoneCompleted()], LATER)
    assert told(ordered, LATER) == ([], [], 0)
    assert ordered.milestone(FEDERAL, "F002-JAL", LATER).out_of_sequence
    assert told(ordered, LATER, before)[0] == ["F002-SON", "L002"]


def test_what_replaced_what_replaced_it_is_waited_for_alone(ordered: Asked) -> None:
    ordered.written.record(F048, [planned(row="F048", schedule=schedule("2027-03-18"))])
    ordered.written.record(F047, [instead("F048")], BEFORE)

    assert told(ordered, datetime(2027, 3, 18, tzinfo=UTC)) == ([], [], 0)
    assert told(ordered, LATER)[1] == ["F048"]
    assert ordered.milestone(FEDERAL, "F048", LATER).holds_back == 2


def test_once_it_is_reopened_the_first_is_waited_for_again(ordered: Asked) -> None:
    while_replaced = head(ordered)
    ordered.written.record(F001, [MilestoneReopened(reason="the ruling was revoked")], BEFORE)

    assert told(ordered, AFTER)[1:] == (["F001"], 0)
    assert told(ordered, AFTER, while_replaced)[1:] == ([], 2)


def test_what_replaces_its_own_condition_does_not_wait_for_itself(asked: Asked) -> None:
    asked.written.record(
        F047, [planned(row="F047", schedule=schedule("2027-03-16"), after=(Order(row="F001"),))]
    )
    asked.written.record(F001, [instead("F047")], BEFORE)

    assert asked.milestone(FEDERAL, "F047", LATER).blocked_by == []
    assert told(asked, LATER) == (["F002-JAL", "F002-SON", "L002"], ["F047"], 2)
    assert listed(asked, who(), BEFORE, group="waiting") == []


def test_a_list_of_work_says_that_it_waits(ordered: Asked) -> None:
    ordered.written.record(F047, [MilestoneSuspended(instrument="SUP-2", reason="a ruling")], BEFORE)

    waiting = listed(ordered, who(), BEFORE, group="waiting")
    assert sorted(waiting) == [
        ("waiting", "F002-JAL"),
        ("waiting", "F002-SON"),
        ("waiting", "F047"),
        ("waiting", "L002"),
    ]
    ordered.written.record(F047, [MilestoneCompleted()], BEFORE)
    assert listed(ordered, who(), BEFORE, group="waiting") == []


def test_another_authority_is_waited_for_where_the_other_is_its_own_to_do(ordered: Asked) -> None:
    asked_of = planned(row="F048", schedule=schedule("2027-03-16"), responsible="OPL")
    ordered.written.record(F048, [asked_of])
    ordered.written.record(F047, [instead("F048")], BEFORE)
    with ordered.reading() as connection:
        rows = list_waiting(connection, AsOf(None, LATER))

    waits = {(row.responsible, row.awaited): row.waiting for row in rows}
    assert waits[ordered.milestone(FEDERAL, "F002-JAL").responsible, "OPL"] == 2
