"""What had happened by an instant: reports that come late, corrections, and corrections of corrections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.event import Author, Envelope, Event
from domain.happened import had_happened, happened_at, is_out_of_order, latest_act
from domain.milestone import MILESTONE
from domain.milestone_events import (
    MilestoneAnnounced,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneReplanned,
    MilestoneStarted,
)
from tests.domain.milestones import planned

THE_20TH = datetime(2027, 3, 20, 12, tzinfo=UTC)
AUTHOR = Author("u-1", "Vocal Ejecutiva", "INE-JAL", "grant/u-1/1")


def stream(*acts: tuple[Event, int]) -> list[tuple[Event, Envelope]]:
    """Return a stream whose acts happened so many days after the 20th, recorded one after the other."""
    return [
        (event, Envelope(n, "s", n, THE_20TH + timedelta(days=days), THE_20TH, AUTHOR, ""))
        for n, (event, days) in enumerate(acts, start=1)
    ]


def corrected(version: int) -> MilestoneCorrected:
    return MilestoneCorrected(report="completion", corrects=version, reason="Fue otro día")


def versions(acts: list[tuple[Event, Envelope]], days: int) -> list[int]:
    return [envelope.version for _, envelope in had_happened(acts, THE_20TH + timedelta(days=days))]


def test_a_report_had_happened_when_its_act_did_and_not_when_it_came() -> None:
    acts = stream((planned(), 0), (MilestoneCompleted(), 3), (MilestoneStarted(), 1))

    assert [versions(acts, days) for days in (0, 1, 2, 3)] == [[1], [1, 3], [1, 3], [1, 2, 3]]


def test_a_restated_report_had_happened_when_the_last_restatement_says() -> None:
    acts = stream((planned(), 0), (MilestoneCompleted(), 0), (corrected(2), 5), (corrected(3), 2))

    assert [versions(acts[:2], 0), versions(acts[:3], 0)] == [[1, 2], [1]]
    assert [versions(acts, days) for days in (0, 1, 2)] == [[1], [1], [1, 2, 3, 4]]
    assert set(happened_at(acts).values()) == {THE_20TH + timedelta(days=2)}


def test_of_two_restatements_of_one_report_the_last_is_the_one_that_counts() -> None:
    acts = stream((planned(), 0), (MilestoneCompleted(), 0), (corrected(2), 5), (corrected(2), 2))

    assert versions(acts, 2) == [1, 2, 4]


def test_a_notice_that_is_restated_moves_too() -> None:
    notice = MilestoneAnnounced(where="DOF")
    acts = stream((planned(), 0), (notice, 1), (notice.model_copy(update={"corrects": 2}), 4))

    assert [versions(acts, days) for days in (1, 4)] == [[1], [1, 2, 3]]


def test_a_plan_holds_whenever_it_is_known() -> None:
    acts = stream((planned(), 9), (MilestoneReplanned(planned=planned()), 9), (MilestoneStarted(), 1))

    assert versions(acts, -300) == [1, 2]


@pytest.mark.parametrize(
    ("event", "days", "out_of_order"),
    [
        (MilestoneStarted(), 1, False),
        (MilestoneStarted(), 0, False),
        (MilestoneStarted(), -1, True),
        (corrected(2), 9, True),
        (MilestoneReplanned(planned=planned()), -9, False),
    ],
)
def test_what_makes_a_stream_irregular(event: Event, days: int, out_of_order: bool) -> None:
    ((_, envelope),) = stream((event, days))

    assert is_out_of_order(THE_20TH, event, envelope) is out_of_order


def test_a_milestone_remembers_the_last_moment_anything_of_it_happened() -> None:
    acts = stream((planned(), 9), (MilestoneCompleted(), 3), (MilestoneStarted(), 1))
    state, seen = MILESTONE.initial, []
    for event, envelope in acts:
        state = MILESTONE.evolve(state, event, envelope)
        seen.append(state.last_act_at)

    assert seen == [None, THE_20TH + timedelta(days=3), THE_20TH + timedelta(days=3)]
    assert latest_act(None, *acts[0]) is None
