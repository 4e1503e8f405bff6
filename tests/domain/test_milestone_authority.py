"""Who answers for an activity when INE assumes, attracts or delegates it, and that it was made public."""

from __future__ import annotations

import pytest

from domain.milestone_authority import AnnounceMilestone, ReassignMilestone
from domain.milestone_commands import ReopenMilestone
from domain.milestone_events import MilestoneAnnounced, MilestoneReassigned, Power
from tests.domain.decisions import Given, given
from tests.domain.milestones import DATED, HISTORIES, PLANNED, milestone_in, planned

GAZETTE = AnnounceMilestone(where="Gaceta Electoral 41")


def handed(power: Power, responsible: str, body: str) -> ReassignMilestone:
    """Return the request that hands an activity to a body."""
    said = {"power": power, "responsible": responsible, "body": body, "instrument": "INE/CG7/2026"}
    return ReassignMilestone.model_validate(said)


# Made public -------------------------------------------------------------------------------------------


def test_an_announcement_says_where_and_changes_neither_status_nor_dates() -> None:
    decision = milestone_in("completed").when(GAZETTE)
    decision.then([MilestoneAnnounced(where="Gaceta Electoral 41")])

    after = decision.after()
    assert after.announced is not None
    assert after.announced.occurred_at == decision.circumstances.occurred_at
    assert (after.status, after.outcome, after.schedule) == ("completed", "approved", DATED)


def test_what_nobody_began_has_nothing_to_announce() -> None:
    milestone_in("planned").when(GAZETTE).then_refused("cannot-announce-from-planned")


# Whose it is -------------------------------------------------------------------------------------------


def test_a_delegated_activity_answers_to_another_body_and_the_plan_still_names_the_first() -> None:
    decision = milestone_in("in_progress").when(handed("delegation", "OPL", "IECM"))
    decision.then(
        [MilestoneReassigned(power="delegation", responsible="OPL", body="IECM", instrument="INE/CG7/2026")]
    )

    after = decision.after()
    assert (after.responsible, after.body) == ("OPL", "IECM")
    assert (PLANNED.responsible, PLANNED.body) == ("INE", "CG")
    assert after.plan == PLANNED
    assert (after.status, after.done, after.schedule) == ("in_progress", 3, DATED)


def test_a_function_that_was_given_back_may_be_delegated_again() -> None:
    row = given([planned()])
    for power, responsible, body in [
        ("delegation", "OPL", "IECM"),
        ("return", "INE", "CG"),
        ("delegation", "OPL", "IECM"),
    ]:
        after = row.when(handed(power, responsible, body)).after()  # type: ignore[arg-type]  # the words of `Power`
        assert (after.responsible, after.body) == (responsible, body)
        row = Given(after)


@pytest.mark.parametrize("power", ["assumption", "attraction", "return"])
def test_a_body_is_not_handed_what_it_answers_for_already(power: Power) -> None:
    given([planned()]).when(handed(power, "INE", "CG")).then_nothing()


def test_another_organ_of_the_same_institution_is_another_body() -> None:
    after = given([planned()]).when(handed("attraction", "INE", "DEOE")).after()
    assert (after.responsible, after.body) == ("INE", "DEOE")


def test_what_is_over_is_reopened_before_it_is_handed_over() -> None:
    over = given([planned(), *HISTORIES["completed"]])
    over.when(handed("delegation", "OPL", "IECM")).then_refused("cannot-reassign-from-completed")
    reopened = Given(over.when(ReopenMilestone(reason="annulled")).after())
    assert reopened.when(handed("delegation", "OPL", "IECM")).after().body == "IECM"
