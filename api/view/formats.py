"""How figures, dates and hours are written on a page: ``48,213``, ``90 %``, ``21/11/2026 09:14``, ``30 nov``.

Instants are shown in the zone they are asked in, the capital's unless a page says another.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.settings import Language
from domain.calendar import MONTHS, Moment, day_of
from domain.deadline import MONTHS_ES, spoken
from domain.entity import CENTRAL_ZONE
from domain.names import Names

HOURS = {
    "America/Mexico_City": "central", "America/Merida": "central", "America/Monterrey": "central",
    "America/Chihuahua": "central", "America/Bahia_Banderas": "central", "America/Matamoros": "border_central",
    "America/Ojinaga": "border_central", "America/Ciudad_Juarez": "border_juarez", "America/Mazatlan": "pacific",
    "America/Hermosillo": "pacific", "America/Tijuana": "northwest", "America/Cancun": "southeast",
}  # fmt: skip
"""What the hour of each zone of `domain.entity` is called (`page.hour_*`): the zones of the Ley de los Husos Horarios,
and those of the northern border, whose clocks change with their neighbours'."""

NO_BREAK = "\N{NO-BREAK SPACE}"


def in_language(names: Names, language: Language) -> str:
    """Return the words in a language."""
    return names.en if language == "en" else names.es


def number(value: int) -> str:
    """Write a whole number with its thousands: 48,213."""
    return f"{value:,}"


def percent(part: int, whole: int, language: Language) -> str:
    """Write a share, rounded down so that only the whole is 100 %."""
    share = part * 100 // whole if whole else 0
    return f"{share}{NO_BREAK}%" if language == "es" else f"{share}%"


def long_day(moment: Moment, language: Language) -> str:
    """Write a day, with its hour where it has one: 6 de junio de 2027, 07:30."""
    said = spoken(moment)
    return said.en if language == "en" else said.es


def short_day(day: date, language: Language, today: date) -> str:
    """Write a day in little room: 30 nov, and 15 ene 2027 where it is not this year's."""
    month = MONTHS[day.month - 1].capitalize()[:3] if language == "en" else MONTHS_ES[day.month - 1][:3]
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {month}{year}".replace(" ", NO_BREAK)


def short_moment(moment: Moment, language: Language, today: date) -> str:
    """Write a moment in little room: 30 nov, 6 jun 2027 08:00."""
    hour = f"{NO_BREAK}{moment[11:]}" if "T" in moment else ""
    return short_day(day_of(moment), language, today) + hour


def short_span(start: Moment, end: Moment, language: Language, today: date) -> tuple[str, str]:
    """Write the two ends of a span in little room: the year once, or with each where it runs into another."""
    if start[:4] == end[:4]:
        return short_moment(start, language, day_of(start)), short_moment(end, language, today)
    # No day is of year 1: each end says its own year.
    return short_moment(start, language, date.min), short_moment(end, language, date.min)


def occurrence_name(occurrence: str, language: Language) -> str:
    """Write which occurrence of a recurring duty it is (`domain.occurrence`): a month, a quarter, a year, a period."""
    year, _, part = occurrence.partition("-")
    if part.startswith("Q"):
        quarter = part.removeprefix("Q")
        return f"Q{quarter}{NO_BREAK}{year}" if language == "en" else f"trimestre {quarter} de {year}"
    if part:
        month = occurrence_month(occurrence, language)
        return month.capitalize() if language == "en" else month
    if len(year) == len("2026"):
        return year
    return f"{'period' if language == 'en' else 'periodo'}{NO_BREAK}{year}"


def occurrence_month(occurrence: str, language: Language) -> str:
    """Write a month such as ``2026-10`` in little room: oct 2026."""
    first = date.fromisoformat(f"{occurrence}-01")
    return f"{month_name(first, language)}{NO_BREAK}{first.year}"


def local_day(at: datetime, zone: str = CENTRAL_ZONE) -> date:
    """Return the calendar day an instant falls on in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def stamp(at: datetime, language: Language, zone: str = CENTRAL_ZONE) -> str:
    """Write an instant in full: 21/11/2026 09:14, and 21 Nov 2026 09:14 in English."""
    local = at.astimezone(ZoneInfo(zone))
    if language == "en":
        return f"{local.day} {MONTHS[local.month - 1].capitalize()[:3]} {local:%Y %H:%M}"
    return f"{local:%d/%m/%Y %H:%M}"


def month_name(day: date, language: Language) -> str:
    """Write a month in little room: nov."""
    return (MONTHS if language == "en" else MONTHS_ES)[day.month - 1][:3]
