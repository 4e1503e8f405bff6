"""Case files to project: real procedures, opened and reported on as their institutions would, in a written history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.case import OpenCase
from domain.consequence import Course, consequences
from domain.legal_time import LegalTime
from domain.milestone import OPEN, milestone_stream
from domain.milestone_commands import CompleteMilestone, CorrectMilestone, MilestoneCommand
from domain.milestone_events import Requirement
from domain.milestone_rules import Circumstances
from domain.procedure import Procedure, procedures
from domain.process import CaseSubject, FactGiven, Process, ProcessClosed, ProcessReopened, process_stream
from domain.timetable import Grounds
from tests.projections.histories import History

CENTRAL = ZoneInfo("America/Mexico_City")
PARTY = CaseSubject(name="Partido Ejemplo", public=True)
PERSON = CaseSubject(name="persona-7f3a", public=False)
COMPLAINT, REQUEST, RESERVED = "ordinary_sanctioning", "information_request", "data_rights_request"
"""A public, a listed and a reserved docket."""


class CaseFile:
    """A case in a history."""

    def __init__(
        self,
        written: History,
        kind: str,
        folio: str,
        received: str = "2027-03-01T10:00",
        *,
        territory: str = "MX",
        subject: CaseSubject | None = None,
        matter: str | None = None,
        facts: Mapping[str, str] | None = None,
        recorded: Mapping[str, Any] | None = None,
    ) -> None:
        """Open it; ``recorded`` are fields of its opening that the rules of today would refuse.

        A reserved case has a reference instead of its folio, drawn by it.
        """
        if procedures()[kind].docket == "reserved":
            folio = str(UUID(int=Random(folio).getrandbits(128), version=4))
        given = facts_of(procedures()[kind]) | dict(facts or {})
        command = OpenCase(
            kind=kind, territory=territory, folio=folio, received=received, subject=subject, matter=matter,
            facts=tuple(FactGiven(id=id_, value=value) for id_, value in given.items()),
        )  # fmt: skip
        opening = command.decide(Process(), LegalTime())
        assert opening is not None
        self.written = written
        self.id = opening.process
        self.procedure = procedures()[kind]
        self.territory = territory
        self.grounds = Grounds(command.year, opened=received, facts=given, time=LegalTime())
        self.is_closed = False
        at = _instant(received)
        written.record(process_stream(self.id), [opening.opened.model_copy(update=dict(recorded or {}))], at)
        for id_, planned in opening.milestones.items():
            written.record(milestone_stream(self.id, id_), [planned], at)
        self._settle(at)

    def done(self, id_: str, at: str, outcome: str | None = None) -> CaseFile:
        """Complete a step at a moment of the capital's clocks, with what follows."""
        return self.decide(id_, CompleteMilestone(outcome=outcome or None), at)

    def corrected(self, id_: str, at: str, outcome: str) -> CaseFile:
        """Restate a completion, with what follows."""
        command = CorrectMilestone(report="completion", reason="Se reportó mal.", outcome=outcome)
        return self.decide(id_, command, at)

    def decide(self, id_: str, command: MilestoneCommand, at: str) -> CaseFile:
        """Let any command decide, with what follows."""
        state, when = self.course.milestones[id_], _instant(at)
        needed = {each.milestone: self.course.rounds(each.milestone)[-1] for each in self._required(id_)}
        self.written.record(
            milestone_stream(self.id, id_), command.decide(state, Circumstances(when, when, needed)), when
        )
        return self._settle(when)

    def ready(self) -> list[str]:
        """Return the steps that have arisen and can be completed."""
        return [
            id_
            for id_, state in self.course.milestones.items()
            if state.status in {"planned", "in_progress"}
            and (state.has_arisen or id_.partition(".")[0] not in self.procedure.openers)
            and all(self.course.rounds(each.milestone)[-1].status not in OPEN for each in self._required(id_))
        ]

    def walk(self, dice: Random, steps: int) -> CaseFile:
        """Complete so many steps, any of those that can be."""
        at = datetime.fromisoformat(self.grounds.opened or "")
        for _ in range(steps):
            ready = self.ready()
            if not ready:
                break
            id_ = dice.choice(ready)
            outcomes = self.procedure.step(id_.partition(".")[0]).outcomes
            at += timedelta(hours=dice.randint(1, 200))
            self.done(id_, at.isoformat()[:16], dice.choice(outcomes).id if outcomes else None)
        return self

    @property
    def course(self) -> Course:
        """How far it has come."""
        prefix = f"{self.id}/"
        found = {
            key.removeprefix(prefix): state
            for key, state in self.written.states.items()
            if key.startswith(prefix)
        }
        return Course(self.procedure, self.grounds, self.territory, found)

    def _required(self, id_: str) -> list[Requirement]:
        plan = self.course.milestones[id_].plan
        return list(plan.required) if plan else []

    def _settle(self, at: datetime) -> CaseFile:
        for id_, events in consequences(self.course).items():
            self.written.record(milestone_stream(self.id, id_), events, at)
        if self.course.is_over != self.is_closed:
            self.is_closed = not self.is_closed
            ending = ProcessClosed() if self.is_closed else ProcessReopened(step=f"{self.id}/S01")
            self.written.record(process_stream(self.id), [ending], at)
        return self


def facts_of(procedure: Procedure) -> dict[str, str]:
    """Return a value for every fact a procedure asks for."""
    kinds = {
        "day": "2027-02-01", "instant": "2027-02-01T09:00", "year": "2027", "number": "1000", "text": "algo",
    }  # fmt: skip
    return {
        fact.id: fact.choices[0].id if fact.choices else kinds[fact.kind]
        for fact in procedure.facts
        if fact.required
    }


def _instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=CENTRAL)
