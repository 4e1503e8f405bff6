"""What is closed without its notice, its papers or its validation is found, as the domain says it, at any instant."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.event import Event
from domain.milestone_events import (
    Evidence,
    MilestoneAnnounced,
    MilestoneCancelled,
    MilestoneCompleted,
    MilestonePlanned,
    MilestoneReplanned,
    MilestoneStarted,
    MilestoneValidated,
)
from domain.names import Names
from domain.notice import missing_from, notice_status
from domain.owed import owed
from domain.step import Notice
from projections.moment import AsOf
from projections.timeline import TimelineFilter, list_timeline
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, PLAN

WHERE = Names(es="estrados", en="notice boards")
DUE = "2027-03-12T10:00"
DUE_AT = datetime.fromisoformat("2027-03-12T16:00+00:00")
A_MOMENT = timedelta(microseconds=1)


def asks(asked: Asked, key: str, **changes: object) -> None:
    """Let a row of the plan ask for something."""
    row: MilestonePlanned = PLAN[key].model_copy(update=changes)
    asked.written.record(f"milestone/{key}", [MilestoneReplanned(planned=row)], BEFORE)


@pytest.mark.parametrize("announced_at", [None, DUE_AT - A_MOMENT, DUE_AT, BEFORE - timedelta(days=3)])
@pytest.mark.parametrize("at", [BEFORE, DUE_AT - A_MOMENT, DUE_AT, AFTER])
@pytest.mark.parametrize("within", [None, "24 hours"])
def test_a_notice_stands_for_the_database_as_for_the_domain(
    asked: Asked, within: str | None, at: datetime, announced_at: datetime | None
) -> None:
    asks(asked, f"{FEDERAL}/F001", notice=Notice(within=within, where=WHERE))
    asked.written.record(F001, [MilestoneCompleted(notice_due=DUE if within else None)], BEFORE)
    if announced_at is not None:
        asked.written.record(F001, [MilestoneAnnounced(where="estrados", instrument="41")], announced_at)
    state, row = asked.written.states[f"{FEDERAL}/F001"], asked.milestone(FEDERAL, "F001", at)

    assert row.notice == notice_status(state, at)
    assert row.notice_from == missing_from(state)
    assert row.announced_where == ("estrados" if announced_at else None)
    assert (row.notice_where, row.notice_within) == (WHERE, within)


@pytest.mark.parametrize(
    "events",
    [
        (MilestoneStarted(),),
        (MilestoneCompleted(),),
        (MilestoneCompleted(instrument="A-1"),),
        (MilestoneCompleted(evidence=(Evidence(name="Acta"),)), MilestoneValidated(validates=3)),
        (MilestoneCancelled(instrument="A-1", reason="void"),),
    ],
)
def test_what_a_step_owes_is_told_as_the_domain_says_it(asked: Asked, events: tuple[Event, ...]) -> None:
    asks(asked, f"{FEDERAL}/F001", validated_by="INE", evidence=(WHERE,), notice=Notice(where=WHERE))
    asked.written.record(F001, list(events), BEFORE)
    state, row = asked.written.states[f"{FEDERAL}/F001"], asked.milestone(FEDERAL, "F001")

    assert tuple(row.owes) == owed(state)
    assert row.notice == notice_status(state, AFTER)
    assert (row.validated_by, row.evidence) == ("INE", [WHERE])


def test_what_was_closed_without_its_notice_is_found_and_leaves_the_list_once_it_is_given(
    asked: Asked,
) -> None:
    for key in (F001, JAL):
        asks(asked, key.partition("/")[2], notice=Notice(where=WHERE))
        asked.written.record(key, [MilestoneCompleted()], BEFORE)
    assert asked.listed(notice="missing") == ["F001", "F002-JAL"]
    assert asked.listed(notice="missing", territory="MX-JAL") == ["F002-JAL"]
    assert asked.listed(notice="missing", at=BEFORE - A_MOMENT) == []

    asked.written.record(F001, [MilestoneAnnounced(where="estrados")], AFTER)
    assert asked.listed(notice="missing") == ["F002-JAL"]
    assert asked.listed(notice="given") == ["F001"]


def test_what_lacks_its_papers_or_another_body_s_agreement_is_found(asked: Asked) -> None:
    asks(asked, f"{FEDERAL}/F001", validated_by="INE")
    asks(asked, f"{FEDERAL}/F002-JAL", evidence=(WHERE,))
    for key in (F001, JAL):
        asked.written.record(key, [MilestoneCompleted()], BEFORE)

    assert asked.listed(owes="validation") == ["F001"]
    assert asked.listed(owes="evidence") == ["F002-JAL"]


def test_an_announcement_that_was_put_right_stays_in_the_history_struck_through(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted(), MilestoneAnnounced(where="DOF 3")], BEFORE)
    asked.written.record(F001, [MilestoneAnnounced(where="DOF 4", corrects=3)], BEFORE)
    with asked.reading() as connection:
        where = TimelineFilter(process=FEDERAL, milestone="F001")
        told = list_timeline(connection, where, AsOf(None, AFTER)).items

    wrong, right = told[-2:]
    assert (wrong.payload["where"], wrong.corrected_by) == ("DOF 3", right.position)
    assert (right.payload["where"], right.corrected_by) == ("DOF 4", None)
    assert asked.milestone(FEDERAL, "F001").announced_where == "DOF 4"
