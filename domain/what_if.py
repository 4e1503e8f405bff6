"""What would move, and which deadlines of law would break, if something were otherwise. Nothing is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from domain.calendar import Moment, closes_at
from domain.consequence import Course, consequences
from domain.event import Event
from domain.milestone import Milestone, Reported
from domain.milestone_events import (
    MilestoneArose,
    MilestoneClosedAsNotApplicable,
    MilestonePlanned,
    MilestoneScheduled,
    Schedule,
)
from domain.names import Names
from domain.timeliness import late_by_law

Happening = Literal["dated", "moved", "undated", "arises", "closes", "begins again"]
"""What would become of a milestone."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What would become of one milestone."""

    id: str
    happens: Happening
    """What would happen to it."""
    before: Moment | None
    after: Moment | None
    because: Names
    breaks: Names | None = None
    """Which limit it would break, where it would."""


def with_date(course: Course, id_: str, due: Moment, starts: Moment | None = None) -> Course:
    """Return the course as if a milestone were due at another moment."""
    milestone = course.milestones[id_]
    now = milestone.schedule
    given = Schedule(
        starts=starts or (now.starts if now else None), due=due,
        rule_starts=now.rule_starts if now else None, rule_due=now.rule_due if now else None,
        basis="calendar", rests_on="calendar",
        explanation=Names(es="Fecha supuesta.", en="A supposed date."), source="?",
    )  # fmt: skip
    return _with(course, id_, milestone._replace(schedule=given, given=given))


def with_outcome(course: Course, id_: str, outcome: str | None, at: datetime) -> Course:
    """Return the course as if a milestone had been completed at a moment, with this outcome."""
    report = Reported(0, at, at, "")
    milestone = course.milestones[id_]
    done = milestone._replace(
        status="completed", started=milestone.started or report, completed=report, outcome=outcome
    )
    return _with(course, id_, done)


def shifts(course: Course, now: datetime) -> Sequence[Shift]:
    """Return everything that would follow, in the order of the procedure."""
    follows = consequences(course)
    order = {step.id: number for number, step in enumerate(course.procedure.steps)}
    found = [_shift(course, id_, event, now) for id_, events in follows.items() for event in events[-1:]]
    return sorted(found, key=lambda shift: (order.get(shift.id.partition(".")[0], 0), shift.id))


def _with(course: Course, id_: str, milestone: Milestone) -> Course:
    return replace(course, milestones={**course.milestones, id_: milestone})


def _shift(course: Course, id_: str, event: Event, now: datetime) -> Shift:
    milestone = course.milestones.get(id_, Milestone())
    before = milestone.schedule.due if milestone.schedule else None
    match event:
        case MilestoneScheduled():
            return Shift(
                id_,
                _dated(before, event.schedule.due),
                before,
                event.schedule.due,
                event.because,
                broken(milestone, event.schedule, now),
            )
        case MilestoneArose():
            limit = broken(milestone, event.schedule, now)
            return Shift(id_, "arises", None, event.schedule.due, event.because, limit)
        case MilestoneClosedAsNotApplicable():
            because = event.because or Names(es=event.reason, en=event.reason)
            return Shift(id_, "closes", before, None, because)
        case MilestonePlanned():
            return Shift(id_, "begins again", None, event.schedule.due, event.schedule.explanation)
        case _:
            raise TypeError(f"{type(event).__name__} follows from nothing")


def _dated(before: Moment | None, after: Moment | None) -> Happening:
    if after is None:
        return "undated"
    return "moved" if before else "dated"


def broken(milestone: Milestone, schedule: Schedule, now: datetime) -> Names | None:
    """Say which limit a schedule would break: it would be over already, or past what the law's rule allows."""
    plan = milestone.plan
    if plan is None or schedule.due is None:
        return None
    if late_by_law(schedule) and closes_at(schedule.due, plan.zone) <= now:
        return Names(
            es=f"El plazo de ley ya habría vencido: {schedule.due}.",
            en=f"The deadline of law would be over: {schedule.due}.",
        )
    if schedule.rule_due and closes_at(schedule.due, plan.zone) > closes_at(schedule.rule_due, plan.zone):
        return Names(
            es=f"Quedaría después del límite de la regla: {schedule.rule_due}.",
            en=f"It would be after the limit of the rule: {schedule.rule_due}.",
        )
    return None
