"""What folding events promises, whatever the events: no surprise, no memory of batches, no chance."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.event import Event
from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestonePartReported,
    MilestoneProgressed,
    MilestoneStarted,
    MilestoneValidated,
)
from domain.process import PROCESS, Process, ProcessClosed, ProcessConfirmed
from tests.domain.decisions import envelope, folded
from tests.domain.milestones import histories, planned

ROOT = Path(__file__).parents[2]
History = list[tuple[Event, datetime]]


@hypothesis.given(histories)
@hypothesis.settings(max_examples=200, deadline=None)
def test_folding_what_commands_recorded_never_raises_and_counts_every_event(history: History) -> None:
    milestone = folded(history)

    assert milestone.version == len(history)
    assert milestone.plan is not None
    assert (milestone.completed is None) == (milestone.status != "completed")
    if milestone.started and milestone.completed:
        assert milestone.started.occurred_at <= milestone.completed.occurred_at
    if milestone.done is not None and milestone.target is not None:
        assert milestone.done <= milestone.target


@hypothesis.given(histories)
@hypothesis.settings(max_examples=200, deadline=None)
def test_what_is_corrected_or_validated_is_a_report_that_was_made(history: History) -> None:
    # What a district reports first is also the start.
    reports = (
        MilestoneStarted,
        MilestoneProgressed,
        MilestonePartReported,
        MilestoneCompleted,
        MilestoneCorrected,
    )
    events = [event for event, _ in history]
    for number, event in enumerate(events, start=1):
        version = {MilestoneCorrected: "corrects", MilestoneValidated: "validates"}.get(type(event))
        if version is not None:
            about = getattr(event, version)
            assert about < number
            assert isinstance(events[about - 1], reports)


@hypothesis.given(histories, st.integers(0, 12))
@hypothesis.settings(max_examples=200, deadline=None)
def test_folding_in_two_batches_is_folding_at_once(history: History, cut: int) -> None:
    assert folded(history) == folded(history[cut:], folded(history[:cut]))


@hypothesis.given(histories)
@hypothesis.settings(max_examples=100, deadline=None)
def test_events_are_the_same_after_they_were_stored_as_json(history: History) -> None:
    stored = [(type(event), event.model_dump_json(), occurred_at) for event, occurred_at in history]
    read = [(kind.model_validate_json(body), occurred_at) for kind, body, occurred_at in stored]

    assert folded(read) == folded(history)


def test_the_version_is_the_last_events_even_where_the_stream_was_cut() -> None:
    assert MILESTONE.evolve(Milestone(), planned(), envelope(7)).version == 7
    assert PROCESS.evolve(Process(), ProcessConfirmed(instrument="CG/1/2027"), envelope(9)).version == 9


def test_the_order_of_events_matters_to_the_fold() -> None:
    """The control of the laws above: the histories they fold are not all alike."""
    done, cancelled = MilestoneCompleted(), MilestoneCancelled(instrument="SUP-1", reason="void")
    assert folded([planned(), done, cancelled]) != folded([planned(), cancelled, done])
    assert folded([planned(), MilestoneStarted()]) != folded([planned()])


def test_an_event_of_another_subject_is_a_failure_not_a_state() -> None:
    with pytest.raises(AssertionError):
        MILESTONE.evolve(Milestone(), ProcessClosed(instrument="CG/1/2027"), envelope(1))
    with pytest.raises(AssertionError):
        PROCESS.evolve(Process(), MilestoneStarted(), envelope(1))


# Replay ------------------------------------------------------------------------------------------------

MACHINES = [
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "LANG": "C", "TZ": "America/Mexico_City"},
    {"PYTHONHASHSEED": "4", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "America/Mexico_City"},
    {"PYTHONHASHSEED": "4", "LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "Pacific/Kiritimati"},
]
"""Every pair of hash seed, locale and time zone, each in another company.

The two seeds put {"INE", "statutory"} in different orders: a set of bodies that leaks its order is caught."""

CHANCE = """
import locale, time
print(hash("bitácora"), locale.setlocale(locale.LC_ALL, ""), time.localtime(0).tm_hour)
"""


def said_on_every_machine(*arguments: str) -> list[str]:
    """Return what a program prints under each of the settings, run side by side."""
    running = [
        subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **machine}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for machine in MACHINES
    ]  # fmt: skip
    # All are heard before one is judged: a failure leaves no program running and no pipe open behind it.
    said = [process.communicate(timeout=120) for process in running]
    for process, (_, err) in zip(running, said, strict=True):
        assert process.returncode == 0, err
    return [out.strip() for out, _ in said]


def test_replay_is_the_same_under_other_hash_seeds_locales_and_time_zones() -> None:
    digests = said_on_every_machine("-m", "tests.domain.replay")
    assert len(set(digests)) == 1, digests
    assert len(digests[0]) == 64


def test_the_settings_of_the_replay_test_do_reach_the_program() -> None:
    """The control: a program that does depend on them says something else on every machine."""
    said = [words.split() for words in said_on_every_machine("-c", CHANCE)]
    assert [len({words[part] for words in said}) for part in range(3)] == [2, 2, 2], said
