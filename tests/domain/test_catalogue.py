"""The catalogue as data: what the two plans and the calendars must say.

The expectations below were written by hand from the articles they cite.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from domain.calendar import closes_at
from domain.entity import entities, zone_of
from domain.milestone_events import Schedule
from domain.names import Names
from domain.plan import Opening, calendar_of, opening
from domain.procedure import Procedure, procedures
from domain.step import Step
from domain.variant import plan_for
from tests.domain.test_entity_data import GOVERNORS

CYCLE = "2026-2027"

# row, opening, due, article: the dates of 2026-2027 that follow from federal law and INE's reported calendar.
DATES_OF_LAW = [
    ("F004", None, "2026-09-30", "LGIPE 44.1.h"),
    ("F005", None, "2026-09-30", "LGIPE 67.1"),
    ("F006", "2026-11-01", "2026-11-30", "LGIPE 68.1.c"),
    ("F007", None, "2026-11-30", "LGIPE 78.1"),
    ("F010", "2026-09-10", "2027-04-30", "LGIPE 217.1.c"),
    ("F020", "2026-09-01", "2026-12-15", "LGIPE 138.1"),
    ("F021", None, "2026-11-30", "LGIPE 139.1"),
    ("F022", "2026-12-15", "2026-12-15", "LGIPE 254.1.a"),
    ("F023", None, "2027-01-31", "LGIPE 156.3"),
    ("F024", None, "2027-01-31", "LGIPE 143.3"),
    ("F025", "2027-02-15", "2027-02-15", "LGIPE 151.1"),
    ("F026", "2027-02-28", "2027-02-28", "LGIPE 153.1"),
    ("F027", None, "2027-03-01", "LGIPE 146.1"),
    ("F028", "2027-02-15", "2027-03-14", "LGIPE 151.2"),
    ("F029", None, "2027-03-14", "LGIPE 143.3"),
    ("F030", None, "2027-04-15", "LGIPE 151.3"),
    ("F032", None, "2027-05-07", "LGIPE 153.1"),
    ("F033", None, "2027-05-06", "LGIPE 153.2"),
    ("F040", "2026-07-01", "2026-07-01", "LGPP 19"),
    ("F041", "2026-06-01", "2026-06-01", "LGPP 22.5"),
    ("F043", None, "2026-10-31", "LGIPE 229.1"),
    ("F045", None, "2026-12-05", "LGIPE 226.2"),
    ("F046", None, "2026-12-05", "LGPP 92.1"),
    ("F047", None, "2026-12-15", "LGPP 92.3"),
    ("F048", "2027-01-01", "2027-01-15", "LGIPE 236.2"),
    ("F051", "2027-02-13", "2027-02-26", "LGIPE 228.3"),
    ("F052", None, "2027-02-22", "LGPP 79.1.a.III"),
    ("F053", "2027-02-23", "2027-03-09", "LGPP 80.1.c.I"),
    ("F070", "2027-03-22", "2027-03-29", "LGIPE 237.1.b"),
    ("F071", None, "2027-03-26", "LGIPE 237.4"),
    ("F083", "2027-05-04", "2027-05-06", "LGPP 79.1.b.III"),
    ("F084", "2027-05-07", "2027-05-21", "LGPP 80.1.d.II"),
    ("F087", "2027-06-21", "2027-07-12", "LGPP 80.1.d.IV"),
    ("F088", "2027-06-03", "2027-06-06T19:00", "LGIPE 213.2"),
    ("F089", "2027-06-03", "2027-06-06", "LGIPE 251.4"),
    ("F090", None, "2027-06-03", "LGIPE 210.1"),
    ("F101", "2027-01-01", "2027-01-31", "LGIPE 303.1"),
    ("F102", "2026-12-01", "2026-12-31", "LGIPE 254.1.a"),
    ("F103", "2027-02-01", "2027-02-07", "LGIPE 254.1.b"),
    ("F104", "2027-02-09", "2027-03-31", "LGIPE 254.1.c"),
    ("F105", "2027-02-01", "2027-02-28", "LGIPE 254.1.e"),
    ("F106", "2027-02-09", "2027-04-04", "LGIPE 254.1.f"),
    ("F107", None, "2027-04-06", "LGIPE 254.1.f"),
    ("F108", None, "2027-04-08", "LGIPE 254.1.g"),
    ("F109", None, "2027-04-10", "LGIPE 254.1.g"),
    ("F111", "2027-04-09", "2027-06-05", "LGIPE 254.3"),
    ("F120", "2027-01-15", "2027-02-15", "LGIPE 256.1.a"),
    ("F121", "2027-02-16", "2027-02-26", "LGIPE 256.1.b"),
    ("F122", None, "2027-04-10", "LGIPE 256.1.d"),
    ("F123", None, "2027-04-15", "LGIPE 256.1.e"),
    ("F124", "2027-05-15", "2027-05-25", "LGIPE 256.1.f"),
    ("F125", "2027-04-16", "2027-05-24", "LGIPE 262.1.a"),
    ("F126", None, "2027-05-27", "LGIPE 262.1.c"),
    ("F132", None, "2027-05-22", "LGIPE 268.1"),
    ("F133", "2027-05-22", "2027-05-23", "LGIPE 268.2.e"),
    ("F135", "2027-05-31", "2027-06-04", "LGIPE 269.1"),
    ("F140", None, "2027-04-30", "LGIPE 306.1"),
    ("F150", "2027-06-06T07:30", "2027-06-06T08:00", "LGIPE 273.2"),
    ("F152", "2027-06-06T08:00", "2027-06-06T08:00", "LGIPE 273.6"),
    ("F164", "2027-06-09T08:00", "2027-06-11", "LGIPE 310"),
    ("F166", "2027-06-09", "2027-06-12", "LGIPE 312"),
    ("F168", "2027-06-13", "2027-06-13", "LGIPE 323"),
    ("F169", None, "2027-06-13", "LGIPE 210.2"),
    ("F170", None, "2027-07-06", "LGIPE 217.2"),
    ("F171", "2027-06-10", "2027-06-16", "LGSMIME 55.1"),
    ("F172", None, "2027-08-03", "LGSMIME 58.1"),
    ("F174", None, "2027-08-19", "LGSMIME 69.1"),
]

# row, what the law alone gives, what INE's calendar gives as third parties report it.
REPORTED = [
    ("F002", (None, "2026-09-09"), ("2026-07-30", "2026-07-30")),
    ("F003", ("2026-09-01", "2026-09-07"), ("2026-09-10", "2026-09-10")),
    ("F050", ("2027-01-01", "2027-02-12"), ("2027-01-04", "2027-02-12")),
    ("F075", ("2027-03-30", "2027-04-01"), ("2027-03-30", "2027-04-03")),
    ("F080", ("2027-04-04", "2027-06-02"), ("2027-04-04", "2027-06-02")),
    ("F164", ("2027-06-09T08:00", "2027-06-12"), ("2027-06-09T08:00", "2027-06-11")),
    ("F175", (None, "2027-08-23"), ("2027-08-01", "2027-08-23")),
]

ESTIMATED = {
    "F002", "F009", "F042", "F044", "F049", "F110", "F131", "F134", "F144", "F151", "F153", "F154", "F155", "F156",
    "F157", "F158", "F160", "F161", "F162", "F163", "F173", "F176", "F180", "L074", "L102", "L110",
}  # fmt: skip

CONDITIONS = {
    ("F031", "F030"): "LGIPE 151.5",
    ("F047", "F046"): "LGPP 92.3",
    ("F070", "F048"): "LGIPE 236.1",
    ("F075", "F072"): "LGIPE 239",
    ("F103", "F102"): "LGIPE 254.1.b",
    ("F104", "F103"): "LGIPE 254.1.c",
    ("F106", "F104"): "LGIPE 254.1.f",
    ("F106", "F105"): "LGIPE 254.1.f",
    ("F107", "F106"): "LGIPE 254.1.f",
    ("F108", "F107"): "LGIPE 254.1.g",
    ("F109", "F108"): "LGIPE 254.1.g",
    ("F122", "F121"): "LGIPE 256.1.c",
    ("F123", "F122"): "LGIPE 256.1.e",
    ("F131", "F130"): "LGIPE 266.1",
    ("F157", "F156"): "LGIPE 287.1",
    ("F158", "F157"): "LGIPE 298.1",
    ("F160", "F158"): "LGIPE 299.1",
    ("F166", "F164"): "LGIPE 312",
    ("F168", "F164"): "LGIPE 324.1.a",
    ("F175", "F174"): "LGIPE 327.2",
    ("F179", "F176"): "LGIPE 225.1",
    ("F180", "F179"): "LGIPE 318.2",
}

# Local steps that are the very same act as federal ones: one register, one single polling station (LGIPE 253.1).
SAME_ACT = {
    "L020": ("F020",),
    "L021": ("F025", "F028"),
    "L022": ("F032",),
    "L023": ("F034",),
    "L030": ("F010", "F011"),
    "L060": ("F120", "F121", "F122"),
    "L061": ("F122",),
    "L062": ("F123", "F124"),
    "L063": ("F101",),
    "L065": ("F103", "F104", "F105", "F106", "F107", "F108", "F109"),
    "L066": ("F104", "F110"),
    "L075": ("F135",),
    "L100": ("F150", "F151", "F152", "F156"),
    "L101": ("F153", "F154", "F155"),
}

# Where the law contradicts itself or its calendar, the words that must stand beside the step.
CONTRADICTIONS = [
    ("F003", "10 de septiembre"),
    ("F026", "1 de marzo"),
    ("F034", "329.1"),
    ("F035", "338.1"),
    ("F044", "del año de la elección"),
    ("F055", "momento a momento"),
    ("F070", "3 de abril"),
    ("F075", "237"),
    ("F110", "254.1.h"),
    ("F122", "11 al 17"),
    ("F164", "9 al 11 de junio"),
    ("F173", "60.1.a"),
    ("F175", "23 de julio"),
]


def federal() -> Procedure:
    return procedures()["federal_election"]


def local() -> Procedure:
    return procedures()["local_election"]


def both() -> list[Step]:
    return [*federal().steps, *local().steps]


def schedules(opened: Opening) -> Mapping[str, Schedule]:
    """Return the dates by row; a recurring row's are those of its first month."""
    found: dict[str, Schedule] = {}
    for milestone in opened.milestones.values():
        found.setdefault(milestone.row, milestone.schedule)
    return found


