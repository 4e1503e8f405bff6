"""A process: one election or one case file under way in one jurisdiction.

Its stream is ``process/{id}``: ``pef-2026-2027`` is the federal election,
``pel-2026-2027-jal`` a local one. Opening it dates every milestone; that is `domain.plan`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, Self, assert_never

from pydantic import Field, model_validator

from domain.calendar import Moment
from domain.call import Call
from domain.deadline import DateBasis
from domain.entity import FEDERATION
from domain.event import Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.happened import latest_act
from domain.names import Names
from domain.procedure import Docket, Stage, procedures
from domain.step import Id

_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9-]{8,64}")

ProcessStatus = Literal["open", "closed"]

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=60)]
"""The procedure that is followed: ``federal_election``, ``ordinary_sanctioning``."""

Place = Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
"""``MX`` or a state's code of ISO 3166-2."""

Cycle = Annotated[str, Field(pattern=r"^20[0-9]{2}(-20[0-9]{2})?$")]
"""The years of an election: ``2026-2027``; of one that is called, ``2027``."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 of a procedure's file, in lower-case hexadecimal."""

_PROCESS = r"[a-z][a-z0-9_-]{2,120}"
_MILESTONE = r"[A-Z][A-Z0-9]{1,9}(\.[0-9][0-9Q-]{0,9})?(-[A-Z]{3})?"

Matter = Annotated[str, Field(pattern=rf"^{_PROCESS}(/{_MILESTONE})?$")]
"""What a case is about, by its id: a process (``pef-2026-2027``) or one of its activities (``pef-2026-2027/F070``)."""

StepName = Annotated[str, Field(pattern=rf"^{_PROCESS}/{_MILESTONE}$")]
"""A step by its full id: ``pos-2026-mx-q-12/S04``."""


class ProcessOpened(Event, type="ProcessOpened.v1"):
    """A process began to be followed, from a procedure's text as it stood."""

    tells_of_an_act = False

    kind: Kind
    plan_version: int
    plan_digest: Digest
    """SHA-256 of the procedure file it was opened from."""
    name: Names
    territory: Place
    cycle: Cycle
    """The years of the process: ``2026-2027``."""
    election_day: Moment
    election_day_basis: DateBasis
    stages: tuple[Stage, ...]
    milestones: int
    """How many streams the plan opened."""
    confirmed: bool
    doubt: Names | None = None
    """What is not certain about it, where it is not confirmed."""
    call: Call | None = None
    """The instrument that called it, where the calendar of law does not."""
    without_plan: Names | None = None
    """Why none of its plan's activities were opened, where they were not: it is there for what is imported of it."""


class CaseSubject(Payload):
    """Whom a case is about: a public name (a party, an institution), or an opaque id that says nothing of a person."""

    name: Line
    public: bool

    @model_validator(mode="after")
    def _names_no_person(self) -> Self:
        if not self.public and not _OPAQUE.fullmatch(self.name):
            raise ValueError(
                "a subject that is not public is an opaque id: 8 to 64 letters, digits and hyphens, with a digit"
            )
        return self


class FactGiven(Payload):
    """Something the case was opened with."""

    id: Id
    value: Line


class CaseOpened(Event, type="CaseOpened.v1"):
    """A case file began: a complaint, a request, an audit of one subject, from a procedure's text as it stood."""

    tells_of_an_act = False

    kind: Kind
    plan_version: int
    plan_digest: Digest
    """SHA-256 of the procedure file it was opened from."""
    name: Names
    territory: Place
    folio: Line
    """Its number in the authority's own register."""
    received: Moment
    """When it was received, in ``zone``: what its first deadlines are counted from."""
    zone: Annotated[str, Field(pattern=r"^[A-Za-z]+(/[A-Za-z_]+)+$")]
    """The IANA zone of the authority's clocks."""
    year: int
    """The year it is about."""
    body: Line
    """Who carries it."""
    subject: CaseSubject | None = None
    matter: Line | None = None
    """What it is about, in words that are public."""
    about: Matter | None = None
    """The process or the activity it is about, where it is about one."""
    facts: tuple[FactGiven, ...] = ()
    docket: Docket
    stages: tuple[Stage, ...]
    milestones: int
    """How many streams the plan opened."""

    @property
    def cycle(self) -> str:
        """The year it is about, as a process has its years."""
        return str(self.year)

    @property
    def confirmed(self) -> bool:
        """A case that was received is certain."""
        return True


class ProcessConfirmed(Event, type="ProcessConfirmed.v1"):
    """What was in doubt when it opened is certain now."""

    instrument: Line


class ProcessClosed(Event, type="ProcessClosed.v1"):
    """It ended: the last challenge is resolved, or it is certified that none was filed (LGIPE 225).

    A case ends by itself, with the report after which nothing is left to do.
    """

    instrument: Line | None = None
    """The ruling or the certificate somebody closed it by; none where a case ended by itself."""
    reason: Prose | None = None
    """Why, in the words of who closed it."""
    step: StepName | None = None
    """The step whose report left nothing to do, where a case ended by itself."""
    open_milestones: int = Field(default=0, ge=0)
    """How many of its activities were still to be done."""


class ProcessReopened(Event, type="ProcessReopened.v1"):
    """What had ended it was corrected: there are steps to take again."""

    step: StepName
    """The step whose report was restated."""


class ProcessMoved(Event, type="ProcessMoved.v1"):
    """It follows another version of its procedure from now on, by an instrument that says so."""

    tells_of_an_act = False

    plan_version: int
    plan_digest: Digest
    instrument: Line
    added: tuple[str, ...] = ()
    """Milestones that entered."""
    removed: tuple[str, ...] = ()
    """Milestones that left."""
    changed: tuple[str, ...] = ()
    """Milestones whose row or dates changed."""


