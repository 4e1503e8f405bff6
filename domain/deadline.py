"""Deadline rules as a lawyer would write them, and the moments they come to.

A rule is one line of text::

    election day - 30 days                 30 days before election day
    30 september, year before              a date of law
    last day of january, election year
    first sunday of june, election year
    wednesday after election day at 08:00
    F050.due + 10 days                     after another step of the plan
    F046.due + 3 business days             only working days count
    F070.due + 72 hours
    2026-09-10                             a date set by an instrument

Days are natural days unless the rule says *business days*. Inside an electoral process all days count
(LGSMIME 7.1), so there business days are natural days. Every result explains itself in a sentence;
a rule that cannot be worked out says why (`Unresolved`) and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from domain.calendar import (
    MONTHS,
    WEEKDAYS,
    CalendarNotLoaded,
    Moment,
    Regime,
    add_business_days,
    add_months,
    day_of,
    last_day_of,
    next_weekday,
    nth_weekday,
)
from domain.event import Payload

LoadedBasis = Literal["law", "calendar", "reported", "estimated"]
"""What a date that somebody loads may rest on; only the program computes."""

DateBasis = Literal["law", "calendar", "computed", "reported", "estimated"]
"""Where a date comes from: an article, an approved calendar with its instrument, another date,
a third party's report of the calendar, or an estimate of ours."""

DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS_ES = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
ORDINALS_ES = {
    "first": "primer",
    "second": "segundo",
    "third": "tercer",
    "fourth": "cuarto",
    "last": "último",
}
YEARS = {"election year": 0, "year before": -1, "two years before": -2}
YEARS_ES = {
    "election year": " del año de la elección",
    "year before": " del año anterior al de la elección",
    "two years before": ", dos años antes de la elección",
}
YEARS_EN = {
    "election year": " of the election year",
    "year before": " of the year before the election",
    "two years before": " two years before the election",
}

_YEAR = "|".join(YEARS).replace(" ", r"\ ")
_WEEKDAY = "|".join(WEEKDAYS)
_RULE = re.compile(
    rf"""^(?:
      (?P<iso>\d{{4}}-\d\d-\d\d)
    | (?P<anchor>election\ day)
    | (?P<row>[A-Z][A-Z0-9]*\d)\.(?P<end>start|due)
    | (?P<day>\d{{1,2}})\ (?P<month>{"|".join(MONTHS)}),\ (?P<year>{_YEAR})
    | last\ day\ of\ (?P<last_month>{"|".join(MONTHS)}),\ (?P<last_year>{_YEAR})
    | (?P<nth>{"|".join(ORDINALS)})\ (?P<nth_weekday>{_WEEKDAY})\ of\ (?P<nth_month>{"|".join(MONTHS)}),
      \ (?P<nth_year>{_YEAR})
    | (?P<next>{_WEEKDAY})\ after\ election\ day
    )
    (?:\ (?P<sign>[+-])\ (?P<count>\d{{1,3}})\ (?P<unit>business\ days|days|hours|months))?
    (?:\ at\ (?P<at>(?:[01]\d|2[0-3]):[0-5]\d))?\Z""",
    re.VERBOSE | re.ASCII,
)


class Names(Payload):
    """The same words in Spanish and in English."""

    es: str
    en: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The moment a rule comes to, what it rests on, and the sentence that says so."""

    moment: Moment
    rests_on: DateBasis
    explanation: Names
    anchored: bool = False
    """Whether it was counted from another date of the plan rather than named by the law."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a rule comes to no moment yet."""

    reason: Names


@dataclass(frozen=True, slots=True)
class Anchors:
    """What a rule may count from: election day, the dates of other steps, and how days count when."""

    election_day: Resolved
    steps: Mapping[tuple[str, str], Resolved] = field(default_factory=dict)
    """By (row, ``start`` or ``due``)."""
    regime: Callable[[date], Regime] = lambda _: "process"
    body: str = "INE"
    """Whose business days count outside a process."""


class BadRule(ValueError):
    """A deadline rule that is not in the language this module's docstring describes."""


