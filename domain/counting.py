"""Counting from a moment, in the units of the law, and saying so."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from domain.calendar import Moment, add_months, day_of
from domain.legal_time import LegalTime
from domain.names import Names

UNITS = {
    "procedural days": Names(es="día computable|días computables", en="procedural day|procedural days"),
    "procedural hours": Names(es="hora computable|horas computables", en="procedural hour|procedural hours"),
    "business days": Names(es="día hábil|días hábiles", en="business day|business days"),
    "days": Names(es="día|días", en="day|days"),
    "hours": Names(es="hora|horas", en="hour|hours"),
    "weeks": Names(es="semana|semanas", en="week|weeks"),
    "months": Names(es="mes|meses", en="month|months"),
    "years": Names(es="año|años", en="year|years"),
}
"""What is counted, with its words for one and for more."""


NOTHING_ASIDE = Names(es="", en="")

COUNTING = {
    "all days": (
        "days",
        Names(
            es=" (en un proceso electoral todos cuentan)", en=" (in an electoral process every one counts)"
        ),
    ),
    "business days": ("business days", NOTHING_ASIDE),
    "both": (
        "days",
        Names(
            es=" (hábiles fuera del proceso electoral; dentro de él, todos)",
            en=" (business days outside the electoral process, all days inside it)",
        ),
    ),
}
"""How procedural days were counted between two moments, in words."""


def how_counted(start: Moment, end: Moment, unit: str, legal: LegalTime) -> str:
    """Return which of `COUNTING` a period of procedural days was; empty for any other unit."""
    if unit != "procedural days":
        return ""
    inside = {legal.all_days_count(day_of(moment)) for moment in (start, end)}
    return "both" if len(inside) > 1 else "all days" if True in inside else "business days"


def counted(moment: Moment, count: int, unit: str, legal: LegalTime) -> Moment:
    """Return the moment so many units away. Raises `domain.calendar.CalendarNotLoaded`.

    Hours are counted from moment to moment, from the end of the day where there is no hour. Days, weeks, months and
    years leave the first day out; an hour is kept.
    """
    day, hour = day_of(moment), moment[10:]
    if unit.endswith("hours"):
        start = (
            datetime.fromisoformat(moment)
            if "T" in moment
            else datetime.combine(day + timedelta(1), time.min)
        )
        end = legal.add_procedural_hours(start, count) if unit != "hours" else start + timedelta(hours=count)
        return end.strftime("%Y-%m-%dT%H:%M")
    if unit == "business days":
        return legal.add_business_days(day, count).isoformat() + hour
    if unit == "procedural days":
        return legal.add_procedural_days(day, count).isoformat() + hour
    if unit in {"months", "years"}:
        return add_months(day, count * (12 if unit == "years" else 1)).isoformat() + hour
    return (day + timedelta(days=count * (7 if unit == "weeks" else 1))).isoformat() + hour


def counted_words(base: Names, count: int, unit: str, counting: str = "") -> Names:
    """Say how many units before or after the base; ``counting`` is what `how_counted` said of them."""
    amount = abs(count)
    kind, aside = COUNTING.get(counting, (unit, NOTHING_ASIDE))
    unit_es, unit_en = (words.split("|")[amount != 1] for words in (UNITS[kind].es, UNITS[kind].en))
    unit_es, unit_en = unit_es + aside.es, unit_en + aside.en
    side_es, side_en = ("después de", "after") if count > 0 else ("antes de", "before")
    # "de el día" is "del día" in Spanish.
    place = f"{side_es[:-2]}del {base.es[3:]}" if base.es.startswith("el ") else f"{side_es} {base.es}"
    return Names(es=f"{amount} {unit_es} {place}", en=f"{amount} {unit_en} {side_en} {base.en}")
