"""Replacing an activity by another of its process: what may stand in its place, and what waits for that."""

from __future__ import annotations

import pytest

from domain.event import Event
from domain.milestone import Milestone
from domain.milestone_commands import CancelMilestone, CompleteMilestone, ReopenMilestone
from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestonePlanned,
    MilestoneReplaced,
    Requirement,
)
from domain.milestone_replacement import ReplaceMilestone
from tests.domain.decisions import Given, folded, given
from tests.domain.milestones import HISTORIES, OTHER, planned

REPLACE = ReplaceMilestone(replaced_by="F002", instrument="SUP-JDC-12/2027", reason="another act was ordered")
REPLACED = MilestoneReplaced(
    replaced_by="F002", instrument="SUP-JDC-12/2027", reason="another act was ordered"
)


def by(other: str) -> MilestoneReplaced:
    return MilestoneReplaced(replaced_by=other, instrument="SUP-1", reason="a ruling")


def of_row(row: str, *events: Event) -> Milestone:
    return folded([planned(row=row), *events])


# Replacing ---------------------------------------------------------------------------------------------


def test_a_replaced_activity_is_cancelled_and_says_what_is_done_instead() -> None:
    decision = given([planned()]).when(REPLACE, replacing=OTHER)
    decision.then([REPLACED])

    assert (decision.after().status, decision.after().replaced_by) == ("cancelled", "F002")


def test_an_activity_may_be_replaced_by_one_that_was_done_already() -> None:
    given([planned()]).when(REPLACE, replacing=of_row("F002", MilestoneCompleted())).then([REPLACED])


def test_a_states_activity_may_be_replaced_by_a_national_one() -> None:
    given([planned(territory="MX-JAL")]).when(REPLACE, replacing=OTHER).then([REPLACED])


def test_reopening_a_replaced_activity_takes_back_what_was_to_be_done_instead() -> None:
    reopened = given([planned(), REPLACED]).when(ReopenMilestone(reason="the ruling was revoked")).after()

    assert (reopened.status, reopened.replaced_by) == ("in_progress", None)
    Given(reopened).when(REPLACE, replacing=OTHER).then([REPLACED])


def test_what_was_replaced_is_cancelled_already() -> None:
    cancel = CancelMilestone(instrument="SUP-2", reason="declared void")
    given([planned(), REPLACED]).when(cancel).then_nothing()


def test_what_was_cancelled_or_replaced_otherwise_is_reopened_before_it_is_replaced() -> None:
    for closed in (by("F003"), MilestoneCancelled(instrument="SUP-2", reason="void")):
        given([planned(), closed]).when(REPLACE, replacing=OTHER).then_refused(
            "cannot-replace-from-cancelled"
        )


# Refusals ----------------------------------------------------------------------------------------------


def test_an_activity_that_is_not_in_the_process_replaces_nothing() -> None:
    for other in (None, Milestone()):
        refused = given([planned()]).when(REPLACE, replacing=other).then_refused("unknown-replacement")
        assert "F002" in refused.es
        assert refused.fields == ("replaced_by",)


def test_an_activity_does_not_replace_itself() -> None:
    itself = ReplaceMilestone(replaced_by="F001", instrument="SUP-1", reason="a ruling")
    now = folded([planned()])
    Given(now).when(itself, replacing=now).then_refused("replaced-by-itself")


def test_an_act_that_is_reported_in_another_process_replaces_nothing_here() -> None:
    mirror = folded([planned(row="F002", same_as=("pef-2026-2027/F005-JAL",))])
    refused = given([planned()]).when(REPLACE, replacing=mirror).then_refused("replacement-elsewhere")

    assert "pef-2026-2027/F005-JAL" in refused.en


@pytest.mark.parametrize(
    ("own", "others"), [("MX-JAL", "MX-COL"), ("MX", "MX-JAL")], ids=["another state", "one state for all"]
)
def test_an_activity_of_another_place_replaces_nothing_here(own: str, others: str) -> None:
    other = folded([planned(row="F002", territory=others)])
    refused = given([planned(territory=own)]).when(REPLACE, replacing=other)

    assert others in refused.then_refused("replacement-of-another-territory").es


@pytest.mark.parametrize(
    "closed",
    [
        MilestoneCancelled(instrument="SUP-2", reason="void"),
        MilestoneClosedAsNotApplicable(reason="nothing was filed"),
        by("F001"),
    ],
    ids=["cancelled", "not applicable", "replaced by this one"],
)
def test_what_is_not_going_to_be_done_replaces_nothing(closed: Event) -> None:
    given([planned()]).when(REPLACE, replacing=of_row("F002", closed)).then_refused("replacement-closed")


# What waits for it -------------------------------------------------------------------------------------


def waiting(name: str = "F001") -> MilestonePlanned:
    return planned(row="F009", required=(Requirement(milestone=name, basis="LGIPE 79"),))


REPLACED_ONE = of_row("F001", REPLACED)


def test_what_waited_for_the_replaced_one_waits_for_the_other() -> None:
    refused = given([waiting()]).when(
        CompleteMilestone(), required={"F001": REPLACED_ONE, "F002": OTHER}
    ).then_refused("required-predecessor-open", basis="LGIPE 79")  # fmt: skip

    assert "F002" in refused.es
    assert "F001" not in refused.es


def test_it_waits_no_longer_once_the_other_was_done() -> None:
    done = {"F001": REPLACED_ONE, "F002": of_row("F002", MilestoneCompleted())}
    given([waiting()]).when(CompleteMilestone(), required=done).then([MilestoneCompleted()])


def test_the_other_may_be_declared_to_have_happened() -> None:
    given([waiting()]).when(
        CompleteMilestone(declare=("F002",)), required={"F001": REPLACED_ONE, "F002": OTHER}
    ).then([MilestoneCompleted(declared=("F002",))])


def test_it_waits_for_the_last_where_the_other_was_replaced_too() -> None:
    required = {"F001": REPLACED_ONE, "F002": of_row("F002", by("F003")), "F003": of_row("F003")}
    refused = given([waiting()]).when(CompleteMilestone(), required=required)

    assert "F003" in refused.then_refused("required-predecessor-open", basis="LGIPE 79").en


def test_the_other_is_looked_for_in_the_process_of_the_replaced_one() -> None:
    required = {"pef-2026-2027/F001": REPLACED_ONE, "pef-2026-2027/F002": OTHER}
    refused = given([waiting("pef-2026-2027/F001")]).when(CompleteMilestone(), required=required)

    assert "pef-2026-2027/F002" in refused.then_refused("required-predecessor-open", basis="LGIPE 79").es


def test_what_replaced_its_own_condition_does_not_wait_for_itself() -> None:
    itself = folded([waiting()])
    required = {"F001": of_row("F001", by("F009")), "F009": itself}
    Given(itself).when(CompleteMilestone(), required=required).then([MilestoneCompleted()])


@pytest.mark.parametrize("status", HISTORIES)
def test_a_replacement_says_its_status_by_being_over_or_not(status: str) -> None:
    """What replaced it counts as any predecessor does: over however it ended."""
    other = of_row("F002", *HISTORIES[status])  # type: ignore[index]  # its keys are the statuses
    decision = given([waiting()]).when(CompleteMilestone(), required={"F001": REPLACED_ONE, "F002": other})
    if other.is_over:
        decision.then([MilestoneCompleted()])
    else:
        decision.then_refused("required-predecessor-open", basis="LGIPE 79")
