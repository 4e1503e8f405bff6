"""A milestone (*actividad*): one dated step of a process, from planned to completed, and everything between.

Its stream is ``milestone/{process}/{id}``; an activity that is followed state by state has one stream
in each (``F005-JAL``), and one occurrence of a recurring duty has its own (``F008.2026-10-JAL``).
The commands are in `domain.milestone_commands`; how it stands against its dates in `domain.timeliness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple, assert_never

from domain.calendar import Moment
from domain.deadline import DateBasis, Names
from domain.event import Envelope, Event, Line, Payload, Prose, Subject
from domain.procedure import Kind, Read, Responsible, Scope

Status = Literal["planned", "in_progress", "completed", "suspended", "cancelled", "not_applicable"]
"""INE's own words are *por iniciar, en proceso de ejecución, concluida*; ours beside them
*suspendida, cancelada, no aplica*. Whether it is late is another field (`domain.timeliness`)."""

Report = Literal["start", "progress", "completion"]
"""The reports that may be restated by a correction."""

OPEN: tuple[Status, ...] = ("planned", "in_progress", "suspended")
"""The statuses in which something is still to happen."""

TRANSITIONS: Mapping[str, tuple[tuple[Status, ...], str]] = {
    "start": (("planned",), "in_progress"),
    "report progress": (("planned", "in_progress"), "in_progress"),
    "complete": (("planned", "in_progress"), "completed"),
    "suspend": (("planned", "in_progress"), "suspended"),
    "resume": (("suspended",), "as it was"),
    "cancel": (OPEN, "cancelled"),
    "close as not applicable": (OPEN, "not_applicable"),
    "reopen": (("completed", "cancelled", "not_applicable"), "in_progress"),
    "date": (OPEN, "unchanged"),
    "re-date": (OPEN, "unchanged"),
    "correct": (("in_progress", "completed", "suspended"), "unchanged"),
    "validate": (("in_progress", "completed"), "unchanged"),
}
"""What may be done from which status, and where it leads. The diagram in the documentation is drawn from it."""


class Schedule(Payload):
    """The dates of a milestone and what they rest on.

    ``rule_*`` is what the law's rule comes to, ``starts`` and ``due`` are the plan's dates;
    the real date is the ``occurred_at`` of the report that completes it.
    """

    starts: Moment | None = None
    due: Moment | None = None
    rule_starts: Moment | None = None
    rule_due: Moment | None = None
    basis: DateBasis | None = None
    """Where the due date comes from; None while there is none."""
    rests_on: DateBasis | None = None
    """The weakest date it was computed from: only ``law`` and ``calendar`` can be late by law."""
    official: bool = False
    """Mark two: whether the date was read in the authority's own instrument."""
    explanation: Names
    """The sentence that says how the due date was found, or why there is none."""
    source: str = ""


class Order(Payload):
    """A milestone of the same process this one follows, by row; ``requires`` cites the article that makes it a bar."""

    row: str
    requires: str = ""
    start_to_start: bool = False


class Requirement(Payload):
    """A milestone that must be over first, by its full id, and the article that says so."""

    milestone: str
    basis: str


# Events ------------------------------------------------------------------------------------------------


class MilestonePlanned(Event, type="MilestonePlanned.v1"):
    """An activity entered the plan of a process, with its law, its dates and who does it."""

    row: str
    """The row of the plan, such as ``F005``; the same in every state."""
    name: Names
    stage: str
    group: str
    kind: Kind
    basis: tuple[str, ...]
    rule: Names
    """The deadline in the words of the law."""
    responsible: Responsible
    body: str
    support: str = ""
    coordination: str = ""
    territory: str
    """``MX`` or the state it is followed in."""
    scope: Scope
    occurrence: str = ""
    """Which occurrence of a recurring duty: ``2026-10``."""
    zone: str
    """IANA zone in which its deadlines end."""
    after: tuple[Order, ...] = ()
    required: tuple[Requirement, ...] = ()
    unit: Names | None = None
    target: int | None = None
    schedule: Schedule
    article: Read
    """Mark one: whether the cited article was read."""
    condition: Names | None = None
    """Why it may not apply, where that is not known yet."""
    same_as: tuple[str, ...] = ()
    """``process/id`` of the milestones that are this same act: reported there, shown here, counted once."""
    source: str = ""
    note: Names | None = None


