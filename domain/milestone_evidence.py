"""What supports a report (*soporte documental*): attached when it is at hand, also after the report; withdrawn openly.

A report is recorded before its evidence. What a completion brought with it is corrected with it
(`domain.milestone_commands.CorrectMilestone`); what was attached apart can be withdrawn apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from domain.event import Event, Prose, Refused
from domain.milestone import Milestone, Reported
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import Evidence, EvidenceAttached, EvidenceWithdrawn
from domain.milestone_rules import Circumstances, allowed, known, not_in_the_future

MOST_ATTACHED = 100
"""How much may be attached to one activity."""


class AttachEvidence(MilestoneCommand):
    """Attach a document, or the number or address it is known by, to a report that was made."""

    evidence: Evidence
    supports: int | None = Field(default=None, ge=1)
    """The version of the report it supports (`version` of its receipt); left out, the last that stands."""

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where it is attached already; refuse what names no document, and one that is not kept here."""
        known(milestone)
        report = self._supported(milestone)
        if report and any(
            _is_the_same(self.evidence, one.evidence) for one in milestone.evidence_of(report.version)
        ):
            return []
        allowed(milestone, "support")
        if report is None:
            raise Refused(
                "nothing-to-support",
                es="No hay un reporte vigente que soportar: reporta primero, o mira si el elegido fue corregido.",
                en="No such report stands: report first, or see whether the one chosen was corrected.",
                fields=("supports",),
            )
        not_in_the_future(at)
        if not self.evidence.identifies:
            raise Refused(
                "evidence-unidentified",
                es="No se sabe cuál documento es: adjunta el archivo, o da su número o dónde se publicó.",
                en="Nobody can tell which document it is: attach the file, or give its number or where it is.",
                fields=("evidence",),
            )
        if len(milestone.evidence) >= MOST_ATTACHED:
            raise Refused(
                "too-much-evidence",
                es=f"Esta actividad ya tiene {MOST_ATTACHED} soportes: reúne los que faltan en un solo documento.",
                en=f"This activity has {MOST_ATTACHED} pieces of evidence: put the rest into one document.",
                fields=("evidence",),
            )
        return [self._attached(report, at)]

    def _supported(self, milestone: Milestone) -> Reported | None:
        """Return the report it supports, None where none stands."""
        standing = milestone.reports_that_stand()
        return next((report for report in standing if self.supports in {None, report.version}), None)

    def _attached(self, report: Reported, at: Circumstances) -> EvidenceAttached:
        if self.evidence.sha256 is None:
            return EvidenceAttached(supports=report.version, evidence=self.evidence)
        if at.document is None:
            raise Refused(
                "document-not-kept",
                es="Ese documento no está guardado aquí: súbelo primero y usa el SHA-256 con que se responde.",
                en="That document is not kept here: upload it first, and use the SHA-256 of the answer.",
                fields=("evidence.sha256",),
            )
        return EvidenceAttached(
            supports=report.version, evidence=self.evidence,
            size_bytes=at.document.size_bytes, media_type=at.document.media_type,
        )  # fmt: skip


class WithdrawEvidence(MilestoneCommand):
    """Withdraw evidence that was attached: it stays listed, struck through, with why."""

    withdraws: int = Field(ge=1)
    """The version of the attachment in this stream (`version` of its receipt)."""
    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where it was withdrawn; refuse what was not attached apart."""
        known(milestone)
        found = [one for one in milestone.evidence if one.version == self.withdraws and one.apart]
        if not found:
            raise Refused(
                "unknown-evidence",
                es="No hay un soporte adjunto con esa versión: elige uno de la lista; el que llegó con una conclusión "
                "se corrige con ella.",
                en="Nothing was attached at that version: choose one of the list; what came with a completion is "
                "corrected with it.",
                fields=("withdraws",),
            )
        if found[0].withdrawn is not None:
            return []
        allowed(milestone, "withdraw evidence of")
        not_in_the_future(at)
        return [EvidenceWithdrawn(withdraws=self.withdraws, reason=self.reason)]


def _is_the_same(one: Evidence, other: Evidence) -> bool:
    """Tell whether two are the same document, whatever it is called."""
    if one.sha256 or other.sha256:
        return one.sha256 == other.sha256
    return (one.reference, one.address) == (other.reference, other.address)
