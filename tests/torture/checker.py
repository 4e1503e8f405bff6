"""Did the log keep its word? Journals of the writers against the tables, row by row, in plain SQL.

It shares no code with the ledger: what it checks with, the ledger cannot get wrong too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
from psycopg import IsolationLevel

from tests.torture.journal import Answered, Asked, Journals

SHOWN = 3
"""How many examples of each kind of violation are named."""


@dataclass(slots=True)
class Verdict:
    """What was counted, and what is wrong by kind: ``lost``, ``doubled``, ``torn`` and more."""

    events: int = 0
    acknowledged: int = 0
    replayed: int = 0
    """Of the acknowledged: recorded by a sending whose answer was lost."""
    failures: Mapping[str, int] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def report(self, kind: str, example: str) -> None:
        """Count a violation, naming the first few."""
        self.wrong[kind] += 1
        if len(self.examples[kind]) < SHOWN:
            self.examples[kind].append(example)

    def __str__(self) -> str:
        failures = "".join(f", {count:,} × {name}" for name, count in sorted(self.failures.items()))
        counts = (
            f"{self.events:,} events, {self.acknowledged:,} commands acknowledged, {self.replayed:,} of them replayed"
            f"{failures}"
        )
        if not self.wrong:
            return f"{counts}: 0 lost, 0 doubled, positions 1…n, versions contiguous"
        found = "; ".join(
            f"{count} {kind} ({', '.join(self.examples[kind])})" for kind, count in self.wrong.items()
        )
        return f"{counts}: {found}"


Row = tuple[int, str, int, UUID]
"""Position, stream, version and command of one event."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Every event in order of position, and where the log says it ends, as one snapshot."""

    rows: list[Row]
    head: int


def read_log(database_url: str) -> Recorded:
    """Read the whole log."""
    with psycopg.connect(database_url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        rows = connection.execute(
            "SELECT position, stream, version, command_id FROM ledger.events ORDER BY position"
        ).fetchall()
        head = connection.execute("SELECT position FROM ledger.head").fetchall()[0][0]
    return Recorded(rows, head)


def check_log(recorded: Recorded, journals: Journals, *, finished: bool) -> Verdict:
    """Hold what was acknowledged against what is recorded.

    Once the writers have ``finished``, nothing may be recorded that was never acknowledged: its writer was told
    no, or gave up, and has perhaps said it again under another id.
    """
    asked, answered = journals.asked, journals.answered
    verdict = Verdict(
        events=len(recorded.rows),
        acknowledged=len(answered),
        replayed=sum(answer.replayed for answer in answered.values()),
        failures=dict(journals.failures),
    )
    _check_order(verdict, recorded)
    positions: dict[UUID, list[int]] = defaultdict(list)
    for position, _, _, command_id in recorded.rows:
        positions[command_id].append(position)
    _check_answers(verdict, positions, answered)
    _check_commands(verdict, positions, asked)
    if finished:
        for command_id in positions.keys() & asked.keys() - answered.keys():
            verdict.report("never acknowledged", f"{command_id} at {positions[command_id][0]}")
    return verdict


def _check_order(verdict: Verdict, recorded: Recorded) -> None:
    """Positions are 1…n and end at the head; each stream counts 1, 2, 3 … in their order."""
    versions: Counter[str] = Counter()
    for expected, (position, *_) in enumerate(recorded.rows, start=1):
        if position != expected:
            verdict.report("gap in the positions", f"{position} where {expected} was due")
            break
    for position, stream, version, _ in recorded.rows:
        versions[stream] += 1
        if version != versions[stream]:
            verdict.report(
                "break in the versions", f"{stream} has {version} at {position}, not {versions[stream]}"
            )
    if recorded.head != len(recorded.rows):
        verdict.report("wrong head", f"{recorded.head} after {len(recorded.rows)} events")


def _check_answers(
    verdict: Verdict, positions: Mapping[UUID, list[int]], answered: Mapping[UUID, Answered]
) -> None:
    """Every acknowledged command is recorded, where its answer said."""
    for command_id, answer in answered.items():
        stated = list(range(answer.first_position, answer.last_position + 1))
        recorded = positions.get(command_id, [])
        if not recorded:
            verdict.report("lost", f"{command_id}, acknowledged at {answer.first_position}")
        elif not set(stated) <= set(recorded):
            verdict.report("moved", f"{command_id} said {stated[0]}, is at {recorded[0]}")


def _check_commands(
    verdict: Verdict, positions: Mapping[UUID, list[int]], asked: Mapping[UUID, Asked]
) -> None:
    """Every command is recorded wholly or not at all, once, after what its writer had seen before asking."""
    for command_id, command in asked.items():
        recorded = positions.get(command_id)
        if not recorded:
            continue
        if len(recorded) > command.events:
            verdict.report(
                "doubled", f"{command_id} asked for {command.events} events and has {len(recorded)}"
            )
        elif len(recorded) < command.events:
            verdict.report("torn", f"{command_id} asked for {command.events} events and has {len(recorded)}")
        elif recorded[-1] - recorded[0] != command.events - 1:
            verdict.report("scattered", f"{command_id} is at {recorded[0]} … {recorded[-1]}")
        if recorded[0] <= command.known_position:
            verdict.report(
                "before its time", f"{command_id} at {recorded[0]}, asked after {command.known_position}"
            )
    for command_id in positions.keys() - asked.keys():
        verdict.report("forged", f"{command_id}, which nobody asked for")
