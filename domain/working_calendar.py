"""The days a body does not work, loaded year by year from its own agreement.

The days of rest of the law bind every body and are data of the program; a body's own are what it says they are, so they
are recorded, with the instrument, like everything else that is said. Its stream is
``calendar/{territory}-{year}``, because several local institutes have the same acronym.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, assert_never

from pydantic import Field

from domain.calendar import FIRST_YEAR, LAST_YEAR, NonWorkingDays
from domain.entity import entities
from domain.event import Envelope, Event, Line, Payload, Refused, Subject
from domain.territory import Territory


class WorkingCalendarLoaded(Event, type="WorkingCalendarLoaded.v1"):
    """A body said which days of a year it does not work; a later one replaces it whole."""

    territory: Territory
    """``MX`` for INE, or the state of the local institute."""
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    days: tuple[date, ...]
    instrument: Line


WorkingCalendarEvent = WorkingCalendarLoaded
"""Everything that can happen to a body's calendar of a year."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """A body's calendar of one year, as its events leave it."""

    loaded: WorkingCalendarLoaded | None = None

    def non_working_days(self) -> NonWorkingDays | None:
        """Return its days, where it is loaded."""
        if self.loaded is None:
            return None
        found = self.loaded
        return NonWorkingDays(
            body=authority_of(found.territory), year=found.year, days=found.days, instrument=found.instrument
        )


def evolve(_calendar: WorkingCalendar, event: Event, _envelope: Envelope) -> WorkingCalendar:
    """Return the calendar after one more event."""
    match event:
        case WorkingCalendarLoaded():
            return WorkingCalendar(event)
        case _ as unknown:
            assert_never(unknown)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


WORKING_CALENDAR: Subject[WorkingCalendar] = Subject("calendar", WorkingCalendar(), evolve)
"""How a body's calendar of a year is folded."""


class LoadWorkingCalendar(Payload):
    """Say which days of a year a body does not work, besides Saturdays, Sundays and the days of rest of the law."""

    territory: Territory
    """``MX`` for INE, or the state of the local institute."""
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    days: Annotated[tuple[date, ...], Field(max_length=200)]
    instrument: Line
    """The agreement that says so."""

    def decide(self, calendar: WorkingCalendar) -> Sequence[Event]:
        """Do nothing where it says this already; refuse days of another year."""
        if strange := [day for day in self.days if day.year != self.year]:
            raise Refused(
                "day-of-another-year",
                es=f"{strange[0].isoformat()} no es de {self.year}: quítalo, o envíalo con el calendario de "
                f"{strange[0].year}.",
                en=f"{strange[0].isoformat()} is not in {self.year}: take it out, or send it with the calendar of "
                f"{strange[0].year}.",
                fields=("days",),
            )
        event = WorkingCalendarLoaded(
            territory=self.territory,
            year=self.year,
            days=tuple(sorted(set(self.days))),
            instrument=self.instrument,
        )
        return [] if calendar.loaded == event else [event]


def calendar_stream(territory: str, year: int) -> str:
    """Return the stream of the calendar of a territory's authority in a year."""
    return f"calendar/{territory}-{year}"


def authority_of(territory: str) -> str:
    """Return whose days are counted in a territory: ``INE``, or ``IEPC (Jalisco)``."""
    entity = entities().get(territory)
    return f"{entity.opl.acronym} ({entity.name})" if entity else "INE"
