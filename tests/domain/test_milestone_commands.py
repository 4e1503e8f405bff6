"""What each milestone command records, and what it refuses and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from domain.milestone_commands import (
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    RedateMilestone,
    ReportProgress,
    StartMilestone,
)
from domain.milestone_events import (
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneDated,
    MilestoneProgressed,
    MilestoneRedated,
    MilestoneStarted,
    Order,
    Requirement,
)
from tests.domain.decisions import Given, folded, given
from tests.domain.milestones import (
    DATED,
    UNDATED,
    UNDER_WAY,
    milestone_in,
    planned,
)

APRIL = datetime(2027, 4, 15, 18, tzinfo=UTC)
JUNE = datetime(2027, 6, 10, 18, tzinfo=UTC)

# Start, progress, completion ---------------------------------------------------------------------------


def test_a_late_milestone_can_still_be_completed() -> None:
    late = given([planned(), MilestoneStarted()])
    late.when(CompleteMilestone(outcome="approved"), occurred_at=JUNE).then(
        [MilestoneCompleted(outcome="approved")]
    )


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
    done.when(CompleteMilestone(outcome="rejected"), occurred_at=APRIL).then_refused(
        "cannot-complete-from-completed"
    )
    done.when(CompleteMilestone(outcome="approved"), occurred_at=JUNE).then_refused(
        "cannot-complete-from-completed"
    )


def test_another_start_of_a_started_milestone_is_refused_not_swallowed() -> None:
    started = given([planned(), (MilestoneStarted(note="First session"), APRIL)])
    started.when(StartMilestone(note="First session"), occurred_at=APRIL).then_nothing()
    started.when(StartMilestone(), occurred_at=JUNE).then_refused("cannot-start-from-in-progress")


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


def test_a_required_predecessor_that_never_arose_is_closed_not_declared() -> None:
    refused = given([planned(required=NEEDS)]).when(CompleteMilestone()).then_refused(
        "required-predecessor-open", basis="LGIPE 79"
    )  # fmt: skip
    assert "no aplica" in refused.es
    assert "not applicable" in refused.en


def test_the_usual_order_never_bars() -> None:
    usual = Order(row="F000")
    given([planned(after=(usual,))]).when(CompleteMilestone()).then([MilestoneCompleted()])


# Dates -------------------------------------------------------------------------------------------------

CALENDAR = "INE/CG100/2026"


def test_loading_a_date_keeps_it_as_the_first_and_keeps_what_the_rule_says() -> None:
    load = DateMilestone(due="2027-03-25", basis="calendar", instrument=CALENDAR, source=CALENDAR)
    undated = UNDATED.model_copy(update={"rule_starts": "2027-03-01"})
    dated = given([planned(schedule=undated)]).when(load).after()

    assert dated.schedule is not None
    assert dated.schedule == dated.first_schedule
    assert (dated.schedule.due, dated.schedule.rests_on, dated.schedule.official) == (
        "2027-03-25",
        "calendar",
        True,
    )
    assert dated.schedule.rule_starts == "2027-03-01"
    assert CALENDAR in dated.schedule.explanation.es
    assert CALENDAR in dated.schedule.explanation.en


def test_loading_a_due_date_keeps_the_start_the_rule_gave() -> None:
    opened = UNDATED.model_copy(update={"starts": "2027-03-01", "rule_starts": "2027-03-01"})
    load = DateMilestone(due="2027-03-25", basis="reported", source="a newspaper")
    dated = given([planned(schedule=opened)]).when(load).after()

    assert dated.schedule is not None
    assert (dated.schedule.starts, dated.schedule.due) == ("2027-03-01", "2027-03-25")


def test_a_date_of_an_approved_calendar_comes_with_its_instrument() -> None:
    load = DateMilestone(due="2027-03-25", basis="calendar", source=CALENDAR)
    given([planned(schedule=UNDATED)]).when(load).then_refused("instrument-missing")


def test_a_dated_milestone_is_redated_not_dated_again() -> None:
    load = DateMilestone(due="2027-03-25", basis="reported", source="a newspaper")
    refused = given([planned()]).when(load).then_refused("already-dated")
    assert "2027-03-22" in refused.es
    assert "2027-03-22" in refused.en


def test_redating_keeps_the_first_dates_the_rules_dates_and_how_often_they_moved() -> None:
    moves = [
        RedateMilestone(due=due, instrument=CALENDAR, reason="a reform")
        for due in ("2027-03-25", "2027-03-29")
    ]
    once = given([planned()]).when(moves[0]).after()
    twice = Given(once).when(moves[1]).after()

    assert twice.schedule is not None
    assert (twice.schedule.due, twice.schedule.rule_due, twice.redatings) == ("2027-03-29", "2027-03-22", 2)
    assert twice.first_schedule == DATED


def test_the_same_dates_on_a_better_basis_are_recorded_not_swallowed() -> None:
    hearsay = RedateMilestone(
        due="2027-03-25", basis="reported", instrument=CALENDAR, reason="the press says so"
    )
    read = RedateMilestone(due="2027-03-25", instrument=CALENDAR, reason="read in the agreement")
    moved = Given(given([planned()]).when(hearsay).after()).when(read).after()

    assert moved.schedule is not None
    assert (moved.schedule.basis, moved.schedule.official) == ("calendar", True)


def test_no_instrument_turns_a_date_into_an_estimate_that_is_never_late() -> None:
    with pytest.raises(ValidationError, match="basis"):
        RedateMilestone.model_validate(
            {"due": "2027-03-25", "basis": "estimated", "instrument": CALENDAR, "reason": "a guess"}
        )


def test_a_body_s_own_target_stays_one_when_it_moves_and_a_date_of_law_never_becomes_one() -> None:
    target = DATED.model_copy(update={"basis": "administrative", "rests_on": "administrative"})
    moved = (
        given([planned(schedule=target)])
        .when(RedateMilestone(due="2027-03-25", instrument="Oficio 3", reason="a busy month"))
        .after()
    )
    assert moved.schedule is not None
    assert (moved.schedule.rests_on, moved.schedule.official) == ("administrative", False)

    softer = RedateMilestone(
        due="2027-03-25", basis="administrative", instrument="Oficio 3", reason="a busy month"
    )
    given([planned()]).when(softer).then_refused("legal-date", basis="LGIPE 225")


def test_what_has_no_date_is_dated_not_redated() -> None:
    move = RedateMilestone(due="2027-03-25", instrument=CALENDAR, reason="a reform")
    given([planned(schedule=UNDATED)]).when(move).then_refused("not-dated")


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        ("2027-04-02", "2027-04-01"),
        ("2027-04-01T20:00", "2027-04-01T08:00"),
        ("2027-04-02T00:30", "2027-04-01"),
    ],
)
def test_a_period_does_not_end_before_it_starts(starts: str, due: str) -> None:
    row, undated = given([planned()]), given([planned(schedule=UNDATED)])
    move = RedateMilestone(starts=starts, due=due, instrument=CALENDAR, reason="a reform")
    row.when(move).then_refused("ends-before-it-starts")
    load = DateMilestone(starts=starts, due=due, basis="reported", source="a newspaper")
    undated.when(load).then_refused("ends-before-it-starts")


def test_a_period_may_start_and_end_on_one_day() -> None:
    move = RedateMilestone(
        starts="2027-04-01T08:00", due="2027-04-01", instrument=CALENDAR, reason="a reform"
    )
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
    decision.then(
        [MilestoneCorrected(report="completion", corrects=3, reason="a typing error", outcome="rejected")]
    )

    after = decision.after()
    assert after.completed is not None
    assert (after.status, after.outcome, after.completed.occurred_at) == ("completed", "rejected", APRIL)
    assert (after.completed.version, after.corrections) == (4, 1)


def test_correcting_a_completion_moves_the_start_nobody_reported_with_it() -> None:
    done = given([planned(), (MilestoneCompleted(), JUNE)])
    after = done.when(
        CorrectMilestone(report="completion", reason="the day was wrong"), occurred_at=APRIL
    ).after()

    assert after.started == after.completed
    assert after.started is not None
    assert after.started.occurred_at == APRIL


def test_a_completion_is_not_corrected_to_before_the_reported_start() -> None:
    done = given([planned(), (MilestoneStarted(), APRIL), (MilestoneCompleted(), JUNE)])
    fix = CorrectMilestone(report="completion", reason="the day was wrong")
    done.when(fix, occurred_at=APRIL - timedelta(days=1)).then_refused("completed-before-it-started")


def test_a_corrected_progress_that_carries_the_start_does_not_move_past_the_completion() -> None:
    done = given([planned(), (MilestoneProgressed(done=3), APRIL), (MilestoneCompleted(), JUNE)])
    fix = CorrectMilestone(report="progress", done=3, reason="the day was wrong")
    done.when(fix, occurred_at=JUNE + timedelta(days=1)).then_refused("started-after-completion")
    assert done.when(fix, occurred_at=JUNE).after().started is not None


def test_correcting_the_start_moves_only_the_start() -> None:
    after = (
        given([planned(), (MilestoneStarted(), APRIL), (MilestoneProgressed(done=3), JUNE)])
        .when(
            CorrectMilestone(report="start", reason="the day was wrong"),
            occurred_at=APRIL - timedelta(days=3),
        )
        .after()
    )

    assert after.started is not None
    assert after.progressed is not None
    assert after.started.occurred_at == APRIL - timedelta(days=3)
    assert (after.progressed.occurred_at, after.done, after.status) == (JUNE, 3, "in_progress")


def test_correcting_progress_needs_the_right_figure_within_the_target() -> None:
    row = given([planned(target=10), *UNDER_WAY])
    row.when(CorrectMilestone(report="progress", reason="wrong")).then_refused("figure-missing")
    row.when(CorrectMilestone(report="progress", reason="wrong", done=11)).then_refused(
        "more-than-the-target"
    )
    assert row.when(CorrectMilestone(report="progress", reason="wrong", done=9)).after().done == 9


@pytest.mark.parametrize(
    ("report", "of_another"),
    [
        ("start", {"done": 3}),
        ("start", {"outcome": "approved"}),
        ("progress", {"done": 3, "instrument": CALENDAR}),
        ("completion", {"done": 3}),
    ],
)
def test_a_correction_says_only_what_its_report_said(report: str, of_another: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="belongs to the correction of"):
        CorrectMilestone.model_validate({"report": report, "reason": "wrong", **of_another})


def test_a_correction_of_a_correction_replaces_the_last_and_keeps_both_known() -> None:
    done = given([planned(), (MilestoneCompleted(outcome="approved"), JUNE)])
    fix = CorrectMilestone(report="completion", outcome="rejected", reason="a typing error")
    once = Given(done.when(fix, occurred_at=JUNE).after())
    again = fix.model_copy(update={"outcome": "withdrawn"})
    decision = once.when(again, occurred_at=JUNE)

    (event,) = decision.events()
    assert isinstance(event, MilestoneCorrected)
    assert event.corrects == 3
    assert (decision.after().outcome, decision.after().corrections) == ("withdrawn", 2)


def test_there_is_nothing_to_correct_where_nothing_was_reported() -> None:
    fix = CorrectMilestone(report="completion", reason="wrong")
    given([planned(), *UNDER_WAY]).when(fix).then_refused("nothing-to-correct")
