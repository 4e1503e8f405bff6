"""A log of any length made of real events: the plans that are opened in earnest, and what a busy process reports.

Each copy opens the federal and the 32 local processes (4,700 milestones) and then takes every milestone, in random
order, through a start, a figure, a completion and a validation: five events a milestone, 300 bytes each on average.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.entity import FEDERATION, entities
from domain.event import Author, Event
from domain.milestone import milestone_stream
from domain.milestone_events import (
    MilestoneCompleted,
    MilestoneProgressed,
    MilestoneStarted,
    MilestoneValidated,
)
from domain.plan import Opening, OpenProcess
from domain.process import Process, process_stream
from ledger.codec import encode
from ledger.log import Commit, Log, NewEvent

AUTHOR = Author("u-17", "Vocal Ejecutiva", "INE-JAL", "grant/u-17/1")
BEGAN_AT = datetime(2026, 9, 1, tzinfo=UTC)
APPENDED_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Sample:
    """One event to be recorded and where."""

    stream: str
    version: int
    event: Event
    body: bytes


def samples(copies: int) -> Iterator[Sample]:
    """Return the events of a log in order."""
    dice = random.Random(2027)
    openings = list(_openings())
    for copy in range(copies):
        suffix = f"-{copy}" if copy else ""
        streams: list[str] = []
        for opening, body, bodies in openings:
            process = opening.process + suffix
            yield Sample(process_stream(process), 1, opening.opened, body)
            for id_, planned in opening.milestones.items():
                streams.append(milestone_stream(process, id_))
                yield Sample(streams[-1], 1, planned, bodies[id_])
        for version, step in enumerate((_started, _progressed, _completed, _validated), start=2):
            dice.shuffle(streams)
            for stream in streams:
                event = step(dice)
                yield Sample(stream, version, event, encode(event))


def record(log: Log, copies: int) -> int:
    """Record a sample log and return how many events it has."""
    commits: list[Commit] = []
    number = 0
    for number, sample in enumerate(samples(copies), start=1):
        event = NewEvent(sample.stream, sample.version, sample.event.type, sample.body)
        commits.append(Commit(UUID(int=number), AUTHOR, occurred_at(number), [event]))
        if len(commits) == APPENDED_TOGETHER:
            log.append(commits)
            commits = []
    log.append(commits)
    return number


def occurred_at(number: int) -> datetime:
    """Return when the act of the log's n-th event happened."""
    return BEGAN_AT + timedelta(seconds=number)


def _openings() -> Iterator[tuple[Opening, bytes, dict[str, bytes]]]:
    kinds = [("federal_election", FEDERATION), *(("local_election", code) for code in entities())]
    for kind, territory in kinds:
        opening = OpenProcess(kind=kind, territory=territory, cycle="2026-2027").decide(Process())
        assert opening is not None
        yield opening, encode(opening.opened), {id_: encode(one) for id_, one in opening.milestones.items()}


def _started(_: random.Random) -> Event:
    return MilestoneStarted(note="Da inicio con la sesión de instalación.")


def _progressed(dice: random.Random) -> Event:
    return MilestoneProgressed(done=dice.randint(1, 50), note="Corte semanal.")


def _completed(dice: random.Random) -> Event:
    return MilestoneCompleted(outcome="aprobado", instrument=f"INE/CG{dice.randint(1, 999)}/2026")


def _validated(_: random.Random) -> Event:
    return MilestoneValidated(validates=4)
