"""The steps of a scope: each event by its number, its neighbours, and the next of a kind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.grant import GrantGiven
from domain.milestone_events import MilestoneCompleted, MilestoneStarted
from ledger.log import NewEvent
from projections.given_rights import GivenRight, find_right
from projections.moment import AsOf
from projections.replay import act_span, find_of_type, get_step
from projections.timeline import TimelineFilter, list_timeline
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL

NOW = AsOf(None, datetime(2027, 4, 1, tzinfo=UTC))
SCOPES = {
    "all elections": TimelineFilter(),
    "what is national": TimelineFilter(territory="MX"),
    "a state": TimelineFilter(territory="MX-JAL"),
    "a process": TimelineFilter(process=FEDERAL),
    "a milestone": TimelineFilter(process=FEDERAL, milestone="F001"),
}


def report(asked: Asked) -> None:
    """Record four reports among the twelve events that open the plans."""
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    asked.written.record(JAL, [MilestoneStarted()], BEFORE)
    asked.written.record(F001, [MilestoneCompleted()], AFTER)
    asked.written.record(JAL, [MilestoneCompleted()], AFTER)


@pytest.mark.parametrize("where", SCOPES.values(), ids=SCOPES.keys())
def test_the_steps_of_a_scope_are_its_timeline(asked: Asked, where: TimelineFilter) -> None:
    report(asked)
    with asked.reading() as connection:
        positions = [entry.position for entry in list_timeline(connection, where, NOW).items]
        steps = [get_step(connection, where, NOW, number=number + 1) for number in range(len(positions))]
        beyond = get_step(connection, where, NOW, number=len(positions) + 1)

    assert positions
    assert [step.position for step in steps if step] == positions
    assert {step.steps for step in steps if step} == {len(positions)}
    assert [step.previous for step in steps if step] == [None, *positions[:-1]]
    assert [step.next for step in steps if step] == [*positions[1:], None]
    assert beyond is None


def test_a_step_is_found_by_a_position_of_the_log_that_may_be_anothers(asked: Asked) -> None:
    report(asked)
    where = TimelineFilter(process=FEDERAL, milestone="F001")
    with asked.reading() as connection:
        planned, started, completed = (get_step(connection, where, NOW, number=n) for n in (1, 2, 3))
        assert planned
        assert started
        assert completed
        found = [
            get_step(connection, where, NOW, position=position)
            for position in (started.position, completed.position - 1, completed.position + 1)
        ]
        before = get_step(connection, where, NOW, position=planned.position - 1)
        last = get_step(connection, where, NOW)

    assert found == [started, started, completed]
    assert before is None
    assert last == completed


def test_a_step_keeps_its_number_and_its_scope_grows(asked: Asked) -> None:
    where = TimelineFilter(process=FEDERAL)
    with asked.reading() as connection:
        before = get_step(connection, where, NOW)
    report(asked)
    assert before
    with asked.reading() as connection:
        now = get_step(connection, where, NOW, number=before.number)
        then = get_step(connection, where, AsOf(before.position, NOW.at), number=before.number)

    assert now
    assert (now.position, now.number, now.steps) == (before.position, before.number, before.steps + 4)
    assert now.next is not None
    assert then == before


def test_the_next_of_a_kind_is_found_both_ways(asked: Asked) -> None:
    report(asked)
    where = TimelineFilter(process=FEDERAL)
    with asked.reading() as connection:
        entries = list_timeline(connection, where, NOW).items
        started = [entry.position for entry in entries if entry.type == "MilestoneStarted"]

        def find(kind: str, beyond: int, *, backwards: bool = False) -> int | None:
            return find_of_type(connection, where, NOW, kind, beyond=beyond, backwards=backwards)

        assert len(started) == 2
        assert [find("MilestoneStarted", position) for position in (1, *started)] == [*started, None]
        assert find("MilestoneStarted", started[1], backwards=True) == started[0]
        assert find("MilestoneStarted", started[0], backwards=True) is None
        assert find("Milestone_tarted", 1) is None


def test_a_scope_without_events_has_no_step_and_no_span(asked: Asked) -> None:
    where = TimelineFilter(process="pel-2026-2027-nada")
    with asked.reading() as connection:
        assert get_step(connection, where, NOW) is None
        assert act_span(connection, where, NOW) is None


def test_acts_span_from_the_first_to_the_last_and_a_plan_is_none(asked: Asked) -> None:
    report(asked)
    with asked.reading() as connection:
        span = act_span(connection, TimelineFilter(process=FEDERAL, milestone="F001"), NOW)
        unreported = act_span(connection, TimelineFilter(territory="MX-SON"), NOW)

    assert span
    assert (span.first_at, span.last_at) == (BEFORE, AFTER)
    assert unreported is None


def test_what_could_not_be_read_is_no_step(asked: Asked) -> None:
    where = TimelineFilter(process=FEDERAL, milestone="F001")
    asked.written.record_raw([NewEvent(F001, 2, "MilestoneStarted.v1", b"not JSON")])
    with asked.reading() as connection:
        step = get_step(connection, where, NOW)

    assert step
    assert step.steps == 1


# By what right ------------------------------------------------------------------------------------------------

PERSON = "person/p-0123456789ab"


def grant(number: int, instrument: str) -> GrantGiven:
    return GrantGiven(
        number=number, kind="appointment", role="coordinator", territory="MX-JAL", post="Titular", body="IEPC",
        starts_at=BEFORE, ends_at=AFTER, instrument=instrument,
    )  # fmt: skip


def test_a_right_is_found_where_the_log_says_that_it_was_given(asked: Asked) -> None:
    asked.written.record(PERSON, [grant(1, "Oficio 1/2026"), grant(2, "Oficio 2/2026")])
    last = asked.written.log.head().position
    with asked.reading() as connection:
        first, second = (find_right(connection, f"{PERSON}#g{number}") for number in (1, 2))
        others = [find_right(connection, one) for one in (f"{PERSON}#g3", "console", "settler", "")]

    assert first == GivenRight(position=last - 1, type="GrantGiven", instrument="Oficio 1/2026")
    assert second == GivenRight(position=last, type="GrantGiven", instrument="Oficio 2/2026")
    assert others == [None] * 4
