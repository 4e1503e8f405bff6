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
    S03.done + 5 procedural days           after the moment a step was really done
    opened + 24 hours                      after a case was received
    fact notified_on + 10 business days    after something the case was opened with
    31 december, its year + 60 days        a date of law of the year the case is about
    period end + 3 days                    after each period of a recurring duty

Days are natural days unless the rule says *business days*, the working days of the body, or *procedural days*, all
days while an electoral process is under way and business days otherwise (`domain.legal_time`). Every result explains
itself in a sentence; a rule that cannot be worked out says why (`Unresolved`) and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

from domain.calendar import (
    MONTHS,
    WEEKDAYS,
    CalendarNotLoaded,
    Moment,
    day_of,
    last_day_of,
    next_weekday,
    nth_weekday,
)
from domain.counting import UNITS, counted, counted_words, how_counted
from domain.legal_time import LegalTime
from domain.names import Names

LoadedBasis = Literal["law", "calendar", "administrative", "reported", "estimated"]
"""What a date that somebody loads may rest on; only the program computes."""

DateBasis = Literal["law", "calendar", "computed", "administrative", "reported", "estimated"]
"""Where a date comes from: an article, an approved calendar with its instrument, another date, a body's own target,
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
YEARS = {"election year": 0, "year before": -1, "two years before": -2, "its year": 0, "year after": 1}
"""From the year a procedure is about: of the election, or the case's own."""
YEARS_ES = {
    "election year": " del año de la elección",
    "year before": " del año anterior al de la elección",
    "two years before": ", dos años antes de la elección",
    "its year": " del año de que se trata",
    "year after": " del año siguiente al de que se trata",
}
YEARS_EN = {
    "election year": " of the election year",
    "year before": " of the year before the election",
    "two years before": " two years before the election",
    "its year": " of the year it is about",
    "year after": " of the year after the one it is about",
}

_YEAR = "|".join(YEARS).replace(" ", r"\ ")
_WEEKDAY = "|".join(WEEKDAYS)
_RULE = re.compile(
    rf"""^(?:
      (?P<iso>\d{{4}}-\d\d-\d\d)
    | (?P<anchor>election\ day)
    | (?P<row>[A-Z][A-Z0-9]*\d)\.(?P<end>start|due|done)
    | (?P<opened>opened)
    | fact\ (?P<fact>[a-z][a-z0-9_]*)
    | (?P<period>period\ end)
    | (?P<day>\d{{1,2}})\ (?P<month>{"|".join(MONTHS)}),\ (?P<year>{_YEAR})
    | last\ day\ of\ (?P<last_month>{"|".join(MONTHS)}),\ (?P<last_year>{_YEAR})
    | (?P<nth>{"|".join(ORDINALS)})\ (?P<nth_weekday>{_WEEKDAY})\ of\ (?P<nth_month>{"|".join(MONTHS)}),
      \ (?P<nth_year>{_YEAR})
    | (?P<next>{_WEEKDAY})\ after\ election\ day
    )
    (?:\ (?P<sign>[+-])\ (?P<count>\d{{1,3}})\ (?P<unit>{"|".join(UNITS).replace(" ", chr(92) + " ")}))?
    (?:\ at\ (?P<at>(?:[01]\d|2[0-3]):[0-5]\d))?\Z""",
    re.VERBOSE | re.ASCII,
)


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

    year: int
    """The year the procedure is about: of the election, or the case's own."""
    election_day: Resolved | None = None
    steps: Mapping[tuple[str, str], Resolved] = field(default_factory=dict)
    """By (row, ``start``, ``due`` or ``done``)."""
    opened: Moment | None = None
    """When the case was received."""
    facts: Mapping[str, Moment] = field(default_factory=dict)
    """The days and instants a case was opened with."""
    period_end: Moment | None = None
    """The last day of the occurrence that is being dated."""
    time: LegalTime = field(default_factory=LegalTime)


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
    """Return the basis that promises less: the order is that of `DateBasis`."""
    return max(one, other, key=get_args(DateBasis).index)


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
    if parts["row"]:
        return _step(parts["row"], parts["end"], anchors, basis)
    if parts["opened"] or parts["fact"] or parts["period"]:
        return _own_moment(parts, anchors, basis)
    if parts["anchor"] or parts["next"]:
        return _election_day(parts, anchors, basis)
    if parts["iso"]:
        said = spoken(parts["iso"])
        return Resolved(parts["iso"], basis, Names(es=f"el {said.es}", en=said.en))
    day, words = _date_of_law(parts, anchors.year)
    return Resolved(day.isoformat(), basis, words)


