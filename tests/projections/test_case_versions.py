"""Cases are told exactly once: in any batches, by several processes, again from the beginning; the past as it was."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from psycopg import Connection

from ledger.log import NewEvent
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections import projections
from projections.cases import CaseFilter, list_cases
from projections.follower import Follower
from projections.generation import create, use
from projections.moment import AsOf
from projections.parallel import Telling, tell_in_shares
from projections.projection import Projection
from projections.systems import list_systems
from tests.projections.asking import AFTER
from tests.projections.case_histories import COMPLAINT, PARTY, REQUEST, RESERVED, CaseFile
from tests.projections.histories import History, rows, told


def busy_cases(log: PostgresLog) -> History:
    """Return a history with cases of three dockets, some of them closed."""
    written, dice = History(log).open(), Random(5)
    for number, kind in enumerate([COMPLAINT, REQUEST, RESERVED, COMPLAINT]):
        territory = "MX-JAL" if kind == REQUEST else "MX"
        case = CaseFile(
            written, kind, f"F-{number}", territory=territory, subject=PARTY if kind == COMPLAINT else None
        )
        case.walk(dice, 40 if number == 0 else 4)
    return written


@pytest.mark.parametrize("batches", [(1,), (7,), (3, 1, 20, 5)])
def test_any_batch_size_gives_the_same_cases_and_figures(
    writer: Connection[Any], log: PostgresLog, batches: tuple[int, ...]
) -> None:
    busy_cases(log)
    told(writer, log, "projection_whole")
    told(writer, log, "projection_parts", *batches)
    whole, parts = rows(writer, "projection_whole"), rows(writer, "projection_parts")

    assert parts == whole
    assert whole["quarantine"] == []
    assert {len(whole[table]) > 0 for table in ("cases", "case_versions", "case_steps", "case_figures")} == {
        True
    }


def test_processes_that_tell_shares_make_the_cases_and_figures_that_one_makes(
    url: str, writer: Connection[Any], log: PostgresLog
) -> None:
    busy_cases(log)
    told(writer, log, "told_alone")
    create(writer, "projection_shared", RoleNames())
    use(writer, "projection_shared")
    tell_in_shares(writer, Telling(url, log, RoleNames(), "projection_shared", log.head().position), 2)

    assert rows(writer, "projection_shared") == rows(writer, "told_alone")


def test_a_crash_counts_nothing_twice(writer: Connection[Any], log: PostgresLog) -> None:
    written = busy_cases(log)
    told(writer, log, "projection_used")
    CaseFile(written, COMPLAINT, "F-9").walk(Random(1), 3)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    crashing = Follower(writer, log, told=[*projections(), Projection("the power", "", die)])
    use(writer, "projection_used")
    crashing.begin()
    with pytest.raises(KeyboardInterrupt):
        crashing.catch_up()
    Follower(writer, log).catch_up()
    told(writer, log, "projection_replayed")

    assert rows(writer, "projection_used") == rows(writer, "projection_replayed")


def test_told_twice_the_figures_would_be_double(writer: Connection[Any], log: PostgresLog) -> None:
    """The control: what is counted while it is told depends on being told once."""
    busy_cases(log)
    told(writer, log, "projection_replayed")
    told(writer, log, "projection_used")
    writer.execute("UPDATE tracking SET notification_id = 0")
    writer.execute("TRUNCATE cases, case_versions, case_steps")
    Follower(writer, log).catch_up()
    used, replayed = rows(writer, "projection_used"), rows(writer, "projection_replayed")

    assert used["case_steps"] == replayed["case_steps"]
    assert used["case_figures"] != replayed["case_figures"]


def test_an_event_at_fault_in_a_case_is_set_aside_and_the_rest_is_told(
    writer: Connection[Any], log: PostgresLog
) -> None:
    written = busy_cases(log)
    case = CaseFile(written, COMPLAINT, "F-9")
    written.record_raw([NewEvent(f"milestone/{case.id}/S99", 1, "MilestoneStarted.v1", b'{"note":null}')])
    case.done("S01", "2027-03-02T10:00")
    told(writer, log, "projection_used")
    told(writer, log, "projection_small", 1)
    found = rows(writer, "projection_used")

    assert {row[0] for row in found["quarantine"]} == {"case_versions", "milestone_versions", "timeline"}
    assert rows(writer, "projection_small") == found


def test_every_answer_about_the_past_is_that_of_a_replay_up_to_it(
    writer: Connection[Any], log: PostgresLog
) -> None:
    busy_cases(log)
    head = log.head().position
    told(writer, log, "projection_whole")
    create(writer, "projection_then", RoleNames())
    use(writer, "projection_then")
    follower = Follower(writer, log)
    seen = set()
    for position in range(1, head + 1):
        use(writer, "projection_then")
        follower.tell_up_to(position)
        then = answers(writer, "projection_then", AsOf(None, AFTER))
        seen.add(then)
        assert answers(writer, "projection_whole", AsOf(position, AFTER)) == then, position
    assert len(seen) > head // 2, "a history in which nothing changes proves nothing"


def answers(connection: Connection[Any], schema: str, as_of: AsOf) -> str:
    """Return what a generation answers to every question about cases."""
    use(connection, schema)
    return repr(
        [
            list_cases(connection, CaseFilter(), as_of),
            list_cases(connection, CaseFilter(late_only=True), as_of),
            list_systems(connection, as_of),
            list_systems(connection, as_of, "MX-JAL"),
        ]
    )
