"""Opening a process: how rows become dated milestones, on small procedures of the test's own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

import domain.plan
from domain.entity import entities
from domain.event import Refused
from domain.milestone_events import MilestonePlanned, Schedule
from domain.names import Names
from domain.plan import UNKNOWN_FACT, Opening, OpenProcess, opening
from domain.procedure import PlanError, procedures
from domain.process import PROCESS, Process
from domain.timetable import NO_RULE, LoadedDate
from tests.domain.decisions import envelope
from tests.domain.small_procedure import NAMES, procedure, step

CYCLE = "2026-2027"
JALISCO = "MX-JAL"
Loader = Callable[..., None]


def opened(*steps: str, territory: str = JALISCO) -> Mapping[str, MilestonePlanned]:
    """Return the milestones of a small procedure: a federal one where the territory is the country."""
    jurisdiction = "federal" if territory == "MX" else "state"
    return opening(procedure(*steps, jurisdiction=jurisdiction), territory, CYCLE).milestones


def schedule(*steps: str) -> Schedule:
    """Return how the last of these steps is dated."""
    return list(opened(*steps).values())[-1].schedule


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Load these dates for the process of Jalisco, and for no other."""

    def loaded(*dates: LoadedDate) -> None:
        calendars = {"small-election-2026-2027-jal": {date.step: date for date in dates}}
        monkeypatch.setattr(domain.plan, "calendar_of", lambda process: calendars.get(process, {}))

    return loaded


# Dates -------------------------------------------------------------------------------------------------


def test_a_row_is_dated_from_its_rule_and_says_how() -> None:
    dated = schedule(step("S01", starts="last day of january, election year"))

    assert (dated.starts, dated.due) == ("2027-01-31", "2027-05-07")
    assert (dated.rule_starts, dated.rule_due) == ("2027-01-31", "2027-05-07")
    assert (dated.basis, dated.rests_on, dated.official, dated.source) == ("computed", "law", False, "")
    assert dated.explanation == Names(
        es="30 días antes del día de la jornada electoral: 7 de mayo de 2027.",
        en="30 days before election day: 7 May 2027.",
    )


def test_a_date_the_law_names_is_of_law_and_one_counted_from_it_is_computed() -> None:
    named = step("S01", due="30 september, year before")
    assert schedule(named).basis == "law"
    counted = schedule(named, step("S02", due="S01.due + 3 days"))
    assert (counted.due, counted.basis, counted.rests_on) == ("2026-10-03", "computed", "law")


def test_what_is_counted_from_an_estimate_is_an_estimate() -> None:
    guess = step("S01", due="30 september, year before", date_basis="estimated")
    counted = schedule(guess, step("S02", due="S01.due + 3 days"))
    assert (counted.basis, counted.rests_on) == ("estimated", "estimated")


def test_a_row_with_neither_rule_nor_date_stays_without_and_says_why() -> None:
    why = {"es": "Lo fija la ley local.", "en": "Local law sets it."}
    assert schedule(step("S01", due=None, undated=why)) == Schedule(explanation=Names(**why))
    assert schedule(step("S01", kind="period", due=None)) == Schedule(explanation=NO_RULE)


def test_a_row_that_counts_from_an_undated_row_says_which() -> None:
    undated = schedule(step("S01", due=None, undated=NAMES), step("S02", due="S01.due + 3 days"))
    assert undated.due is None
    assert undated.basis is None
    assert undated.explanation.es == "Depende de S01, que no tiene fecha."
    assert undated.explanation.en == "It depends on S01, which has no date."


def test_election_day_is_worked_out_from_the_procedures_rule() -> None:
    found = opening(procedure(step("S01")), JALISCO, CYCLE).opened
    assert (found.election_day, found.election_day_basis, found.cycle) == ("2027-06-06", "law", CYCLE)
    assert opening(procedure(step("S01")), JALISCO, "2029-2030").opened.election_day == "2030-06-02"


# A loaded calendar -------------------------------------------------------------------------------------

REPORTED = LoadedDate(
    step="S01", due="2027-05-10", basis="reported", source=Names(es="un diario", en="a newspaper")
)


def test_a_loaded_date_is_the_plans_and_the_rules_stands_beside_it(load: Loader) -> None:
    load(REPORTED)
    dated = schedule(step("S01", starts="last day of january, election year"))

    assert (dated.due, dated.rule_due) == ("2027-05-10", "2027-05-07")
    assert (dated.starts, dated.rule_starts) == ("2027-01-31", "2027-01-31")
    assert (dated.basis, dated.rests_on, dated.source) == ("reported", "reported", "un diario")
    assert dated.explanation == Names(es="Fecha tomada de: un diario.", en="Date taken from: a newspaper.")


