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
from domain.event import Envelope, Event, Subject
from domain.happened import latest_act
from domain.milestone_events import (
    Evidence,
    EvidenceAttached,
    EvidenceWithdrawn,
    Figure,
    MilestoneAnnounced,
    MilestoneArose,
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneDated,
    MilestoneEvent,
    MilestonePartReported,
    MilestonePlanned,
    MilestoneProgressed,
    MilestoneReassigned,
    MilestoneRedated,
    MilestoneReopened,
    MilestoneReplaced,
    MilestoneReplanned,
    MilestoneResumed,
    MilestoneScheduled,
    MilestoneStarted,
    MilestoneSuspended,
    MilestoneValidated,
    Schedule,
)
from domain.step import Responsible

Status = Literal["planned", "in_progress", "completed", "suspended", "cancelled", "not_applicable"]
"""INE's own words are *por iniciar, en proceso de ejecución, concluida*; ours beside them
*suspendida, cancelada, no aplica*. Whether it is late is another field (`domain.timeliness`)."""

OPEN: tuple[Status, ...] = ("planned", "in_progress", "suspended")
"""The statuses in which something is still to happen."""

TRANSITIONS: Mapping[str, tuple[tuple[Status, ...], str]] = {
    "start": (("planned",), "in_progress"),
    "report progress": (("planned", "in_progress"), "in_progress"),
    "report part of": (("planned", "in_progress"), "in_progress"),
    "complete": (("planned", "in_progress"), "completed"),
    "suspend": (("planned", "in_progress"), "suspended"),
    "resume": (("suspended",), "as it was"),
    "cancel": (OPEN, "cancelled"),
    "replace": (OPEN, "cancelled"),
    "close as not applicable": (OPEN, "not_applicable"),
    "reopen": (("completed", "cancelled", "not_applicable"), "in_progress"),
    "date": (OPEN, "unchanged"),
    "re-date": (OPEN, "unchanged"),
    "correct": (("in_progress", "completed", "suspended"), "unchanged"),
    "validate": (("in_progress", "completed"), "unchanged"),
    "return": (("completed",), "in_progress"),
    "announce": (("in_progress", "completed"), "unchanged"),
    "reassign": (OPEN, "unchanged"),
    "support": (("in_progress", "completed", "suspended"), "unchanged"),
    "withdraw evidence of": ((*OPEN, "completed", "cancelled", "not_applicable"), "unchanged"),
}
"""What may be done from which status, and where it leads. The diagram in the documentation is drawn from it."""


# State -------------------------------------------------------------------------------------------------


class Reported(NamedTuple):
    """A report that stands: which event said it, when the act happened, when that was recorded, and who said it."""

    version: int
    occurred_at: datetime
    recorded_at: datetime
    by: str
    """The opaque id of who said it."""


class Support(NamedTuple):
    """Evidence of a report, as it stands."""

    version: int
    """Of the event that brought it."""
    supports: int
    """Of the report it supports."""
    evidence: Evidence
    recorded_at: datetime
    size_bytes: int | None = None
    media_type: str | None = None
    apart: bool = False
    """Whether it was attached apart from the report."""
    withdrawn: Reported | None = None
    """The event that withdrew it or corrected the report it came with."""
    reason: str = ""
    """Why it was withdrawn."""


