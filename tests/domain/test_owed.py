"""What a completed step still owes: another body's agreement and its documents; and that neither bars a report."""

from __future__ import annotations

import pytest

from domain.milestone_commands import CompleteMilestone, CorrectMilestone
from domain.milestone_events import Evidence, MilestoneCompleted, MilestoneReopened, MilestoneValidated
from domain.milestone_validation import ValidateMilestone
from domain.names import Names
from domain.owed import Owed, owed
from tests.domain.decisions import Told, folded, given
from tests.domain.milestones import planned

PAPERS = (Names(es="Acta", en="Minutes"),)
ASKED = planned(validated_by="Consejo General", evidence=PAPERS)
NAMED = Evidence(name="Acta 7")
ACTA = Evidence(name="Acta 7", address="https://example.org/acta-7.pdf")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([ASKED], ()),
        ([ASKED, MilestoneCompleted()], ("validation", "evidence")),
        ([ASKED, MilestoneCompleted(instrument="A-7")], ("validation",)),
        ([ASKED, MilestoneCompleted(evidence=(ACTA,))], ("validation",)),
        ([ASKED, MilestoneCompleted(instrument="A-7", evidence=(NAMED,))], ("validation", "evidence")),
        ([ASKED, MilestoneCompleted(), MilestoneValidated(validates=2)], ("evidence",)),
        ([ASKED, MilestoneCompleted(instrument="A-7"), MilestoneValidated(validates=2)], ()),
        ([ASKED, MilestoneCompleted(), MilestoneReopened(reason="annulled")], ()),
        ([planned(), MilestoneCompleted()], ()),
        ([ASKED.model_copy(update={"same_as": ("pef-2026-2027/F001",)}), MilestoneCompleted()], ()),
    ],
)
def test_a_step_owes_what_it_asks_for_and_was_completed_without(
    told: list[Told], expected: tuple[Owed, ...]
) -> None:
    assert owed(folded(told)) == expected


def test_a_step_that_asks_for_documents_is_completed_without_them() -> None:
    decision = given([ASKED]).when(CompleteMilestone())

    assert decision.after().status == "completed"


def test_a_correction_brings_the_documents_and_asks_for_agreement_again() -> None:
    """What was agreed with is not what is said now."""
    history: list[Told] = [ASKED, MilestoneCompleted(), MilestoneValidated(validates=2)]
    moment = folded(history).completed
    assert moment is not None
    correction = CorrectMilestone(report="completion", reason="it was left out", evidence=(ACTA,))
    decision = given(history).when(correction, occurred_at=moment.occurred_at)

    assert owed(decision.after()) == ("validation",)
    agreed = given([*history, *decision.events()]).when(ValidateMilestone())
    assert owed(agreed.after()) == ()
