"""Histories to project: a small plan with everything a milestone can be, and whatever may happen to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from psycopg import Connection, sql

from domain.deadline import DateBasis
from domain.event import Author, Envelope, Event, Refused
from domain.milestone import MILESTONE, Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_events import MilestonePlanned, Order, Schedule
from domain.milestone_rules import Circumstances
from domain.names import Names
from domain.procedure import Stage
from domain.process import ProcessOpened, process_stream
from ledger.codec import encode
from ledger.log import Commit, Log, NewEvent
from ledger.memory import MemoryLog
from ledger.roles import RoleNames
from projections.follower import Follower
from projections.generation import create, use
from tests.domain.milestones import ANY, WORDS, planned

FEDERAL, LOCAL = "pef-2026-2027", "pel-2026-2027-jal"
AUTHOR = Author("u-1", "Vocal Ejecutiva", "INE-JAL", "grant/u-1/1")
FIRST_ACT_AT = datetime(2027, 3, 10, 12, tzinfo=UTC)


def schedule(due: str | None, basis: DateBasis = "law") -> Schedule:
    """Return a schedule with this due date, or without one."""
    return Schedule(
        due=due,
        rule_due=due,
        basis=basis if due else None,
        rests_on=basis if due else None,
        explanation=WORDS,
    )


PLAN: Mapping[str, MilestonePlanned] = {
    f"{FEDERAL}/F001": planned(row="F001", schedule=schedule("2027-03-12")),
    f"{FEDERAL}/F002-JAL": planned(
        row="F002", territory="MX-JAL", scope="state", after=(Order(row="F001", requires="LGIPE 1"),)
    ),
    f"{FEDERAL}/F002-SON": planned(
        row="F002", territory="MX-SON", scope="state", zone="America/Hermosillo", after=(Order(row="F001"),)
    ),
    f"{FEDERAL}/F003": planned(row="F003", kind="period", after=(Order(row="F002", start_to_start=True),)),
    f"{FEDERAL}/F004": planned(row="F004", kind="conditional", after=(Order(row="F002"),)),
    f"{FEDERAL}/F005.2027-03": planned(row="F005", kind="recurring", occurrence="2027-03"),
    f"{FEDERAL}/F006": planned(row="F006", schedule=schedule(None), stage="results"),
    f"{FEDERAL}/F007": planned(
        row="F007", schedule=schedule("2027-03-11", "estimated"), responsible="parties"
    ),
    f"{LOCAL}/L001": planned(
        row="L001",
        territory="MX-JAL",
        same_as=(f"{FEDERAL}/F001", f"{FEDERAL}/F002-JAL"),
        schedule=schedule(None),
    ),
    f"{LOCAL}/L002": planned(
        row="L002",
        territory="MX-JAL",
        responsible="OPL",
        after=(Order(row="L001"),),
        schedule=schedule("2027-03-20"),
    ),
}
"""One milestone of each kind, linked in each way, in two processes."""


def opened(process: str) -> ProcessOpened:
    """Return the opening of one of the two processes."""
    federal = process == FEDERAL
    return ProcessOpened(
        kind="federal_election" if federal else "local_election", plan_version=1, plan_digest="0" * 64, name=WORDS,
        territory="MX" if federal else "MX-JAL", cycle="2026-2027", election_day="2027-06-06",
        election_day_basis="law", stages=(Stage(id="preparation", name=WORDS), Stage(id="results", name=WORDS)),
        milestones=sum(key.startswith(process) for key in PLAN), confirmed=federal,
        doubt=None if federal else Names(es="por confirmar", en="to be confirmed"),
    )  # fmt: skip


@dataclass
class History:
    """A log being written by hand, with the state of every milestone."""

    log: Log
    states: dict[str, Milestone] = field(default_factory=lambda: defaultdict(Milestone))
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    commands: int = 0

    def open(self, plan: Mapping[str, MilestonePlanned] = PLAN) -> History:
        """Record the opening of the two processes with this plan."""
        for process in (FEDERAL, LOCAL):
            self.record(process_stream(process), [opened(process)])
        for key, milestone in plan.items():
            self.record(f"milestone/{key}", [milestone])
        return self

    def ask(self, key: str, command: MilestoneCommand, occurred_at: datetime) -> bool:
        """Let a command decide and record what it decides; tell whether it recorded anything."""
        required = {
            needed.milestone: self.states[f"{key.partition('/')[0]}/{needed.milestone}"]
            for needed in (self.states[key].plan or PLAN[key]).required
        }
        other = getattr(command, "replaced_by", None)
        replacing = self.states.get(f"{key.partition('/')[0]}/{other}")
        try:
            events = command.decide(
                self.states[key], Circumstances(occurred_at, occurred_at, required, replacing=replacing)
            )
        except Refused:
            return False
        if events:
            self.record(f"milestone/{key}", events, occurred_at)
        return bool(events)

    def record(self, stream: str, events: Sequence[Event], occurred_at: datetime = FIRST_ACT_AT) -> None:
        """Record events in a stream, whatever the rules say."""
        self.commands += 1
        new = []
        for event in events:
            self.versions[stream] += 1
            new.append(NewEvent(stream, self.versions[stream], event.type, encode(event)))
        self.record_raw(new, occurred_at)
        if stream.startswith("milestone/"):
            key = stream.partition("/")[2]
            recorded_at = self.log.head().recorded_at
            for event, one in zip(events, new, strict=True):
                envelope = Envelope(0, stream, one.version, occurred_at, recorded_at, AUTHOR, "")
                self.states[key] = MILESTONE.evolve(self.states[key], event, envelope)

    def record_raw(self, new: Sequence[NewEvent], occurred_at: datetime = FIRST_ACT_AT) -> None:
        """Record bytes."""
        self.commands += 1
        (outcome,) = self.log.append([Commit(UUID(int=self.commands), AUTHOR, occurred_at, new)])
        assert type(outcome).__name__ == "Committed", outcome


ACTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(PLAN)),
        st.one_of(list(ANY.values())),
        st.integers(0, 30 * 24 * 60).map(lambda minutes: FIRST_ACT_AT + timedelta(minutes=minutes)),
    ),
    max_size=25,
)
"""Anything anybody might ask for in a month, in any order; what the rules refuse is not recorded."""


def history(acts: list[tuple[str, MilestoneCommand, datetime]]) -> MemoryLog:
    """Return a log of the plan and of these acts."""
    log = MemoryLog()
    written = History(log).open()
    for key, command, occurred_at in acts:
        written.ask(key, command, occurred_at)
    return log


class Prefix:
    """A log that ends at a position: the past, as a replay sees it."""

    def __init__(self, log: Log, last: int) -> None:
        self._log = log
        self._last = last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read(self, after_position: int, limit: int) -> Any:
        return [event for event in self._log.read(after_position, limit) if event.position <= self._last]


def told(connection: Connection[Any], log: Any, schema: str, *batches: int) -> None:
    """Make a generation and tell it a log: in batches of these sizes, the last size to the end."""
    create(connection, schema, RoleNames())
    use(connection, schema)
    follower = Follower(connection, log, batch_events=batches[-1] if batches else 5_000)
    for size in batches[:-1]:
        follower.tell_up_to(min(follower.position + size, log.head().position))
    follower.catch_up()


def rows(connection: Connection[Any], schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of a generation, but for the clock of the quarantine."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename NOT LIKE %s ORDER BY 1",
        [schema, "%\\_versions\\_%"],
    ).fetchall()
    found = {}
    for (table,) in tables:
        name = sql.Identifier(schema, table)
        columns = "projection, position, stream, type, error" if table == "quarantine" else "*"
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(columns), name)
        found[table] = sorted(connection.execute(query).fetchall(), key=repr)
    return found
