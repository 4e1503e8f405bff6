"""A recurring duty has one occurrence in each period, with a deadline of its own."""

from __future__ import annotations

from datetime import date, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.calendar import day_of
from domain.milestone_events import Schedule
from domain.names import Names
from domain.occurrence import occurrences
from domain.step import Step
from domain.timetable import Grounds
from tests.domain.small_case import Walk, case_procedure, case_step
from tests.domain.small_procedure import NAMES

GROUNDS = Grounds(2027, opened="2026-11-20T10:00")


def duty(every: str, each_due: str | None = None) -> Step:
    """Return a duty that recurs from the day a case was received."""
    fields = {"kind": "recurring", "every": every, "starts": "opened + 0 days", "each_due": each_due}
    return case_procedure(case_step("S01", "opened + 1 years", **fields)).step("S01")


def lasting(starts: str | None, due: str | None) -> Schedule:
    return Schedule(starts=starts, due=due, basis="law", rests_on="law", explanation=Names(**NAMES))


def found(every: str, starts: str, due: str, each_due: str | None = None) -> list[tuple[str, str, str]]:
    """Return each occurrence with its start and its due date."""
    dated = occurrences(duty(every, each_due), lasting(starts, due), GROUNDS)
    return [(id_, each.starts or "", each.due or "") for id_, each in dated]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (
            "month",
            [
                ("2026-12", "2026-12-20", "2026-12-31"),
                ("2027-01", "2027-01-01", "2027-01-31"),
                ("2027-02", "2027-02-01", "2027-02-28"),
                ("2027-03", "2027-03-01", "2027-03-05"),
            ],
        ),
        ("quarter", [("2026-Q4", "2026-12-20", "2026-12-31"), ("2027-Q1", "2027-01-01", "2027-03-05")]),
        ("year", [("2026", "2026-12-20", "2026-12-31"), ("2027", "2027-01-01", "2027-03-05")]),
        (
            "30 days",
            [
                ("1", "2026-12-20", "2027-01-18"),
                ("2", "2027-01-19", "2027-02-17"),
                ("3", "2027-02-18", "2027-03-05"),
            ],
        ),
    ],
)
def test_the_first_and_the_last_period_are_cut_to_the_duty(
    every: str, expected: list[tuple[str, str, str]]
) -> None:
    assert found(every, "2026-12-20", "2027-03-05") == expected


def test_each_occurrence_may_be_due_some_days_after_its_period() -> None:
    assert found("quarter", "2026-12-20", "2027-03-05", "period end + 3 days") == [
        ("2026-Q4", "2026-12-20", "2027-01-03"),
        ("2027-Q1", "2027-01-01", "2027-03-08"),
    ]


def test_an_occurrence_whose_deadline_cannot_be_worked_out_has_none_and_says_why() -> None:
    """Nobody loaded the days of rest of 2031."""
    ((_, schedule),) = occurrences(
        duty("year", "period end + 3 business days"), lasting("2031-02-01", "2031-03-31"), GROUNDS
    )
    assert (schedule.starts, schedule.due, schedule.basis) == ("2031-02-01", None, None)
    assert "2031" in schedule.explanation.es
    assert "2031" in schedule.explanation.en


@pytest.mark.parametrize(("starts", "due"), [(None, "2027-03-05"), ("2026-12-20", None), (None, None)])
def test_a_duty_whose_beginning_or_end_is_not_known_is_one_row(starts: str | None, due: str | None) -> None:
    schedule = lasting(starts, due)
    assert occurrences(duty("month"), schedule, GROUNDS) == [("", schedule)]


def test_what_does_not_recur_is_one_row() -> None:
    act = case_procedure(case_step("S01", "opened + 1 years")).step("S01")
    schedule = lasting("2026-12-20", "2027-03-05")
    assert occurrences(act, schedule, GROUNDS) == [("", schedule)]


def test_in_a_case_each_occurrence_is_a_milestone_that_is_done_by_itself() -> None:
    monthly = case_step(
        "S01", "opened + 2 months", kind="recurring", every="month", starts="opened + 0 days",
        each_due="period end + 3 days",
    )  # fmt: skip
    walk = Walk(case_procedure(monthly), "2026-11-20T10:00").done("S01.2026-12", "2027-01-02T10:00")

    assert [(id_, walk.due(id_), walk.status(id_)) for id_ in walk.milestones] == [
        ("S01.2026-11", "2026-12-03", "planned"),
        ("S01.2026-12", "2027-01-03", "completed"),
        ("S01.2027-01", "2027-01-23", "planned"),
    ]


days = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@hypothesis.given(st.sampled_from(["month", "quarter", "year", "30 days"]), days, st.integers(0, 900))
@hypothesis.settings(deadline=None)
def test_the_periods_cover_every_day_of_the_duty_once(every: str, first: date, length: int) -> None:
    last = first + timedelta(days=length)
    periods = found(every, first.isoformat(), last.isoformat())

    assert len({id_ for id_, _, _ in periods}) == len(periods)
    covered = [day_of(starts) for _, starts, _ in periods]
    ends = [day_of(due) for _, _, due in periods]
    assert (covered[0], ends[-1]) == (first, last)
    assert covered[1:] == [end + timedelta(days=1) for end in ends[:-1]]