def parse(rule: str) -> re.Match[str]:
    """Return the parts of a rule, or raise `BadRule` quoting it."""
    match = _RULE.match(rule)
    if match is None:
        raise BadRule(f"not a deadline rule: {rule!r}")
    if match["iso"]:
        try:
            date.fromisoformat(match["iso"])
        except ValueError as error:
            raise BadRule(f"there is no such day: {rule!r}") from error
    return match


def anchor_of(rule: str) -> tuple[str, str] | None:
    """Return the (row, end) a rule counts from, if it counts from a step."""
    match = parse(rule)
    return (match["row"], match["end"]) if match["row"] else None


def resolve(rule: str, anchors: Anchors, basis: DateBasis = "law") -> Resolved | Unresolved:
    """Work a rule out.

    ``basis`` is what the rule itself rests on; a rule counted from another date rests on the weaker of both.
    """
    parts = parse(rule)
    base = _base(parts, anchors, basis)
    if isinstance(base, Unresolved):
        return base
    return _moved(parts, base, anchors)


def weaker(one: DateBasis, other: DateBasis) -> DateBasis:
    """Return the basis that promises less: law, calendar, reported, estimated in that order."""
    order: tuple[DateBasis, ...] = ("law", "calendar", "computed", "reported", "estimated")
    return max(one, other, key=order.index)


def spoken(moment: Moment) -> Names:
    """Say a moment: '6 de junio de 2027, 07:30' and '6 June 2027, 07:30'."""
    day = day_of(moment)
    hour = f", {moment[11:]}" if "T" in moment else ""
    return Names(
        es=f"{day.day} de {MONTHS_ES[day.month - 1]} de {day.year}{hour}",
        en=f"{day.day} {MONTHS[day.month - 1].capitalize()} {day.year}{hour}",
    )


def _base(parts: re.Match[str], anchors: Anchors, basis: DateBasis) -> Resolved | Unresolved:
    """Return the date a rule names before any counting."""
    election_day = day_of(anchors.election_day.moment)
    if parts["row"]:
        return _step(parts["row"], parts["end"], anchors, basis)
    if parts["anchor"]:
        return Resolved(
            anchors.election_day.moment,
            weaker(basis, anchors.election_day.rests_on),
            Names(es="el día de la jornada electoral", en="election day"),
            anchored=True,
        )
    if parts["iso"]:
        said = spoken(parts["iso"])
        return Resolved(parts["iso"], basis, Names(es=f"el {said.es}", en=said.en))
    if parts["next"]:
        weekday = WEEKDAYS.index(parts["next"])
        return Resolved(
            next_weekday(election_day, weekday).isoformat(),
            weaker(basis, anchors.election_day.rests_on),
            Names(
                es=f"el {DAYS_ES[weekday]} siguiente al día de la jornada electoral",
                en=f"the {parts['next'].capitalize()} after election day",
            ),
            anchored=True,
        )
    day, words = _date_of_law(parts, election_day.year)
    return Resolved(day.isoformat(), basis, words)


def _step(row: str, end: str, anchors: Anchors, basis: DateBasis) -> Resolved | Unresolved:
    """Return the start or due date of another step of the plan."""
    step = anchors.steps.get((row, end))
    if step is None:
        return Unresolved(
            Names(es=f"depende de {row}, que no tiene fecha", en=f"it depends on {row}, which has no date")
        )
    words = Names(
        es=f"{'el inicio' if end == 'start' else 'el vencimiento'} de {row}",
        en=f"the {'start' if end == 'start' else 'due date'} of {row}",
    )
    return Resolved(step.moment, weaker(basis, step.rests_on), words, anchored=True)


