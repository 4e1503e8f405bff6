"""What a step that was completed still owes: derived from its plan and its reports, and never a bar to reporting."""

from __future__ import annotations

from typing import Literal

from domain.milestone import Milestone
from domain.milestone_events import MilestonePlanned

Owed = Literal["validation", "evidence"]
"""*Pendiente de validación*: another body has to agree and has not. *Soporte pendiente*: a document its completion
names is not at hand, or the step asks for documents and its completion refers to none, neither an instrument nor
evidence."""


def owed(milestone: Milestone) -> tuple[Owed, ...]:
    """Return what a milestone owes; nothing while it is not completed, or where it is reported elsewhere."""
    plan, completed = milestone.plan, milestone.completed
    if plan is None or completed is None or milestone.status != "completed" or plan.same_as:
        return ()
    found: list[Owed] = []
    if plan.validated_by and completed.version not in milestone.validated:
        found.append("validation")
    if _lacks_evidence(plan, milestone, completed.version):
        found.append("evidence")
    return tuple(found)


def _lacks_evidence(plan: MilestonePlanned, milestone: Milestone, completion: int) -> bool:
    """Tell whether fewer documents were attached than only named, or none was given where some are asked for."""
    standing = milestone.evidence_of(completion)
    only_named = sum(not one.evidence.identifies for one in standing)
    attached = sum(one.apart for one in standing)
    return only_named > attached or bool(plan.evidence and milestone.instrument is None and not standing)
