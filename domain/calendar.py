"""Legal time: moments, zones, and how days are counted.

Inside an electoral process *all days and hours count* (LGSMIME 7.1, LGIPE 460.11);
outside it only business days do: every day except Saturdays, Sundays and those that are
not working days in terms of law (LGSMIME 7.2) or of the body's own agreement.
A body's non-working days are data with the instrument that set them, in ``calendars/working_days.toml``;
where none is loaded for a year, counting business days is refused with that reason, never guessed.
"""

from __future__ import annotations

import calendar as gregorian
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from domain.event import Payload

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
FIRST_YEAR, LAST_YEAR = 2000, 2100


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):[0-5]\d)?", re.ASCII)


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError("write a moment as 2027-06-06 or 2027-06-06T07:30")
    if not FIRST_YEAR <= date.fromisoformat(text[:10]).year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""A day (``2027-06-06``) or a day and hour (``2027-06-06T07:30``) in the zone of whoever must act."""


def day_of(moment: Moment) -> date:
    """Return the calendar day of a moment."""
    return date.fromisoformat(moment[:10])


def opens_at(moment: Moment, zone: str) -> datetime:
    """Return the instant a moment begins: its hour, or 00:00 of its day."""
    at = time.fromisoformat(moment[11:]) if "T" in moment else time.min
    return datetime.combine(day_of(moment), at, ZoneInfo(zone))


def closes_at(moment: Moment, zone: str) -> datetime:
    """Return the instant a deadline ends: its exact hour, or 24:00 of its day."""
    if "T" in moment:
        return opens_at(moment, zone)
    return datetime.combine(day_of(moment) + timedelta(days=1), time.min, ZoneInfo(zone))


class NonWorkingDays(Payload):
    """The days a body does not work in one year, and the instrument that says so."""

    body: str
    """Whose calendar: ``statutory`` for the days of law, else the body's acronym (``INE``, ``IECM``)."""
    year: int
    days: tuple[date, ...]
    instrument: str


class CalendarNotLoaded(Exception):
    """No non-working days are loaded for a body and year, so its business days cannot be counted."""

    def __init__(self, body: str, year: int) -> None:
        super().__init__(f"no working calendar of {body} is loaded for {year}")
        self.body = body
        self.year = year


@cache
def working_calendars() -> Mapping[tuple[str, int], NonWorkingDays]:
    """Return every loaded working calendar by (body, year)."""
    text = files("domain").joinpath("calendars/working_days.toml").read_text("utf-8")
    loaded = [NonWorkingDays.model_validate(item, strict=False) for item in tomllib.loads(text)["calendar"]]
    return {(item.body, item.year): item for item in loaded}


def is_business_day(day: date, body: str) -> bool:
    """Tell whether a body works on a day; raise `CalendarNotLoaded` where that is unknown.

    A body's own days are added to the statutory ones, which bind every body.
    """
    for owner in ("statutory", body):
        if (owner, day.year) not in working_calendars():
            raise CalendarNotLoaded(owner, day.year)
    if day.weekday() >= WEEKDAYS.index("saturday"):
        return False
    return all(day not in working_calendars()[owner, day.year].days for owner in ("statutory", body))


def add_business_days(day: date, count: int, body: str) -> date:
    """Return the day ``count`` business days after (or, below zero, before) ``day``, which is not counted."""
    step = timedelta(days=1 if count > 0 else -1)
    remaining = abs(count)
    while remaining:
        day += step
        remaining -= is_business_day(day, body)
    return day


def add_months(day: date, count: int) -> date:
    """Return the same day ``count`` months away, or the last day of that month where it has none."""
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


def last_day_of(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, gregorian.monthrange(year, month)[1])


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the ``nth`` weekday of a month (1 is the first, -1 the last), Monday being 0."""
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = last_day_of(year, month)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def next_weekday(day: date, weekday: int) -> date:
    """Return the first such weekday strictly after ``day``."""
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


Regime = Literal["process", "working"]
"""How days count: ``process`` (all days and hours count) or ``working`` (only business days)."""


def regime_on(day: date, opened_on: date | None, closed_on: date | None) -> Regime:
    """Return the regime in force on a day: an electoral process counts from its opening to its close."""
    if opened_on is None or day < opened_on or (closed_on is not None and day > closed_on):
        return "working"
    return "process"
