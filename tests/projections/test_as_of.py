"""The past, at every position, is what a replay up to it would tell: of every question, not of rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from psycopg import Connection, sql

from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestoneCompleted, MilestoneProgressed
from domain.process import ProcessClosed, ProcessConfirmed, process_stream
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections.activities import get_activity
from projections.entities import entity_status, national_status
from projections.follower import Follower
from projections.generation import create, use
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.named import list_named
from projections.outlines import list_outlines
from projections.processes import list_processes
from projections.reading import projected_position
from projections.systems import list_systems
from projections.timeline import TimelineFilter, list_timeline
from projections.true_then import version_join
from tests.domain.milestones import COMMANDS
from tests.projections.asking import F001, Asked
from tests.projections.histories import FEDERAL, FIRST_ACT_AT, LOCAL, PLAN, History, told

ACTS = 40
AT = datetime(2027, 3, 21, 12, tzinfo=UTC)
"""In the middle of the dates of the small plan: some late, some ahead."""

QUESTIONS: Mapping[str, Callable[[Connection[Any], AsOf], Any]] = {
    "milestones": lambda connection, as_of: list_milestones(connection, MilestoneFilter(), as_of, limit=500),
    "blocked": lambda connection, as_of: list_milestones(
        connection, MilestoneFilter(blocked=True), as_of, limit=500
    ),
    "named": lambda connection, as_of: list_named(connection, [f"{LOCAL}/L001", f"{FEDERAL}/F001"], as_of),
    "activity": lambda connection, as_of: get_activity(connection, FEDERAL, "F002", as_of),
    "outlines": list_outlines,
    "processes": list_processes,
    "Jalisco": lambda connection, as_of: entity_status(connection, "MX-JAL", as_of),
    "the country": national_status,
    "systems": list_systems,
    "systems of Jalisco": lambda connection, as_of: list_systems(connection, as_of, "MX-JAL"),
    "timeline": lambda connection, as_of: list_timeline(connection, TimelineFilter(), as_of, limit=500),
    "timeline, newest first": lambda connection, as_of: list_timeline(
        connection, TimelineFilter(), as_of, newest_first=True, limit=5
    ),
}
"""Every question that takes a moment."""


def eventful(log: PostgresLog) -> None:
    """Record a history in which anything may happen, the same at every run."""
    dice = Random(20270606)
    written = History(log).open()
    commands: list[MilestoneCommand] = list(COMMANDS.values())
    recorded = 0
    while recorded < ACTS:
        act_at = FIRST_ACT_AT.replace(day=dice.randint(10, 28))
        recorded += written.ask(dice.choice(sorted(PLAN)), dice.choice(commands), act_at)
    # Both reported once more, so that something moved in each process after its own stream did.
    written.record(process_stream(LOCAL), [ProcessConfirmed(instrument="IEPC/1")])
    written.record(f"milestone/{LOCAL}/L002", [MilestoneCompleted()])
    written.record(process_stream(LOCAL), [ProcessClosed(instrument="IEPC/2", reason=None)])


def asked(connection: Connection[Any], schema: str, as_of: AsOf) -> dict[str, Any]:
    """Return the answers to every question from one generation."""
    use(connection, schema)
    return {name: question(connection, as_of) for name, question in QUESTIONS.items()}


def test_every_answer_about_the_past_is_that_of_a_replay_up_to_it(
    writer: Connection[Any], log: PostgresLog
) -> None:
    eventful(log)
    head = log.head().position
    told(writer, log, "projection_whole")
    create(writer, "projection_then", RoleNames())
    use(writer, "projection_then")
    follower = Follower(writer, log)
    distinct, then = set(), dict[str, Any]()
    for position in range(1, head + 1):
        use(writer, "projection_then")
        follower.tell_up_to(position)
        assert projected_position(writer) == position
        then = asked(writer, "projection_then", AsOf(None, AT))

        assert asked(writer, "projection_whole", AsOf(position, AT)) == then, position
        distinct.add(repr(then["the country"]))
    assert asked(writer, "projection_whole", AsOf(head - 1, AT)) != then, "a difference would be noticed"
    assert len(distinct) > ACTS // 2, "a history in which nothing changes proves nothing"


def test_a_moment_is_found_by_one_look_however_long_the_history_is(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneProgressed(done=done, note=None) for done in range(1, 200)])
    middle = asked.written.log.head().position - 100
    version = version_join(AsOf(middle, AT), sql.Identifier("v"), sql.Identifier("m", "position"))
    question = sql.SQL(
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT v.done FROM milestones AS m {} WHERE m.id = 'F001'"
    )
    with asked.reading() as connection:
        ((explained,),) = connection.execute(question.format(version), {"position": middle}).fetchall()
    assert sum(_rows_read(explained[0]["Plan"], "milestone_versions_past")) == 1


def _rows_read(plan: Mapping[str, Any], table: str) -> Iterator[float]:
    """Yield how many rows each part of a plan read of a table, those among them that it passed over."""
    if plan.get("Relation Name") == table:
        yield plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    for part in plan.get("Plans", ()):
        yield from _rows_read(part, table)