@pytest.fixture(scope="module")
def federal_dates() -> Mapping[str, Schedule]:
    return schedules(opening(federal(), "MX", CYCLE))


def local_dates(code: str) -> Mapping[str, Schedule]:
    return schedules(opening(plan_for(local().kind, code, CYCLE), code, CYCLE))


def test_the_federal_plan_has_128_steps_and_the_local_one_68() -> None:
    assert len(federal().steps) == 128
    assert len(local().steps) == 68


@pytest.mark.parametrize(
    ("row", "starts", "due", "article"), DATES_OF_LAW, ids=[row[0] for row in DATES_OF_LAW]
)
def test_a_date_is_what_its_article_says(
    federal_dates: Mapping[str, Schedule], row: str, starts: str | None, due: str, article: str
) -> None:
    assert (federal_dates[row].starts, federal_dates[row].due) == (starts, due)
    assert article in federal().step(row).basis
    assert federal().step(row).date_basis == "law"


@pytest.mark.parametrize(("row", "law", "reported"), REPORTED, ids=[row[0] for row in REPORTED])
def test_a_reported_date_stands_beside_the_rule_of_law(
    federal_dates: Mapping[str, Schedule], row: str, law: tuple[str | None, str], reported: tuple[str, str]
) -> None:
    schedule = federal_dates[row]
    assert (schedule.rule_starts, schedule.rule_due) == law
    assert (schedule.starts, schedule.due) == reported
    assert schedule.basis == "reported"
    assert not schedule.official


