"""What moves in an election under way: dates worked out again, other bodies, other versions of its procedure."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.milestone_events import (
    Figure,
    MilestoneAnnounced,
    MilestoneArose,
    MilestoneCompleted,
    MilestoneProgressed,
    MilestoneReassigned,
    MilestoneReplanned,
    MilestoneScheduled,
    MilestoneStarted,
    Order,
)
from domain.process import ElectionDayMoved, ProcessClosed, ProcessMoved, ProcessReopened, process_stream
from projections.activities import get_activity
from projections.entities import entity_status
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.outlines import list_outlines
from projections.processes import ProcessRow, get_process, list_process_names
from projections.tally import cells, together
from projections.timeline import TimelineFilter, list_timeline
from tests.domain.milestones import WORDS, planned
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, schedule

NOW = AsOf(None, AFTER)
ASSUMED = MilestoneReassigned(power="assumption", responsible="OPL", body="IEPC", instrument="INE/CG1/2027")


def process(asked: Asked, position: int | None = None) -> ProcessRow:
    with asked.reading() as connection:
        found = get_process(connection, FEDERAL, AsOf(position, AFTER))
    assert found is not None
    return found


def test_a_reassigned_milestone_is_the_other_body_s_from_then_on(asked: Asked) -> None:
    before = asked.written.log.head().position
    asked.written.record(F001, [ASSUMED])
    row, then = asked.milestone(FEDERAL, "F001"), asked.milestone(FEDERAL, "F001", position=before)
    with asked.reading() as connection:
        outline = next(one for one in list_outlines(connection, NOW, process=FEDERAL) if one.row == "F001")
        activity = get_activity(connection, FEDERAL, "F001", NOW)
        responsible = {
            cell.responsible for cell in cells(connection, NOW, due_soon_days=7, processes=[FEDERAL])
        }

    assert (row.responsible, row.body) == ("OPL", "IEPC")
    assert (then.responsible, then.body) != ("OPL", "IEPC")
    assert (outline.responsible, outline.body) == ("OPL", "IEPC")
    assert activity is not None
    assert activity.parts[0].body == "IEPC"
    assert "OPL" in responsible, "whose lateness it is"
    assert asked.listed(process=FEDERAL, responsible="OPL") == ["F001"]


def test_dates_that_were_worked_out_again_are_the_dates(asked: Asked) -> None:
    assert asked.milestone(FEDERAL, "F001").late
    asked.written.record(F001, [MilestoneScheduled(because=WORDS, schedule=schedule("2027-05-01"))])
    row = asked.milestone(FEDERAL, "F001")

    assert (row.due, row.first_due, row.standing, row.redatings) == ("2027-05-01", "2027-03-12", "pending", 0)


def test_what_arose_is_counted_from_then_on(asked: Asked) -> None:
    before = asked.milestone(FEDERAL, "F004")
    stream = f"milestone/{FEDERAL}/F004"
    asked.written.record(stream, [MilestoneArose(because=WORDS, schedule=schedule("2027-03-12"))])
    row = asked.milestone(FEDERAL, "F004")

    assert (before.counted, row.counted) == (False, True)
    assert (row.due, row.standing, row.arisen) == ("2027-03-12", "without_report", True)


def test_figures_and_announcements_are_told(asked: Asked) -> None:
    figures = (Figure(quantity="people", by="women", value=7), Figure(quantity="people", by="men", value=5))
    asked.written.record(F001, [MilestoneProgressed(done=12, figures=figures)], BEFORE)
    asked.written.record(F001, [MilestoneAnnounced(where="DOF")], AFTER)
    row = asked.milestone(FEDERAL, "F001")

    assert [(one.quantity, one.by, one.value) for one in row.figures] == [
        ("people", "women", 7), ("people", "men", 5),
    ]  # fmt: skip
    assert (row.done, row.announced_at) == (12, AFTER)
    assert asked.milestone(FEDERAL, "F002-JAL").figures == []


def test_a_replanned_milestone_is_told_as_its_new_row_says_and_the_past_as_its_old_row_said(
    asked: Asked,
) -> None:
    before = asked.written.log.head().position
    other = planned(
        row="F002", territory="MX-JAL", scope="state", stage="results", body="Consejo General",
        after=(Order(row="F005", requires="LGIPE 9"),),
    )  # fmt: skip
    asked.written.record(JAL, [MilestoneReplanned(planned=other)])
    asked.written.record(JAL, [MilestoneProgressed(done=1)], BEFORE)
    row, then = asked.milestone(FEDERAL, "F002-JAL"), asked.milestone(FEDERAL, "F002-JAL", position=before)

    assert (row.stage, row.body, [link.row for link in row.after]) == ("results", "Consejo General", ["F005"])
    assert (then.stage, [link.row for link in then.after]) == ("preparation", ["F001"])
    assert [blocker.id for blocker in then.blocked_by] == ["F001"]
    assert [blocker.id for blocker in row.blocked_by] != ["F001"]
    assert "F002-JAL" in asked.listed(process=FEDERAL, stage="results")
    stages = {stage.id: stage for stage in process(asked).stages}
    assert stages["results"].due == row.due


def test_a_row_that_becomes_the_same_act_as_another_shows_it_and_may_be_an_act_of_its_own_again(
    asked: Asked,
) -> None:
    stream, own = f"milestone/{LOCAL}/L002", asked.milestone(LOCAL, "L002")
    row = planned(row="L002", territory="MX-JAL", responsible="OPL", schedule=schedule(None))
    mirror = row.model_copy(update={"same_as": (f"{FEDERAL}/F001",)})
    asked.written.record(F001, [MilestoneCompleted()], BEFORE)
    undated = MilestoneScheduled(because=WORDS, schedule=schedule(None))
    asked.written.record(stream, [MilestoneReplanned(planned=mirror), undated])
    same = asked.milestone(LOCAL, "L002")
    asked.written.record(stream, [MilestoneReplanned(planned=row)])
    again = asked.milestone(LOCAL, "L002")

    assert (own.status, own.counted, own.due) == ("planned", True, "2027-03-20")
    assert (same.status, same.counted, same.due) == ("completed", False, "2027-03-12")
    assert (again.status, again.counted, again.due) == ("planned", True, None)


def test_a_replanned_milestone_is_found_by_its_new_words_and_in_the_past_by_its_old_ones(
    asked: Asked,
) -> None:
    asked.written.record(
        JAL,
        [MilestoneReplanned(planned=planned(row="F002", territory="MX-JAL", scope="state", body="Zopilote"))],
    )
    renamed = asked.written.log.head().position
    asked.written.record(
        JAL,
        [MilestoneReplanned(planned=planned(row="F002", territory="MX-JAL", scope="state", body="Quetzal"))],
    )

    def found(word: str, position: int | None) -> list[str]:
        with asked.reading() as connection:
            return [
                row.id
                for row in list_milestones(
                    connection, MilestoneFilter(search=word), AsOf(position, NOW.at)
                ).items
            ]

    assert (found("quetzal", None), found("zopilote", None)) == (["F002-JAL"], [])
    assert (found("quetzal", renamed), found("zopilote", renamed)) == ([], ["F002-JAL"])
    assert found("zopilote", renamed - 1) == []


def test_a_replanned_milestone_may_stand_for_another_from_then_on_and_no_longer(asked: Asked) -> None:
    before = asked.written.log.head().position
    alone = planned(row="F002", territory="MX-JAL", scope="state")
    asked.written.record(
        JAL, [MilestoneReplanned(planned=alone.model_copy(update={"same_as": (f"{FEDERAL}/F001",)}))]
    )
    same = asked.written.log.head().position
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    started = asked.written.log.head().position
    assert asked.milestone(FEDERAL, "F002-JAL", position=started).status == "in_progress"
    asked.written.record(JAL, [MilestoneReplanned(planned=alone)])

    assert asked.milestone(FEDERAL, "F002-JAL").status == "planned"
    assert [asked.milestone(FEDERAL, "F002-JAL", position=at).same_as for at in (before, same)] == [
        [],
        [f"{FEDERAL}/F001"],
    ]
    assert [asked.milestone(FEDERAL, "F002-JAL", position=at).status for at in (before, started)] == [
        "planned",
        "in_progress",
    ]


def test_an_election_s_day_and_its_plan_s_version_move(asked: Asked) -> None:
    before = asked.written.log.head().position
    moved = ElectionDayMoved(
        election_day="2027-06-13", election_day_basis="calendar", instrument="DOF", reason="a ruling"
    )
    version = ProcessMoved(plan_version=2, plan_digest="1" * 64, instrument="CG/9")
    asked.written.record(process_stream(FEDERAL), [moved, version])
    row, then = process(asked), process(asked, before)
    with asked.reading() as connection:
        names = {name.id: name.election_day for name in list_process_names(connection, NOW)}

    assert (row.election_day, row.plan_version, row.plan_digest) == ("2027-06-13", 2, "1" * 64)
    assert (then.election_day, then.plan_version, then.plan_digest) == ("2027-06-06", 1, "0" * 64)
    assert (row.election_day_basis, then.election_day_basis) == ("calendar", "law")
    assert names[FEDERAL] == "2027-06-13"


def test_a_process_that_was_closed_can_be_open_again(asked: Asked) -> None:
    asked.written.record(process_stream(FEDERAL), [ProcessClosed(instrument="CG/1", open_milestones=3)])
    assert (process(asked).status, process(asked).open_milestones) == ("closed", 3)
    asked.written.record(process_stream(FEDERAL), [ProcessReopened(step="pos-2026-mx-q-1/S08")])
    row = process(asked)
    assert (row.status, row.closed_at, row.open_milestones) == ("open", None, 0)


def test_what_happened_is_in_the_timeline_and_new_rows_of_a_plan_are_not_reports(asked: Asked) -> None:
    head = asked.written.log.head().position
    asked.written.record(F001, [ASSUMED, MilestoneReplanned(planned=planned(row="F001"))])
    where = TimelineFilter(process=FEDERAL, after_position=head)
    with asked.reading() as connection:
        every = list_timeline(connection, where, NOW).items
        reports = list_timeline(
            connection, TimelineFilter(process=FEDERAL, after_position=head, reports_only=True), NOW
        ).items

    assert [entry.type for entry in every] == ["MilestoneReassigned", "MilestoneReplanned"]
    assert [entry.type for entry in reports] == ["MilestoneReassigned"]
    assert every[0].payload["body"] == "IEPC"


def test_a_state_s_figures_are_those_of_all_its_cells(asked: Asked) -> None:
    """A status reads only what can touch the state; the figures are those of the whole."""
    with asked.reading() as connection:
        for at in (BEFORE, AFTER, datetime(2027, 6, 1, tzinfo=UTC)):
            as_of = AsOf(None, at)
            status = entity_status(connection, "MX-JAL", as_of)
            every = cells(connection, as_of, due_soon_days=7, processes=[FEDERAL, LOCAL])
            assert status is not None
            assert status.local == together(cell for cell in every if cell.process == LOCAL)
            assert status.federal == together(
                cell for cell in every if cell.process == FEDERAL and cell.territory == "MX-JAL"
            )
            assert status.federal.total > 0 < status.local.total
