"""Which activity is done instead of which, now and at any earlier moment."""

from __future__ import annotations

from domain.milestone_events import MilestoneReopened, MilestoneReplaced
from tests.projections.asking import AFTER, BEFORE, F001, Asked
from tests.projections.histories import FEDERAL, LOCAL

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
