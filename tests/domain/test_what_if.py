"""What would move, arise or close if something were otherwise, and which limits would break; nothing is recorded."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.consequence import Course
from domain.names import Names
from domain.what_if import Shift, broken, shifts, with_date, with_outcome
from tests.domain.decisions import folded
from tests.domain.milestones import DATED, UNDATED, planned
from tests.domain.small_case import CENTRAL, Walk, case_procedure, case_step, outcome

RECEIVED = "2026-11-20T10:00"


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=CENTRAL)


NOW = at("2026-11-24T12:00")
PROCEDURE = case_procedure(
    case_step("S01", "opened + 1 days", opens=["S02"]),
    case_step(
        "S02",
        "S01.done + 5 days",
        starts="S01.done + 1 days",
        outcomes=[
            outcome("admitted", opens=["S03"]),
            outcome("warned", opens=["S02"]),
            outcome("dismissed", ends=True),
        ],
        repeats=True,
    ),
    case_step("S03", "S02.done + 20 days"),
    case_step("S04", "S03.due + 3 days"),
    case_step("S05", "S02.due + 10 days"),
)


def course() -> Course:
    """Return a case whose first step is done: S02 is due on 26 November."""
    walk = Walk(PROCEDURE, RECEIVED).done("S01", "2026-11-21T10:00")
    return Course(walk.procedure, walk.grounds, walk.territory, walk.milestones)


def by_id(found: list[Shift]) -> dict[str, tuple[str, str | None, str | None]]:
    return {shift.id: (shift.happens, shift.before, shift.after) for shift in found}


def test_nothing_would_follow_from_what_is_so_already() -> None:
    assert list(shifts(course(), NOW)) == []


def test_another_date_moves_what_is_counted_from_it() -> None:
    supposed = with_date(course(), "S02", "2026-12-01")
    assert by_id(list(shifts(supposed, NOW))) == {"S05": ("moved", "2026-12-06", "2026-12-11")}


def test_an_outcome_shows_what_would_arise_be_dated_and_move() -> None:
    supposed = with_outcome(course(), "S02", "admitted", at("2026-11-24T10:00"))
    assert by_id(list(shifts(supposed, NOW))) == {
        "S03": ("arises", None, "2026-12-14"),
        "S04": ("dated", None, "2026-12-17"),
    }


def test_an_outcome_that_ends_the_case_shows_what_would_close_and_why() -> None:
    found = list(shifts(with_outcome(course(), "S02", "dismissed", NOW), NOW))
    assert [(shift.id, shift.happens) for shift in found] == [
        ("S03", "closes"),
        ("S04", "closes"),
        ("S05", "closes"),
    ]
    assert {shift.because.es for shift in found} == {"S02 resultó «dismissed»: ya no procede."}


def test_an_outcome_that_opens_a_step_again_shows_its_next_round() -> None:
    found = list(shifts(with_outcome(course(), "S02", "warned", NOW), NOW))
    assert [(shift.before, shift.after) for shift in found if shift.id == "S02.2"] == [(None, "2026-11-26")]


def test_supposing_leaves_the_case_as_it_was() -> None:
    real = course()
    before = dict(real.milestones)
    list(shifts(with_outcome(with_date(real, "S02", "2026-12-01"), "S02", "admitted", NOW), NOW))
    assert dict(real.milestones) == before


def test_a_supposed_date_keeps_what_the_rule_says_and_the_start_it_had() -> None:
    supposed = with_date(course(), "S02", "2026-12-01").milestones["S02"].schedule
    assert supposed is not None
    assert (supposed.starts, supposed.due) == ("2026-11-22", "2026-12-01")
    assert (supposed.rule_starts, supposed.rule_due) == ("2026-11-22", "2026-11-26")
    assert with_date(course(), "S02", "2026-12-01", "2026-11-30").milestones[
        "S02"
    ].schedule == supposed.model_copy(update={"starts": "2026-11-30"})


# Limits ------------------------------------------------------------------------------------------------


def test_a_date_breaks_a_limit_from_the_day_after_the_rules() -> None:
    """The rule says 22 March 2027, and it is noon of 1 March."""
    due = {
        day: broken(folded([planned()]), DATED.model_copy(update={"due": day}), at("2027-03-01T12:00"))
        for day in ("2027-03-10", "2027-03-22", "2027-03-23")
    }
    assert due["2027-03-10"] is due["2027-03-22"] is None
    assert due["2027-03-23"] == Names(
        es="Quedaría después del límite de la regla: 2027-03-22.",
        en="It would be after the limit of the rule: 2027-03-22.",
    )


@pytest.mark.parametrize(
    ("rests_on", "breaks"), [("law", True), ("calendar", True), ("reported", False), ("estimated", False)]
)
def test_a_date_that_is_over_already_breaks_the_law_only_where_the_law_sets_it(
    rests_on: str, breaks: bool
) -> None:
    schedule = DATED.model_copy(update={"basis": rests_on, "rests_on": rests_on})
    limit = broken(folded([planned()]), schedule, at("2027-03-23T00:00"))
    assert (limit is not None) == breaks
    assert broken(folded([planned()]), schedule, at("2027-03-22T23:59")) is None


def test_what_has_no_date_breaks_no_limit() -> None:
    assert broken(folded([planned()]), UNDATED, NOW) is None
