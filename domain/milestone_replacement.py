"""Replacing an activity (*sustituir*): another one of its process is to be done instead, and stands in its place.

A ruling orders another act, or a plan is amended. The replaced activity is cancelled, and says by which; what an
article makes it a condition of waits for the other. To reopen it takes that back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints

from domain.event import Event, Line, Prose, Refused
from domain.milestone import Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestonePlanned, MilestoneReplaced
from domain.milestone_rules import STATUS_WORDS, Circumstances, allowed, known, not_in_the_future
from domain.territory import covers

MilestoneId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$", max_length=40)]
"""An activity's id in its process: ``F047``, ``F005-JAL``, ``F008.2026-10``."""


class ReplaceMilestone(MilestoneCommand):
    """Record that another activity of the same process is to be done instead of this one."""

    replaced_by: MilestoneId
    """The other's id: ``L045``."""
    instrument: Line
    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse once it is over, and what cannot stand in its place."""
        plan = known(milestone)
        if milestone.replaced_by == self.replaced_by:
            return []
        allowed(milestone, "replace")
        not_in_the_future(at)
        other = at.replacing or Milestone()
        self._refuse_no_other(plan, other)
        self._refuse_unfit(plan, other)
        return [
            MilestoneReplaced(replaced_by=self.replaced_by, instrument=self.instrument, reason=self.reason)
        ]

    def _refuse_no_other(self, plan: MilestonePlanned, other: Milestone) -> None:
        """Refuse what is no other activity of the process."""
        if other.plan is None:
            raise Refused(
                "unknown-replacement",
                es=f"No hay una actividad {self.replaced_by} en este proceso: revisa su identificador.",
                en=f"There is no activity {self.replaced_by} in this process: check its id.",
                fields=("replaced_by",),
            )
        if other.plan == plan:
            raise Refused(
                "replaced-by-itself",
                es="Una actividad no se sustituye por sí misma: di cuál otra se hará en su lugar.",
                en="An activity is not replaced by itself: say which other is to be done instead.",
                fields=("replaced_by",),
            )

    def _refuse_unfit(self, plan: MilestonePlanned, other: Milestone) -> None:
        """Refuse what cannot be done in its place: reported elsewhere, of another place, or closed."""
        assert other.plan is not None  # noqa: S101 - `_refuse_no_other` has said so; this says it to mypy
        if other.plan.same_as:
            places = ", ".join(other.plan.same_as)
            raise Refused(
                "replacement-elsewhere",
                es=f"{self.replaced_by} es el mismo acto que {places}, de otro proceso: "
                "elige una que se reporte en este.",
                en=f"{self.replaced_by} is the same act as {places}, of another process: "
                "choose one reported in this one.",
                fields=("replaced_by",),
            )
        if not covers(other.plan.territory, plan.territory):
            raise Refused(
                "replacement-of-another-territory",
                es=f"{self.replaced_by} es de {other.plan.territory} y {plan.row} de {plan.territory}: "
                "elige una del mismo lugar, o nacional.",
                en=f"{self.replaced_by} is in {other.plan.territory} and {plan.row} in {plan.territory}: "
                "choose one of the same place, or a national one.",
                fields=("replaced_by",),
            )
        if other.status in {"cancelled", "not_applicable"}:
            word = STATUS_WORDS[other.status]
            raise Refused(
                "replacement-closed",
                es=f"{self.replaced_by} está {word.es} y no puede hacerse en lugar de otra: "
                "reábrela o elige otra.",
                en=f"{self.replaced_by} is {word.en} and cannot be done instead of another: "
                "reopen it or choose another.",
                fields=("replaced_by",),
            )