def test_only_the_reported_steps_take_a_date_from_the_federal_calendar() -> None:
    assert set(calendar_of("pef-2026-2027")) == {row for row, _, _ in REPORTED}


def test_local_and_district_councils_meet_each_month_from_october_to_august() -> None:
    opened = opening(federal(), "MX", CYCLE).milestones.values()
    months = {milestone.occurrence for milestone in opened if milestone.row == "F008"}
    assert months == {"2026-10", "2026-11", "2026-12", *(f"2027-0{month}" for month in range(1, 9))}


def test_what_rests_on_practice_or_measurement_is_marked_estimated() -> None:
    assert {step.id for step in both() if step.date_basis == "estimated"} == ESTIMATED
    assert {step.date_basis for step in both()} == {"law", "estimated"}


def test_no_rule_of_a_plan_is_the_date_of_one_year() -> None:
    rules = [rule for step in both() for rule in (step.starts, step.due) if rule]
    assert len(rules) > 150
    assert not [rule for rule in rules if "2026-" in rule or "2027-" in rule]


def test_the_end_of_a_day_is_its_24_00_not_a_minute_before() -> None:
    assert not [step.id for step in both() if "23:59" in f"{step.starts} {step.due}"]


def test_polls_may_be_published_once_the_westernmost_stations_close() -> None:
    """LGIPE 251.6: at 18:00 in Baja California, whatever the hour is in the centre."""
    due = schedules(opening(federal(), "MX", CYCLE))["F088"].due
    assert due is not None
    assert closes_at(due, zone_of("MX")) == closes_at("2027-06-06T18:00", zone_of("MX-BCN"))


