"""Whether a step was made public as the law asks: derived from its plan and its reports, never stored.

A notice has a period where an article sets one (``within``, counted from the completion); where none does, a step that
is closed without its notice shows so from the moment it is closed, and its notice can never be late.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from domain.calendar import CalendarNotLoaded, Moment, closes_at
from domain.counting import counted
from domain.legal_time import LegalTime
from domain.milestone import Milestone

NoticeStatus = Literal["not_required", "awaited", "given", "given_late", "missing"]
"""*Awaited* while there is still time, or nothing to announce yet; *missing* once the step is closed and its notice
should have been given."""


def notice_due(milestone: Milestone, completed_at: datetime, time: LegalTime) -> Moment | None:
    """Return until when a completion must be made public.

    None where no notice or no period is set, and where the working calendar that would tell is not loaded.
    """
    plan = milestone.plan
    if plan is None or plan.notice is None or plan.notice.within is None:
        return None
    count, _, unit = plan.notice.within.partition(" ")
    done = f"{completed_at.astimezone(ZoneInfo(plan.zone)):%Y-%m-%dT%H:%M}"
    try:
        # Days counted from an act are whole days: the last one ends at its 24:00 (LGSMIME 7.1).
        return counted(done if unit == "hours" else done[:10], int(count), unit, time)
    except CalendarNotLoaded:
        return None


def missing_from(milestone: Milestone) -> datetime | None:
    """Return the first instant at which its notice is missing unless it was given, if there is one."""
    plan, completed = milestone.plan, milestone.completed
    if plan is None or plan.notice is None or plan.same_as or completed is None:
        return None
    if plan.notice.within is None:
        return completed.occurred_at
    return closes_at(milestone.notice_due, plan.zone) if milestone.notice_due else None


def notice_status(milestone: Milestone, at: datetime) -> NoticeStatus:
    """Return how the notice of a milestone stands at an instant."""
    plan, since = milestone.plan, missing_from(milestone)
    if (
        plan is None
        or plan.notice is None
        or plan.same_as
        or milestone.status in {"cancelled", "not_applicable"}
    ):
        return "not_required"
    if milestone.announced is not None:
        has_period = plan.notice.within is not None
        is_late = has_period and since is not None and milestone.announced.occurred_at >= since
        return "given_late" if is_late else "given"
    return "missing" if since is not None and since <= at else "awaited"
