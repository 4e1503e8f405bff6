"""Small case procedures, and a case walked step by step by what is reported of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from domain.case import case_milestones
from domain.consequence import Course, consequences
from domain.entity import entities
from domain.event import Author, Envelope, Event
from domain.legal_time import LegalTime
from domain.milestone import MILESTONE, Milestone
from domain.milestone_commands import (
    CloseMilestoneAsNotApplicable,
    CompleteMilestone,
    CorrectMilestone,
    MilestoneCommand,
)
from domain.milestone_rules import Circumstances
from domain.procedure import Procedure
from domain.timetable import Grounds
from tests.domain.small_procedure import NAMES, procedure, step

CENTRAL = ZoneInfo("America/Mexico_City")
SOMEBODY = Author("u-1", "Titular", "UTCE", "token/u-1")


def case_step(row: str, due: str | None = None, **fields: Any) -> str:
    """Return one step of a case: an act of the INE, without a date where no rule is given."""
    undated = None if due else NAMES
    return step(row, due=due, undated=undated, stage="preparation", responsible="INE", body="UTCE", **fields)


def case_procedure(*steps: str, **fields: Any) -> Procedure:
    """Return a case procedure with these steps."""
    return procedure(
        *steps, **{"election_day": None, "election_day_basis": None, "jurisdiction": "both", **fields}
    )


def outcome(id_: str, **fields: Any) -> dict[str, Any]:
    """Return an outcome as a file would say it."""
    return {"id": id_, "name": {"es": id_, "en": id_}, **fields}


class Walk:
    """A case of a procedure."""

    def __init__(
        self,
        procedure: Procedure,
        opened: str,
        *,
        facts: Mapping[str, str] | None = None,
        time: LegalTime | None = None,
        territory: str = "MX",
    ) -> None:
        given = facts or {}
        year = int(given.get("year", opened[:4]))
        self.procedure = procedure
        self.territory = territory
        self.grounds = Grounds(year, opened=opened, facts=given, time=time or LegalTime())
        self.milestones: dict[str, Milestone] = {}
        for id_, planned in case_milestones(procedure, entities().get(territory), self.grounds).items():
            self._happen(id_, planned, opened)
        self._settle(opened)

    def done(self, id_: str, at: str, outcome: str | None = None) -> Walk:
        """Complete a step at a moment of the capital's clocks, with what follows."""
        return self._decide(id_, CompleteMilestone(outcome=outcome or None), at)

    def corrected(self, id_: str, at: str, outcome: str | None = None) -> Walk:
        """Restate a completion, with what follows."""
        command = CorrectMilestone(report="completion", reason="Se reportó mal.", outcome=outcome or None)
        return self._decide(id_, command, at)

    def not_applicable(self, id_: str, at: str) -> Walk:
        """Close a step as not applicable, with what follows."""
        return self._decide(id_, CloseMilestoneAsNotApplicable(reason="No procede."), at)

    def ready(self) -> list[str]:
        """Return the steps that can be completed now."""
        return [
            id_
            for id_ in self.milestones
            if self.status(id_) == "planned" and all(each.is_over for each in self._required(id_).values())
        ]

    def due(self, id_: str) -> str | None:
        """Return when a step is due."""
        schedule = self.milestones[id_].schedule
        return schedule.due if schedule else None

    def why(self, id_: str) -> str:
        """Return the sentence that explains a step's date, in Spanish."""
        schedule = self.milestones[id_].schedule
        return schedule.explanation.es if schedule else ""

    def status(self, id_: str) -> str:
        """Return a step's status; ``waiting`` for one that has not arisen."""
        found = self.milestones[id_]
        waits = found.status == "planned" and id_.partition(".")[0] in self.procedure.openers
        return "waiting" if waits and not found.has_arisen and "." not in id_ else found.status

    def statuses(self) -> dict[str, str]:
        """Return the status of every step."""
        return {id_: self.status(id_) for id_ in self.milestones}

    def _decide(self, id_: str, command: MilestoneCommand, at: str) -> Walk:
        when = datetime.fromisoformat(at).replace(tzinfo=CENTRAL)
        at_hand = Circumstances(when, when, self._required(id_))
        for event in command.decide(self.milestones[id_], at_hand):
            self._happen(id_, event, at)
        return self._settle(at)

    def _required(self, id_: str) -> Mapping[str, Milestone]:
        """Return the steps an article makes a condition of this one: the last round of each."""
        plan = self.milestones[id_].plan
        course = Course(self.procedure, self.grounds, self.territory, self.milestones)
        return (
            {needed.milestone: course.rounds(needed.milestone)[-1] for needed in plan.required}
            if plan
            else {}
        )

    def _settle(self, at: str) -> Walk:
        course = Course(self.procedure, self.grounds, self.territory, self.milestones)
        for id_, events in consequences(course).items():
            for event in events:
                self._happen(id_, event, at)
        return self

    def _happen(self, id_: str, event: Event, at: str) -> None:
        when = datetime.fromisoformat(at).replace(tzinfo=CENTRAL)
        before: Any = self.milestones.get(id_, MILESTONE.initial)
        envelope = Envelope(0, id_, before.version + 1, when, when, SOMEBODY, "")
        self.milestones[id_] = MILESTONE.evolve(before, event, envelope)
