"""Every group a milestone can be counted in, to the minute and in its own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import hypothesis
import pytest

from domain.event import Event
from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestonePlanned,
    MilestoneProgressed,
    MilestoneReopened,
    MilestoneStarted,
    MilestoneSuspended,
)
from domain.timeliness import DUE_TO_DATE, Standing, counts, due_at, late_by_law, standing, starts_at
from tests.domain.decisions import NOW, Told, folded
from tests.domain.milestones import DATED, UNDATED, histories, planned

DUE = datetime(2027, 3, 23, 6, tzinfo=UTC)
"""24:00 of 22 March 2027 in Mexico City."""

BEFORE, AFTER = DUE - timedelta(days=1), DUE + timedelta(days=1)
ESTIMATED = DATED.model_copy(update={"rests_on": "estimated"})
SUSPENDED = MilestoneSuspended(instrument="SUP-1", reason="a ruling")

EVERY_STANDING: list[tuple[str, list[Told], datetime, Standing]] = [
    ("not yet due", [planned()], BEFORE, "pending"),
    ("not yet due and under way", [planned(), (MilestoneStarted(), BEFORE)], BEFORE, "pending"),
    ("not yet due and suspended", [planned(), (SUSPENDED, BEFORE)], BEFORE, "pending"),
    ("past its date, not a word", [planned()], AFTER, "without_report"),
    ("past its date, begun", [planned(), (MilestoneStarted(), BEFORE)], AFTER, "reported_unfinished"),
    (
        "past its date, counted",
        [planned(), (MilestoneProgressed(done=3), AFTER)],
        AFTER,
        "reported_unfinished",
    ),
    ("past its date, suspended", [planned(), (SUSPENDED, BEFORE)], AFTER, "suspended"),
    ("done before, asked after", [planned(), (MilestoneCompleted(), BEFORE)], AFTER, "done_on_time"),
    ("done before, asked before", [planned(), (MilestoneCompleted(), BEFORE)], BEFORE, "done_ahead"),
    ("done after", [planned(), (MilestoneCompleted(), AFTER)], AFTER, "done_late"),
    (
        "done and reopened",
        [planned(), (MilestoneCompleted(), BEFORE), MilestoneReopened(reason="annulled")],
        AFTER,
        "reported_unfinished",
    ),
    ("no date", [planned(schedule=UNDATED)], AFTER, "undated"),
    ("no date and done", [planned(schedule=UNDATED), (MilestoneCompleted(), BEFORE)], AFTER, "done_undated"),
    ("an estimated date", [planned(schedule=ESTIMATED)], AFTER, "estimated"),
    (
        "an estimated date, done",
        [planned(schedule=ESTIMATED), (MilestoneCompleted(), AFTER)],
        AFTER,
        "estimated",
    ),
    ("cancelled", [planned(), MilestoneCancelled(instrument="SUP-1", reason="void")], AFTER, "not_counted"),
    (
        "not applicable",
        [planned(), MilestoneClosedAsNotApplicable(reason="none filed")],
        AFTER,
        "not_counted",
    ),
    ("the same as another", [planned(same_as=("pef-2026-2027/F005",))], AFTER, "not_counted"),
    ("a period", [planned(kind="period")], AFTER, "not_counted"),
    ("a citizen's limit", [planned(kind="limit")], AFTER, "not_counted"),
    ("a prohibition", [planned(kind="prohibition")], AFTER, "not_counted"),
    ("a recurring duty as a whole", [planned(kind="recurring")], AFTER, "not_counted"),
    ("one occurrence of it", [planned(kind="recurring", occurrence="2027-03")], AFTER, "without_report"),
    ("a condition that never arose", [planned(kind="conditional")], AFTER, "not_counted"),
    (
        "a condition that arose",
        [planned(kind="conditional"), (MilestoneStarted(), BEFORE)],
        AFTER,
        "reported_unfinished",
    ),
]


@pytest.mark.parametrize(
    ("case", "history", "at", "expected"), EVERY_STANDING, ids=[row[0] for row in EVERY_STANDING]
)
def test_a_milestone_stands_in_one_group(
    case: str, history: list[Told], at: datetime, expected: Standing
) -> None:
    assert expected == standing(folded(history), at)


def test_every_group_is_shown_by_an_example() -> None:
    assert set(get_args(Standing)) == {row[3] for row in EVERY_STANDING}
    assert set(DUE_TO_DATE) < set(get_args(Standing))


def test_a_milestone_that_was_never_planned_is_not_counted() -> None:
    assert standing(folded([]), AFTER) == "not_counted"


# To the minute -----------------------------------------------------------------------------------------

# The instants were worked out by hand: Tijuana kept daylight saving time (UTC−7 since 14 March 2027),
# Cancún is UTC−5 and Mexico City UTC−6 all year (Ley de los Husos Horarios, DOF 28-10-2022).
ENDS = [
    ("America/Tijuana", "2027-03-22", datetime(2027, 3, 23, 7, tzinfo=UTC)),
    ("America/Tijuana", "2027-02-22", datetime(2027, 2, 23, 8, tzinfo=UTC)),
    ("America/Cancun", "2027-03-22", datetime(2027, 3, 23, 5, tzinfo=UTC)),
    ("America/Mexico_City", "2027-03-22", datetime(2027, 3, 23, 6, tzinfo=UTC)),
    ("America/Mexico_City", "2027-12-31", datetime(2028, 1, 1, 6, tzinfo=UTC)),
    ("America/Mexico_City", "2027-06-06T08:00", datetime(2027, 6, 6, 14, tzinfo=UTC)),
    ("America/Cancun", "2027-06-06T08:00", datetime(2027, 6, 6, 13, tzinfo=UTC)),
    ("America/Tijuana", "2027-06-06T08:00", datetime(2027, 6, 6, 15, tzinfo=UTC)),
]
TICK = timedelta(microseconds=1)


def dated(due: str, zone: str) -> MilestonePlanned:
    return planned(schedule=DATED.model_copy(update={"due": due}), zone=zone)


@pytest.mark.parametrize(("zone", "due", "end"), ENDS)
def test_it_is_late_from_24_00_of_its_day_or_its_exact_hour_in_its_own_zone(
    zone: str, due: str, end: datetime
) -> None:
    row = dated(due, zone)
    assert due_at(row.schedule, zone) == end
    assert standing(folded([row]), end - TICK) == "pending"
    assert standing(folded([row]), end) == "without_report"


@pytest.mark.parametrize(("zone", "due", "end"), ENDS)
def test_an_act_of_the_last_moment_is_on_time_whenever_it_is_reported(
    zone: str, due: str, end: datetime
) -> None:
    row, much_later = dated(due, zone), end + timedelta(days=400)
    assert standing(folded([row, (MilestoneCompleted(), end - TICK)]), much_later) == "done_on_time"
    assert standing(folded([row, (MilestoneCompleted(), end)]), much_later) == "done_late"


@pytest.mark.parametrize(("zone", "due", "end"), ENDS)
def test_what_is_done_is_ahead_until_its_day_is_over_and_on_time_from_then_on(
    zone: str, due: str, end: datetime
) -> None:
    done = folded([dated(due, zone), (MilestoneCompleted(), end - timedelta(days=2))])
    assert standing(done, end - TICK) == "done_ahead"
    assert standing(done, end) == "done_on_time"


def test_a_period_opens_at_the_first_minute_of_its_day_in_its_zone() -> None:
    assert starts_at(DATED, "America/Tijuana") == datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert starts_at(UNDATED, "America/Tijuana") is None
    assert due_at(UNDATED, "America/Tijuana") is None


def test_a_conditional_act_reopened_and_then_suspended_still_counts() -> None:
    past: list[Told] = [
        planned(kind="conditional"),
        MilestoneClosedAsNotApplicable(reason="none filed"),
        MilestoneReopened(reason="one was filed"),
    ]
    assert standing(folded(past), AFTER) == "reported_unfinished"
    assert standing(folded([*past, SUSPENDED]), AFTER) == "suspended"


# By law ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rests_on", "expected"),
    [
        ("law", True),
        ("calendar", True),
        ("computed", False),
        ("reported", False),
        ("estimated", False),
        (None, False),
    ],
)
def test_only_what_rests_on_law_or_an_approved_calendar_is_late_by_law(
    rests_on: str | None, expected: bool
) -> None:
    assert late_by_law(DATED.model_copy(update={"rests_on": rests_on})) is expected


def test_a_date_computed_from_the_law_is_late_by_law() -> None:
    assert late_by_law(DATED.model_copy(update={"basis": "computed", "rests_on": "law"}))


# Adding up ---------------------------------------------------------------------------------------------


def has_come_due(history: list[tuple[Event, datetime]], at: datetime) -> bool:
    """Say in other words what is due to date: it counts, its date is not a guess, and the day is over."""
    milestone = folded(history)
    plan, schedule = milestone.plan, milestone.schedule
    if plan is None or schedule is None or schedule.due is None or schedule.rests_on == "estimated":
        return False
    if milestone.status in {"cancelled", "not_applicable"} or plan.kind == "period":
        return False
    reopened = any(isinstance(event, MilestoneReopened) for event, _ in history)
    if plan.kind == "conditional" and milestone.started is None and not reopened:
        return False
    day, _, hour = schedule.due.partition("T")
    hours = {"America/Tijuana": 8, "America/Cancun": 5, "America/Mexico_City": 6}[plan.zone]
    if plan.zone == "America/Tijuana" and day >= "2027-03-14":
        hours = 7
    end = datetime.fromisoformat(f"{day}T{hour or '00:00'}").replace(tzinfo=UTC) + timedelta(hours=hours)
    return at >= (end if hour else end + timedelta(days=1))


@hypothesis.given(histories)
@hypothesis.settings(max_examples=300, deadline=None)
def test_the_five_groups_due_to_date_add_up_to_what_has_come_due(
    history: list[tuple[Event, datetime]],
) -> None:
    milestone = folded(history)
    for at in (NOW, NOW + timedelta(days=90)):
        assert has_come_due(history, at) == (standing(milestone, at) in DUE_TO_DATE)


@hypothesis.given(histories)
@hypothesis.settings(max_examples=100, deadline=None)
def test_what_counts_does_not_depend_on_the_clock(history: list[tuple[Event, datetime]]) -> None:
    milestone = folded(history)
    clocks = (NOW, NOW + timedelta(days=1000))
    assert len({standing(milestone, at) == "not_counted" for at in clocks}) == 1
    if milestone.plan is not None and not counts(milestone.plan, arisen=True):
        assert standing(milestone, NOW) == "not_counted"
