"""Deadlines counted from what really happened in a case, in the days and hours that count for whoever must act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.deadline import Anchors, Unresolved, anchor_of, resolve
from domain.legal_time import LegalTime, UnderWay
from domain.names import Names
from tests.domain.deadlines import ANCHORS, INSIDE, found

RULES = [
    (
        "S03.done + 5 procedural days",
        "2027-03-18",
        "5 días hábiles después del cumplimiento de S03 (10 de marzo de 2027, 13:20): 18 de marzo de 2027",
        "5 business days after the moment of S03 (10 March 2027, 13:20): 18 March 2027",
    ),
    (
        "opened + 24 hours",
        "2027-03-02T09:30",
        "24 horas después de la recepción (1 de marzo de 2027, 09:30): 2 de marzo de 2027, 09:30",
        "24 hours after its reception (1 March 2027, 09:30): 2 March 2027, 09:30",
    ),
    (
        "fact notified_on + 10 business days",
        "2027-03-18",
        "10 días hábiles después del dato «notified_on» (3 de marzo de 2027): 18 de marzo de 2027",
        "10 business days after the fact 'notified_on' (3 March 2027): 18 March 2027",
    ),
    (
        "31 december, its year + 60 days",
        "2028-02-29",
        "60 días después del 31 de diciembre del año de que se trata: 29 de febrero de 2028",
        "60 days after 31 December of the year it is about: 29 February 2028",
    ),
    (
        "period end + 3 days",
        "2027-04-03",
        "3 días después del fin del periodo: 3 de abril de 2027",
        "3 days after the end of the period: 3 April 2027",
    ),
    (
        "31 january, year after",
        "2028-01-31",
        "el 31 de enero del año siguiente al de que se trata: 31 de enero de 2028",
        "31 January of the year after the one it is about: 31 January 2028",
    ),
    (
        "opened + 2 weeks",
        "2027-03-15",
        "2 semanas después de la recepción (1 de marzo de 2027, 09:30): 15 de marzo de 2027",
        "2 weeks after its reception (1 March 2027, 09:30): 15 March 2027",
    ),
    (
        "opened + 1 years",
        "2028-03-01",
        "1 año después de la recepción (1 de marzo de 2027, 09:30): 1 de marzo de 2028",
        "1 year after its reception (1 March 2027, 09:30): 1 March 2028",
    ),
    (
        "S03.done",
        "2027-03-10T13:20",
        "el cumplimiento de S03: 10 de marzo de 2027, 13:20",
        "the moment of S03: 10 March 2027, 13:20",
    ),
]


@pytest.mark.parametrize(("rule", "moment", "es", "en"), RULES, ids=[row[0] for row in RULES])
def test_a_rule_of_a_case_comes_to_a_moment_and_says_how(rule: str, moment: str, es: str, en: str) -> None:
    resolved = found(rule)
    assert (resolved.moment, resolved.explanation.es, resolved.explanation.en) == (moment, es, en)


def test_a_rule_names_the_step_that_must_be_done_first() -> None:
    assert anchor_of("S03.done + 5 procedural days") == ("S03", "done")
    for rule in ("opened + 24 hours", "fact notified_on", "period end + 3 days", "31 december, its year"):
        assert anchor_of(rule) is None


# What happened -----------------------------------------------------------------------------------------


def test_days_counted_from_an_act_are_whole_days_and_hours_run_from_its_minute() -> None:
    assert found("S03.done + 1 days").moment == "2027-03-11"
    assert found("S03.done + 1 months").moment == "2027-04-10"
    assert found("S03.done + 24 hours").moment == "2027-03-11T13:20"
    assert found("opened + 3 days").moment == "2027-03-04"
    assert found("fact summoned_at + 3 days").moment == "2027-03-08"
    assert found("fact summoned_at + 24 hours").moment == "2027-03-06T17:00"


def test_hours_from_a_day_of_which_no_hour_is_known_run_from_its_24_00() -> None:
    assert found("fact notified_on + 24 hours").moment == "2027-03-05T00:00"


@pytest.mark.parametrize(
    ("rule", "es", "en"),
    [
        (
            "S04.done + 5 days",
            "se cuenta desde que se cumpla S04, que aún no se reporta",
            "it is counted from the moment S04 is done, which is not reported yet",
        ),
        ("opened + 24 hours", "falta la recepción", "its reception is missing"),
        ("fact cured_on + 3 days", "falta el dato «cured_on»", "the fact 'cured_on' is missing"),
        ("period end + 3 days", "falta el fin del periodo", "the end of the period is missing"),
        (
            "election day - 3 days",
            "no se ha fijado el día de la jornada",
            "the day of the vote has not been set",
        ),
    ],
)
def test_what_has_not_happened_is_waited_for_and_named(rule: str, es: str, en: str) -> None:
    assert resolve(rule, Anchors(2027)) == Unresolved(Names(es=es, en=en))


def test_what_was_done_is_certain_and_a_date_of_law_is_of_the_cases_own_year() -> None:
    assert found("S03.done + 5 days", basis="administrative").rests_on == "administrative"
    assert found("S03.done + 5 days").rests_on == "law"
    assert found("31 december, its year", replace(ANCHORS, year=2025)).moment == "2025-12-31"


# Which days and hours count ----------------------------------------------------------------------------


def test_inside_a_process_procedural_days_are_all_days_and_business_days_are_not() -> None:
    procedural = found("2027-03-11 + 2 procedural days", INSIDE)
    assert procedural.moment == "2027-03-13"
    assert procedural.explanation == Names(
        es="2 días (en un proceso electoral todos cuentan) después del 11 de marzo de 2027: 13 de marzo de 2027",
        en="2 days (in an electoral process every one counts) after 11 March 2027: 13 March 2027",
    )
    assert found("2027-03-11 + 2 business days", INSIDE).moment == "2027-03-16"


def test_a_period_that_began_before_a_process_goes_on_inside_it() -> None:
    """From Friday 4 September 2026: Monday to Wednesday are business days, and from Thursday 10 every day counts."""
    across = found("2026-09-04 + 5 procedural days", INSIDE)
    assert across.moment == "2026-09-11"
    assert "hábiles fuera del proceso electoral; dentro de él, todos" in across.explanation.es
    assert "business days outside the electoral process, all days inside it" in across.explanation.en


def test_a_period_that_began_inside_a_process_goes_on_after_it() -> None:
    """From Wednesday 3 March 2027: four days until the process ends on Sunday 7, and Monday 8 is a business day."""
    until_sunday = LegalTime(processes=[UnderWay(date(2026, 9, 10), date(2027, 3, 7))])
    across = found("fact notified_on + 5 procedural days", replace(ANCHORS, time=until_sunday))
    assert across.moment == "2027-03-08"
    assert "dentro de él, todos" in across.explanation.es


def test_procedural_hours_stand_still_from_friday_night_to_monday_but_not_inside_a_process() -> None:
    """From Friday 5 March 2027 at 17:00: seven hours until midnight, the other seventeen on Monday."""
    outside, inside = (found("fact summoned_at + 24 procedural hours", each) for each in (ANCHORS, INSIDE))
    assert (outside.moment, inside.moment) == ("2027-03-08T17:00", "2027-03-06T17:00")
    assert outside.explanation == Names(
        es="24 horas computables después del dato «summoned_at» (5 de marzo de 2027, 17:00): "
        "8 de marzo de 2027, 17:00",
        en="24 procedural hours after the fact 'summoned_at' (5 March 2027, 17:00): 8 March 2027, 17:00",
    )


def test_no_calendar_is_asked_for_where_every_day_counts() -> None:
    """Nobody's working days of 2099 are known, and inside a process nobody needs them."""
    process = UnderWay(date(2098, 9, 10))
    unknown = Anchors(2099, time=LegalTime("NOBODY", processes=[process]))
    assert found("2099-03-02 + 3 procedural days", unknown).moment == "2099-03-05"
    assert isinstance(resolve("2099-03-02 + 3 business days", unknown), Unresolved)
