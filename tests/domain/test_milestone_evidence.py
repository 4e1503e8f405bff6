"""Evidence of a report: attached later, kept through corrections, withdrawn in the open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.document import Document, usable_name
from domain.event import Refused
from domain.milestone_commands import CompleteMilestone, CorrectMilestone
from domain.milestone_events import (
    Evidence,
    EvidenceAttached,
    EvidenceWithdrawn,
    MilestoneCompleted,
    MilestoneReopened,
)
from domain.milestone_evidence import MOST_ATTACHED, AttachEvidence, WithdrawEvidence
from domain.owed import owed
from tests.domain.decisions import Decision, Given, given
from tests.domain.milestones import AGREEMENT, HISTORIES, WORDS, milestone_in, planned

DIGEST = "ab" * 32
KEPT = Document(DIGEST, 1234, "application/pdf")
MINUTES = Evidence(name="Acta de la sesión", sha256=DIGEST)
PLANNED = planned(evidence=(WORDS,))
COMPLETED = given([PLANNED, *HISTORIES["completed"]])
"""Of an act that asks for a document; its completion is version 4."""


def with_document(decision: Decision, document: Document | None = KEPT) -> Decision:
    """Return a decision of somebody whose document is kept."""
    return replace(decision, circumstances=replace(decision.circumstances, document=document))


def test_a_document_attached_later_supports_the_last_report_and_keeps_what_it_is() -> None:
    decision = with_document(COMPLETED.when(AttachEvidence(evidence=MINUTES)))
    decision.then(
        [EvidenceAttached(supports=4, evidence=MINUTES, size_bytes=1234, media_type="application/pdf")]
    )

    after = decision.after()
    assert "evidence" in owed(COMPLETED.milestone)
    assert owed(after) == ()
    assert [one.version for one in after.evidence_of(4)] == [5]


def test_a_document_that_is_not_kept_here_cannot_be_attached() -> None:
    with_document(COMPLETED.when(AttachEvidence(evidence=MINUTES)), None).then_refused("document-not-kept")


def test_a_number_alone_is_evidence_and_a_name_alone_is_not() -> None:
    COMPLETED.when(AttachEvidence(evidence=AGREEMENT)).then(
        [EvidenceAttached(supports=4, evidence=AGREEMENT)]
    )
    COMPLETED.when(AttachEvidence(evidence=Evidence(name="un acta"))).then_refused("evidence-unidentified")


def test_the_same_document_is_attached_once_whatever_it_is_called() -> None:
    once = with_document(COMPLETED.when(AttachEvidence(evidence=MINUTES))).after()
    again = MINUTES.model_copy(update={"name": "El acta, otra vez"})

    with_document(Given(once).when(AttachEvidence(evidence=again))).then_nothing()


def test_an_earlier_report_can_be_supported_by_its_version_and_one_that_was_never_made_cannot() -> None:
    on_progress = COMPLETED.when(AttachEvidence(evidence=AGREEMENT, supports=3))

    assert on_progress.after().evidence_of(3)
    assert "evidence" in owed(on_progress.after())
    COMPLETED.when(AttachEvidence(evidence=AGREEMENT, supports=9)).then_refused("nothing-to-support")


def test_without_a_report_there_is_nothing_to_support() -> None:
    milestone_in("planned").when(AttachEvidence(evidence=AGREEMENT)).then_refused(
        "cannot-support-from-planned"
    )


def test_what_was_attached_apart_stays_with_a_corrected_report() -> None:
    attached = COMPLETED.when(AttachEvidence(evidence=AGREEMENT)).after()
    restated = CorrectMilestone(report="completion", outcome="rejected", reason="typed wrongly")
    after = Given(attached).when(restated).after()

    assert after.completed is not None
    assert owed(after) == ()
    assert [one.version for one in after.evidence_of(after.completed.version)] == [5]


def test_what_came_with_a_wrong_report_is_withdrawn_with_it_and_stays_listed() -> None:
    completion = CompleteMilestone(evidence=(MINUTES,))
    done = milestone_in("in_progress").when(completion).after()
    restated = CorrectMilestone(report="completion", reason="another act", evidence=(AGREEMENT,))
    after = Given(done).when(restated).after()

    assert owed(done) == ()
    assert [(one.evidence.name, one.withdrawn is None, one.reason) for one in after.evidence] == [
        (MINUTES.name, False, "another act"),
        (AGREEMENT.name, True, ""),
    ]


def test_withdrawn_evidence_stays_listed_with_its_reason_and_no_longer_supports() -> None:
    attached = COMPLETED.when(AttachEvidence(evidence=AGREEMENT)).after()
    withdrawal = Given(attached).when(WithdrawEvidence(withdraws=5, reason="Es de otro acto."))
    withdrawal.then([EvidenceWithdrawn(withdraws=5, reason="Es de otro acto.")])

    after = withdrawal.after()
    assert "evidence" in owed(after)
    assert [(one.reason, one.withdrawn is not None) for one in after.evidence] == [("Es de otro acto.", True)]
    assert Given(after).when(AttachEvidence(evidence=AGREEMENT)).events()


def test_what_came_with_a_completion_is_corrected_and_not_withdrawn() -> None:
    done = milestone_in("in_progress").when(CompleteMilestone(evidence=(MINUTES,))).after()

    Given(done).when(WithdrawEvidence(withdraws=4, reason="Otro.")).then_refused("unknown-evidence")


def test_a_second_completion_has_to_bring_evidence_of_its_own() -> None:
    attached = COMPLETED.when(AttachEvidence(evidence=AGREEMENT)).after()
    again = [MilestoneReopened(reason="más por hacer"), MilestoneCompleted()]
    history = given(
        [PLANNED, *HISTORIES["completed"], EvidenceAttached(supports=4, evidence=AGREEMENT), *again]
    )

    assert owed(attached) == ()
    assert "evidence" in owed(history.milestone)


def test_there_is_an_end_to_what_can_be_attached() -> None:
    many = [
        EvidenceAttached(supports=4, evidence=Evidence(name="x", address=f"https://example.mx/{number}"))
        for number in range(MOST_ATTACHED)
    ]
    full = given([PLANNED, *HISTORIES["completed"], *many])

    full.when(AttachEvidence(evidence=AGREEMENT)).then_refused("too-much-evidence")


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "..",
        "../../etc/passwd",
        "C:\\acta.pdf",
        "a/b.pdf",
        "acta\u202efdp.exe",
        "a\x00.pdf",
        "a\nb",
        "x" * 201,
    ],
)
def test_a_name_that_is_a_path_or_reads_otherwise_than_it_is_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        usable_name(name)

    assert refused.value.rule == "document-name-unusable"


def test_a_plain_name_is_kept_as_it_is() -> None:
    assert usable_name(" Acuerdo núm. 12 (firmado).pdf ") == "Acuerdo núm. 12 (firmado).pdf"
