"""What a step that was completed still owes: derived from its plan and its reports, and never a bar to reporting."""

from __future__ import annotations

from typing import Literal

from domain.milestone import Milestone

Owed = Literal["validation", "evidence"]
"""*Pendiente de validación*: another body has to agree and has not. *Soporte pendiente*: the step asks for documents
and its completion refers to none, neither an instrument nor evidence."""


def owed(milestone: Milestone) -> tuple[Owed, ...]:
    """Return what a milestone owes; nothing while it is not completed, or where it is reported elsewhere."""
    plan, completed = milestone.plan, milestone.completed
    if plan is None or completed is None or milestone.status != "completed" or plan.same_as:
        return ()
    found: list[Owed] = []
    if plan.validated_by and completed.version not in milestone.validated:
        found.append("validation")
    if plan.evidence and milestone.instrument is None and not milestone.evidence:
        found.append("evidence")
    return tuple(found)