def test_other_rows_count_from_the_loaded_date_and_promise_no_more_than_it(load: Loader) -> None:
    load(REPORTED)
    counted = schedule(step("S01"), step("S02", due="S01.due + 3 days"))
    assert (counted.due, counted.basis, counted.rests_on) == ("2027-05-13", "computed", "reported")


def test_a_date_loaded_for_one_state_reaches_no_other(load: Loader) -> None:
    load(REPORTED)
    small = procedure(step("S01"))
    dates = {code: opening(small, code, CYCLE).milestones["S01"].schedule.due for code in entities()}
    assert {code for code, due in dates.items() if due == "2027-05-10"} == {JALISCO}
    assert set(dates.values()) == {"2027-05-10", "2027-05-07"}


def test_a_date_for_a_step_that_is_not_in_the_plan_is_refused(load: Loader) -> None:
    load(REPORTED.model_copy(update={"step": "S99"}))
    with pytest.raises(PlanError, match=r"small-election-2026-2027-jal\.toml: unknown steps S99"):
        opened(step("S01"))


# Order -------------------------------------------------------------------------------------------------

LATE = step("S01", due="election day")


@pytest.mark.parametrize("link", [{"id": "S01"}, {"id": "S01", "requires": "LGIPE 79"}])
def test_a_step_due_before_the_one_it_follows_is_refused(link: dict[str, str]) -> None:
    with pytest.raises(PlanError) as caught:
        opened(LATE, step("S02", after=[link]))
    for word in (
        "small-election-2026-2027-jal",
        "S02 is due 2027-05-07",
        "before S01",
        "2027-06-06",
        "start_to_start",
    ):
        assert word in str(caught.value)


def test_steps_that_run_side_by_side_may_end_in_any_order() -> None:
    milestone = opened(LATE, step("S02", after=[{"id": "S01", "start_to_start": True}]))["S02"]
    assert [(link.row, link.start_to_start) for link in milestone.after] == [("S01", True)]


def test_a_step_may_be_due_on_the_day_of_the_one_it_follows_but_not_at_an_earlier_hour() -> None:
    opened(step("S01"), step("S02", after=[{"id": "S01"}]))
    with pytest.raises(PlanError, match="S02 is due"):
        opened(step("S01"), step("S02", due="election day - 30 days at 08:00", after=[{"id": "S01"}]))


def test_a_loaded_date_that_puts_a_step_before_the_one_it_follows_is_refused(load: Loader) -> None:
    load(REPORTED)
    with pytest.raises(PlanError, match="S02 is due 2027-05-07, before S01"):
        opened(step("S01"), step("S02", after=[{"id": "S01"}]))


def test_the_order_of_the_rows_in_the_file_changes_no_date() -> None:
    dice = random.Random(27)
    for kind, territory in (("federal_election", "MX"), ("local_election", JALISCO)):
        real = procedures()[kind]
        expected = opening(real, territory, CYCLE).milestones
        for _ in range(5):
            shuffled = list(real.steps)
            dice.shuffle(shuffled)
            again = opening(real.model_copy(update={"steps": tuple(shuffled)}), territory, CYCLE).milestones
            assert dict(again) == dict(expected)
            assert list(again) != list(expected)


# Parts and occurrences ---------------------------------------------------------------------------------


def test_a_federal_row_followed_by_state_has_a_milestone_in_each_in_its_zone() -> None:
    found = opened(step("S01", scope="district"), territory="MX")

    assert set(found) == {f"S01-{code.removeprefix('MX-')}" for code in entities()}
    assert {milestone.territory for milestone in found.values()} == set(entities())
    assert found["S01-BCN"].zone == "America/Tijuana"
    assert found["S01-ROO"].zone == "America/Cancun"


@pytest.mark.parametrize("scope", ["national", "circumscription"])
def test_a_federal_row_that_is_not_followed_by_state_is_one_milestone_of_the_country(scope: str) -> None:
    found = opened(step("S01", scope=scope), territory="MX")
    assert list(found) == ["S01"]
    assert (found["S01"].territory, found["S01"].zone) == ("MX", "America/Mexico_City")


def test_a_local_row_is_one_milestone_of_its_state_whatever_its_scope() -> None:
    found = opened(step("S01", scope="district"), step("S02"), territory="MX-BCN")
    assert list(found) == ["S01", "S02"]
    assert {(milestone.territory, milestone.zone) for milestone in found.values()} == {
        ("MX-BCN", "America/Tijuana")
    }


