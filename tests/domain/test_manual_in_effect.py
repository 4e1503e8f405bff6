"""What the manual of the language says of each of its words happens in a case of its own example."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from domain.event import Refused
from domain.legal_time import LegalTime, UnderWay
from domain.milestone_commands import CompleteMilestone
from domain.milestone_rules import Circumstances
from domain.procedure import load_procedure
from domain.timeliness import late_by_law
from tests.domain.manual import manual_as_a_file
from tests.domain.small_case import CENTRAL, Walk

EXAMPLE = load_procedure(manual_as_a_file().encode(), "worked_example.toml")
RECEIVED = "2026-11-03T10:00"
"""A Tuesday, outside any election unless a test says otherwise."""
FACTS = {"nominal_list": "1000", "route": "online"}


def case(time: LegalTime | None = None) -> Walk:
    """Return a complaint of the manual, sent on at once."""
    return Walk(EXAMPLE, RECEIVED, facts=FACTS, time=time).done("S01", RECEIVED)


def test_outside_an_election_procedural_days_are_business_days_and_inside_it_all_days() -> None:
    inside = LegalTime(processes=[UnderWay(date(2026, 9, 1))])

    assert case().due("S02") == "2026-11-10"
    assert case(inside).due("S02") == "2026-11-08"


def test_a_warning_opens_the_cure_and_the_cure_another_round_whose_clock_begins_again() -> None:
    walk = case().done("S02", "2026-11-04T10:00", "warned")
    assert (walk.status("S03"), walk.due("S03")) == ("planned", "2026-11-09")

    walk.done("S03", "2026-11-05T10:00")

    assert (walk.status("S02.2"), walk.due("S02.2")) == ("planned", "2026-11-12")


def test_what_nothing_opens_any_more_did_not_arise_and_a_dismissal_ends_the_case() -> None:
    admitted = case().done("S02", "2026-11-04T10:00", "admitted")
    assert admitted.status("S03") == "not_applicable"
    assert admitted.status("S04") == "planned"

    dismissed = case().done("S02", "2026-11-04T10:00", "dismissed")
    assert set(dismissed.statuses().values()) == {"completed", "not_applicable"}


def test_a_clock_is_doubled_stands_and_goes_on() -> None:
    walk = case(LegalTime(processes=[UnderWay(date(2026, 9, 1))])).done("S02", "2026-11-04T10:00", "admitted")
    assert walk.due("S04") == "2026-12-14"

    assert walk.done("S08", "2026-12-01T10:00", "doubled").due("S04") == "2027-01-23"
    assert walk.done("S06", "2026-12-02T10:00").due("S04") is None
    assert walk.done("S07", "2026-12-12T10:00").due("S04") == "2027-02-02"


def test_a_recurring_duty_has_an_occurrence_each_month_with_a_deadline_of_its_own() -> None:
    walk = case()

    assert walk.due("S09.2026-11") == "2026-12-03"
    assert walk.status("S09.2027-02") == "planned"


def test_a_required_step_holds_back_and_a_usual_one_does_not() -> None:
    walk = case().done("S02", "2026-11-04T10:00", "admitted")
    when = datetime(2026, 11, 20, 10, tzinfo=CENTRAL)
    at = Circumstances(when, when, {"S04": walk.milestones["S04"]})

    with pytest.raises(Refused) as refused:
        CompleteMilestone().decide(walk.milestones["S10"], at)

    assert (refused.value.rule, refused.value.basis) == ("required-predecessor-open", "Norma de ejemplo 11")
    left_out = walk.not_applicable("S04", "2026-11-20T10:00").milestones["S04"]
    at = Circumstances(when, when, {"S04": left_out})
    assert CompleteMilestone().decide(walk.milestones["S10"], at), "what does not apply holds nothing back"


def test_an_administrative_deadline_is_shown_and_never_broken_by_law() -> None:
    walk = case().done("S02", "2026-11-04T10:00", "admitted")
    own, of_law = walk.milestones["S08"].schedule, walk.milestones["S04"].schedule

    assert own is not None
    assert of_law is not None
    assert own.due is not None
    assert (late_by_law(own), late_by_law(of_law)) == (False, True)


def test_the_one_who_helps_the_one_who_coordinates_and_what_is_counted_enter_the_plan() -> None:
    plan = case().milestones["S10"].plan

    assert plan is not None
    assert (plan.support, plan.coordination, plan.target, plan.scope) == (
        "Juntas distritales",
        "OPL",
        20,
        "district",
    )
    assert plan.unit is not None
    assert plan.unit.es == "visitas"
