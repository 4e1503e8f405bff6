"""Which days and hours count, for whom and when.

Inside an electoral process *all days and hours count* (LGSMIME 7.1, LGIPE 460.11); outside it only business days do:
every day except Saturdays, Sundays and those that are not working days in terms of law (LGSMIME 7.2) or of the
body's own agreement. Each day is judged by itself, so a period that began before a process goes on inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from domain.calendar import WEEKDAYS, CalendarNotLoaded, NonWorkingDays, statutory_calendars

STATUTORY = "statutory"
"""Whose calendar the days of rest of the law are: they bind every body."""

ONE_DAY = timedelta(days=1)


class UnderWay(NamedTuple):
    """From when to when an electoral process was under way; ``until`` is None while it is."""

    since: date
    until: date | None = None

    def includes(self, day: date) -> bool:
        """Tell whether a day lies in it."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class LegalTime:
    """How time counts for one body: the days it does not work, and the processes in which all days count."""

    body: str = STATUTORY
    calendars: Mapping[tuple[str, int], NonWorkingDays] = field(default_factory=statutory_calendars)
    """Non-working days by (body, year)."""
    processes: Sequence[UnderWay] = ()

    def all_days_count(self, day: date) -> bool:
        """Tell whether an electoral process is under way on a day."""
        return any(process.includes(day) for process in self.processes)

    def is_business_day(self, day: date) -> bool:
        """Tell whether the body works on a day; raise `CalendarNotLoaded` where that is unknown."""
        for owner in (STATUTORY, self.body):
            if (owner, day.year) not in self.calendars:
                raise CalendarNotLoaded(owner, day.year)
        if day.weekday() >= WEEKDAYS.index("saturday"):
            return False
        return all(day not in self.calendars[owner, day.year].days for owner in (STATUTORY, self.body))

    def counts(self, day: date) -> bool:
        """Tell whether a day counts in a procedure: every day inside a process, business days outside it."""
        return self.all_days_count(day) or self.is_business_day(day)

    def add_business_days(self, day: date, count: int) -> date:
        """Return the day ``count`` business days after (or, below zero, before) a day, which is not counted."""
        return _stepped(day, count, self.is_business_day)

    def add_procedural_days(self, day: date, count: int) -> date:
        """Return the day ``count`` counting days after (or, below zero, before) a day, which is not counted."""
        return _stepped(day, count, self.counts)

    def add_procedural_hours(self, start: datetime, count: int) -> datetime:
        """Return the moment ``count`` hours later, in local time; a day that does not count has none."""
        at, remaining = start, timedelta(hours=count)
        while True:
            tomorrow = datetime.combine(at.date() + ONE_DAY, time.min)
            if self.counts(at.date()):
                if remaining <= tomorrow - at:
                    return at + remaining
                remaining -= tomorrow - at
            at = tomorrow


def _stepped(day: date, count: int, is_counted: Callable[[date], bool]) -> date:
    step = ONE_DAY if count > 0 else -ONE_DAY
    remaining = abs(count)
    while remaining:
        day += step
        remaining -= is_counted(day)
    return day
