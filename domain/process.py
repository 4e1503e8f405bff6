"""A process: one election or one case file under way in one jurisdiction.

Its stream is ``process/{id}``: ``pef-2026-2027`` is the federal election,
``pel-2026-2027-jal`` a local one. Opening it dates every milestone; that is `domain.plan`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from domain.calendar import Moment
from domain.deadline import DateBasis, Names
from domain.event import Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.procedure import Stage

ProcessStatus = Literal["open", "closed"]


class ProcessOpened(Event, type="ProcessOpened.v1"):
    """A process began to be followed, from a procedure's text as it stood."""

    kind: str
    plan_version: int
    plan_digest: str
    """SHA-256 of the procedure file it was opened from."""
    name: Names
    territory: str
    cycle: str
    """The years of the process: ``2026-2027``."""
    election_day: Moment
    election_day_basis: DateBasis
    stages: tuple[Stage, ...]
    milestones: int
    """How many streams the plan opened."""
    confirmed: bool
    doubt: Names | None = None
    """What is not certain about it, where it is not confirmed."""


class ProcessConfirmed(Event, type="ProcessConfirmed.v1"):
    """What was in doubt when it opened is certain now."""

    instrument: Line


class ProcessClosed(Event, type="ProcessClosed.v1"):
    """The process ended: the last challenge is resolved, or it is certified that none was filed (LGIPE 225)."""

    instrument: Line
    reason: Prose | None = None


ProcessEvent = ProcessOpened | ProcessConfirmed | ProcessClosed
"""Everything that can happen to a process."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as its events leave it."""

    opened: ProcessOpened | None = None
    opened_at: datetime | None = None
    confirmed: bool = False
    closed_at: datetime | None = None
    version: int = 0

    @property
    def status(self) -> ProcessStatus:
        """Whether it is under way."""
        return "open" if self.closed_at is None else "closed"


def evolve(process: Process, event: Event, envelope: Envelope) -> Process:
    """Return the process after one more event."""
    return replace(_evolved(process, event, envelope), version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(process: Process, event: ProcessEvent, envelope: Envelope) -> Process:
    match event:
        case ProcessOpened():
            return Process(opened=event, opened_at=envelope.occurred_at, confirmed=event.confirmed)
        case ProcessConfirmed():
            return replace(process, confirmed=True)
        case ProcessClosed():
            return replace(process, closed_at=envelope.occurred_at)
        case _ as unknown:
            assert_never(unknown)


PROCESS: Subject[Process] = Subject("process", Process(), evolve)
"""How a process's stream is folded."""


class ProcessCommand(Payload):
    """A request to change a process that was opened."""

    def decide(self, process: Process) -> Sequence[Event]:
        """Return what happens, nothing if it is already so, or raise `Refused`."""
        raise NotImplementedError


class ConfirmProcess(ProcessCommand):
    """Record the instrument that makes a process certain."""

    instrument: Line

    def decide(self, process: Process) -> Sequence[Event]:
        """Do nothing where it is certain already."""
        _known(process)
        return [] if process.confirmed else [ProcessConfirmed(instrument=self.instrument)]


class CloseProcess(ProcessCommand):
    """Record the end of a process."""

    instrument: Line
    reason: Prose | None = None

    def decide(self, process: Process) -> Sequence[Event]:
        """Do nothing where it is closed already."""
        _known(process)
        return (
            [ProcessClosed(instrument=self.instrument, reason=self.reason)]
            if process.status == "open"
            else []
        )


def process_stream(process: str) -> str:
    """Return the stream of a process."""
    return f"process/{process}"


def process_id(kind: str, territory: str, cycle: str) -> str:
    """Return the id people read: ``pef-2026-2027``, ``pel-2026-2027-jal``."""
    if territory == "MX":
        return f"pef-{cycle}" if kind == "federal_election" else f"{kind.replace('_', '-')}-{cycle}"
    prefix = "pel" if kind == "local_election" else kind.replace("_", "-")
    return f"{prefix}-{cycle}-{territory.removeprefix('MX-').lower()}"


def _known(process: Process) -> None:
    if process.opened is None:
        raise Refused(
            "unknown-process",
            es="No existe ese proceso: revisa su identificador (como pef-2026-2027 o pel-2026-2027-jal).",
            en="There is no such process: check its id (such as pef-2026-2027 or pel-2026-2027-jal).",
        )
