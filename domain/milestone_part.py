"""The part of a district in what its state is followed for: how many of what the activity counts are done there.

INE's 300 district offices carry out the steps that are followed by state (LGIPE 71.1, 79). What a district says stands
beside the state's own figure and replaces nothing: the activity is completed, dated and corrected by the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from domain.entity import entities
from domain.event import Event, Prose, Refused
from domain.milestone import Milestone
from domain.milestone_commands import Amount, MilestoneCommand
from domain.milestone_events import MilestonePartReported, MilestonePlanned
from domain.milestone_rules import Circumstances, allowed, known, not_in_the_future, within_target
from domain.territory import Place


def districts_of(plan: MilestonePlanned) -> tuple[str, ...]:
    """Return the federal districts that carry a step out in its state, from ``MX-JAL-D01`` on.

    None where it is not followed by district. A local body's own districts are others, whose codes are not known here.
    """
    state = entities().get(plan.territory)
    if state is None or plan.scope != "district" or plan.responsible == "OPL":
        return ()
    return tuple(f"{state.code}-D{number:02}" for number in range(1, state.federal_districts + 1))


class ReportPart(MilestoneCommand):
    """Report how many are done in one district: it replaces what that district said before, and nothing else."""

    stands_alone: ClassVar[bool] = True

    place: Place
    """The federal district: ``MX-JAL-D03``."""
    done: Amount
    target: int | None = Field(default=None, ge=1, le=1_000_000_000)
    """How many there should be in the district, where that is now known."""
    note: Prose | None = None

    def place_of(self, plan: MilestonePlanned) -> str:  # noqa: ARG002 - it names its own
        """Return the district."""
        return self.place

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse a step that is not followed by district, another state's district, and more than the target."""
        plan = known(milestone)
        self._refuse_another_place(plan)
        before = milestone.part_of(self.place)
        target = self.target or (before.target if before else None)
        if milestone.status == "in_progress" and before is not None:
            same = (self.done, target) == (before.done, before.target)
            if same and self.note in {None, before.note}:
                return []
        allowed(milestone, "report part of")
        not_in_the_future(at)
        within_target(self.done, target)
        return [MilestonePartReported(place=self.place, done=self.done, target=self.target, note=self.note)]

    def _refuse_another_place(self, plan: MilestonePlanned) -> None:
        districts = districts_of(plan)
        if not districts:
            raise Refused(
                "not-followed-by-district",
                es=f"{plan.row} no se sigue por distrito: lo de ese lugar lo reporta quien tiene {plan.territory}.",
                en=f"{plan.row} is not followed by district: who has {plan.territory} reports what is of that place.",
                fields=("place",),
            )
        if self.place not in districts:
            first, last = districts[0], districts[-1]
            raise Refused(
                "unknown-district",
                es=f"{self.place} no es un distrito federal de {plan.territory}: van de {first} a {last}.",
                en=f"{self.place} is no federal district of {plan.territory}: they go from {first} to {last}.",
                fields=("place",),
            )
