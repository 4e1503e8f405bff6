"""A year in which the Presidency and both chambers are elected: the same plan, with other rows and rules."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.calendar import closes_at
from domain.election_years import ElectionYears
from domain.entity import CENTRAL_ZONE
from domain.event import Refused
from domain.milestone_events import MilestonePlanned
from domain.plan import OpenProcess, opening
from domain.procedure import procedures
from domain.process import PROCESS
from domain.variant import plan_for, variants_of

CYCLE = "2029-2030"

# Worked out by hand, with a calendar of 2029 and 2030: election day is Sunday 2 June 2030 (LGIPE 22.1).
# activity, opening, due, article
DATES = [
    ("F003", "2029-09-01", "2029-09-07", "LGIPE 225.3"),
    ("F201", None, "2029-10-31", "LGIPE 243.4.a"),
    ("F050", "2029-11-19", "2030-01-17", "LGIPE 226.2.a"),  # From the third Monday of November, sixty days.
    ("F046", None, "2029-10-20", "LGPP 92.1"),  # Thirty days before 19 November.
    ("F052", None, "2030-01-27", "LGPP 79.1.a.III"),  # Ten days after 17 January.
    ("F211", None, "2030-03-15", "LGIPE 340.1"),
    ("F210", None, "2029-12-31", "LGIPE 339.1"),
    ("F212", None, "2030-04-20", "LGIPE 340.4"),
    ("F070-JAL", "2030-02-15", "2030-02-22", "LGIPE 237.1.a"),
    ("F202", "2030-02-15", "2030-02-22", "LGIPE 237.1.a.V"),
    ("F203-JAL", "2030-02-15", "2030-02-22", "LGIPE 237.1.a.III"),
    ("F204", "2030-02-15", "2030-02-22", "LGIPE 237.1.a.IV"),
    ("F071-JAL", None, "2030-02-19", "LGIPE 237.4"),
    ("F075-JAL", "2030-02-23", "2030-02-25", "LGIPE 239.5"),
    ("F080-JAL", "2030-03-01", "2030-05-29", "LGIPE 251.1"),  # 31 + 30 + 29 = 90 days.
    ("F083", "2030-03-31", "2030-04-02", "LGPP 79.1.b.III"),  # The first thirty days end on 30 March.
    ("F208", "2030-04-30", "2030-05-02", "LGPP 79.1.b.III"),  # The second thirty, on 29 April.
    ("F209", "2030-05-03", "2030-05-17", "LGPP 80.1.d.II"),
    ("F085", "2030-05-30", "2030-06-01", "LGPP 79.1.b.III"),
    ("F032-JAL", None, "2030-05-03", "LGIPE 153.1"),
    ("F132-JAL", None, "2030-05-18", "LGIPE 268.1"),
    ("F214", None, "2030-06-01T08:00", "LGIPE 345.1"),  # Twenty-four hours before 08:00 of 2 June.
    ("F215", None, "2030-06-02T18:00", "LGIPE 345.1"),
    ("F216", None, "2030-06-02T17:00", "LGIPE 347.1"),
    ("F217", None, "2030-06-04", "LGIPE 351.1"),  # Before Wednesday the 5th.
    ("F164-JAL", "2030-06-05T08:00", "2030-06-08", "LGIPE 310"),
    ("F218", None, "2030-06-09", "LGIPE 326.1"),
    ("F219-JAL", None, "2030-06-09", "LGIPE 319"),
    ("F220-JAL", None, "2030-06-09", "LGIPE 321.1.a"),
    ("F221-JAL", None, "2030-06-12", "LGSMIME 55.1.a"),  # Four days after the 8th.
    ("F222", None, "2030-06-13", "LGSMIME 55.2"),  # Four days after the 9th.
    ("F223-JAL", None, "2030-06-13", "LGSMIME 55.1.c"),
    ("F172-JAL", None, "2030-08-03", "LGSMIME 58.1"),
    ("F224", None, "2030-08-31", "LGSMIME 58.1"),
    ("F225", None, "2030-08-23", "LGIPE 44.1.u"),
    ("F226", None, "2030-09-06", "CPEUM 99 fr. II"),
]


@pytest.fixture(scope="module")
def milestones() -> Mapping[str, MilestonePlanned]:
    return opening(plan_for("federal_election", "MX", CYCLE), "MX", CYCLE).milestones


@pytest.mark.parametrize(("id_", "starts", "due", "article"), DATES, ids=[row[0] for row in DATES])
def test_a_date_is_what_its_article_says(
    milestones: Mapping[str, MilestonePlanned], id_: str, starts: str | None, due: str, article: str
) -> None:
    row = milestones[id_]

    assert (row.schedule.starts, row.schedule.due) == (starts, due)
    assert article in row.basis


def test_opening_it_records_the_presidency_the_senate_and_the_final_opinion() -> None:
    opened = OpenProcess(kind="federal_election", territory="MX", cycle=CYCLE).decide(PROCESS.initial)

    assert opened is not None
    assert (opened.process, opened.opened.election_day) == ("pef-2029-2030", "2030-06-02")
    assert opened.opened.stages[-1].name.es == "Dictamen y declaraciones de validez"
    assert {"F202", "F203-JAL", "F226"} <= set(opened.milestones)
    assert opened.milestones["F207"].target == 2, "two compulsory debates (LGIPE 218.1)"
    assert "F040" not in opened.milestones, "new parties register after the presidential election (LGPP 11.1)"


def test_voters_abroad_are_registered_in_every_state(milestones: Mapping[str, MilestonePlanned]) -> None:
    assert sum(row.row == "F034" for row in milestones.values()) == 32
    assert not any(row.condition for row in milestones.values() if row.row == "F034")


def test_an_intermediate_year_keeps_the_plan_as_it_is() -> None:
    base = procedures()["federal_election"]

    assert plan_for("federal_election", "MX", "2026-2027") is base
    assert plan_for("federal_election", "MX", "2032-2033") is base
    assert (
        plan_for("federal_election", "MX", "2035-2036").digest
        == plan_for("federal_election", "MX", CYCLE).digest
    )
    assert len(base.steps) == 128


@pytest.mark.parametrize("cycle", ["2027-2028", "2028-2029", "2023-2024"])
def test_a_year_without_a_federal_election_is_refused_saying_which_years_there_are(cycle: str) -> None:
    with pytest.raises(Refused, match="plan-cannot-be-dated") as caught:
        OpenProcess(kind="federal_election", territory="MX", cycle=cycle).decide(PROCESS.initial)

    assert "2027, y cada 6 años" in caught.value.es
    assert "2030, y cada 6 años" in caught.value.es


def test_what_no_article_dates_is_an_estimate_or_has_no_date(
    milestones: Mapping[str, MilestonePlanned],
) -> None:
    assert milestones["F050"].schedule.rests_on == "estimated", "the law names a week, not a day"
    assert milestones["F226"].schedule.rests_on == "reported", "the organic law was not read"
    assert [milestones[id_].schedule.due for id_ in ("F205", "F206-JAL", "F207", "F213")] == [None] * 4


def test_nothing_is_due_before_what_it_follows(milestones: Mapping[str, MilestonePlanned]) -> None:
    dues = {row.row: row.schedule.due for row in milestones.values()}
    impossible = [
        (row.row, link.row)
        for row in milestones.values()
        for link in row.after
        if row.kind != "recurring"
        and not link.start_to_start
        and (due := row.schedule.due)
        and (before := dues[link.row])
        and closes_at(due, CENTRAL_ZONE) < closes_at(before, CENTRAL_ZONE)
    ]

    assert impossible == []


def test_no_row_of_it_speaks_of_another_election(milestones: Mapping[str, MilestonePlanned]) -> None:
    told = [
        (row.row, words)
        for row in milestones.values()
        for words in (row.name.es, row.rule.es, row.schedule.explanation.es)
        if "2027" in words or "2026" in words
    ]

    assert told == []


def test_its_file_says_what_differs_and_where_it_was_read() -> None:
    (presidential,) = variants_of("federal_election")

    assert presidential.scope.es == "la elección de 2030, y cada 6 años desde entonces"
    assert all(step.source and step.article for step in presidential.adds)
    assert len(presidential.plan.steps) == 128 - len(presidential.removes) + len(presidential.adds)


def test_the_years_of_an_election_are_one_or_every_so_many() -> None:
    one, every = ElectionYears(first=2027), ElectionYears(first=2030, every_years=6)

    assert [year for year in range(2020, 2050) if one.include(year)] == [2027]
    assert [year for year in range(2020, 2050) if every.include(year)] == [2030, 2036, 2042, 2048]
