"""How long from one step to another, and how long one authority waits for another: small histories, days by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from domain.milestone_commands import CompleteMilestone
from projections.moment import AsOf
from projections.throughput import ThroughputRow, throughput
from projections.waiting import WaitingRow, list_waiting
from tests.projections.asking import Asked
from tests.projections.case_histories import COMPLAINT, RESERVED, CaseFile
from tests.projections.histories import FEDERAL

OBSERVERS = "observer_report"


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def complete(asked: Asked, key: str, at: datetime) -> None:
    assert asked.written.ask(f"{FEDERAL}/{key}", CompleteMilestone(), at)


def between(
    asked: Asked, first: str, second: str, kind: str = COMPLAINT, at: str = "2027-03-14"
) -> ThroughputRow:
    with asked.reading() as connection:
        return throughput(connection, kind, first, second, AsOf(None, on(at)))


def waits(asked: Asked, responsible: str, at: str, position: int | None = None) -> list[WaitingRow]:
    with asked.reading() as connection:
        rows = list_waiting(connection, AsOf(position, on(at)))
    return [row for row in rows if row.responsible == responsible]


def test_the_days_run_from_act_to_act_and_what_is_still_to_be_done_waits(asked: Asked) -> None:
    for folio, second_day in (("C-1", "2027-03-04"), ("C-2", "2027-03-07"), ("C-3", "")):
        case = CaseFile(asked.written, COMPLAINT, folio, facts={"filed": "during_process"})
        case.done("S01", "2027-03-02T10:00")
        if second_day:
            case.done("S02", f"{second_day}T10:00", "admitted")

    row = between(asked, "S01", "S02", at="2027-03-12T16:00")

    assert (row.done, row.median_days, row.ninetieth_percentile_days) == (2, 3.5, 4.7)
    assert (row.waiting, row.longest_wait_days, row.reversed) == (1, 10.0, 0)


def test_what_was_done_the_other_way_round_is_counted_apart(asked: Asked) -> None:
    CaseFile(asked.written, COMPLAINT, "C-1", facts={"filed": "during_process"}).done(
        "S01", "2027-03-02T10:00"
    ).done("S02", "2027-03-04T10:00", "admitted")

    row = between(asked, "S02", "S01")

    assert (row.done, row.reversed, row.median_days, row.waiting) == (0, 1, None, 0)


def test_of_a_step_that_came_round_again_the_last_round_counts(asked: Asked) -> None:
    case = CaseFile(asked.written, OBSERVERS, "IO-1", facts={"election_on": "2027-02-01"})
    case.done("S01", "2027-03-01T10:00", "filed").done("S02", "2027-03-01T12:00", "no_observations")
    case.done("S05", "2027-03-02T10:00").done("S06", "2027-03-04T10:00", "returned")
    case.done("S07", "2027-03-05T10:00").done("S06.2", "2027-03-08T10:00", "approved")

    row = between(asked, "S05", "S06", OBSERVERS)

    assert (row.done, row.median_days) == (1, 6.0)


def test_a_reserved_case_is_in_no_median(asked: Asked) -> None:
    case = CaseFile(asked.written, RESERVED, "R-1")
    case.walk(Random(1), 3)

    row = between(asked, "S01", "S02", RESERVED)

    assert (row.done, row.waiting, row.reversed) == (0, 0, 0)


def test_a_national_step_and_a_states_are_that_states(asked: Asked) -> None:
    complete(asked, "F001", on("2027-03-10T12:00"))
    complete(asked, "F002-JAL", on("2027-03-11T12:00"))
    with asked.reading() as connection:
        told = {
            territory: throughput(
                connection, "federal_election", "F001", "F002", AsOf(None, on("2027-03-12")), territory
            )
            for territory in (None, "MX-JAL", "MX-SON", "MX")
        }

    assert [(row.done, row.waiting) for row in told.values()] == [(1, 1), (1, 0), (0, 1), (0, 0)]


def test_a_step_without_a_part_of_its_own_waits_from_when_the_others_was_due(asked: Asked) -> None:
    """L002 is the OPL's; it follows L001, which is F001 and F002-JAL, INE's, due on the 12th and the 22nd."""
    (before,) = waits(asked, "OPL", "2027-03-23T05:00")
    (after,) = waits(asked, "OPL", "2027-03-25T06:00")

    assert (before.awaited, before.handed_over, before.waiting, before.longest_days_waiting) == (
        "INE",
        0,
        0,
        None,
    )
    assert (after.waiting, after.longest_days_waiting) == (1, 2.0)


def test_the_wait_ends_with_the_last_act_of_the_other(asked: Asked) -> None:
    complete(asked, "F001", on("2027-03-10T12:00"))
    position = asked.written.log.head().position
    complete(asked, "F002-JAL", on("2027-03-24T18:00"))

    (row,) = waits(asked, "OPL", "2027-03-25T06:00")
    (then,) = waits(asked, "OPL", "2027-03-25T06:00", position)

    assert (row.handed_over, row.kept_waiting, row.waiting) == (1, 1, 0)
    assert (row.median_days_waited, row.longest_days_waited) == (1.5, 1.5)
    assert (then.handed_over, then.waiting, then.longest_days_waiting) == (0, 1, 2.0)


def test_who_is_given_it_in_time_did_not_wait(asked: Asked) -> None:
    for key in ("F001", "F002-JAL"):
        complete(asked, key, on("2027-03-10T12:00"))

    (row,) = waits(asked, "OPL", "2027-03-25T06:00")

    assert (row.handed_over, row.kept_waiting, row.median_days_waited) == (1, 0, None)


def test_nobody_is_awaited_before_it_is_their_turn(asked: Asked) -> None:
    """INE's S05 follows its own S02 and the observers' S04, which INE's S03 had to ask for first (LGIPE 217.2)."""
    case = CaseFile(asked.written, OBSERVERS, "IO-1", facts={"election_on": "2027-02-01"})
    case.done("S01", "2027-03-05T10:00", "filed").done("S02", "2027-03-08T10:00", "observations")
    case.done("S03", "2027-03-10T10:00").done("S04", "2027-03-15T10:00", "answered")

    (row,) = [row for row in waits(asked, "INE", "2027-03-20") if row.awaited == "others"]

    # S02: from the end of 3 March, when S01 was due, to 10:00 of the 5th. S05: from S03 to S04, not from S02.
    assert (row.handed_over, row.kept_waiting) == (2, 2)
    assert (row.median_days_waited, row.longest_days_waited) == (3.2, 5.0)