class Part(NamedTuple):
    """What a district last reported of its part."""

    place: str
    done: int
    target: int | None
    note: str | None
    report: Reported
    post: str
    """The public office of who said it."""
    body: str
    """Their institution."""


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
    figures: tuple[Figure, ...] = ()
    """The last figures of each quantity, where they were reported apart."""
    before_suspension: Status = "planned"
    arisen: bool = False
    """Whether something that happened elsewhere made it an act to be done."""
    replaced_by: str | None = None
    """The id in its process of what is to be done instead, where it was cancelled for that."""
    closed_by_another: bool = False
    """Whether it is closed because of what happened elsewhere, and would open again if that were corrected."""
    given: Schedule | None = None
    """The dates that somebody gave it: no rule moves them."""
    notice_due: Moment | None = None
    """Until when its completion must be made public, where that is set and could be counted."""
    announced: Reported | None = None
    announced_where: str | None = None
    announced_instrument: str | None = None
    responsible: Responsible | None = None
    """Who answers for it, where that is no longer whom the plan names."""
    body: str | None = None
    redatings: int = 0
    corrections: int = 0
    validated: tuple[int, ...] = ()
    """Versions of the reports somebody else agreed with."""
    evidence: tuple[Support, ...] = ()
    """What was ever brought to support a report, withdrawn or not."""
    parts: tuple[Part, ...] = ()
    """The last report of each district that made one, in the order of their codes."""
    last_act_at: datetime | None = None
    """The last moment at which anything happened to it, by the reporters' accounts."""
    version: int = 0

    @property
    def has_arisen(self) -> bool:
        """Whether a conditional act is one to count: something was reported, or there is work to do again."""
        status = self.before_suspension if self.status == "suspended" else self.status
        return self.arisen or self.started is not None or status == "in_progress"

    @property
    def plan_occurs(self) -> bool:
        """Whether it is one period's occurrence of a recurring duty: its dates are the period's."""
        return self.plan is not None and self.plan.kind == "recurring" and bool(self.plan.occurrence)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to happen: it satisfies those that wait for it."""
        return self.status not in OPEN

    def part_of(self, place: str) -> Part | None:
        """Return what a district last reported, None where it has not."""
        return next((part for part in self.parts if part.place == place), None)

    def reports_that_stand(self) -> list[Reported]:
        """Return the reports that stand, the last one first; a start that was no report of its own only once."""
        found = (self.completed, self.progressed, self.started)
        return list(dict.fromkeys(report for report in found if report is not None))

    def evidence_of(self, version: int) -> list[Support]:
        """Return what supports the report of a version and was not withdrawn."""
        return [one for one in self.evidence if one.supports == version and one.withdrawn is None]

    def brought_by(self, report: Reported) -> tuple[Evidence, ...]:
        """Return the evidence a report itself came with, and was not withdrawn."""
        return tuple(one.evidence for one in self.evidence_of(report.version) if not one.apart)


def evolve(milestone: Milestone, event: Event, envelope: Envelope) -> Milestone:
    """Return the milestone after one more event."""
    evolved = _evolved(milestone, event, envelope)  # type: ignore[arg-type]  # the ledger folds a stream with its own events
    latest = latest_act(milestone.last_act_at, event, envelope)
    return evolved._replace(version=envelope.version, last_act_at=latest)


def _evolved(milestone: Milestone, event: MilestoneEvent, envelope: Envelope) -> Milestone:
    report = Reported(envelope.version, envelope.occurred_at, envelope.recorded_at, envelope.author.actor)
    match event:
        case MilestonePlanned():
            first = event.schedule if event.schedule.due else None
            return Milestone(event, schedule=event.schedule, first_schedule=first, target=event.target)
        case MilestoneArose():
            arisen = _scheduled(milestone, event.schedule)
            return arisen._replace(status="planned", arisen=True, closed_by_another=False)
        case MilestoneScheduled():
            return _scheduled(milestone, event.schedule)
        case MilestoneStarted():
            return milestone._replace(status="in_progress", started=report)
        case MilestoneProgressed():
            started, target = milestone.started or report, event.target or milestone.target
            return milestone._replace(
                status="in_progress", started=started, progressed=report,
                done=event.done, progress_note=event.note, target=target, figures=event.figures,
            )  # fmt: skip
        case MilestonePartReported():
            return _with_part(milestone, event, report, envelope)
        case MilestoneCompleted():
            return milestone._replace(
                status="completed", started=milestone.started or report, completed=report,
                outcome=event.outcome, instrument=event.instrument, notice_due=event.notice_due,
                evidence=(*milestone.evidence, *_brought(event.evidence, report)),
            )  # fmt: skip
        case MilestoneSuspended():
            return milestone._replace(status="suspended", before_suspension=milestone.status)
        case MilestoneResumed():
            return milestone._replace(status=milestone.before_suspension)
        case MilestoneCancelled() | MilestoneReplaced():
            other = event.replaced_by if isinstance(event, MilestoneReplaced) else None
            return milestone._replace(status="cancelled", replaced_by=other)
        case MilestoneClosedAsNotApplicable():
            return milestone._replace(status="not_applicable", closed_by_another=event.because is not None)
        case MilestoneReopened():
            return _reopened(milestone)
        case MilestoneDated():
            given = event.schedule
            return milestone._replace(schedule=given, first_schedule=given, given=given)
        case MilestoneRedated():
            moved, given = milestone.redatings + 1, event.schedule
            return milestone._replace(schedule=given, given=given, redatings=moved)
        case MilestoneCorrected():
            return _corrected(milestone, event, report)
        case MilestoneValidated():
            return milestone._replace(validated=(*milestone.validated, event.validates))
        case MilestoneAnnounced():
            return milestone._replace(
                announced=report, announced_where=event.where, announced_instrument=event.instrument
            )
        case MilestoneReassigned():
            return milestone._replace(responsible=event.responsible, body=event.body)
        case MilestoneReplanned():
            return milestone._replace(plan=event.planned, target=event.planned.target or milestone.target)
        case EvidenceAttached() | EvidenceWithdrawn():
            return milestone._replace(evidence=_supported(milestone.evidence, event, report))
        case _ as unknown:
            assert_never(unknown)


def _with_part(
    milestone: Milestone, event: MilestonePartReported, report: Reported, envelope: Envelope
) -> Milestone:
    """Put a district's report in the place of its last; a target that is not said again stands."""
    before, author = milestone.part_of(event.place), envelope.author
    target = event.target or (before.target if before else None)
    part = Part(event.place, event.done, target, event.note, report, author.post, author.body)
    others = [other for other in milestone.parts if other.place != event.place]
    parts = tuple(sorted([*others, part], key=lambda one: one.place))
    return milestone._replace(status="in_progress", started=milestone.started or report, parts=parts)


