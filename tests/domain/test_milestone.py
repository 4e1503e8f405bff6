"""What may happen to a milestone, what is refused and why, and that asking twice records once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.event import Event, Refused
from domain.milestone import (
    OPEN,
    TRANSITIONS,
    Milestone,
    MilestoneCancelled,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneDated,
    MilestonePlanned,
    MilestoneProgressed,
    MilestoneRedated,
    MilestoneReopened,
    MilestoneResumed,
    MilestoneStarted,
    MilestoneSuspended,
    MilestoneValidated,
    Order,
    Requirement,
    Status,
    milestone_id,
    milestone_stream,
)
from domain.milestone_commands import (
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    MilestoneCommand,
    RedateMilestone,
    ReopenMilestone,
    ReportProgress,
    StartMilestone,
    ValidateMilestone,
)
from domain.milestone_rules import CLOCK_TOLERANCE, STATUS_WORDS, Circumstances
from tests.domain.decisions import NOW, Given, folded, given
from tests.domain.milestones import (
    ANY,
    COMMANDS,
    DATED,
    HISTORIES,
    UNDATED,
    UNDER_WAY,
    histories,
    moments,
    planned,
)

APRIL = datetime(2027, 4, 15, 18, tzinfo=UTC)
JUNE = datetime(2027, 6, 10, 18, tzinfo=UTC)
EVERY_STEP = [(action, status) for action in TRANSITIONS for status in HISTORIES]
ALLOWED = [(action, status) for action, status in EVERY_STEP if status in TRANSITIONS[action][0]]
FORBIDDEN = [(action, status) for action, status in EVERY_STEP if status not in TRANSITIONS[action][0]]

ALREADY_SO: Mapping[str, tuple[Status, ...]] = {
    "start": ("in_progress",),
    "suspend": ("suspended",),
    "resume": ("planned", "in_progress"),
    "cancel": ("cancelled",),
    "close as not applicable": ("not_applicable",),
    "reopen": OPEN,
}
"""What is not allowed because there is nothing left to ask for."""


def milestone_in(status: Status, action: str = "") -> Given:
    """Return a milestone in a status; one that is to be dated has no date yet."""
    return given([planned(schedule=UNDATED if action == "date" else DATED), *HISTORIES[status]])


# The table ---------------------------------------------------------------------------------------------


def test_there_is_a_request_for_every_action_and_a_way_to_every_status() -> None:
    assert set(TRANSITIONS) == set(COMMANDS)
    assert set(STATUS_WORDS) == set(HISTORIES)
    assert {type(command) for command in COMMANDS.values()} == set(ANY) == set(MilestoneCommand.__subclasses__())
    for status in HISTORIES:
        assert status == milestone_in(status).milestone.status


@pytest.mark.parametrize(("action", "status"), ALLOWED)
def test_what_the_table_allows_happens_and_leads_where_it_says(action: str, status: Status) -> None:
    decision = milestone_in(status, action).when(COMMANDS[action])
    leads_to = {"as it was": "in_progress", "unchanged": status}.get(TRANSITIONS[action][1], TRANSITIONS[action][1])

    assert len(decision.events()) == 1
    assert leads_to == decision.after().status


@pytest.mark.parametrize(("action", "status"), ALLOWED)
def test_what_the_table_allows_is_recorded_once_when_asked_twice(action: str, status: Status) -> None:
    once = milestone_in(status, action).when(COMMANDS[action])

    Given(once.after()).when(COMMANDS[action]).then_nothing()


@pytest.mark.parametrize(("action", "status"), FORBIDDEN)
def test_what_the_table_does_not_allow_is_already_so_or_refused_in_both_languages(action: str, status: Status) -> None:
    decision = milestone_in(status, action).when(COMMANDS[action])
    if status in ALREADY_SO.get(action, ()):
        decision.then_nothing()
        return
    if action == "correct" and status in {"planned", "not_applicable"}:
        decision.then_refused("nothing-to-correct")
        return
    refused = decision.then_refused(f"cannot-{action}-from-{status}".replace(" ", "-").replace("_", "-"))
    assert STATUS_WORDS[status].es in refused.es
    assert STATUS_WORDS[status].en in refused.en


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
    decision = milestone_in(status, action).when(COMMANDS[action], occurred_at=NOW + timedelta(days=1))
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
    kind: type[MilestoneCommand], data: st.DataObject, history: list[tuple[Event, datetime]], occurred_at: datetime
) -> None:
    command = data.draw(ANY[kind])
    before = folded(history)
    circumstances = Circumstances(occurred_at, NOW)
    try:
        events = command.decide(before, circumstances)
    except Refused:
        hypothesis.event("refused")
        return
    hypothesis.event("recorded" if events else "already so")
    after = folded([(event, occurred_at) for event in events], before)

    assert list(command.decide(after, circumstances)) == []


# Start, progress, completion ---------------------------------------------------------------------------


def test_a_late_milestone_can_still_be_completed() -> None:
    late = given([planned(), MilestoneStarted()])
    late.when(CompleteMilestone(outcome="approved"), occurred_at=JUNE).then([MilestoneCompleted(outcome="approved")])


def test_a_milestone_nobody_started_can_be_completed_and_then_it_started_that_day() -> None:
    done = given([planned()]).when(CompleteMilestone(), occurred_at=APRIL).after()

    assert done.status == "completed"
    assert done.started is not None
    assert done.started.occurred_at == APRIL


def test_a_completion_before_the_reported_start_is_refused() -> None:
    started = given([planned(), (MilestoneStarted(), APRIL)])
    refused = started.when(
        CompleteMilestone(), occurred_at=APRIL - timedelta(minutes=1)
    ).then_refused("completed-before-it-started")  # fmt: skip

    assert refused.fields == ("occurred_at",)


def test_another_completion_of_a_completed_milestone_is_refused_not_swallowed() -> None:
    done = given([planned(), (MilestoneCompleted(outcome="approved"), APRIL)])
    done.when(CompleteMilestone(outcome="approved"), occurred_at=APRIL).then_nothing()
    done.when(CompleteMilestone(outcome="rejected"), occurred_at=APRIL).then_refused("cannot-complete-from-completed")
    done.when(CompleteMilestone(outcome="approved"), occurred_at=JUNE).then_refused("cannot-complete-from-completed")


def test_a_figure_of_progress_replaces_the_one_before() -> None:
    assert given([planned(), *UNDER_WAY]).when(ReportProgress(done=2)).after().done == 2


def test_more_than_the_target_is_refused_unless_the_target_moves_too() -> None:
    row = given([planned(target=10)])
    row.when(ReportProgress(done=10)).then([MilestoneProgressed(done=10)])
    assert row.when(ReportProgress(done=11)).then_refused("more-than-the-target").fields == ("done",)
    row.when(ReportProgress(done=11, target=12)).then([MilestoneProgressed(done=11, target=12)])
    assert row.when(ReportProgress(done=11, target=12)).after().target == 12


def test_the_same_figure_with_another_note_is_another_report() -> None:
    row = given([planned(), MilestoneProgressed(done=3, note="by telephone")])
    row.when(ReportProgress(done=3)).then_nothing()
    row.when(ReportProgress(done=3, note="by telephone")).then_nothing()
    row.when(ReportProgress(done=3, note="in writing")).then([MilestoneProgressed(done=3, note="in writing")])


# Required predecessors ---------------------------------------------------------------------------------

NEEDS = (
    Requirement(milestone="pef-2026-2027/F010", basis="LGIPE 79"),
    Requirement(milestone="pef-2026-2027/F011-JAL", basis="LGIPE 225"),
)


def test_a_completion_names_every_required_predecessor_that_is_open_and_its_article() -> None:
    refused = given([planned(required=NEEDS)]).when(
        CompleteMilestone(), required={NEEDS[0].milestone: folded([planned()])}
    ).then_refused("required-predecessor-open", basis="LGIPE 79")  # fmt: skip

    for needed in NEEDS:
        assert needed.milestone in refused.es
        assert needed.milestone in refused.en
    assert refused.fields == ("declare",)


def test_a_predecessor_that_is_over_no_longer_bars_however_it_ended() -> None:
    first, second = (needed.milestone for needed in NEEDS)
    for status in ("completed", "cancelled", "not_applicable"):
        over = milestone_in(status).milestone
        waiting = given([planned(required=NEEDS)])
        waiting.when(CompleteMilestone(), required={first: over, second: over}).then([MilestoneCompleted()])
        waiting.when(CompleteMilestone(), required={first: over}).then_refused(
            "required-predecessor-open", basis="LGIPE 225"
        )


def test_a_completion_may_declare_that_its_predecessors_happened_and_records_which() -> None:
    names = tuple(needed.milestone for needed in NEEDS)
    decision = given([planned(required=NEEDS)]).when(CompleteMilestone(declare=names))
    decision.then([MilestoneCompleted(declared=names)])


def test_a_declaration_nobody_needs_is_not_recorded() -> None:
    names = tuple(needed.milestone for needed in NEEDS)
    reported = {names[0]: milestone_in("completed").milestone}
    given([planned(required=NEEDS)]).when(CompleteMilestone(declare=names), required=reported).then(
        [MilestoneCompleted(declared=names[1:])]
    )


def test_the_usual_order_never_bars() -> None:
    usual = Order(row="F000")
    given([planned(after=(usual,))]).when(CompleteMilestone()).then([MilestoneCompleted()])


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


# Dates -------------------------------------------------------------------------------------------------

CALENDAR = "INE/CG100/2026"


def test_loading_a_date_keeps_it_as_the_first_and_keeps_what_the_rule_says() -> None:
    load = DateMilestone(due="2027-03-25", basis="calendar", instrument=CALENDAR, source=CALENDAR)
    undated = UNDATED.model_copy(update={"rule_starts": "2027-03-01"})
    dated = given([planned(schedule=undated)]).when(load).after()

    assert dated.schedule is not None
    assert dated.schedule == dated.first_schedule
    assert (dated.schedule.due, dated.schedule.rests_on, dated.schedule.official) == ("2027-03-25", "calendar", True)
    assert dated.schedule.rule_starts == "2027-03-01"
    assert CALENDAR in dated.schedule.explanation.es
    assert CALENDAR in dated.schedule.explanation.en


def test_a_date_of_an_approved_calendar_comes_with_its_instrument() -> None:
    load = DateMilestone(due="2027-03-25", basis="calendar", source=CALENDAR)
    given([planned(schedule=UNDATED)]).when(load).then_refused("instrument-missing")


def test_a_dated_milestone_is_redated_not_dated_again() -> None:
    load = DateMilestone(due="2027-03-25", basis="reported", source="a newspaper")
    refused = given([planned()]).when(load).then_refused("already-dated")
    assert "2027-03-22" in refused.es
    assert "2027-03-22" in refused.en


def test_redating_keeps_the_first_dates_the_rules_dates_and_how_often_they_moved() -> None:
    moves = [RedateMilestone(due=due, instrument=CALENDAR, reason="a reform") for due in ("2027-03-25", "2027-03-29")]
    once = given([planned()]).when(moves[0]).after()
    twice = Given(once).when(moves[1]).after()

    assert twice.schedule is not None
    assert (twice.schedule.due, twice.schedule.rule_due, twice.redatings) == ("2027-03-29", "2027-03-22", 2)
    assert twice.first_schedule == DATED


def test_what_has_no_date_is_dated_not_redated() -> None:
    move = RedateMilestone(due="2027-03-25", instrument=CALENDAR, reason="a reform")
    given([planned(schedule=UNDATED)]).when(move).then_refused("not-dated")


@pytest.mark.parametrize(
    ("starts", "due"),
    [("2027-04-02", "2027-04-01"), ("2027-04-01T20:00", "2027-04-01T08:00"), ("2027-04-02T00:30", "2027-04-01")],
)
def test_a_period_does_not_end_before_it_starts(starts: str, due: str) -> None:
    row, undated = given([planned()]), given([planned(schedule=UNDATED)])
    move = RedateMilestone(starts=starts, due=due, instrument=CALENDAR, reason="a reform")
    row.when(move).then_refused("ends-before-it-starts")
    load = DateMilestone(starts=starts, due=due, basis="reported", source="a newspaper")
    undated.when(load).then_refused("ends-before-it-starts")


def test_a_period_may_start_and_end_on_one_day() -> None:
    move = RedateMilestone(starts="2027-04-01T08:00", due="2027-04-01", instrument=CALENDAR, reason="a reform")
    assert [type(event) for event in given([planned()]).when(move).events()] == [MilestoneRedated]


def test_dating_records_the_instrument() -> None:
    load = DateMilestone(due="2027-03-25", basis="calendar", instrument=CALENDAR, source="page 4")
    (event,) = given([planned(schedule=UNDATED)]).when(load).events()
    assert isinstance(event, MilestoneDated)
    assert event.instrument == CALENDAR


# Corrections and validation ----------------------------------------------------------------------------


def test_a_correction_names_the_report_it_replaces_so_the_wrong_one_stays_known() -> None:
    done = given([planned(), MilestoneStarted(), (MilestoneCompleted(outcome="approved"), JUNE)])
    fix = CorrectMilestone(report="completion", outcome="rejected", reason="a typing error")
    decision = done.when(fix, occurred_at=APRIL)
    decision.then([MilestoneCorrected(report="completion", corrects=3, reason="a typing error", outcome="rejected")])

    after = decision.after()
    assert after.completed is not None
    assert (after.status, after.outcome, after.completed.occurred_at) == ("completed", "rejected", APRIL)
    assert (after.completed.version, after.corrections) == (4, 1)


def test_correcting_a_completion_moves_the_start_nobody_reported_with_it() -> None:
    done = given([planned(), (MilestoneCompleted(), JUNE)])
    after = done.when(CorrectMilestone(report="completion", reason="the day was wrong"), occurred_at=APRIL).after()

    assert after.started == after.completed
    assert after.started is not None
    assert after.started.occurred_at == APRIL


def test_a_completion_is_not_corrected_to_before_the_reported_start() -> None:
    done = given([planned(), (MilestoneStarted(), APRIL), (MilestoneCompleted(), JUNE)])
    fix = CorrectMilestone(report="completion", reason="the day was wrong")
    done.when(fix, occurred_at=APRIL - timedelta(days=1)).then_refused("completed-before-it-started")


def test_correcting_the_start_moves_only_the_start() -> None:
    after = (
        given([planned(), (MilestoneStarted(), APRIL), (MilestoneProgressed(done=3), JUNE)])
        .when(CorrectMilestone(report="start", reason="the day was wrong"), occurred_at=APRIL - timedelta(days=3))
        .after()
    )

    assert after.started is not None
    assert after.progressed is not None
    assert after.started.occurred_at == APRIL - timedelta(days=3)
    assert (after.progressed.occurred_at, after.done, after.status) == (JUNE, 3, "in_progress")


def test_correcting_progress_needs_the_right_figure_within_the_target() -> None:
    row = given([planned(target=10), *UNDER_WAY])
    row.when(CorrectMilestone(report="progress", reason="wrong")).then_refused("figure-missing")
    row.when(CorrectMilestone(report="progress", reason="wrong", done=11)).then_refused("more-than-the-target")
    assert row.when(CorrectMilestone(report="progress", reason="wrong", done=9)).after().done == 9


def test_there_is_nothing_to_correct_where_nothing_was_reported() -> None:
    fix = CorrectMilestone(report="completion", reason="wrong")
    given([planned(), *UNDER_WAY]).when(fix).then_refused("nothing-to-correct")


def test_a_validation_names_the_report_agreed_with_and_a_correction_needs_its_own() -> None:
    done = given([planned(), *HISTORIES["completed"]])
    validated = done.when(ValidateMilestone(note="seen"))
    validated.then([MilestoneValidated(validates=4, note="seen")])
    again = Given(validated.after())
    again.when(ValidateMilestone()).then_nothing()

    corrected = again.when(CorrectMilestone(report="completion", outcome="rejected", reason="wrong")).after()
    Given(corrected).when(ValidateMilestone()).then([MilestoneValidated(validates=6)])


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
