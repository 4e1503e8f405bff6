"""Agreeing with a report (*validación*) or not: somebody else looks at it, and it counts before they do."""

from __future__ import annotations

from collections.abc import Sequence

from domain.event import Event, Prose, Refused
from domain.milestone import OPEN, Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestoneReopened, MilestoneValidated
from domain.milestone_rules import Circumstances, allowed, known, not_in_the_future


class ValidateMilestone(MilestoneCommand):
    """Agree, as a second pair of eyes, with the last report that stands."""

    note: Prose | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse where nothing was reported, and one's own report; do nothing where it was validated."""
        known(milestone)
        last = milestone.completed or milestone.progressed or milestone.started
        if last is not None and last.version in milestone.validated:
            return []
        allowed(milestone, "validate")
        not_in_the_future(at)
        if last is None:  # closed before it began, then reopened
            raise Refused("nothing-to-validate", es="Aún no hay un reporte que validar: espera el primero.",
                          en="There is no report to validate yet: wait for the first.")  # fmt: skip
        if last.by == at.actor:
            raise Refused("own-report", es="Ese reporte lo hiciste tú: pide a otra persona que lo valide.",
                          en="You made that report yourself: ask somebody else to validate it.")  # fmt: skip
        return [MilestoneValidated(validates=last.version, note=self.note)]


class ReturnMilestone(MilestoneCommand):
    """Return a completed activity to who reported it: what was done is not what was due. The report stays in sight."""

    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where it is open; refuse what was closed otherwise."""
        known(milestone)
        if milestone.status in OPEN:
            return []
        allowed(milestone, "return")
        not_in_the_future(at)
        returned = milestone.completed.version if milestone.completed else None
        return [MilestoneReopened(reason=self.reason, returns=returned)]
