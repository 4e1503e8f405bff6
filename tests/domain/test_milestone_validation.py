"""Validating a report: of which report, and by whom."""

from __future__ import annotations

from dataclasses import replace

from domain.milestone_commands import CorrectMilestone
from domain.milestone_events import MilestoneReopened, MilestoneValidated
from domain.milestone_validation import ReturnMilestone, ValidateMilestone
from tests.domain.decisions import Given, given
from tests.domain.milestones import HISTORIES, planned


def test_a_validation_names_the_report_agreed_with_and_a_correction_needs_its_own() -> None:
    done = given([planned(), *HISTORIES["completed"]])
    validated = done.when(ValidateMilestone(note="seen"))
    validated.then([MilestoneValidated(validates=4, note="seen")])
    again = Given(validated.after())
    again.when(ValidateMilestone()).then_nothing()

    corrected = again.when(CorrectMilestone(report="completion", outcome="rejected", reason="wrong")).after()
    Given(corrected).when(ValidateMilestone()).then([MilestoneValidated(validates=6)])


def test_nobody_validates_their_own_report_not_even_one_they_corrected() -> None:
    decision = given([planned(), *HISTORIES["completed"]]).when(ValidateMilestone())

    replace(decision, circumstances=replace(decision.circumstances, actor="a1")).then_refused("own-report")
    replace(decision, circumstances=replace(decision.circumstances, actor="a2")).then(
        [MilestoneValidated(validates=4)]
    )


def test_a_completion_that_is_not_agreed_with_is_returned_and_stays_in_its_history() -> None:
    decision = given([planned(), *HISTORIES["completed"]]).when(ReturnMilestone(reason="two are missing"))
    decision.then([MilestoneReopened(reason="two are missing", returns=4)])

    assert (decision.after().status, decision.after().completed) == ("in_progress", None)
    given([planned(), *HISTORIES["cancelled"]]).when(ReturnMilestone(reason="x")).then_refused(
        "cannot-return-from-cancelled"
    )