class MilestoneStarted(Event, type="MilestoneStarted.v1"):
    """Work on it began."""

    note: Prose | None = None


class MilestoneProgressed(Event, type="MilestoneProgressed.v1"):
    """So many of what it counts are done; a figure replaces the one before, it is not added to it."""

    done: int
    target: int | None = None
    note: Prose | None = None


class MilestoneCompleted(Event, type="MilestoneCompleted.v1"):
    """It was done. ``occurred_at`` in the envelope is the moment of the act."""

    outcome: Line | None = None
    instrument: Line | None = None
    """The agreement, minutes or ruling that records the act."""
    declared: tuple[str, ...] = ()
    """Required predecessors declared to have happened though nobody has reported them yet."""
    note: Prose | None = None


class MilestoneSuspended(Event, type="MilestoneSuspended.v1"):
    """A ruling or agreement stopped it."""

    instrument: Line
    reason: Prose


class MilestoneResumed(Event, type="MilestoneResumed.v1"):
    """The suspension ended."""

    instrument: Line
    reason: Prose | None = None


class MilestoneCancelled(Event, type="MilestoneCancelled.v1"):
    """It was declared void or withdrawn from the plan."""

    instrument: Line
    reason: Prose


class MilestoneClosedAsNotApplicable(Event, type="MilestoneClosedAsNotApplicable.v1"):
    """It never arose or nothing was filed: it leaves the denominators and satisfies its successors."""

    reason: Prose


class MilestoneReopened(Event, type="MilestoneReopened.v1"):
    """It was closed and is not: there is work to do again."""

    reason: Prose
    instrument: Line | None = None


class MilestoneDated(Event, type="MilestoneDated.v1"):
    """A date was loaded for an activity that had none."""

    schedule: Schedule
    instrument: Line | None = None


class MilestoneRedated(Event, type="MilestoneRedated.v1"):
    """Its dates moved, with the instrument that moved them."""

    schedule: Schedule
    instrument: Line
    reason: Prose


class MilestoneCorrected(Event, type="MilestoneCorrected.v1"):
    """A report was wrong and is restated; the wrong one stays visible, struck through.

    ``occurred_at`` in the envelope is the act's true moment.
    """

    report: Report
    corrects: int
    """The version in this stream of the report it replaces."""
    reason: Prose
    done: int | None = None
    outcome: Line | None = None
    instrument: Line | None = None


class MilestoneValidated(Event, type="MilestoneValidated.v1"):
    """A second pair of eyes agreed with a report."""

    validates: int
    """The version in this stream of the report agreed with."""
    note: Prose | None = None


MilestoneEvent = (
    MilestonePlanned | MilestoneStarted | MilestoneProgressed | MilestoneCompleted | MilestoneSuspended
    | MilestoneResumed | MilestoneCancelled | MilestoneClosedAsNotApplicable | MilestoneReopened
    | MilestoneDated | MilestoneRedated | MilestoneCorrected | MilestoneValidated
)  # fmt: skip
"""Everything that can happen to a milestone."""


# State -------------------------------------------------------------------------------------------------


class Reported(NamedTuple):
    """A report that stands: which event said it, when the act happened and when that was recorded."""

    version: int
    occurred_at: datetime
    recorded_at: datetime