class ElectionDayMoved(Event, type="ElectionDayMoved.v1"):
    """The day of the vote is another, by an instrument that says so; every date counted from it moves."""

    election_day: Moment
    election_day_basis: DateBasis
    """Where the new day comes from."""
    instrument: Line
    reason: Prose


ProcessEvent = (
    ProcessOpened
    | CaseOpened
    | ProcessConfirmed
    | ProcessMoved
    | ElectionDayMoved
    | ProcessClosed
    | ProcessReopened
)
"""Everything that can happen to a process."""


class PlanText(NamedTuple):
    """Which text of a procedure: its kind, its version and the digest of its file."""

    kind: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process as its events leave it."""

    opened: ProcessOpened | CaseOpened | None = None
    plan: PlanText | None = None
    """The text it follows now."""
    election_day: Moment | None = None
    election_day_basis: DateBasis | None = None
    """Where that day comes from."""
    opened_at: datetime | None = None
    confirmed: bool = False
    closed_at: datetime | None = None
    open_milestones: int = 0
    """How many activities were still to be done when it was closed."""
    last_act_at: datetime | None = None
    """The last moment at which anything happened to it, by the reporters' accounts."""
    version: int = 0

    @property
    def status(self) -> ProcessStatus:
        """Whether it is under way."""
        return "open" if self.closed_at is None else "closed"


def evolve(process: Process, event: Event, envelope: Envelope) -> Process:
    """Return the process after one more event."""
    evolved = _evolved(process, event, envelope)  # type: ignore[arg-type]  # the ledger folds a stream with its own events
    latest = latest_act(process.last_act_at, event, envelope)
    return replace(evolved, version=envelope.version, last_act_at=latest)


def _evolved(process: Process, event: ProcessEvent, envelope: Envelope) -> Process:
    match event:
        case ProcessOpened() | CaseOpened():
            return Process(
                opened=event,
                plan=PlanText(event.kind, event.plan_version, event.plan_digest),
                election_day=event.election_day if isinstance(event, ProcessOpened) else None,
                election_day_basis=event.election_day_basis if isinstance(event, ProcessOpened) else None,
                opened_at=envelope.occurred_at,
                confirmed=event.confirmed,
            )
        case ProcessConfirmed():
            return replace(process, confirmed=True)
        case ProcessMoved():
            kind = process.plan.kind if process.plan else ""
            return replace(process, plan=PlanText(kind, event.plan_version, event.plan_digest))
        case ElectionDayMoved():
            return replace(
                process, election_day=event.election_day, election_day_basis=event.election_day_basis
            )
        case ProcessClosed():
            return replace(process, closed_at=envelope.occurred_at, open_milestones=event.open_milestones)
        case ProcessReopened():
            return replace(process, closed_at=None, open_milestones=0)
        case _ as unknown:
            assert_never(unknown)


PROCESS: Subject[Process] = Subject("process", Process(), evolve)
"""How a process's stream is folded."""


class ProcessCommand(Payload):
    """A request to change a process that was opened."""

    def decide(self, process: Process, open_milestones: int) -> Sequence[Event]:
        """Return what happens, nothing if it is already so, or raise `Refused`.

        ``open_milestones`` is how many of its activities are still to be done.
        """
        raise NotImplementedError


class ConfirmProcess(ProcessCommand):
    """Record the instrument that makes a process certain."""

    instrument: Line

    def decide(self, process: Process, open_milestones: int) -> Sequence[Event]:  # noqa: ARG002 - it matters to others
        """Do nothing where it is certain already."""
        _known(process)
        return [] if process.confirmed else [ProcessConfirmed(instrument=self.instrument)]


class CloseProcess(ProcessCommand):
    """Record the end of a process. It may have activities that are still to be done: the log says how many."""

    instrument: Line
    reason: Prose | None = None

    def decide(self, process: Process, open_milestones: int) -> Sequence[Event]:
        """Do nothing where it is closed already."""
        _known(process)
        if process.status == "closed":
            return []
        return [
            ProcessClosed(instrument=self.instrument, reason=self.reason, open_milestones=open_milestones)
        ]


def process_stream(process: str) -> str:
    """Return the stream of a process."""
    return f"process/{process}"


def process_id(kind: str, territory: str, cycle: str, number: int | None = None) -> str:
    """Return the id people read: ``pef-2026-2027``, ``pel-2026-2027-jal``, ``pee-2027-mic-1``.

    ``number`` tells apart the called elections of one territory and year; the others have none.
    """
    procedure = procedures().get(kind)
    prefix = procedure.prefix if procedure else kind.replace("_", "-")
    if number is not None:
        return f"{called_prefix(prefix, territory, cycle)}{number}"
    return f"{prefix}-{cycle}" if territory == FEDERATION else f"{prefix}-{cycle}-{_place(territory)}"


def called_prefix(prefix: str, territory: str, year: str) -> str:
    """Return with what the ids of a territory's called elections of a year begin: ``pee-2027-mic-``."""
    return f"{prefix}-{year}-{_place(territory)}-"


def _place(territory: str) -> str:
    return territory.removeprefix("MX-").lower()


def _known(process: Process) -> None:
    if process.opened is None:
        raise Refused(
            "unknown-process",
            es="No existe ese proceso: revisa su identificador (como pef-2026-2027 o pel-2026-2027-jal).",
            en="There is no such process: check its id (such as pef-2026-2027 or pel-2026-2027-jal).",
        )