def test_the_local_body_is_named() -> None:
    assert opened(step("S01"), territory="MX-CMX")["S01"].body == "IECM"
    assert opened(step("S01", body="Consejo General"), territory="MX-CMX")["S01"].body == "Consejo General"


def test_a_states_target_may_be_its_number_of_districts() -> None:
    count = {"unit": NAMES, "target_from": "federal_districts"}
    found = opened(step("S01", scope="district", count=count), territory="MX")
    assert sum(milestone.target or 0 for milestone in found.values()) == 300
    assert found["S01-JAL"].target == entities()[JALISCO].federal_districts
    assert opened(step("S01", count={"unit": NAMES, "target": 9}))["S01"].target == 9
    assert opened(step("S01"))["S01"].target is None


MONTHLY = {"kind": "recurring", "every": "month", "starts": "30 september, year before"}


def test_a_monthly_duty_has_an_occurrence_in_each_calendar_month() -> None:
    found = opened(step("S01", **MONTHLY, due="last day of january, election year"))

    assert [(key, row.schedule.starts, row.schedule.due) for key, row in found.items()] == [
        ("S01.2026-09", "2026-09-30", "2026-09-30"),
        ("S01.2026-10", "2026-10-01", "2026-10-31"),
        ("S01.2026-11", "2026-11-01", "2026-11-30"),
        ("S01.2026-12", "2026-12-01", "2026-12-31"),
        ("S01.2027-01", "2027-01-01", "2027-01-31"),
    ]
    assert [f"S01.{row.occurrence}" for row in found.values()] == list(found)
    assert {row.row for row in found.values()} == {"S01"}


def test_a_monthly_duty_ends_with_its_period_not_its_month_and_says_when() -> None:
    last = opened(step("S01", **MONTHLY, due="10 november, year before"))["S01.2026-11"].schedule
    assert last.due == "2026-11-10"
    assert last.explanation == Names(
        es="Cada periodo tiene su plazo: el de noviembre de 2026 vence el 10 de noviembre de 2026.",
        en="Each period has its own deadline: that of November 2026 is due on 10 November 2026.",
    )


def test_a_monthly_duty_followed_by_state_has_its_occurrences_in_each() -> None:
    found = opened(step("S01", **MONTHLY, due="31 october, year before", scope="state"), territory="MX")
    assert len(found) == 2 * 32
    assert "S01.2026-10-JAL" in found


def test_a_monthly_duty_without_dates_is_one_row() -> None:
    assert list(opened(step("S01", kind="recurring", every="month", due=None))) == ["S01"]


# Applicability -----------------------------------------------------------------------------------------


def test_a_row_that_does_not_apply_is_not_in_the_states_plan_nor_in_its_order() -> None:
    steps = [
        step("S01", applies=["elects_governor"]),
        step("S02", after=[{"id": "S01", "requires": "LGIPE 79"}]),
    ]
    without, within = opened(*steps), opened(*steps, territory="MX-CAM")

    assert not entities()[JALISCO].facts["elects_governor"]
    assert list(without) == ["S02"]
    assert (without["S02"].after, without["S02"].required) == ((), ())
    assert list(within) == ["S01", "S02"]
    assert [needed.milestone for needed in within["S02"].required] == ["S01"]


def test_a_row_of_which_it_is_not_known_whether_it_applies_is_conditional_and_says_so() -> None:
    found = opened(step("S01", applies=["votes_abroad"]))["S01"]
    assert (found.kind, found.condition) == ("conditional", UNKNOWN_FACT)
    assert opened(step("S01", applies=["votes_abroad"], kind="period"))["S01"].kind == "period"


def test_a_row_that_applies_is_as_the_plan_says() -> None:
    found = opened(step("S01", applies=["elects_congress"]))["S01"]
    assert (found.kind, found.condition) == ("act", None)


def test_a_federal_row_is_followed_and_required_only_where_it_applies() -> None:
    row = step("S01", scope="state", applies=["elects_governor"])
    found = opened(row, step("S02", after=[NEEDS]), territory="MX")
    governors = [f"S01-{code[3:]}" for code, entity in entities().items() if entity.facts["elects_governor"]]
    assert list(found) == [*governors, "S02"]
    assert [needed.milestone for needed in found["S02"].required] == governors


# Requirements and the same act -------------------------------------------------------------------------

NEEDS = {"id": "S01", "requires": "LGIPE 79"}


