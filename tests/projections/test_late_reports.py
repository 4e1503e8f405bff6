"""Which reports came late: after the act, after the deadline, or dated back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.milestone_events import MilestoneCompleted, MilestoneRedated, MilestoneStarted
from projections.late_reports import LateReportFilter, LateReportRow, count_late_reports, list_late_reports
from projections.moment import AsOf
from tests.projections.asking import AFTER, F001, JAL, Asked
from tests.projections.histories import schedule


def late(asked: Asked, position: int | None = None, **where: Any) -> list[LateReportRow]:
    with asked.reading() as connection:
        as_of = AsOf(position, AFTER)
        rows = list_late_reports(connection, LateReportFilter(**where), as_of).items
        assert count_late_reports(connection, LateReportFilter(**where), as_of) == len(rows)
    return rows


def now() -> datetime:
    """The log's own clock, which says when something is recorded."""
    return datetime.now(UTC)


def due_in(asked: Asked, stream: str, days: int) -> None:
    due = (now() + timedelta(days=days)).date().isoformat()
    moved = MilestoneRedated(schedule=schedule(due, "calendar"), instrument="A", reason="B")
    asked.written.record(stream, [moved], now())


def test_a_report_on_the_day_and_in_time_is_not_late(asked: Asked) -> None:
    due_in(asked, F001, 30)
    asked.written.record(F001, [MilestoneStarted()], now())

    assert late(asked, days=0) == []


def test_a_report_days_after_its_act_is_told_with_how_many(asked: Asked) -> None:
    due_in(asked, F001, 30)
    asked.written.record(F001, [MilestoneStarted()], now() - timedelta(days=5))
    (row,) = late(asked)

    assert (row.milestone, row.type, row.days) == ("F001", "MilestoneStarted", 5)
    assert (row.after_deadline, row.dated_back) == (False, False)
    assert late(asked, days=5) == []


def test_an_act_that_is_said_to_have_been_in_time_after_the_deadline_is_dated_back(asked: Asked) -> None:
    due_in(asked, F001, -2)
    due_in(asked, JAL, -2)
    asked.written.record(F001, [MilestoneCompleted()], now() - timedelta(days=3))
    asked.written.record(JAL, [MilestoneCompleted()], now())
    found = {row.milestone: (row.after_deadline, row.dated_back) for row in late(asked, days=100)}

    assert found == {"F001": (True, True), "F002-JAL": (True, False)}
    assert [row.milestone for row in late(asked, dated_back=True)] == ["F001"]
    assert [row.milestone for row in late(asked, territory="MX-JAL")] == ["F002-JAL"]


def test_the_past_knew_fewer(asked: Asked) -> None:
    due_in(asked, F001, 30)
    asked.written.record(F001, [MilestoneStarted()], now() - timedelta(days=5))
    before = asked.written.log.head().position
    asked.written.record(F001, [MilestoneCompleted()], now() - timedelta(days=4))

    assert [row.type for row in late(asked)] == ["MilestoneCompleted", "MilestoneStarted"]
    assert [row.type for row in late(asked, before)] == ["MilestoneStarted"]
