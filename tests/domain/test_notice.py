"""Every way a notice can stand, to the minute; a step closed without its notice never looks announced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from pydantic import ValidationError

from domain.calendar import NonWorkingDays, statutory_calendars
from domain.legal_time import LegalTime
from domain.milestone_authority import AnnounceMilestone
from domain.milestone_commands import CompleteMilestone, CorrectMilestone
from domain.milestone_events import (
    MilestoneAnnounced,
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestonePlanned,
    MilestoneReopened,
    MilestoneStarted,
)
from domain.names import Names
from domain.notice import NoticeStatus, missing_from, notice_due, notice_status
from domain.step import Notice
from tests.domain.decisions import NOW, Told, folded, given
from tests.domain.milestones import planned

WHERE = Names(es="estrados", en="notice boards")
DONE_AT = datetime(2027, 3, 5, 16, tzinfo=UTC)
"""Friday 5 March 2027, 10:00 in Mexico City."""
HOUR = timedelta(hours=1)
A_DAY_LATER = "2027-03-06T10:00"


def asked(within: str | None = None) -> MilestonePlanned:
    """Return an act that must be made public, within so long where that is said."""
    return planned(notice=Notice(within=within, where=WHERE))


WITH_PERIOD: list[Told] = [asked("24 hours"), (MilestoneCompleted(notice_due=A_DAY_LATER), DONE_AT)]
WITHOUT_PERIOD: list[Told] = [asked(), (MilestoneCompleted(), DONE_AT)]
ANNOUNCED = MilestoneAnnounced(where="estrados")

EVERY_STATUS: list[tuple[str, list[Told], datetime, NoticeStatus]] = [
    ("no notice asked for", [planned(), (MilestoneCompleted(), DONE_AT)], NOW, "not_required"),
    ("nothing done yet", [asked("24 hours")], NOW, "awaited"),
    ("begun, and announced early", [asked(), MilestoneStarted(), (ANNOUNCED, DONE_AT)], NOW, "given"),
    ("done, with time left", WITH_PERIOD, DONE_AT + 24 * HOUR - timedelta(seconds=1), "awaited"),
    ("done, and its time is over", WITH_PERIOD, DONE_AT + 24 * HOUR, "missing"),
    ("announced in time", [*WITH_PERIOD, (ANNOUNCED, DONE_AT + 23 * HOUR)], NOW, "given"),
    ("announced at the very end", [*WITH_PERIOD, (ANNOUNCED, DONE_AT + 24 * HOUR)], NOW, "given_late"),
    ("announced before it was done", [*WITH_PERIOD, (ANNOUNCED, DONE_AT - HOUR)], NOW, "given"),
    ("done, and no period is set", WITHOUT_PERIOD, DONE_AT, "missing"),
    ("announced much later, and no period is set", [*WITHOUT_PERIOD, (ANNOUNCED, NOW)], NOW, "given"),
    (
        "its period cannot be counted",
        [asked("3 business days"), (MilestoneCompleted(), DONE_AT)],
        NOW,
        "awaited",
    ),
    (
        "cancelled",
        [asked(), (MilestoneCancelled(instrument="A-1", reason="void"), DONE_AT)],
        NOW,
        "not_required",
    ),
    (
        "never arose",
        [asked(), (MilestoneClosedAsNotApplicable(reason="nobody asked"), DONE_AT)],
        NOW,
        "not_required",
    ),
    (
        "announced and reopened",
        [*WITHOUT_PERIOD, ANNOUNCED, MilestoneReopened(reason="annulled")],
        NOW,
        "awaited",
    ),
    (
        "announced, reopened and done again",
        [*WITHOUT_PERIOD, ANNOUNCED, MilestoneReopened(reason="annulled"), (MilestoneCompleted(), DONE_AT)],
        NOW,
        "missing",
    ),
    (
        "the same act as another, where the notice is",
        [asked().model_copy(update={"same_as": ("pef-2026-2027/F001",)}), (MilestoneCompleted(), DONE_AT)],
        NOW,
        "not_required",
    ),
]


@pytest.mark.parametrize(
    ("told", "at", "expected"), [case[1:] for case in EVERY_STATUS], ids=[case[0] for case in EVERY_STATUS]
)
def test_a_notice_stands_so(told: list[Told], at: datetime, expected: NoticeStatus) -> None:
    assert notice_status(folded(told), at) == expected


def test_there_is_a_case_for_each_status() -> None:
    assert {case[3] for case in EVERY_STATUS} == set(get_args(NoticeStatus))


# Until when ------------------------------------------------------------------------------------------------

IECM = "IECM (Ciudad de México)"
WORKS: Mapping[tuple[str, int], NonWorkingDays] = {
    **statutory_calendars(),
    (IECM, 2027): NonWorkingDays(body=IECM, year=2027, days=(date(2027, 3, 9),), instrument="IECM/ACU-1"),
}


@pytest.mark.parametrize(
    ("within", "due"),
    [
        ("24 hours", "2027-03-06T10:00"),
        ("2 days", "2027-03-07"),
        # Saturday and Sunday do not count, nor does Tuesday the 9th, by the body's own agreement.
        ("2 business days", "2027-03-10"),
        (None, None),
    ],
)
def test_a_notice_is_due_so_long_after_the_act(within: str | None, due: str | None) -> None:
    assert notice_due(folded([asked(within)]), DONE_AT, LegalTime(IECM, WORKS)) == due


def test_business_days_without_the_body_s_calendar_set_no_date() -> None:
    assert notice_due(folded([asked("2 business days")]), DONE_AT, LegalTime(IECM)) is None


def test_a_whole_day_ends_at_midnight_where_the_act_is_done() -> None:
    since = missing_from(folded([asked("2 days"), (MilestoneCompleted(notice_due="2027-03-07"), DONE_AT)]))

    assert since == datetime(2027, 3, 8, 6, tzinfo=UTC)


def test_a_completion_records_until_when_its_notice_is_due() -> None:
    decision = given([asked("24 hours")]).when(CompleteMilestone(), occurred_at=DONE_AT)

    decision.then([MilestoneCompleted(notice_due=A_DAY_LATER)])


def test_a_corrected_moment_moves_the_notice_with_it() -> None:
    decision = given(WITH_PERIOD).when(
        CorrectMilestone(report="completion", reason="another hour"), occurred_at=DONE_AT - 2 * HOUR
    )

    assert decision.after().notice_due == "2027-03-06T08:00"
    assert missing_from(decision.after()) == DONE_AT + 22 * HOUR


def test_a_period_of_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="within"):
        Notice(within="0 hours", where=WHERE)


# Put right -------------------------------------------------------------------------------------------------


def test_another_announcement_corrects_the_one_before_and_says_which() -> None:
    history = [*WITH_PERIOD, (ANNOUNCED, DONE_AT + 30 * HOUR)]
    right = AnnounceMilestone(where="DOF", instrument="Edición matutina 4")
    decision = given(history).when(right, occurred_at=DONE_AT + 20 * HOUR)

    decision.then([MilestoneAnnounced(where="DOF", instrument="Edición matutina 4", corrects=3)])
    assert notice_status(folded(history), NOW) == "given_late"
    assert notice_status(decision.after(), NOW) == "given"
    assert (decision.after().announced_where, decision.after().announced_instrument) == (
        "DOF",
        "Edición matutina 4",
    )


def test_the_same_announcement_again_says_nothing_new() -> None:
    history = [*WITH_PERIOD, (ANNOUNCED, DONE_AT + HOUR)]

    given(history).when(AnnounceMilestone(where="estrados"), occurred_at=DONE_AT + HOUR).then_nothing()
