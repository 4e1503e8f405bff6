"""Whose a milestone is and whether it was made public: reassigned by INE's powers, announced by notice."""

from __future__ import annotations

from collections.abc import Sequence

from domain.event import Event, Line
from domain.milestone import Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestoneAnnounced, MilestoneReassigned, Power
from domain.milestone_rules import Circumstances, allowed, known, not_in_the_future
from domain.step import Responsible


class AnnounceMilestone(MilestoneCommand):
    """Record that an activity was made public: its notice on the boards, in a gazette or on a page.

    Another announcement corrects the one before: its address, its instrument or its moment was wrong. Both stay in
    the history.
    """

    where: Line
    """The gazette, the board or the address."""
    instrument: Line | None = None
    """The edition, the folio or the certificate of posting."""

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where that announcement stands; refuse before there is anything to announce."""
        known(milestone)
        stands = milestone.announced
        if stands is not None and (
            (milestone.announced_where, milestone.announced_instrument, stands.occurred_at)
            == (self.where, self.instrument, at.occurred_at)
        ):
            return []
        allowed(milestone, "announce")
        not_in_the_future(at)
        return [
            MilestoneAnnounced(
                where=self.where, instrument=self.instrument, corrects=stands.version if stands else None
            )
        ]


class ReassignMilestone(MilestoneCommand):
    """Record that another body answers for an activity: INE assumed, attracted or delegated it (LGIPE 120 to 125)."""

    power: Power
    responsible: Responsible
    body: Line
    instrument: Line

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where that body answers for it already; refuse once it is over."""
        plan = known(milestone)
        now = (milestone.responsible or plan.responsible, milestone.body or plan.body)
        if now == (self.responsible, self.body):
            return []
        allowed(milestone, "reassign")
        not_in_the_future(at)
        return [
            MilestoneReassigned(
                power=self.power, responsible=self.responsible, body=self.body, instrument=self.instrument
            )
        ]
