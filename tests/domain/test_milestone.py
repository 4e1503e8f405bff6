"""What may happen to a milestone from each status, and that asking twice records once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.calendar_date import TakeDateFromCalendar
from domain.event import Event, Refused
from domain.milestone import OPEN, TRANSITIONS, Milestone, Status, milestone_id, milestone_stream
from domain.milestone_commands import (
    CompleteMilestone,
    MilestoneCommand,
    ReopenMilestone,
    StartMilestone,
)
from domain.milestone_events import (
    MilestoneArose,
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestonePlanned,
    MilestoneReopened,
    MilestoneReplanned,
    MilestoneResumed,
    MilestoneScheduled,
    MilestoneStarted,
    MilestoneSuspended,
)
from domain.milestone_rules import (
    ACTION_WORDS,
    CLOCK_TOLERANCE,
    STATUS_WORDS,
    WHAT_TO_DO,
    Circumstances,
)
from domain.milestone_validation import ValidateMilestone
from domain.names import Names
from tests.domain.decisions import NOW, Given, folded, given
from tests.domain.milestones import (
    ANY,
    COMMANDS,
    DATED,
    HISTORIES,
    OTHER,
    UNDATED,
    UNDER_WAY,
    WORDS,
    histories,
    milestone_in,
    moments,
    planned,
)

APRIL = datetime(2027, 4, 15, 18, tzinfo=UTC)
JUNE = datetime(2027, 6, 10, 18, tzinfo=UTC)
EVERY_STEP = [(action, status) for action in TRANSITIONS for status in HISTORIES]
ALLOWED = [(action, status) for action, status in EVERY_STEP if status in TRANSITIONS[action][0]]
FORBIDDEN = [(action, status) for action, status in EVERY_STEP if status not in TRANSITIONS[action][0]]

ALREADY_SO: Mapping[str, tuple[Status, ...]] = {
    "suspend": ("suspended",),
    "resume": ("planned", "in_progress"),
    "cancel": ("cancelled",),
    "close as not applicable": ("not_applicable",),
    "reopen": OPEN,
    "return": OPEN,
}
"""What is not allowed because there is nothing left to ask for."""


# The table ---------------------------------------------------------------------------------------------


def test_there_is_a_request_for_every_action_and_a_way_to_every_status() -> None:
    assert set(TRANSITIONS) == set(COMMANDS)
    assert set(TRANSITIONS) == set(ACTION_WORDS)
    assert set(STATUS_WORDS) == set(WHAT_TO_DO) == set(HISTORIES)
    assert (
        {type(command) for command in COMMANDS.values()}
        == set(ANY)
        # What takes a date from a calendar asks for one of two of them.
        == set(MilestoneCommand.__subclasses__()) - {TakeDateFromCalendar}
    )
    for status in HISTORIES:
        assert status == milestone_in(status).milestone.status


def test_the_table_says_what_may_be_done_from_each_status() -> None:
    """Written out a second time, by status, because the tests below believe the table."""
    end = {"suspend", "cancel", "replace", "close as not applicable"}
    plan = {"date", "re-date", "reassign"}
    withdraw = "withdraw evidence of"
    may_be_done = {
        "planned": {"start", "report progress", "report part of", "complete", withdraw} | end | plan,
        "in_progress": {"report progress", "report part of", "complete", "correct", "validate", "announce"}
        | {"support", withdraw}
        | end
        | plan,
        "suspended": {"resume", "correct", "support", withdraw} | end - {"suspend"} | plan,
        "completed": {"reopen", "return", "correct", "validate", "announce", "support", withdraw},
        "cancelled": {"reopen", withdraw},
        "not_applicable": {"reopen", withdraw},
    }
    table = {
        status: {action for action in TRANSITIONS if status in TRANSITIONS[action][0]} for status in HISTORIES
    }
    assert table == may_be_done


@pytest.mark.parametrize(("action", "status"), ALLOWED)
def test_what_the_table_allows_happens_and_leads_where_it_says(action: str, status: Status) -> None:
    decision = milestone_in(status, action).when(COMMANDS[action], replacing=OTHER)
    leads_to = {"as it was": "in_progress", "unchanged": status}.get(
        TRANSITIONS[action][1], TRANSITIONS[action][1]
    )

    assert len(decision.events()) == 1
    assert leads_to == decision.after().status


@pytest.mark.parametrize(("action", "status"), ALLOWED)
def test_what_the_table_allows_is_recorded_once_when_asked_twice(action: str, status: Status) -> None:
    once = milestone_in(status, action).when(COMMANDS[action], replacing=OTHER)

    Given(once.after()).when(COMMANDS[action], replacing=OTHER).then_nothing()


@pytest.mark.parametrize(("action", "status"), FORBIDDEN)
def test_what_the_table_does_not_allow_is_already_so_or_refused_in_both_languages(
    action: str, status: Status
) -> None:
    decision = milestone_in(status, action).when(COMMANDS[action], replacing=OTHER)
    if status in ALREADY_SO.get(action, ()):
        decision.then_nothing()
        return
    if action == "correct" and status in {"planned", "not_applicable"}:
        decision.then_refused("nothing-to-correct")
        return
    refused = decision.then_refused(f"cannot-{action}-from-{status}".replace(" ", "-").replace("_", "-"))
    for said in (ACTION_WORDS[action], STATUS_WORDS[status], WHAT_TO_DO[status]):
        assert said.es in refused.es
        assert said.en in refused.en


@pytest.mark.parametrize("action", TRANSITIONS)
def test_nothing_can_be_asked_of_a_milestone_that_is_not_in_the_plan(action: str) -> None:
    given([]).when(COMMANDS[action]).then_refused("unknown-milestone")


@pytest.mark.parametrize("action", TRANSITIONS)
def test_an_act_that_is_the_same_as_another_is_reported_there(action: str) -> None:
    same = given([planned(same_as=("pef-2026-2027/F005-JAL",))])
    refused = same.when(COMMANDS[action]).then_refused("reported-elsewhere")

    assert "pef-2026-2027/F005-JAL" in refused.es
    assert "pef-2026-2027/F005-JAL" in refused.en


@pytest.mark.parametrize(("action", "status"), ALLOWED)
def test_an_act_in_the_future_is_refused(action: str, status: Status) -> None:
    decision = milestone_in(status, action).when(
        COMMANDS[action], occurred_at=NOW + timedelta(days=1), replacing=OTHER
    )
    refused = decision.then_refused("act-in-the-future")

    assert refused.fields == ("occurred_at",)


def test_a_reporters_clock_may_run_a_little_ahead() -> None:
    row = given([planned()])
    row.when(StartMilestone(), occurred_at=NOW + CLOCK_TOLERANCE).then([MilestoneStarted()])
    too_far = NOW + CLOCK_TOLERANCE + timedelta(seconds=1)
    row.when(StartMilestone(), occurred_at=too_far).then_refused("act-in-the-future")


# Asking twice ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ANY, ids=lambda kind: kind.__name__)
@hypothesis.given(data=st.data(), history=histories, occurred_at=moments)
@hypothesis.settings(max_examples=60, deadline=None)
def test_asking_for_what_is_already_so_yields_nothing(
    kind: type[MilestoneCommand],
    data: st.DataObject,
    history: list[tuple[Event, datetime]],
    occurred_at: datetime,
) -> None:
    command = data.draw(ANY[kind])
    before = folded(history)
    circumstances = Circumstances(occurred_at, NOW, replacing=OTHER)
    try:
        events = command.decide(before, circumstances)
    except Refused:
        hypothesis.event("refused")
        return
    hypothesis.event("recorded" if events else "already so")
    after = folded([(event, occurred_at) for event in events], before)

    assert list(command.decide(after, circumstances)) == []


# Suspension and reopening ------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "status"), [((), "planned"), (UNDER_WAY, "in_progress")])
def test_a_suspension_ends_where_it_began(before: tuple[Event, ...], status: Status) -> None:
    stopped = [planned(), *before, MilestoneSuspended(instrument="SUP-1", reason="a ruling")]
    assert folded(stopped).status == "suspended"
    assert folded([*stopped, MilestoneResumed(instrument="SUP-2")]).status == status


def test_a_reopened_milestone_is_completed_anew_and_keeps_its_start() -> None:
    again = given([planned(), *HISTORIES["completed"]]).when(ReopenMilestone(reason="annulled")).after()

    assert (again.status, again.completed, again.outcome) == ("in_progress", None, None)
    assert again.started is not None
    assert Given(again).when(CompleteMilestone(outcome="approved")).after().outcome == "approved"


def test_a_milestone_closed_before_it_began_and_reopened_has_no_report_to_validate() -> None:
    cancelled = MilestoneCancelled(instrument="SUP-1", reason="void")
    never_began = [planned(), cancelled, MilestoneReopened(reason="revived")]
    given(never_began).when(ValidateMilestone()).then_refused("nothing-to-validate")


# What follows from elsewhere ---------------------------------------------------------------------------


def test_a_milestone_of_another_text_of_its_procedure_keeps_what_was_reported_of_it() -> None:
    row = planned(name=Names(es="otra", en="another"), target=12)
    before = folded([planned(), *HISTORIES["completed"]])
    after = folded([MilestoneReplanned(planned=row)], before)

    assert (after.plan, after.target) == (row, 12)
    assert after == before._replace(plan=row, target=12, version=before.version + 1)


def test_a_target_that_was_reported_stands_where_the_new_row_has_none() -> None:
    assert folded([planned(), *UNDER_WAY, MilestoneReplanned(planned=planned(target=None))]).target == 10


def test_what_arose_is_to_be_counted_and_has_the_dates_that_were_worked_out() -> None:
    arose = MilestoneArose(because=WORDS, schedule=DATED)
    waiting = folded([planned(kind="conditional", schedule=UNDATED)])
    after = folded([arose], waiting)

    assert (waiting.has_arisen, after.has_arisen) == (False, True)
    assert (after.status, after.schedule, after.first_schedule) == ("planned", DATED, DATED)


def test_what_another_step_closed_is_told_from_what_somebody_closed_and_may_arise_again() -> None:
    by_somebody = MilestoneClosedAsNotApplicable(reason="nothing was filed")
    by_another = MilestoneClosedAsNotApplicable(reason="S02 dismissed", because=WORDS)
    closed = {each: folded([planned(), each]) for each in (by_somebody, by_another)}

    assert [each.closed_by_another for each in closed.values()] == [False, True]
    assert {each.status for each in closed.values()} == {"not_applicable"}
    again = folded([MilestoneArose(because=WORDS, schedule=DATED)], closed[by_another])
    assert (again.status, again.closed_by_another, again.arisen) == ("planned", False, True)


def test_dates_worked_out_again_leave_the_first_ones_to_be_shown_beside_them() -> None:
    moved = DATED.model_copy(update={"due": "2027-04-30"})
    after = folded([planned(), MilestoneScheduled(because=WORDS, schedule=moved)])

    assert (after.schedule, after.first_schedule, after.given) == (moved, DATED, None)
    assert after.redatings == 0


# Names -------------------------------------------------------------------------------------------------


def test_ids_are_readable_and_name_the_state_and_the_occurrence() -> None:
    assert milestone_id("F005") == "F005"
    assert milestone_id("F005", territory="MX-JAL") == "F005-JAL"
    assert milestone_id("F008", territory="MX-JAL", occurrence="2026-10") == "F008.2026-10-JAL"
    assert milestone_stream("pef-2026-2027", "F005-JAL") == "milestone/pef-2026-2027/F005-JAL"


def test_a_milestone_that_was_only_planned_has_its_first_dates_and_no_report() -> None:
    row = folded([planned()])

    assert row == Milestone(plan=planned(), schedule=DATED, first_schedule=DATED, target=10, version=1)
    assert not row.is_over
    assert folded([planned(schedule=UNDATED)]).first_schedule is None
    assert isinstance(row.plan, MilestonePlanned)
