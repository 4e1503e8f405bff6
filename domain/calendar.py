"""Moments, their zones, and the calendar of days, months and days of rest.

How days count in law is `domain.legal_time`. A body's non-working days are data with the instrument that set them;
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
from typing import Annotated
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
def statutory_calendars() -> Mapping[tuple[str, int], NonWorkingDays]:
    """Return the days of rest of the law by (``statutory``, year); a body's own come from its agreement."""
    text = files("domain").joinpath("calendars/working_days.toml").read_text("utf-8")
    loaded = [NonWorkingDays.model_validate(item, strict=False) for item in tomllib.loads(text)["calendar"]]
    return {(item.body, item.year): item for item in loaded}


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
