"""Every form a deadline rule may take, what it comes to, and the sentence it says for itself in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.deadline import (
    Anchors,
    BadRule,
    DateBasis,
    Resolved,
    Unresolved,
    anchor_of,
    parse,
    resolve,
    spoken,
    weaker,
)
from domain.legal_time import LegalTime, UnderWay
from domain.names import Names
from tests.domain.deadlines import ANCHORS, BLANK, ELECTION, found
from tests.domain.test_deadline_of_a_case import RULES as RULES_OF_A_CASE

RULES = [
    (
        "election day",
        "2027-06-06",
        "el día de la jornada electoral: 6 de junio de 2027",
        "election day: 6 June 2027",
    ),
    (
        "election day - 30 days",
        "2027-05-07",
        "30 días antes del día de la jornada electoral: 7 de mayo de 2027",
        "30 days before election day: 7 May 2027",
    ),
    (
        "election day + 1 days",
        "2027-06-07",
        "1 día después del día de la jornada electoral: 7 de junio de 2027",
        "1 day after election day: 7 June 2027",
    ),
    (
        "election day at 08:00",
        "2027-06-06T08:00",
        "el día de la jornada electoral: 6 de junio de 2027, 08:00",
        "election day: 6 June 2027, 08:00",
    ),
    (
        "election day - 3 months",
        "2027-03-06",
        "3 meses antes del día de la jornada electoral: 6 de marzo de 2027",
        "3 months before election day: 6 March 2027",
    ),
    (
        "election day - 30 weeks",
        "2026-11-08",
        "30 semanas antes del día de la jornada electoral: 8 de noviembre de 2026",
        "30 weeks before election day: 8 November 2026",
    ),
    (
        "election day + 1 weeks",
        "2027-06-13",
        "1 semana después del día de la jornada electoral: 13 de junio de 2027",
        "1 week after election day: 13 June 2027",
    ),
    (
        "election day + 6 years",
        "2033-06-06",
        "6 años después del día de la jornada electoral: 6 de junio de 2033",
        "6 years after election day: 6 June 2033",
    ),
    (
        "30 september, year before",
        "2026-09-30",
        "el 30 de septiembre del año anterior al de la elección: 30 de septiembre de 2026",
        "30 September of the year before the election: 30 September 2026",
    ),
    (
        "1 july, two years before",
        "2025-07-01",
        "el 1 de julio, dos años antes de la elección: 1 de julio de 2025",
        "1 July two years before the election: 1 July 2025",
    ),
    (
        "last day of january, election year",
        "2027-01-31",
        "el último día de enero del año de la elección: 31 de enero de 2027",
        "the last day of January of the election year: 31 January 2027",
    ),
    (
        "last day of february, two years before",
        "2025-02-28",
        "el último día de febrero, dos años antes de la elección: 28 de febrero de 2025",
        "the last day of February two years before the election: 28 February 2025",
    ),
    (
        "first sunday of june, election year",
        "2027-06-06",
        "el primer domingo de junio del año de la elección: 6 de junio de 2027",
        "the first Sunday of June of the election year: 6 June 2027",
    ),
    (
        "last friday of august, election year",
        "2027-08-27",
        "el último viernes de agosto del año de la elección: 27 de agosto de 2027",
        "the last Friday of August of the election year: 27 August 2027",
    ),
    (
        "wednesday after election day at 08:00",
        "2027-06-09T08:00",
        "el miércoles siguiente al día de la jornada electoral: 9 de junio de 2027, 08:00",
        "the Wednesday after election day: 9 June 2027, 08:00",
    ),
    (
        "sunday after election day",
        "2027-06-13",
        "el domingo siguiente al día de la jornada electoral: 13 de junio de 2027",
        "the Sunday after election day: 13 June 2027",
    ),
    (
        "F050.due + 10 days",
        "2027-04-01",
        "10 días después del vencimiento de F050 (22 de marzo de 2027): 1 de abril de 2027",
        "10 days after the due date of F050 (22 March 2027): 1 April 2027",
    ),
    (
        "F050.start + 1 months",
        "2027-02-28",
        "1 mes después del inicio de F050 (31 de enero de 2027): 28 de febrero de 2027",
        "1 month after the start of F050 (31 January 2027): 28 February 2027",
    ),
    (
        "F046.due + 3 business days",
        "2027-03-25",
        "3 días hábiles después del vencimiento de F046 (22 de marzo de 2027): 25 de marzo de 2027",
        "3 business days after the due date of F046 (22 March 2027): 25 March 2027",
    ),
    (
        "F070.due + 72 hours",
        "2027-06-09T08:00",
        "72 horas después del vencimiento de F070 (6 de junio de 2027, 08:00): 9 de junio de 2027, 08:00",
        "72 hours after the due date of F070 (6 June 2027, 08:00): 9 June 2027, 08:00",
    ),
    (
        "F070.due + 2 days",
        "2027-06-08T08:00",
        "2 días después del vencimiento de F070 (6 de junio de 2027, 08:00): 8 de junio de 2027, 08:00",
        "2 days after the due date of F070 (6 June 2027, 08:00): 8 June 2027, 08:00",
    ),
    (
        "F050.due",
        "2027-03-22",
        "el vencimiento de F050: 22 de marzo de 2027",
        "the due date of F050: 22 March 2027",
    ),
    (
        "F070.due at 10:00",
        "2027-06-06T10:00",
        "el vencimiento de F070: 6 de junio de 2027, 10:00",
        "the due date of F070: 6 June 2027, 10:00",
    ),
    ("2026-09-10", "2026-09-10", "10 de septiembre de 2026", "10 September 2026"),
    (
        "2026-09-10 + 1 days at 09:15",
        "2026-09-11T09:15",
        "1 día después del 10 de septiembre de 2026: 11 de septiembre de 2026, 09:15",
        "1 day after 10 September 2026: 11 September 2026, 09:15",
    ),
]


@pytest.mark.parametrize(("rule", "moment", "es", "en"), RULES, ids=[row[0] for row in RULES])
def test_a_rule_comes_to_a_moment_and_says_how(rule: str, moment: str, es: str, en: str) -> None:
    resolved = found(rule)
    assert (resolved.moment, resolved.explanation.es, resolved.explanation.en) == (moment, es, en)


def test_every_rule_of_the_modules_own_words_is_shown_above() -> None:
    import domain.deadline

    lines = (domain.deadline.__doc__ or "").splitlines()
    examples = {line.strip().split("   ")[0] for line in lines if line.startswith("    ")}
    assert len(examples) == 14
    assert examples <= {row[0] for row in [*RULES, *RULES_OF_A_CASE]}


# Counting ----------------------------------------------------------------------------------------------


def test_business_days_skip_what_is_off() -> None:
    """From Thursday 11 March 2027: Friday, then Tuesday 16, because Monday 15 is a day of rest."""
    counted = found("2027-03-11 + 2 business days")
    assert counted.moment == "2027-03-16"
    assert counted.explanation == Names(
        es="2 días hábiles después del 11 de marzo de 2027: 16 de marzo de 2027",
        en="2 business days after 11 March 2027: 16 March 2027",
    )
    assert found("2027-03-11 + 2 days").moment == "2027-03-13"
    assert found("2027-03-16 - 2 business days").moment == "2027-03-11"


def test_hours_from_a_day_without_an_hour_run_from_its_24_00() -> None:
    assert found("F046.due + 72 hours").moment == "2027-03-26T00:00"


def test_hours_cross_midnight_and_months_keep_the_hour() -> None:
    assert found("F070.due - 9 hours").moment == "2027-06-05T23:00"
    assert found("F070.due + 1 months").moment == "2027-07-06T08:00"


ALL_DAYS_COUNT = LegalTime(processes=[UnderWay(date(2000, 1, 1))])
"""Inside an electoral process without end, where no calendar of days of rest is asked for."""


@hypothesis.given(st.dates(date(2010, 1, 1), date(2090, 1, 1)), st.integers(0, 999), st.integers(-999, 999))
def test_moving_election_day_moves_what_is_counted_from_it_as_far(
    day: date, count: int, moved_by: int
) -> None:
    for counted in (f"- {count} days", f"+ {count} days", f"- {count} weeks", f"+ {count} procedural days"):
        rule = f"election day {counted}"
        before, after = (
            found(
                rule, Anchors(each.year, Resolved(each.isoformat(), "law", BLANK), time=ALL_DAYS_COUNT)
            ).moment
            for each in (day, day + timedelta(days=moved_by))
        )
        assert date.fromisoformat(after) - date.fromisoformat(before) == timedelta(days=moved_by)


@hypothesis.given(st.dates(date(2010, 1, 1), date(2090, 1, 1)), st.integers(0, 999))
def test_adding_and_taking_away_natural_days_or_weeks_changes_nothing(day: date, count: int) -> None:
    for unit in ("days", "weeks"):
        there = found(f"{day} + {count} {unit}").moment
        assert found(f"{there} - {count} {unit}").moment == day.isoformat()


@hypothesis.given(st.dates(date(2010, 1, 1), date(2080, 1, 1)), st.integers(0, 142), st.sampled_from("+-"))
def test_a_week_is_seven_days(day: date, count: int, sign: str) -> None:
    assert found(f"{day} {sign} {count} weeks").moment == found(f"{day} {sign} {7 * count} days").moment


@hypothesis.given(st.datetimes(datetime(2010, 1, 1), datetime(2090, 1, 1)), st.integers(0, 999))  # noqa: DTZ001 - a moment is local
def test_adding_and_taking_away_hours_changes_nothing(at: datetime, count: int) -> None:
    there = found(f"X1.due + {count} hours", from_step(at.strftime("%Y-%m-%dT%H:%M"))).moment
    assert found(f"X1.due - {count} hours", from_step(there)).moment == at.strftime("%Y-%m-%dT%H:%M")


def from_step(moment: str) -> Anchors:
    return Anchors(2027, ELECTION, {("X1", "due"): Resolved(moment, "law", BLANK)})


@hypothesis.given(st.sampled_from([row[0] for row in [*RULES, *RULES_OF_A_CASE]]), st.integers(2024, 2090))
def test_every_rule_has_a_result_for_every_year_and_says_its_day(rule: str, year: int) -> None:
    """Its business days are counted from days of 2027, whose calendar is loaded."""
    resolved = found(rule, replace(ANCHORS, year=year, election_day=Resolved(f"{year}-06-06", "law", BLANK)))
    said = spoken(resolved.moment)

    assert resolved.explanation.es.endswith(said.es)
    assert resolved.explanation.en.endswith(said.en)


# What a date rests on ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "basis", "rests_on", "anchored"),
    [
        ("30 september, year before", "law", "law", False),
        ("30 september, year before", "estimated", "estimated", False),
        ("2026-09-10", "calendar", "calendar", False),
        ("election day - 30 days", "law", "law", True),
        ("election day - 30 days", "reported", "reported", True),
        ("F046.due + 3 days", "law", "law", True),
        ("F050.due + 10 days", "law", "calendar", True),
        ("F070.due + 72 hours", "calendar", "estimated", True),
    ],
)
def test_a_date_promises_no_more_than_what_it_was_counted_from(
    rule: str, basis: DateBasis, rests_on: DateBasis, anchored: bool
) -> None:
    resolved = found(rule, basis=basis)
    assert (resolved.rests_on, resolved.anchored) == (rests_on, anchored)


def test_the_weaker_of_two_bases_is_the_same_either_way_round() -> None:
    order: list[DateBasis] = ["law", "calendar", "computed", "administrative", "reported", "estimated"]
    for index, strong in enumerate(order):
        for weak in order[index:]:
            assert weaker(strong, weak) == weaker(weak, strong) == weak


def test_a_doubtful_election_day_makes_everything_counted_from_it_doubtful() -> None:
    doubtful = Anchors(2027, Resolved("2027-06-06", "estimated", BLANK))
    for rule in ("election day", "election day - 30 days", "wednesday after election day"):
        assert found(rule, doubtful).rests_on == "estimated"


# What cannot be worked out -----------------------------------------------------------------------------


def test_a_rule_that_counts_from_an_undated_step_says_which() -> None:
    reason = resolve("F999.due + 3 days", ANCHORS)
    assert reason == Unresolved(
        Names(es="depende de F999, que no tiene fecha", en="it depends on F999, which has no date")
    )
    assert isinstance(resolve("F046.start + 3 days", ANCHORS), Unresolved)


@pytest.mark.parametrize(
    ("body", "year", "rule"), [("NOBODY", 2027, "2027-03-22"), ("statutory", 2099, "2099-03-02")]
)
def test_a_calendar_that_is_not_loaded_is_named_in_both_languages(body: str, year: int, rule: str) -> None:
    anchors = Anchors(2027, ELECTION, time=LegalTime(body))
    reason = resolve(f"{rule} + 3 business days", anchors)

    assert reason == Unresolved(
        Names(
            es=f"el calendario de días inhábiles de {body} para {year} no está cargado",
            en=f"the non-working days of {body} for {year} are not loaded",
        )
    )


# What is not a rule ------------------------------------------------------------------------------------

BAD_RULES = [
    "", "soon", "election day -30 days", "election day - 30", "election day - 30 fortnights",
    "election day - 1000 days",
    "Election day", "election  day", " election day", "election day\n", "election day - 30 days - 2 days",
    "30 september", "30 september, next year", "30 septiembre, year before", "last day of january",
    "fifth sunday of june, election year", "first domingo of june, election year",
    "wednesday after election day at 8:00", "election day at 24:00", "election day at 23:60",
    "election day at 08:00:00", "F050",
    "F050.end + 3 days", "f050.due", "F.due", "F050.due + -3 days", "F050.due + 3.5 days",
    "2026-9-10", "2026-02-30", "2026-13-01", "2026-09-10T08:00", "election day + \u0663 days", "E-30",
    "opened.due", "opened + 5", "Opened + 5 days", "fact", "fact + 5 days", "fact Notified_on", "fact notified_on.due",
    "period", "period end.due", "31 december, this year", "S03.finished + 5 days", "S03.done + 5 procedural weeks",
]  # fmt: skip


@pytest.mark.parametrize("rule", BAD_RULES)
def test_what_is_not_a_rule_is_refused_quoting_it(rule: str) -> None:
    for attempt in (parse, anchor_of):
        with pytest.raises(BadRule) as caught:
            attempt(rule)
        assert repr(rule) in str(caught.value)


def test_a_day_its_month_never_has_is_refused_with_its_year() -> None:
    with pytest.raises(BadRule, match="there is no 31 september in 2026"):
        resolve("31 september, year before", ANCHORS)


@hypothesis.given(st.text(max_size=60))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    with pytest.raises(BadRule) as caught:
        parse(f"?{text}")
    assert repr(f"?{text}") in str(caught.value)


def test_a_rule_names_the_step_it_counts_from() -> None:
    assert anchor_of("F050.due + 10 days") == ("F050", "due")
    assert anchor_of("F050.start") == ("F050", "start")
    assert anchor_of("election day - 30 days") is None
