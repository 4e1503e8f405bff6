"""The occurrences of a recurring duty: one for each period, with a deadline of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.calendar import MONTHS, add_months, day_of
from domain.deadline import MONTHS_ES, Anchors, Resolved, resolve, spoken
from domain.milestone_events import Schedule
from domain.names import Names
from domain.step import Step
from domain.timetable import Grounds

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


class Period(NamedTuple):
    """One period: how its occurrence is called, and its first and last day."""

    id: str
    name: Names
    """In Spanish with its preposition: *de septiembre de 2026*, *del trimestre 4 de 2026*."""
    first: date
    last: date


def occurrences(step: Step, schedule: Schedule, grounds: Grounds) -> list[tuple[str, Schedule]]:
    """Return each period's occurrence of a recurring duty, or the row itself where it has none."""
    if not step.every or not schedule.starts or not schedule.due:
        return [("", schedule)]
    periods = _periods(step.every, day_of(schedule.starts), day_of(schedule.due))
    return [(period.id, _of(period, step, schedule, grounds)) for period in periods]


def _periods(every: str, first: date, last: date) -> Iterator[Period]:
    """Yield the periods that touch the days from the first to the last, cut to them."""
    if every == "30 days":
        number = 0
        while first <= last:
            number += 1
            end = min(first + timedelta(days=29), last)
            yield Period(str(number), Names(es=f"del periodo {number}", en=f"period {number}"), first, end)
            first = end + timedelta(days=1)
        return
    months = MONTHS_IN[every]
    begins = first.replace(day=1, month=(first.month - 1) // months * months + 1)
    while begins <= last:
        following = add_months(begins, months)
        id_, name = _named(every, begins)
        yield Period(id_, name, max(begins, first), min(following - timedelta(days=1), last))
        begins = following


def _named(every: str, begins: date) -> tuple[str, Names]:
    """Return the id and the name of a period of the calendar."""
    if every == "month":
        month = begins.month - 1
        return f"{begins:%Y-%m}", Names(
            es=f"de {MONTHS_ES[month]} de {begins.year}", en=f"{MONTHS[month].capitalize()} {begins.year}"
        )
    if every == "quarter":
        quarter = (begins.month + 2) // 3
        return f"{begins.year}-Q{quarter}", Names(
            es=f"del trimestre {quarter} de {begins.year}", en=f"quarter {quarter} of {begins.year}"
        )
    return str(begins.year), Names(es=f"del año {begins.year}", en=f"the year {begins.year}")


def _of(period: Period, step: Step, schedule: Schedule, grounds: Grounds) -> Schedule:
    """Return the dates of one occurrence."""
    starts, due = period.first.isoformat(), period.last.isoformat()
    if step.each_due:
        anchors = Anchors(grounds.year, grounds.election_day, period_end=due, time=grounds.time)
        found = resolve(step.each_due, anchors, step.date_basis)
        if not isinstance(found, Resolved):
            return Schedule(starts=starts, rule_starts=starts, explanation=found.reason)
        due = found.moment
    said = spoken(due)
    explanation = Names(
        es=f"Cada periodo tiene su plazo: el {period.name.es} vence el {said.es}.",
        en=f"Each period has its own deadline: that of {period.name.en} is due on {said.en}.",
    )
    dates = {"starts": starts, "due": due, "rule_starts": starts, "rule_due": due, "explanation": explanation}
    return schedule.model_copy(update=dates)
