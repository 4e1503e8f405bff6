"""Which acts have a legal effect by themselves, and so are done by two people: one proposes, another approves.

Reports are never among them: what happened is recorded at its first instant, and validated afterwards.
"""

from __future__ import annotations

from typing import Literal

from domain.access import Action
from domain.event import Event
from domain.grant import GrantGiven
from domain.milestone import Milestone
from domain.milestone_events import MilestoneCorrected, MilestoneRedated
from domain.process import ElectionDayMoved, Process, ProcessClosed, ProcessMoved, ProcessOpened

LegalEffect = Literal[
    "closing", "election_day", "plan_version", "legal_redating", "validated_correction", "granting"
]
"""Closing an election's process, moving election day, moving to another text of the plan, re-dating a deadline of law,
correcting a report that was validated, giving a person a right."""


def legal_effect(state: object, event: Event) -> LegalEffect | None:
    """Return the effect an event has on what it happens to, ``state``; None where one person may do it."""
    match event:
        case ProcessClosed() if isinstance(state, Process) and isinstance(state.opened, ProcessOpened):
            return "closing"
        case ElectionDayMoved():
            return "election_day"
        case ProcessMoved():
            return "plan_version"
        # To delegate is to let another use a right of one's own, which ends with it.
        case GrantGiven() if event.kind != "delegation":
            return "granting"
        case MilestoneRedated() if isinstance(state, Milestone) and _by_law(state):
            return "legal_redating"
        case MilestoneCorrected() if isinstance(state, Milestone) and event.corrects in state.validated:
            return "validated_correction"
    return None


def action_to_decide(effect: LegalEffect) -> Action:
    """Return what the second person has to be allowed to do: of two who give a right, each has to be able to."""
    return "administer" if effect == "granting" else "approve"


def _by_law(milestone: Milestone) -> bool:
    return milestone.schedule is not None and milestone.schedule.basis == "law"
