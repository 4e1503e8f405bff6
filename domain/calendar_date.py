"""A date that a body's approved calendar gives an activity: loaded where there was none, moved where there was one."""

from __future__ import annotations

from collections.abc import Sequence

from domain.calendar import Moment
from domain.event import Event, Line
from domain.milestone import Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestoneDated, MilestoneRedated
from domain.milestone_rules import Circumstances, allowed, known, loaded, not_in_the_future


class TakeDateFromCalendar(MilestoneCommand):
    """Take an activity's dates from the calendar its body approved."""

    starts: Moment | None = None
    """Where it is left out, the start stays as it is."""
    due: Moment
    instrument: Line
    """The agreement that approved the calendar."""
    source: Line
    """The file by its SHA-256, the sheet and the cells the dates are in."""

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where the calendar's dates are these already."""
        known(milestone)
        now = milestone.schedule
        schedule = loaded(milestone, self.starts, self.due, "calendar", self.source)
        if now and (now.starts, now.due, now.basis) == (schedule.starts, schedule.due, "calendar"):
            return []
        dated = now is not None and now.due is not None
        allowed(milestone, "re-date" if dated else "date")
        not_in_the_future(at)
        if not dated:
            return [MilestoneDated(schedule=schedule, instrument=self.instrument)]
        reason = f"Calendario aprobado del órgano. {self.source}"
        return [MilestoneRedated(schedule=schedule, instrument=self.instrument, reason=reason)]
