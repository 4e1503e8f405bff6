"""Deadline rules and conditions as people say them, before there is any date to count from.

``S03.done + 5 procedural days`` is *5 días computables después de que se cumpla S03*. What a rule comes to in one case,
with its dates, is said by `domain.deadline`.
"""

from __future__ import annotations

import re

from domain.calendar import MONTHS, WEEKDAYS
from domain.condition import Fact, Happened, parts_of
from domain.counting import UNITS, counted_words
from domain.deadline import DAYS_ES, MONTHS_ES, ORDINALS_ES, YEARS_EN, YEARS_ES, parse, spoken
from domain.names import Names
from domain.procedure import Procedure

_ASIDE = re.compile(r" \([^)]*\)$")


def rule_in_words(rule: str, procedure: Procedure) -> Names:
    """Say a deadline rule. Raises `domain.deadline.BadRule`."""
    parts = parse(rule)
    words = _base(parts, procedure)
    if parts["sign"]:
        words = _counted(parts, words)
    elif parts["end"] == "done":
        words = Names(es=f"cuando {words.es.removeprefix('que ')}", en=f"when {words.en}")
    if parts["at"]:
        words = Names(es=f"{words.es}, a las {parts['at']}", en=f"{words.en}, at {parts['at']}")
    return words


def condition_in_words(condition: str, procedure: Procedure) -> Names:
    """Say a condition of a procedure: *si S02 resulta «Admitida»*. Raises `domain.condition.BadCondition`."""
    said = [
        _fact(part, procedure) if isinstance(part, Fact) else _happened(part, procedure)
        for part in parts_of(condition)
    ]
    return Names(es=f"si {' y '.join(each.es for each in said)}", en=f"if {' and '.join(e.en for e in said)}")


def _base(parts: re.Match[str], procedure: Procedure) -> Names:
    """Say what a rule counts from."""
    if parts["row"]:
        return {
            "start": Names(es=f"el inicio de {parts['row']}", en=f"the start of {parts['row']}"),
            "due": Names(es=f"el vencimiento de {parts['row']}", en=f"the due date of {parts['row']}"),
            "done": Names(es=f"que se cumpla {parts['row']}", en=f"{parts['row']} is done"),
        }[parts["end"]]
    if parts["opened"]:
        return Names(es="la recepción", en="its reception")
    if parts["fact"]:
        said = _fact_name(parts["fact"], procedure)
        return Names(es=f"«{said.es}»", en=f"'{said.en}'")
    if parts["period"]:
        return Names(es="el fin de cada periodo", en="the end of each period")
    if parts["iso"]:
        said = spoken(parts["iso"])
        return Names(es=f"el {said.es}", en=said.en)
    if parts["anchor"]:
        return Names(es="el día de la jornada electoral", en="election day")
    return _named_day(parts)


def _named_day(parts: re.Match[str]) -> Names:
    """Say a day that a law names: by its date, by its weekday, or as the weekday after election day."""
    if parts["next"]:
        return Names(
            es=f"el {DAYS_ES[WEEKDAYS.index(parts['next'])]} siguiente al día de la jornada electoral",
            en=f"the {parts['next'].capitalize()} after election day",
        )
    month = parts["month"] or parts["last_month"] or parts["nth_month"]
    year = parts["year"] or parts["last_year"] or parts["nth_year"]
    in_es = f"{MONTHS_ES[MONTHS.index(month)]}{YEARS_ES[year]}"
    in_en = f"{month.capitalize()}{YEARS_EN[year]}"
    if parts["day"]:
        return Names(es=f"el {parts['day']} de {in_es}", en=f"{parts['day']} {in_en}")
    if parts["last_month"]:
        return Names(es=f"el último día de {in_es}", en=f"the last day of {in_en}")
    weekday = DAYS_ES[WEEKDAYS.index(parts["nth_weekday"])]
    return Names(
        es=f"el {ORDINALS_ES[parts['nth']]} {weekday} de {in_es}",
        en=f"the {parts['nth']} {parts['nth_weekday'].capitalize()} of {in_en}",
    )


def _counted(parts: re.Match[str], base: Names) -> Names:
    count = int(parts["count"]) * (1 if parts["sign"] == "+" else -1)
    if count == 0:
        return Names(es=f"el día de {base.es}".replace("de el ", "del "), en=f"on the day of {base.en}")
    return counted_words(base, count, parts["unit"])


def _happened(part: Happened, procedure: Procedure) -> Names:
    if part.outcome is None:
        if part.done:
            return Names(es=f"ya se cumplió {part.row}", en=f"{part.row} is done")
        return Names(es=f"no se ha cumplido {part.row}", en=f"{part.row} is not done")
    found = procedure.step(part.row).outcome(part.outcome)
    said = found.name if found else Names(es=part.outcome, en=part.outcome)
    return Names(es=f"{part.row} resultó «{said.es}»", en=f"{part.row} came to '{said.en}'")


def _fact(part: Fact, procedure: Procedure) -> Names:
    fact = procedure.fact(part.id)
    choices = {choice.id: choice.name for choice in fact.choices} if fact else {}
    name = _fact_name(part.id, procedure)
    value = choices.get(part.value, Names(es=part.value, en=part.value))
    return Names(es=f"«{name.es}» es «{value.es}»", en=f"'{name.en}' is '{value.en}'")


def _fact_name(id_: str, procedure: Procedure) -> Names:
    """Return what a fact is called, without what its name says in parentheses about why it is asked."""
    fact = procedure.fact(id_)
    es, en = (fact.name.es, fact.name.en) if fact else (id_, id_)
    return Names(es=_ASIDE.sub("", es), en=_ASIDE.sub("", en))


def within_in_words(term: str) -> Names:
    """Say a term such as ``3 business days``: *dentro de 3 días hábiles*."""
    count, _, unit = term.partition(" ")
    es, en = (words.split("|")[count != "1"] for words in (UNITS[unit].es, UNITS[unit].en))
    return Names(es=f"dentro de {count} {es}", en=f"within {count} {en}")