def _date_of_law(parts: re.Match[str], election_year: int) -> tuple[date, Names]:
    """Return a date the law names relative to the year of the election."""
    if parts["day"]:
        year = election_year + YEARS[parts["year"]]
        month = MONTHS.index(parts["month"])
        try:
            day = date(year, month + 1, int(parts["day"]))
        except ValueError as error:
            raise BadRule(f"there is no {parts['day']} {parts['month']} in {year}") from error
        return day, Names(
            es=f"el {day.day} de {MONTHS_ES[month]}{YEARS_ES[parts['year']]}",
            en=f"{day.day} {parts['month'].capitalize()}{YEARS_EN[parts['year']]}",
        )
    if parts["last_month"]:
        month = MONTHS.index(parts["last_month"])
        return last_day_of(election_year + YEARS[parts["last_year"]], month + 1), Names(
            es=f"el último día de {MONTHS_ES[month]}{YEARS_ES[parts['last_year']]}",
            en=f"the last day of {parts['last_month'].capitalize()}{YEARS_EN[parts['last_year']]}",
        )
    month, weekday = MONTHS.index(parts["nth_month"]), WEEKDAYS.index(parts["nth_weekday"])
    nth, year = parts["nth"], election_year + YEARS[parts["nth_year"]]
    place = f"{parts['nth_month'].capitalize()}{YEARS_EN[parts['nth_year']]}"
    return nth_weekday(year, month + 1, weekday, ORDINALS[nth]), Names(
        es=f"el {ORDINALS_ES[nth]} {DAYS_ES[weekday]} de {MONTHS_ES[month]}{YEARS_ES[parts['nth_year']]}",
        en=f"the {nth} {parts['nth_weekday'].capitalize()} of {place}",
    )


def _moved(parts: re.Match[str], base: Resolved, anchors: Anchors) -> Resolved | Unresolved:
    """Count the rule's days, hours or months from its base, and set its hour."""
    moment, words = base.moment, base.explanation
    if parts["sign"]:
        count = int(parts["count"]) * (1 if parts["sign"] == "+" else -1)
        try:
            moment = _counted(moment, count, parts["unit"], anchors)
        except CalendarNotLoaded as missing:
            return Unresolved(
                Names(
                    es=f"el calendario de días inhábiles de {missing.body} para {missing.year} no está cargado",
                    en=f"the non-working days of {missing.body} for {missing.year} are not loaded",
                )
            )
        if parts["row"]:
            since = spoken(base.moment)
            words = Names(es=f"{words.es} ({since.es})", en=f"{words.en} ({since.en})")
        words = _counted_words(words, count, parts["unit"], anchors.regime(day_of(base.moment)))
    if parts["at"]:
        moment = f"{moment[:10]}T{parts['at']}"
    said = spoken(moment)
    if parts["sign"] or not parts["iso"]:  # A bare date says itself.
        said = Names(es=f"{words.es}: {said.es}", en=f"{words.en}: {said.en}")
    return Resolved(moment, base.rests_on, said, base.anchored)


def _counted(moment: Moment, count: int, unit: str, anchors: Anchors) -> Moment:
    """Move a moment; hours need an hour to start from, and a bare day ends at its 24:00."""
    day, hour = day_of(moment), moment[10:]
    if unit == "hours":
        start = (
            datetime.fromisoformat(moment)
            if hour
            else datetime.combine(day + timedelta(days=1), datetime.min.time())
        )
        return (start + timedelta(hours=count)).strftime("%Y-%m-%dT%H:%M")
    if unit == "months":
        return add_months(day, count).isoformat() + hour
    if unit == "business days" and anchors.regime(day) == "working":
        return add_business_days(day, count, anchors.body).isoformat() + hour
    return (day + timedelta(days=count)).isoformat() + hour


def _counted_words(words: Names, count: int, unit: str, regime: Regime) -> Names:
    """Say how many days, hours or months before or after the base."""
    units_es = {"days": "días", "business days": "días hábiles", "hours": "horas", "months": "meses"}
    amount = abs(count)
    singular_es = {"days": "día", "business days": "día hábil", "hours": "hora", "months": "mes"}
    unit_es = singular_es[unit] if amount == 1 else units_es[unit]
    unit_en = unit.removesuffix("s") if amount == 1 else unit
    if unit == "business days" and regime == "process":
        unit_es += " (en un proceso electoral lo son todos)"
        unit_en += " (in an electoral process every day is one)"
    side_es, side_en = ("después de", "after") if count > 0 else ("antes de", "before")
    # "de el día" is "del día" in Spanish.
    place = f"{side_es[:-2]}del {words.es[3:]}" if words.es.startswith("el ") else f"{side_es} {words.es}"
    return Names(es=f"{amount} {unit_es} {place}", en=f"{amount} {unit_en} {side_en} {words.en}")
