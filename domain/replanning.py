"""What a process under way becomes when its election day moves or it follows another text of its plan.

The plan is dated anew and compared with what there is. What was reported stays as it was reported, and a date that
somebody gave stays where it was given; what only rested on the plan follows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.calendar import Moment
from domain.deadline import DateBasis, Resolved, spoken
from domain.event import Event, Line, Payload, Prose, Refused
from domain.milestone import OPEN, Milestone
from domain.milestone_events import (
    MilestoneClosedAsNotApplicable,
    MilestonePlanned,
    MilestoneReplanned,
    MilestoneScheduled,
)
from domain.names import Names
from domain.plan import opening
from domain.procedure import PlanError, Procedure
from domain.process import ElectionDayMoved, Process, ProcessMoved, ProcessOpened


@dataclass(frozen=True, slots=True)
class Replanning:
    """Everything that would be recorded: of the process, and of its milestones by id."""

    process: Sequence[Event]
    milestones: Mapping[str, Sequence[Event]]


class MoveElectionDay(Payload):
    """Record that the day of the vote is another; every date that is counted from it moves with it."""

    election_day: Moment
    basis: Literal["law", "calendar", "reported"]
    """What the new day rests on: a law or decree, the authority's agreement, or a third party's account of it."""
    instrument: Line
    """The decree, agreement or ruling that moved it."""
    reason: Prose

    def decide(self, process: Process, text: Procedure, milestones: Mapping[str, Milestone]) -> Replanning:
        """Do nothing where it is that day already; refuse a case, and a day the plan cannot be dated by."""
        opened = _plan_of(process)
        if (process.election_day, process.election_day_basis) == (self.election_day, self.basis):
            return Replanning((), {})
        because = Names(
            es=f"La jornada se movió al {spoken(self.election_day).es} ({self.instrument}).",
            en=f"Election day moved to {spoken(self.election_day).en} ({self.instrument}).",
        )
        moved = ElectionDayMoved(
            election_day=self.election_day, election_day_basis=self.basis,
            instrument=self.instrument, reason=self.reason,
        )  # fmt: skip
        planned = _planned(text, opened, self.election_day, self.basis)
        return Replanning((moved,), _differences(planned, milestones, because))


class MoveToPlanVersion(Payload):
    """Have a process follow the present text of its plan, by the instrument that says so."""

    plan_version: int
    """The version it is to follow, so that nobody moves it to another than they looked at."""
    instrument: Line

    def decide(self, process: Process, text: Procedure, milestones: Mapping[str, Milestone]) -> Replanning:
        """Do nothing where it follows that text already; refuse a case, and another version than the present one."""
        opened = _plan_of(process)
        if self.plan_version != text.version:
            raise Refused(
                "unknown-plan-version",
                es=f"El plan de «{text.name.es}» está en su versión {text.version}, no en la {self.plan_version}.",
                en=f"The plan of '{text.name.en}' is at version {text.version}, not {self.plan_version}.",
                fields=("plan_version",),
            )
        if process.plan is not None and process.plan.digest == text.digest:
            return Replanning((), {})
        because = Names(
            es=f"El proceso sigue la versión {text.version} de su plan ({self.instrument}).",
            en=f"The process follows version {text.version} of its plan ({self.instrument}).",
        )
        planned = _planned(
            text,
            opened,
            process.election_day or opened.election_day,
            process.election_day_basis or opened.election_day_basis,
        )
        events = _differences(planned, milestones, because)
        moved = ProcessMoved(
            plan_version=text.version, plan_digest=text.digest, instrument=self.instrument,
            added=_those(events, MilestonePlanned), removed=_those(events, MilestoneClosedAsNotApplicable),
            changed=_those(events, MilestoneReplanned),
        )  # fmt: skip
        return Replanning((moved,), events)


MovePlan = MoveElectionDay | MoveToPlanVersion
"""The commands that date a whole process anew."""

Change = Literal["added", "removed", "changed", "moved"]
"""What becomes of one milestone of a plan."""


def change_of(events: Sequence[Event]) -> Change:
    """Say in one word what the events of one milestone do to it."""
    kinds: dict[type[Event], Change] = {
        MilestonePlanned: "added", MilestoneClosedAsNotApplicable: "removed", MilestoneReplanned: "changed",
    }  # fmt: skip
    return next((kinds[type(event)] for event in events if type(event) in kinds), "moved")


def _plan_of(process: Process) -> ProcessOpened:
    if isinstance(process.opened, ProcessOpened):
        if process.opened.without_plan is not None:
            raise Refused(
                "process-without-plan",
                es="De este proceso solo se sigue lo importado: no tiene actividades que fechar.",
                en="Of this process only what was imported is followed: it has no activities to date.",
            )
        return process.opened
    raise Refused(
        "not-a-plan",
        es="Un expediente no tiene jornada ni plan que mover: sigue hasta el final el texto con que se abrió.",
        en="A case has no election day and no plan to move: it follows the text it was opened from to its end.",
    )


def _planned(
    text: Procedure, opened: ProcessOpened, election_day: Moment, basis: DateBasis
) -> Mapping[str, MilestonePlanned]:
    day = Resolved(election_day, basis, spoken(election_day))
    try:
        return opening(text, opened.territory, opened.cycle, call=opened.call, election_day=day).milestones
    except PlanError as error:
        raise Refused(
            "plan-cannot-be-dated",
            es=f"El plan no se puede fechar: {error}",
            en=f"The plan cannot be dated: {error}",
            fields=("election_day",),
        ) from error


def _differences(
    planned: Mapping[str, MilestonePlanned], milestones: Mapping[str, Milestone], because: Names
) -> Mapping[str, Sequence[Event]]:
    """Return what has to be recorded of each milestone so that it follows the plan."""
    found: dict[str, Sequence[Event]] = {}
    for id_, row in planned.items():
        milestone = milestones.get(id_, Milestone())
        events = [row] if milestone.plan is None else _changes(milestone, row, because)
        if events:
            found[id_] = events
    for id_, milestone in milestones.items():
        if id_ not in planned and milestone.status == "planned":
            found[id_] = [MilestoneClosedAsNotApplicable(reason=because.es, because=because)]
    return found


def _changes(milestone: Milestone, row: MilestonePlanned, because: Names) -> list[Event]:
    events: list[Event] = []
    kept = milestone.plan.schedule if milestone.plan else row.schedule
    if row.model_copy(update={"schedule": kept}) != milestone.plan:
        events.append(MilestoneReplanned(planned=row))
    if milestone.status in OPEN and milestone.given is None and milestone.schedule != row.schedule:
        events.append(MilestoneScheduled(because=because, schedule=row.schedule))
    return events


def _those(events: Mapping[str, Sequence[Event]], kind: type[Event]) -> tuple[str, ...]:
    return tuple(id_ for id_, each in events.items() if any(isinstance(event, kind) for event in each))