def test_a_step_names_its_source_in_spanish() -> None:
    english = re.compile(r"\b(the|of|by|not|for|and|consolidated|annex|knowledge|reported)\b")
    assert english.search("general knowledge")
    assert not [(step.id, step.source) for step in both() if english.search(step.source)]


def test_a_step_without_a_due_date_says_why() -> None:
    silent = [step.id for step in both() if not (step.due or step.undated or step.same_as)]
    assert silent == []


def test_a_late_limit_in_spanish_is_no_later_than_in_english() -> None:
    for step in both():
        assert ("más tardar" in step.rule.es) == ("no later than" in step.rule.en.lower()), step.id


@pytest.mark.parametrize(("row", "words"), CONTRADICTIONS)
def test_a_contradiction_of_the_law_is_told_beside_its_step(row: str, words: str) -> None:
    note = federal().step(row).note
    assert note is not None
    assert words in note.es


def test_a_predecessor_is_a_condition_only_where_an_article_makes_it_one() -> None:
    found = {(step.id, link.id): link.requires for step in both() for link in step.after if link.requires}
    assert found == CONDITIONS


def test_these_steps_begin_beside_the_one_they_follow() -> None:
    side_by_side = {(step.id, link.id) for step in both() for link in step.after if link.start_to_start}
    assert side_by_side == {
        ("F021", "F020"), ("F071", "F070"), ("F083", "F080"), ("F123", "F122"), ("F152", "F151"), ("F162", "F157"),
        ("L048", "L047"),
    }  # fmt: skip


def test_the_last_stage_of_a_year_without_presidential_election_is_its_conclusion() -> None:
    for plan in (federal(), local()):
        assert plan.stages[-1].name.es == "Conclusión"
        assert not [stage for stage in plan.stages if "ictamen" in stage.name.es]


def test_a_local_step_that_is_a_federal_act_carries_no_dates_of_its_own() -> None:
    shared = [step for step in local().steps if step.same_as]
    assert {step.id: step.same_as for step in shared} == SAME_ACT
    for step in shared:
        assert set(step.same_as) <= set(federal().by_id), step.id
        assert (step.starts, step.due) == (None, None), step.id


def test_a_local_step_that_is_a_federal_act_says_where_its_dates_are() -> None:
    """The law does set them: only the federal plan tells them."""
    dates = local_dates("MX-JAL")
    assert dates["L020"].explanation == Names(
        es="Sus fechas son las de F020 del plan federal, donde se reporta.",
        en="Its dates are those of F020 of the federal plan, where it is reported.",
    )
    assert "las de F120, F121 y F122 del plan" in dates["L060"].explanation.es
    assert "those of F120, F121 and F122 of the" in dates["L060"].explanation.en


def test_no_date_of_one_entity_reaches_another() -> None:
    """Only Hidalgo's start and Estado de México's PREP plan are known; the rest comes from federal law alone."""
    known = {
        "MX-HID": {"L010"},
        "MX-MEX": {"L111", *(f"P{number:03}" for number in range(1, 55))},
    }
    of_law = {"L042", "L051", "L074", "L102", "L110"}
    for code in entities():
        dates = local_dates(code)
        assert {row for row in dates if dates[row].basis == "reported"} == known.get(code, set())
        dated = {row for row in dates if dates[row].starts or dates[row].due}
        counted = {"L013"} if code == "MX-HID" else set()
        assert dated == of_law | known.get(code, set()) | counted, code


def test_hidalgo_starts_on_15_december_and_counts_from_there() -> None:
    dates = local_dates("MX-HID")
    assert dates["L010"].starts == "2026-12-15"
    assert dates["L013"].due == "2026-12-14"


def test_what_local_law_decides_has_no_date_and_says_so() -> None:
    schedule = local_dates("MX-JAL")["L049"]
    assert (schedule.starts, schedule.due) == (None, None)
    assert "ley local" in schedule.explanation.es


def test_a_state_gets_no_step_for_an_office_it_does_not_elect() -> None:
    for code in entities():
        rows = set(local_dates(code))
        expected = {"L087", "L115"} if code in GOVERNORS else set()
        assert rows & {"L087", "L115"} == expected, code