def _scheduled(milestone: Milestone, schedule: Schedule) -> Milestone:
    """Give it the dates that were worked out; the first it ever had are kept to show beside them."""
    first = milestone.first_schedule or (schedule if schedule.due else None)
    return milestone._replace(schedule=schedule, first_schedule=first)


def _reopened(milestone: Milestone) -> Milestone:
    """Take back its completion, and with it the notice: what was made public was of an act that no longer stands.

    What was to be done instead of it no longer is.
    """
    return milestone._replace(
        status="in_progress", replaced_by=None, completed=None, outcome=None, instrument=None,
        notice_due=None, announced=None, announced_where=None, announced_instrument=None,
    )  # fmt: skip


def _corrected(milestone: Milestone, event: MilestoneCorrected, report: Reported) -> Milestone:
    """Put the restated report in the place of the wrong one."""
    wrong = {"start": milestone.started, "progress": milestone.progressed, "completion": milestone.completed}
    # A start nobody reported apart was taken from the wrong report, and moves with it.
    started = report if milestone.started == wrong[event.report] else milestone.started
    corrected = milestone._replace(
        corrections=milestone.corrections + 1, started=started, evidence=_restated(milestone, event, report)
    )
    if event.report == "start":
        return corrected
    if event.report == "progress":
        return corrected._replace(progressed=report, done=event.done, figures=event.figures)
    return corrected._replace(
        completed=report, outcome=event.outcome, instrument=event.instrument, notice_due=event.notice_due
    )


def _supported(
    evidence: tuple[Support, ...], event: EvidenceAttached | EvidenceWithdrawn, report: Reported
) -> tuple[Support, ...]:
    """Return the evidence after some was attached, or withdrawn, which leaves it listed."""
    if isinstance(event, EvidenceAttached):
        attached = Support(
            report.version, event.supports, event.evidence, report.recorded_at,
            event.size_bytes, event.media_type, apart=True,
        )  # fmt: skip
        return (*evidence, attached)
    return tuple(
        one._replace(withdrawn=report, reason=event.reason)
        if one.apart and one.version == event.withdraws
        else one
        for one in evidence
    )


def _brought(evidence: tuple[Evidence, ...], report: Reported) -> tuple[Support, ...]:
    """Return the evidence a report came with."""
    return tuple(Support(report.version, report.version, one, report.recorded_at) for one in evidence)


def _restated(milestone: Milestone, event: MilestoneCorrected, report: Reported) -> tuple[Support, ...]:
    """Return the evidence after a correction: what the wrong report came with goes with it, the rest stays."""
    kept = []
    for one in milestone.evidence:
        if one.supports != event.corrects or one.withdrawn is not None:
            kept.append(one)
        elif one.apart:
            kept.append(one._replace(supports=report.version))
        else:
            kept.append(one._replace(withdrawn=report, reason=event.reason))
    return (*kept, *_brought(event.evidence, report))


MILESTONE: Subject[Milestone] = Subject("milestone", Milestone(), evolve)
"""How a milestone's stream is folded."""


def milestone_stream(process: str, milestone: str) -> str:
    """Return the stream of a milestone: ``milestone/pef-2026-2027/F005-JAL``."""
    return f"milestone/{process}/{milestone}"


def replacement(name: str, milestone: Milestone) -> str | None:
    """Return the name of what replaced a milestone, said as its own is: ``F047``, ``pef-2026-2027/F047``."""
    if milestone.replaced_by is None:
        return None
    process, slash, _ = name.rpartition("/")
    return f"{process}{slash}{milestone.replaced_by}"


def milestone_id(row: str, *, territory: str = "MX", occurrence: str = "") -> str:
    """Return the id of a row's part in a state and of one occurrence: ``F008.2026-10-JAL``."""
    return row + (f".{occurrence}" if occurrence else "") + territory.removeprefix("MX")