def _election_day(parts: re.Match[str], anchors: Anchors, basis: DateBasis) -> Resolved | Unresolved:
    """Return election day, or the weekday after it."""
    found = anchors.election_day
    if found is None:
        return Unresolved(
            Names(es="no se ha fijado el día de la jornada", en="the day of the vote has not been set")
        )
    rests_on = weaker(basis, found.rests_on)
    if parts["anchor"]:
        words = Names(es="el día de la jornada electoral", en="election day")
        return Resolved(found.moment, rests_on, words, anchored=True)
    weekday = WEEKDAYS.index(parts["next"])
    words = Names(
        es=f"el {DAYS_ES[weekday]} siguiente al día de la jornada electoral",
        en=f"the {parts['next'].capitalize()} after election day",
    )
    day = next_weekday(day_of(found.moment), weekday)
    return Resolved(day.isoformat(), rests_on, words, anchored=True)


def _own_moment(parts: re.Match[str], anchors: Anchors, basis: DateBasis) -> Resolved | Unresolved:
    """Return a moment of the case itself: when it was received, a fact it was opened with, the end of a period."""
    if parts["opened"]:
        moment, words = anchors.opened, Names(es="la recepción", en="its reception")
    elif parts["fact"]:
        fact = parts["fact"]
        moment = anchors.facts.get(fact)
        words = Names(es=f"el dato «{fact}»", en=f"the fact '{fact}'")
    else:
        moment, words = anchors.period_end, Names(es="el fin del periodo", en="the end of the period")
    if moment is None:
        return Unresolved(Names(es=f"falta {words.es}", en=f"{words.en} is missing"))
    return Resolved(moment, basis, words, anchored=True)


def _step(row: str, end: str, anchors: Anchors, basis: DateBasis) -> Resolved | Unresolved:
    """Return the start or due date of another step, or the moment it was done."""
    step = anchors.steps.get((row, end))
    if step is None:
        if end == "done":
            reason = Names(
                es=f"se cuenta desde que se cumpla {row}, que aún no se reporta",
                en=f"it is counted from the moment {row} is done, which is not reported yet",
            )
        else:
            reason = Names(
                es=f"depende de {row}, que no tiene fecha", en=f"it depends on {row}, which has no date"
            )
        return Unresolved(reason)
    es, en = {
        "start": ("el inicio de", "the start of"),
        "due": ("el vencimiento de", "the due date of"),
        "done": ("el cumplimiento de", "the moment of"),
    }[end]
    words = Names(es=f"{es} {row}", en=f"{en} {row}")
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
        really_happened = parts["end"] == "done" or parts["opened"] or parts["fact"]
        if really_happened and not parts["unit"].endswith("hours"):
            # Days counted from an act are whole days: the last one ends at its 24:00 (LGSMIME 7.1).
            moment = moment[:10]
        try:
            moment = counted(moment, count, parts["unit"], anchors.time)
        except CalendarNotLoaded as missing:
            return Unresolved(
                Names(
                    es=f"el calendario de días inhábiles de {missing.body} para {missing.year} no está cargado",
                    en=f"the non-working days of {missing.body} for {missing.year} are not loaded",
                )
            )
        if parts["row"] or parts["opened"] or parts["fact"]:
            since = spoken(base.moment)
            words = Names(es=f"{words.es} ({since.es})", en=f"{words.en} ({since.en})")
        counting = how_counted(base.moment, moment, parts["unit"], anchors.time)
        words = counted_words(words, count, parts["unit"], counting)
    if parts["at"]:
        moment = f"{moment[:10]}T{parts['at']}"
    said = spoken(moment)
    if parts["sign"] or not parts["iso"]:  # A bare date says itself.
        said = Names(es=f"{words.es}: {said.es}", en=f"{words.en}: {said.en}")
    return Resolved(moment, base.rests_on, said, base.anchored)
