"""Documents that are only named: a completion waits for them, and a correction that gives them is one."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.milestone_commands import CorrectMilestone
from domain.milestone_events import (
    Evidence,
    EvidenceAttached,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneReopened,
)
from domain.owed import owed
from tests.domain.decisions import folded, given
from tests.domain.milestones import planned

JUNE = datetime(2027, 6, 10, 18, tzinfo=UTC)
NAMED = Evidence(name="Acta de la sesión")
KNOWN = Evidence(name="Acta de la sesión", address="https://example.org/acta.pdf")


def test_a_document_without_address_or_fingerprint_is_waited_for() -> None:
    assert owed(folded([planned(), MilestoneCompleted(evidence=(KNOWN, NAMED))])) == ("evidence",)
    assert owed(folded([planned(), MilestoneCompleted(evidence=(KNOWN,))])) == ()
    assert owed(folded([planned(), MilestoneCompleted()])) == ()


def test_correcting_only_the_documents_is_a_correction_and_ends_the_wait() -> None:
    done = given([planned(), (MilestoneCompleted(instrument="A-1", evidence=(NAMED,)), JUNE)])
    fix = CorrectMilestone(report="completion", reason="the address", instrument="A-1", evidence=(KNOWN,))
    decision = done.when(fix, occurred_at=JUNE)
    decision.then(
        [
            MilestoneCorrected(
                report="completion", corrects=2, reason="the address", instrument="A-1", evidence=(KNOWN,)
            )
        ]
    )

    assert owed(decision.after()) == ()


def test_correcting_to_the_same_documents_is_nothing() -> None:
    done = given([planned(), (MilestoneCompleted(evidence=(KNOWN,)), JUNE)])
    fix = CorrectMilestone(report="completion", reason="none", evidence=(KNOWN,))

    done.when(fix, occurred_at=JUNE).then([])


def test_what_is_reopened_waits_for_no_documents() -> None:
    reopened = [planned(), MilestoneCompleted(evidence=(NAMED,)), MilestoneReopened(reason="there is more")]

    assert owed(folded(reopened)) == ()


def test_each_document_that_is_only_named_is_waited_for() -> None:
    attached = EvidenceAttached(supports=2, evidence=KNOWN)
    two = [planned(), MilestoneCompleted(evidence=(NAMED, NAMED.model_copy(update={"name": "Acuerdo"})))]

    assert owed(folded([*two, attached])) == ("evidence",)
    assert owed(folded([*two, attached, attached])) == ()
