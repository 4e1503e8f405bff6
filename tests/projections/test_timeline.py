"""What happened, in order, with what was wrong struck through."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.milestone_events import MilestoneCompleted, MilestoneCorrected, MilestoneStarted
from ledger.log import NewEvent
from projections.moment import AsOf
from projections.page import BadCursor
from projections.timeline import TimelineEntry, TimelineFilter, list_timeline
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL

NOW = AsOf(None, datetime(2027, 4, 1, tzinfo=UTC))


def entries(asked: Asked, as_of: AsOf = NOW, **where: object) -> list[TimelineEntry]:
    with asked.reading() as connection:
        return list_timeline(connection, TimelineFilter(**where), as_of).items  # type: ignore[arg-type]  # any filter by name


def test_an_entry_says_what_who_and_when(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted(outcome="aprobado", instrument="CG/1")], AFTER)
    (entry,) = entries(asked, process=FEDERAL, milestone="F001", reports_only=True)

    assert (entry.type, entry.milestone, entry.territory, entry.version) == (
        "MilestoneCompleted",
        "F001",
        "MX",
        2,
    )
    assert (entry.post, entry.body, entry.grant) == ("Vocal Ejecutiva", "INE-JAL", "grant/u-1/1")
    assert (entry.occurred_at, entry.position) == (AFTER, asked.written.log.head().position)
    assert entry.payload["outcome"] == "aprobado"
    assert "actor" not in entry.model_dump()


def test_a_corrected_report_is_struck_once_the_correction_is_known(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    known = asked.written.log.head().position
    asked.written.record(
        F001, [MilestoneCorrected(report="start", corrects=2, reason="the wrong day")], AFTER
    )
    planned, wrong, right = entries(asked, process=FEDERAL, milestone="F001")

    assert (planned.corrected_by, wrong.corrected_by, right.corrected_by) == (None, right.position, None)
    then = entries(asked, AsOf(known, NOW.at), process=FEDERAL, milestone="F001")
    assert [entry.corrected_by for entry in then] == [None, None]


def test_a_correction_that_could_not_be_read_does_not_close_the_history_it_is_in(asked: Asked) -> None:
    asked.written.record_raw([NewEvent(F001, 2, "MilestoneCorrected.v1", b"not JSON")])
    asked.written.record_raw([NewEvent(F001, 3, "MilestoneCorrected.v99", b'{"a":"newer program"}')])
    asked.written.record_raw([NewEvent(F001, 4, "MilestoneStarted.v1", b'{"note":null}')])

    found = entries(asked, process=FEDERAL, milestone="F001")

    assert [(entry.version, entry.corrected_by) for entry in found] == [(1, None), (4, None)]


def test_a_report_that_was_corrected_twice_is_replaced_by_the_last_correction(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    for reason in ("the wrong day", "wrong again"):
        asked.written.record(F001, [MilestoneCorrected(report="start", corrects=2, reason=reason)], AFTER)
    _, wrong, *corrections = entries(asked, process=FEDERAL, milestone="F001")

    assert wrong.corrected_by == corrections[-1].position


def test_every_filter_narrows_the_timeline(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneStarted()], BEFORE)
    first = entries(asked, process=FEDERAL)[0]

    assert (first.type, first.milestone, first.process) == ("ProcessOpened", None, FEDERAL)
    assert {entry.process for entry in entries(asked, process=LOCAL)} == {LOCAL}
    assert [entry.type for entry in entries(asked, territory="MX-SON")] == ["MilestonePlanned"]
    assert [entry.type for entry in entries(asked, reports_only=True)][-1] == "MilestoneStarted"
    assert [entry.position for entry in entries(asked, after_position=2, before_position=5)] == [3, 4]
    assert entries(asked, process=FEDERAL, milestone="F999") == []


@pytest.mark.parametrize("newest_first", [True, False])
def test_pages_of_the_timeline_put_together_are_the_timeline(asked: Asked, newest_first: bool) -> None:
    cursor: str | None = None
    positions: list[int] = []
    with asked.reading() as connection:
        while True:
            page = list_timeline(
                connection, TimelineFilter(), NOW, newest_first=newest_first, after=cursor, limit=5
            )
            positions += [entry.position for entry in page.items]
            cursor = page.next
            if cursor is None:
                break
        with pytest.raises(BadCursor):
            list_timeline(connection, TimelineFilter(), NOW, after="yesterday")

    assert positions == sorted(range(1, 13), reverse=newest_first)


def test_a_cursor_leads_no_further_than_the_moment_asked_about(asked: Asked) -> None:
    with asked.reading() as connection:
        page = list_timeline(connection, TimelineFilter(), AsOf(5, NOW.at), newest_first=True, after="9")

    assert [entry.position for entry in page.items] == [5, 4, 3, 2, 1]