class Milestone(NamedTuple):
    """A milestone as its events leave it.

    A named tuple, whose copies cost a quarter of a dataclass's: a rebuild folds millions of events.
    """

    plan: MilestonePlanned | None = None
    status: Status = "planned"
    schedule: Schedule | None = None
    first_schedule: Schedule | None = None
    """The dates first loaded, to show beside those that replaced them."""
    started: Reported | None = None
    progressed: Reported | None = None
    completed: Reported | None = None
    done: int | None = None
    progress_note: str | None = None
    target: int | None = None
    outcome: str | None = None
    instrument: str | None = None
    before_suspension: Status = "planned"
    redatings: int = 0
    corrections: int = 0
    validated: tuple[int, ...] = ()
    """Versions of the reports somebody else agreed with."""
    version: int = 0

    @property
    def has_arisen(self) -> bool:
        """Whether a conditional act is one to count: something was reported, or there is work to do again."""
        status = self.before_suspension if self.status == "suspended" else self.status
        return self.started is not None or status == "in_progress"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to happen: it satisfies those that wait for it."""
        return self.status not in OPEN


def evolve(milestone: Milestone, event: Event, envelope: Envelope) -> Milestone:
    """Return the milestone after one more event."""
    return _evolved(milestone, event, envelope)._replace(version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(milestone: Milestone, event: MilestoneEvent, envelope: Envelope) -> Milestone:
    report = Reported(envelope.version, envelope.occurred_at, envelope.recorded_at)
    match event:
        case MilestonePlanned():
            first = event.schedule if event.schedule.due else None
            return Milestone(event, schedule=event.schedule, first_schedule=first, target=event.target)
        case MilestoneStarted():
            return milestone._replace(status="in_progress", started=report)
        case MilestoneProgressed():
            started, target = milestone.started or report, event.target or milestone.target
            return milestone._replace(
                status="in_progress", started=started, progressed=report,
                done=event.done, progress_note=event.note, target=target,
            )  # fmt: skip
        case MilestoneCompleted():
            started = milestone.started or report
            return milestone._replace(
                status="completed", started=started, completed=report,
                outcome=event.outcome, instrument=event.instrument,
            )  # fmt: skip
        case MilestoneSuspended():
            return milestone._replace(status="suspended", before_suspension=milestone.status)
        case MilestoneResumed():
            return milestone._replace(status=milestone.before_suspension)
        case MilestoneCancelled():
            return milestone._replace(status="cancelled")
        case MilestoneClosedAsNotApplicable():
            return milestone._replace(status="not_applicable")
        case MilestoneReopened():
            return milestone._replace(status="in_progress", completed=None, outcome=None, instrument=None)
        case MilestoneDated():
            return milestone._replace(schedule=event.schedule, first_schedule=event.schedule)
        case MilestoneRedated():
            return milestone._replace(schedule=event.schedule, redatings=milestone.redatings + 1)
        case MilestoneCorrected():
            return _corrected(milestone, event, report)
        case MilestoneValidated():
            return milestone._replace(validated=(*milestone.validated, event.validates))
        case _ as unknown:
            assert_never(unknown)


def _corrected(milestone: Milestone, event: MilestoneCorrected, report: Reported) -> Milestone:
    """Put the restated report in the place of the wrong one."""
    wrong = {"start": milestone.started, "progress": milestone.progressed, "completion": milestone.completed}
    # A start nobody reported apart was taken from the wrong report, and moves with it.
    started = report if milestone.started == wrong[event.report] else milestone.started
    corrected = milestone._replace(corrections=milestone.corrections + 1, started=started)
    if event.report == "start":
        return corrected
    if event.report == "progress":
        return corrected._replace(progressed=report, done=event.done)
    return corrected._replace(completed=report, outcome=event.outcome, instrument=event.instrument)


MILESTONE: Subject[Milestone] = Subject("milestone", Milestone(), evolve)
"""How a milestone's stream is folded."""


def milestone_stream(process: str, milestone: str) -> str:
    """Return the stream of a milestone: ``milestone/pef-2026-2027/F005-JAL``."""
    return f"milestone/{process}/{milestone}"


def milestone_id(row: str, *, territory: str = "MX", occurrence: str = "") -> str:
    """Return the id of a row's part in a state and of one occurrence: ``F008.2026-10-JAL``."""
    return row + (f".{occurrence}" if occurrence else "") + territory.removeprefix("MX")
