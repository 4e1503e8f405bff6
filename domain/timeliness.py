"""How a milestone stands against its dates at an instant: derived, never stored.

What counts is the date of the *act*, against the end of the due day (24:00 in the zone of whoever must act)
or its exact hour. Past its date with no report it is *vencida sin reporte*, which says nothing about the act;
*fuera del plazo* is only what was reported unfinished or finished late.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from domain.calendar import closes_at, opens_at
from domain.milestone import OPEN, Milestone
from domain.milestone_events import MilestonePlanned, Schedule

Standing = Literal[
    "done_on_time",
    "done_late",
    "reported_unfinished",
    "without_report",
    "suspended",
    "done_ahead",
    "pending",
    "undated",
    "done_undated",
    "estimated",
    "not_counted",
]
"""The one group a milestone is counted in. The first five are what is *due to date* and add up to it;
*done_ahead* is apart; the last group (periods, limits, prohibitions, what does not apply, what is the same act
as another) is in no figure of progress."""

DUE_TO_DATE: tuple[Standing, ...] = (
    "done_on_time",
    "done_late",
    "reported_unfinished",
    "without_report",
    "suspended",
)


def starts_at(schedule: Schedule, zone: str) -> datetime | None:
    """Return the instant its period opens, if it has one."""
    return opens_at(schedule.starts, zone) if schedule.starts else None


def due_at(schedule: Schedule, zone: str) -> datetime | None:
    """Return the first instant at which it is late, if it has a due date."""
    return closes_at(schedule.due, zone) if schedule.due else None


def counts(plan: MilestonePlanned, *, arisen: bool) -> bool:
    """Tell whether an activity enters figures of progress.

    Acts and each occurrence of a recurring duty do; what is conditional, once it arose (something was reported);
    an act that is reported elsewhere (``same_as``) is counted there.
    """
    if plan.same_as:
        return False
    if plan.kind == "conditional":
        return arisen
    if plan.kind == "recurring":
        return plan.occurrence != "" and (arisen or plan.condition is None)
    return plan.kind == "act"


def is_to_be_done(milestone: Milestone) -> bool:
    """Tell whether an activity that enters figures of progress is neither done nor closed."""
    plan = milestone.plan
    return plan is not None and milestone.status in OPEN and counts(plan, arisen=milestone.has_arisen)


def late_by_law(schedule: Schedule) -> bool:
    """Tell whether passing its date breaks a date of law or of an approved calendar."""
    return schedule.rests_on in {"law", "calendar"}


def standing(milestone: Milestone, at: datetime) -> Standing:
    """Return the group a milestone is counted in at an instant."""
    plan, schedule = milestone.plan, milestone.schedule
    if plan is None or schedule is None or not counts(plan, arisen=milestone.has_arisen):
        return "not_counted"
    if milestone.status in {"cancelled", "not_applicable"}:
        return "not_counted"
    due = due_at(schedule, plan.zone)
    if due is None:
        return "done_undated" if milestone.completed else "undated"
    if schedule.rests_on == "estimated":
        return "estimated"
    if milestone.completed is not None:
        if milestone.completed.occurred_at >= due:
            return "done_late"
        return "done_on_time" if due <= at else "done_ahead"
    if due > at:
        return "pending"
    if milestone.status == "suspended":
        return "suspended"
    return "reported_unfinished" if milestone.status == "in_progress" else "without_report"
