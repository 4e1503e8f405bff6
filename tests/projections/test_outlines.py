"""Rows of the plan in one line, activities with their parts, and milestones by name."""

from __future__ import annotations

from datetime import timedelta

from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneCompleted,
    MilestoneProgressed,
    MilestoneRedated,
    Schedule,
)
from projections.activities import ActivityRow, get_activity
from projections.moment import AsOf
from projections.named import list_named
from projections.outlines import Outline, list_outlines
from tests.domain.milestones import planned
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, PLAN, schedule

NOW = AsOf(None, AFTER)
SON = f"milestone/{FEDERAL}/F002-SON"
CANCELLED = MilestoneCancelled(instrument="SUP-1", reason="void")
NOT_IN_AN_OUTLINE = {"late_by_law", "blocked", "due_soon"}
"""The figures that take more than a line."""


def outlines(asked: Asked, process: str | None = None, search: str | None = None) -> dict[str, Outline]:
    with asked.reading() as connection:
        return {one.row: one for one in list_outlines(connection, NOW, process=process, search=search)}


def activity(asked: Asked, row: str, process: str = FEDERAL) -> ActivityRow:
    with asked.reading() as connection:
        found = get_activity(connection, process, row, NOW)
    assert found is not None
    return found


def redated(starts: str, due: str) -> MilestoneRedated:
    """Return other dates, by an instrument."""
    dates = schedule(due, "calendar")
    moved = Schedule(**dates.model_dump() | {"starts": starts, "explanation": dates.explanation})
    return MilestoneRedated(schedule=moved, instrument="CG/2", reason="a reform")


def test_a_row_is_outlined_once_however_many_milestones_it_has(asked: Asked) -> None:
    found = outlines(asked)

    assert list(found) == list(dict.fromkeys(plan.row for plan in PLAN.values()))
    assert (found["F002"].parts, found["F002"].alone) == (2, None)
    alone = found["F001"].alone
    assert alone is not None
    assert (alone.id, alone.territory, alone.status, alone.standing, alone.late) == (
        "F001", "MX", "planned", "without_report", True,
    )  # fmt: skip
    assert found["L001"].mirrors
    assert [link.row for link in found["F002"].after] == ["F001"]


def test_a_row_lasts_from_the_first_day_of_any_part_to_the_last_of_any(asked: Asked) -> None:
    asked.written.record(JAL, [redated("2027-02-01", "2027-02-10")])
    asked.written.record(SON, [redated("2027-03-02", "2027-04-05")])

    for row in (outlines(asked)["F002"], activity(asked, "F002")):
        assert (row.starts, row.due) == ("2027-02-01", "2027-04-05")
        assert row.position == asked.written.log.head().position


def test_a_mirror_without_dates_is_outlined_with_those_of_its_acts(asked: Asked) -> None:
    mirror = outlines(asked)["L001"]

    assert (mirror.starts, mirror.due) == ("2027-03-01", "2027-03-22")


def test_an_outline_has_the_figures_of_its_activity(asked: Asked) -> None:
    asked.written.record(JAL, [CANCELLED], BEFORE)
    asked.written.record(SON, [MilestoneCompleted()], BEFORE)
    asked.written.record(F001, [CANCELLED], BEFORE)
    found = outlines(asked)

    assert found["F002"].tally.left_out == 1
    assert found["L001"].alone is not None
    assert found["L001"].alone.status == "cancelled"
    assert found["L001"].tally.left_out == 0, "what is the same act is left out there"
    for process, row in {(key.partition("/")[0], plan.row) for key, plan in PLAN.items()}:
        whole = activity(asked, row, process).tally
        assert found[row].tally.model_dump(exclude=NOT_IN_AN_OUTLINE) == whole.model_dump(
            exclude=NOT_IN_AN_OUTLINE
        )


def test_outlines_are_those_of_a_process_in_which_every_word_occurs(asked: Asked) -> None:
    assert set(outlines(asked, process=LOCAL)) == {"L001", "L002"}
    assert set(outlines(asked, search="SÓNORA f002")) == {"F002"}
    assert set(outlines(asked, process=LOCAL, search="f002")) == set()
    assert outlines(asked, search="sonora")["F002"].parts == 1, "only what was found"
    assert outlines(asked, search="100%") == {}


def test_an_activity_sums_what_is_known_of_every_part(asked: Asked) -> None:
    untold = activity(asked, "F002")
    assert (untold.done, untold.target) == (None, 20)
    asked.written.record(JAL, [MilestoneProgressed(done=4)], BEFORE)
    asked.written.record(SON, [MilestoneProgressed(done=0, target=12)], BEFORE)
    assert (activity(asked, "F002").done, activity(asked, "F002").target) == (4, 22)

    without = planned(row="F002", territory="MX-COA", scope="state", target=None, body="Consejo Local")
    asked.written.record(f"milestone/{FEDERAL}/F002-COA", [without])
    together = activity(asked, "F002")
    assert (together.done, together.target) == (4, None), "one part's target is not known"
    assert together.body == "", "each state has its own"
    assert untold.body != ""


def test_milestones_are_named_in_the_order_asked_for(asked: Asked) -> None:
    names = [f"{LOCAL}/L002", f"{FEDERAL}/F999", f"{FEDERAL}/F001", "nothing"]
    with asked.reading() as connection:
        found = list_named(connection, names, NOW)
        assert list_named(connection, [], NOW) == []
        assert list_named(connection, names, AsOf(1, AFTER - timedelta(days=1))) == []

    assert [f"{row.process}/{row.id}" for row in found] == [names[0], names[2]]