def test_only_links_that_an_article_requires_become_requirements() -> None:
    found = opened(step("S01"), step("S02"), step("S03", after=[NEEDS, {"id": "S02"}]))["S03"]
    assert [(needed.milestone, needed.basis) for needed in found.required] == [("S01", "LGIPE 79")]
    assert [link.row for link in found.after] == ["S01", "S02"]


def test_a_states_part_requires_the_same_states_part() -> None:
    found = opened(step("S01", scope="state"), step("S02", scope="state", after=[NEEDS]), territory="MX")
    assert [needed.milestone for needed in found["S02-JAL"].required] == ["S01-JAL"]


def test_a_national_row_requires_every_states_part_and_a_part_the_national_row() -> None:
    found = opened(step("S01", scope="state"), step("S02", after=[NEEDS]), territory="MX")
    assert len(found["S02"].required) == 32
    found = opened(step("S01"), step("S02", scope="state", after=[NEEDS]), territory="MX")
    assert [needed.milestone for needed in found["S02-JAL"].required] == ["S01"]


def test_the_same_act_names_the_federal_milestones_of_that_state_and_is_what_others_require() -> None:
    federal = procedures()["federal_election"]
    by_state = next(step.id for step in federal.steps if step.scope == "district")
    national = next(step.id for step in federal.steps if step.scope == "national")
    found = opened(step("S01", due=None, same_as=[by_state, national]), step("S02", after=[NEEDS]))

    places = (f"pef-2026-2027/{by_state}-JAL", f"pef-2026-2027/{national}")
    assert found["S01"].same_as == places
    assert tuple(needed.milestone for needed in found["S02"].required) == places


# The command -------------------------------------------------------------------------------------------


def open_process(kind: str = "local_election", territory: str = JALISCO, cycle: str = CYCLE) -> OpenProcess:
    return OpenProcess(kind=kind, territory=territory, cycle=cycle)


def test_opening_records_the_process_and_its_whole_plan() -> None:
    found = open_process().decide(PROCESS.initial)

    assert isinstance(found, Opening)
    assert (found.process, found.opened.milestones) == ("pel-2026-2027-jal", len(found.milestones))
    assert found.opened.plan_digest == procedures()["local_election"].digest
    assert found.opened.name.es.endswith("2026-2027, Jalisco")


def test_opening_what_is_open_yields_nothing() -> None:
    found = open_process().decide(PROCESS.initial)
    assert found is not None
    state: Process = PROCESS.evolve(PROCESS.initial, found.opened, envelope(1))
    assert open_process().decide(state) is None


@pytest.mark.parametrize(
    ("command", "rule", "field"),
    [
        (open_process(kind="galactic_election"), "unknown-procedure", "kind"),
        (open_process(territory="MX"), "wrong-territory", "territory"),
        (open_process(territory="MX-XXX"), "wrong-territory", "territory"),
        (open_process(kind="federal_election"), "wrong-territory", "territory"),
        (open_process("federal_election", "MX", "2027-2028"), "plan-cannot-be-dated", "cycle"),
        (open_process(cycle="2027-2028"), "plan-cannot-be-dated", "cycle"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_both_languages(
    command: OpenProcess, rule: str, field: str
) -> None:
    with pytest.raises(Refused) as caught:
        command.decide(PROCESS.initial)
    assert (caught.value.rule, caught.value.fields) == (rule, (field,))
    assert caught.value.es != caught.value.en


@pytest.mark.parametrize(
    "wrong",
    [
        {"cycle": "2026"},
        {"cycle": "1999-2000"},
        {"cycle": "2027-2026"},
        {"cycle": "2026-2026"},
        {"cycle": "2099-2000"},
        {"territory": "JAL"},
        {"kind": "Local Election"},
        {"kind": ""},
    ],
)
def test_a_request_out_of_shape_is_not_a_command(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        OpenProcess.model_validate({"kind": "local_election", "territory": JALISCO, "cycle": CYCLE, **wrong})


def test_a_later_election_is_dated_as_far_from_its_own_day() -> None:
    """Nothing in the rules of law is tied to 2027: three years later every counted date is as far from election day."""
    small = procedure(step("S01"), step("S02", due="wednesday after election day"))
    for cycle in ("2026-2027", "2029-2030", "2032-2033"):
        found = opening(small, JALISCO, cycle)
        day = date.fromisoformat(found.opened.election_day)
        assert found.milestones["S01"].schedule.due == (day - timedelta(days=30)).isoformat()
        assert found.milestones["S02"].schedule.due == (day + timedelta(days=3)).isoformat()
