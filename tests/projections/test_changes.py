"""What changed between two moments of the log, and what did it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneProgressed,
    MilestoneRedated,
    MilestoneReopened,
    MilestoneStarted,
)
from domain.process import ProcessConfirmed, process_stream
from projections.change_fields import MILESTONE_FACTS
from projections.changes import EVENTS_LISTED, ChangeFilter, ChangeRow, list_changes
from projections.milestones import MilestoneRow
from projections.moment import AsOf, BadMoment
from projections.page import Page
from projections.span import resolve_span
from tests.projections.asking import AFTER, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, PLAN, schedule


def head(asked: Asked) -> int:
    return asked.written.log.head().position


def page(
    asked: Asked,
    since: int,
    until: int | None = None,
    *,
    after: str | None = None,
    limit: int = 100,
    **where: Any,
) -> Page[ChangeRow]:
    with asked.reading() as connection:
        moments = AsOf(since, AFTER), AsOf(until, AFTER)
        return list_changes(connection, ChangeFilter(**where), *moments, after=after, limit=limit)


def changed(asked: Asked, since: int, until: int | None = None, **where: Any) -> dict[str, ChangeRow]:
    return {row.milestone or row.process: row for row in page(asked, since, until, **where).items}


def fields(row: ChangeRow) -> dict[str, tuple[Any, Any]]:
    return {one.field: (one.before, one.after) for one in row.fields}


def test_a_report_changes_what_it_says_and_nothing_else(asked: Asked) -> None:
    since = head(asked)
    asked.written.record(F001, [MilestoneCompleted(outcome="aprobado", instrument="CG/1")], AFTER)
    (row,) = changed(asked, since).values()

    assert (row.change, row.process, row.milestone) == ("changed", FEDERAL, "F001")
    assert fields(row)["status"] == ("planned", "completed")
    assert fields(row)["outcome"] == (None, "aprobado")
    assert fields(row).keys() == {"status", "outcome", "instrument", "started_at", "completed_at"}
    assert [(one.position, one.type, one.post) for one in row.events] == [
        (since + 1, "MilestoneCompleted", "Vocal Ejecutiva")
    ]


def test_nothing_changed_where_nothing_happened_though_deadlines_passed(asked: Asked) -> None:
    since = head(asked)

    assert changed(asked, since) == {}


def test_what_was_not_known_before_was_added(asked: Asked) -> None:
    rows = changed(asked, 1, head(asked))

    assert {row.change for row in rows.values() if row.milestone} == {"added"}
    assert len(rows) == len(PLAN) + 1, (
        "the other process, too, but not the one that was open at the first moment"
    )
    assert fields(rows["F001"])["due"] == (None, "2027-03-12")
    assert "outcome" not in fields(rows["F001"]), "what says nothing is no difference"


def test_what_was_cancelled_was_removed_and_is_shown(asked: Asked) -> None:
    since = head(asked)
    asked.written.record(F001, [MilestoneCancelled(instrument="CG/2", reason="Sentencia")], AFTER)

    row = changed(asked, since)["F001"]
    assert row.change == "removed"
    assert fields(row)["status"] == ("planned", "cancelled")
    assert [one.type for one in row.events] == ["MilestoneCancelled"]


def test_what_was_done_and_taken_back_is_listed_without_a_difference_of_status(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted()], AFTER)
    since = head(asked)
    asked.written.record(F001, [MilestoneCompleted(outcome="aprobado")], AFTER)
    asked.written.record(F001, [MilestoneReopened(reason="Faltó una firma")], AFTER)

    row = changed(asked, since)["F001"]
    assert "status" not in fields(row)
    assert "outcome" not in fields(row)
    assert [one.type for one in row.events] == ["MilestoneCompleted", "MilestoneReopened"]


def test_a_superseded_report_is_shown_with_what_took_its_place(asked: Asked) -> None:
    since = head(asked)
    asked.written.record(F001, [MilestoneCompleted(outcome="aprobado")], AFTER)
    reported = head(asked)
    asked.written.record(
        F001,
        [MilestoneCorrected(report="completion", corrects=2, reason="Error", outcome="desechado")],
        AFTER,
    )

    row = changed(asked, since)["F001"]
    assert [one.corrected_by for one in row.events] == [head(asked), None]
    assert fields(row)["outcome"] == (None, "desechado")
    assert fields(row)["corrections"] == (0, 1)
    before = changed(asked, since, reported)["F001"]
    assert [one.corrected_by for one in before.events] == [None], "at the earlier moment it stood"


def test_only_what_has_an_event_in_between_is_compared(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted()], AFTER)
    since = head(asked)
    asked.written.record(JAL, [MilestoneProgressed(done=3)], AFTER)
    until = head(asked)
    asked.written.record(F001, [MilestoneCompleted()], AFTER)

    assert changed(asked, since, until).keys() == {"F002-JAL"}
    assert fields(changed(asked, since, until)["F002-JAL"])["done"] == (None, 3)


def test_dates_that_moved_are_said_from_what_to_what(asked: Asked) -> None:
    since = head(asked)
    moved = MilestoneRedated(schedule=schedule("2027-03-20"), instrument="CG/3", reason="Prórroga")
    asked.written.record(F001, [moved], AFTER)

    row = changed(asked, since)["F001"]
    assert fields(row)["due"] == ("2027-03-12", "2027-03-20")
    assert fields(row)["redatings"] == (0, 1)


def test_a_process_is_told_with_its_activities(asked: Asked) -> None:
    since = head(asked)
    asked.written.record(process_stream(LOCAL), [ProcessConfirmed(instrument="IEPC/1")], AFTER)

    row = changed(asked, since, process=LOCAL)[LOCAL]
    assert (row.milestone, row.territory, row.change) == (None, "MX-JAL", "changed")
    assert fields(row) == {"confirmed": (False, True)}


def test_a_state_a_process_and_an_activity_are_told_their_own(asked: Asked) -> None:
    since = head(asked)
    for stream in (F001, JAL, f"milestone/{LOCAL}/L002"):
        asked.written.record(stream, [MilestoneStarted()], AFTER)

    assert changed(asked, since).keys() == {"F001", "F002-JAL", "L002"}
    assert changed(asked, since, territory="MX-JAL").keys() == {"F002-JAL", "L002"}
    assert changed(asked, since, process=FEDERAL).keys() == {"F001", "F002-JAL"}
    assert changed(asked, since, process=FEDERAL, milestone="F001").keys() == {"F001"}


def test_pages_of_changes_are_the_whole_list(asked: Asked) -> None:
    since, cursor, found = 1, None, []
    while True:
        part = page(asked, since, limit=3, after=cursor)
        found += [row.milestone or row.process for row in part.items]
        cursor = part.next
        if cursor is None:
            break

    assert found == list(changed(asked, since))
    assert len(found) == len(PLAN) + 1


def test_of_many_events_the_last_are_listed_and_all_are_counted(asked: Asked) -> None:
    since = head(asked)
    for number in range(EVENTS_LISTED + 3):
        asked.written.record(JAL, [MilestoneProgressed(done=number)], AFTER)

    row = changed(asked, since)["F002-JAL"]
    assert row.event_count == EVENTS_LISTED + 3
    assert [one.position for one in row.events] == list(range(since + 4, head(asked) + 1))
    assert row.position == head(asked)


def test_every_fact_that_is_compared_is_a_field_of_a_milestone() -> None:
    assert set(MILESTONE_FACTS) <= MilestoneRow.model_fields.keys()
    judged = {"standing", "late", "days_late", "notice", "blocked_by", "holds_back", "out_of_sequence"}
    assert judged.isdisjoint(MILESTONE_FACTS), "what the calendar alone changes"


@pytest.mark.parametrize(
    ("since", "until", "field", "said"),
    [
        ("8", "3", "since", "earlier moment first"),
        ("0", None, "since", "runs from 1 to"),
        ("ayer", None, "since", "neither a position"),
        ("1", "999999", "until", "runs from 1 to"),
        ("1", "2099-01-01T00:00:00Z", "until", "future"),
        ("2001-01-01T00:00:00Z", None, "since", "before the log, which begins at"),
    ],
)
def test_two_moments_that_are_none_are_refused_by_name(
    asked: Asked, since: str, until: str | None, field: str, said: str
) -> None:
    with asked.reading() as connection, pytest.raises(BadMoment, match=said) as refused:
        resolve_span(connection, since, until, AFTER)

    assert refused.value.field == field
