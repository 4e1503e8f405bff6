"""Moving election day, or to another text of a plan: what rested on the plan follows it, what was said stays."""

from __future__ import annotations

import re
from datetime import date

import pytest

from domain.consequence import EPOCH, NOBODY
from domain.event import Envelope, Event, Refused
from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import (
    MilestoneCompleted,
    MilestoneDated,
    MilestonePlanned,
    MilestoneScheduled,
    Schedule,
)
from domain.names import Names
from domain.plan import opening
from domain.procedure import Procedure, load_procedure, procedures
from domain.process import PROCESS, Process
from domain.replanning import MoveElectionDay, MoveToPlanVersion, Replanning, change_of

PLAN = procedures()["federal_election"]
A_WEEK_LATER = MoveElectionDay(
    election_day="2027-06-13", basis="law", instrument="DOF 1-12-2026", reason="Reforma"
)


def envelope(version: int) -> Envelope:
    return Envelope(0, "x", version, EPOCH, EPOCH, NOBODY, "")


def folded(*events: Event) -> Milestone:
    state = MILESTONE.initial
    for version, event in enumerate(events, start=1):
        state = MILESTONE.evolve(state, event, envelope(version))
    return state


@pytest.fixture(scope="module")
def planned() -> dict[str, MilestonePlanned]:
    return dict(opening(PLAN, "MX", "2026-2027").milestones)


@pytest.fixture
def milestones(planned: dict[str, MilestonePlanned]) -> dict[str, Milestone]:
    return {id_: folded(event) for id_, event in planned.items()}


@pytest.fixture(scope="module")
def process() -> Process:
    return PROCESS.evolve(PROCESS.initial, opening(PLAN, "MX", "2026-2027").opened, envelope(1))


def text_with(change: tuple[str, str]) -> Procedure:
    """Return the plan's text with a change, as its next version."""
    text = PLAN.text.replace("version = 1", "version = 2", 1)
    assert change[0] in text
    return load_procedure(text.replace(*change, 1).encode(), "federal_election.toml")


def due(move: Replanning, id_: str) -> str | None:
    """Return the date a move gives a milestone."""
    (event,) = (event for event in move.milestones[id_] if isinstance(event, MilestoneScheduled))
    return event.schedule.due


def test_every_date_that_is_counted_from_the_vote_moves_and_no_other(
    process: Process, milestones: dict[str, Milestone], planned: dict[str, MilestonePlanned]
) -> None:
    move = A_WEEK_LATER.decide(process, PLAN, milestones)

    counted = PLAN.counted_from_election_day
    assert {planned[id_].row for id_ in move.milestones} <= counted
    still = {id_ for id_, row in planned.items() if row.row in counted and row.schedule.rule_due}
    assert still <= set(move.milestones)


def test_what_is_counted_from_the_vote_alone_moves_as_far(
    process: Process, milestones: dict[str, Milestone], planned: dict[str, MilestonePlanned]
) -> None:
    move = A_WEEK_LATER.decide(process, PLAN, milestones)
    direct = [
        step.id for step in PLAN.steps if re.fullmatch(r"election day( [+-] \d+ days)?", step.due or "")
    ]

    assert len(direct) > 10
    for row in direct:
        for id_, event in planned.items():
            if event.row == row and not event.occurrence:
                before = event.schedule.rule_due
                assert before is not None
                assert _days(due(move, id_) or "", before) == 7


def test_a_date_somebody_gave_and_a_step_that_is_over_stay(
    process: Process, milestones: dict[str, Milestone], planned: dict[str, MilestonePlanned]
) -> None:
    ids = sorted(A_WEEK_LATER.decide(process, PLAN, milestones).milestones)
    given = Schedule(due="2027-05-01", basis="calendar", explanation=Names(es="x", en="x"))
    milestones[ids[0]] = folded(planned[ids[0]], MilestoneDated(schedule=given))
    milestones[ids[1]] = folded(planned[ids[1]], MilestoneCompleted())

    assert not {ids[0], ids[1]} & A_WEEK_LATER.decide(process, PLAN, milestones).milestones.keys()


def test_moving_there_and_back_leaves_the_dates_of_the_law(
    process: Process, milestones: dict[str, Milestone], planned: dict[str, MilestonePlanned]
) -> None:
    move = A_WEEK_LATER.decide(process, PLAN, milestones)
    moved = PROCESS.evolve(process, move.process[0], envelope(2))
    after = milestones | {id_: folded(planned[id_], *events) for id_, events in move.milestones.items()}

    back = MoveElectionDay(
        election_day="2027-06-06", basis="law", instrument="SUP", reason="Sentencia"
    ).decide(moved, PLAN, after)

    assert {id_: due(back, id_) for id_ in back.milestones} == {
        id_: planned[id_].schedule.due for id_ in move.milestones
    }


def test_the_same_day_and_the_same_text_record_nothing(
    process: Process, milestones: dict[str, Milestone]
) -> None:
    same = MoveElectionDay(election_day="2027-06-06", basis="law", instrument="x", reason="x")

    assert same.decide(process, PLAN, milestones) == Replanning((), {})
    assert MoveToPlanVersion(plan_version=1, instrument="x").decide(process, PLAN, milestones) == Replanning(
        (), {}
    )


def test_another_text_changes_only_the_rows_it_changes(
    process: Process, milestones: dict[str, Milestone]
) -> None:
    text = text_with(
        (
            'body = "Consejo General"\nafter = [{ id = "F002" }]',
            'body = "Otro órgano"\nafter = [{ id = "F002" }]',
        )
    )

    move = MoveToPlanVersion(plan_version=2, instrument="INE/CG1").decide(process, text, milestones)

    assert {id_: change_of(events) for id_, events in move.milestones.items()} == {"F003": "changed"}
    assert move.process[0].model_dump()["changed"] == ("F003",)


def test_another_version_than_the_present_one_is_refused(
    process: Process, milestones: dict[str, Milestone]
) -> None:
    with pytest.raises(Refused, match="unknown-plan-version"):
        MoveToPlanVersion(plan_version=9, instrument="x").decide(process, PLAN, milestones)


def test_a_day_the_plan_cannot_be_dated_by_is_refused(
    process: Process, milestones: dict[str, Milestone]
) -> None:
    before_everything = MoveElectionDay(election_day="2026-09-01", basis="law", instrument="x", reason="x")

    with pytest.raises(Refused, match="plan-cannot-be-dated"):
        before_everything.decide(process, PLAN, milestones)


def _days(after: str, before: str) -> int:
    return (date.fromisoformat(after[:10]) - date.fromisoformat(before[:10])).days
