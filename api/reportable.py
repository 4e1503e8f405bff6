"""One activity as somebody about to report on it meets it: its state, what is asked of it, what has to come first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.courses import course_of
from api.database import Resources
from api.hidden import is_hidden
from api.reporting import required_by
from api.routes.milestone_reports import REPORTS, ReportRoute, nothing_to_report_on
from domain.access import Caller, authorise
from domain.milestone import MILESTONE, TRANSITIONS, Milestone, milestone_stream
from domain.milestone_events import MilestonePlanned, Report
from domain.milestone_part import ReportPart, districts_of
from domain.milestone_rules import open_before, report_that_stands
from domain.process import PROCESS, process_stream
from domain.step import Step
from ledger.ledger import View

TRANSITION_OF: Mapping[str, str] = {
    "start": "start",
    "progress": "report progress",
    "parts": "report part of",
    "completion": "complete",
    "suspension": "suspend",
    "resumption": "resume",
    "cancellation": "cancel",
    "replacement": "replace",
    "not-applicable": "close as not applicable",
    "reopening": "reopen",
    "date": "date",
    "redating": "re-date",
    "correction": "correct",
    "validation": "validate",
    "return": "return",
    "announcement": "announce",
    "reassignment": "reassign",
    "evidence": "support",
    "evidence-withdrawal": "withdraw evidence of",
}
"""The row of `domain.milestone.TRANSITIONS` that says from where each change may be reported."""


FORMS = tuple(route for route in REPORTS if not route.resource.startswith("evidence"))
"""The changes that are reported by this form; documents have a page of their own (`api.pages.evidence`)."""


@dataclass(frozen=True, slots=True)
class Reportable:
    """An activity, and what a report on it depends on."""

    process: str
    milestone: str
    state: Milestone
    plan: MilestonePlanned
    position: int
    """The last that changed it: what a report is judged on."""
    step: Step | None
    """The row of its procedure, of a case; the words of an election's plan are in its state."""
    waiting: Mapping[str, MilestonePlanned]
    """What an article makes a condition of its completion and is not over, by id."""
    places: Sequence[str]
    """The districts of it that the caller may report on."""

    def offered(self, caller: Caller) -> list[ReportRoute]:
        """Return the changes that it allows now and that the caller's rights reach."""
        return [
            route for route in FORMS if self._allows(route, caller.actor) and self._reaches(caller, route)
        ]

    def _reaches(self, caller: Caller, route: ReportRoute) -> bool:
        if route.command is ReportPart:
            return bool(self.places)
        return caller.may(route.action, self.plan.territory, self.process)

    def _allows(self, route: ReportRoute, actor: str) -> bool:
        state, statuses = self.state, TRANSITIONS[TRANSITION_OF[route.resource]][0]
        if self.plan.same_as or state.status not in statuses:
            return False
        is_dated = state.schedule is not None and state.schedule.due is not None
        last = state.completed or state.progressed or state.started
        also: Mapping[str, bool] = {
            "date": not is_dated,
            "redating": is_dated,
            "correction": last is not None,
            "validation": last is not None and last.version not in state.validated and last.by != actor,
        }
        return also.get(route.resource, True)

    def reports_that_stand(self) -> list[Report]:
        """Return the reports there are to correct, the last first."""
        kinds: tuple[Report, ...] = ("completion", "progress", "start")
        return [kind for kind in kinds if report_that_stands(self.state, kind) is not None]


async def reportable(resources: Resources, caller: Caller, process: str, milestone: str) -> Reportable:
    """Return an activity that the caller may report on. Raises a 404 `Problem`, or a `Refused` that says why not."""
    view = View(resources.ledger, fresh=True)
    folded, of_process = await asyncio.gather(
        view.load(MILESTONE, milestone_stream(process, milestone)),
        view.load(PROCESS, process_stream(process)),
    )
    plan = folded.state.plan
    if plan is None or is_hidden(of_process.state, caller, process):
        raise await nothing_to_report_on(view, process, milestone, caller)
    places = [place for place in districts_of(plan) if caller.may("report", place, process)]
    if not places and not any(caller.may(route.action, plan.territory, process) for route in REPORTS):
        # One of these says why, in words.
        authorise(caller, "report", plan.territory, process)
    course = await course_of(view, process, resources.clock())
    required = await required_by(view, process, folded.state, course)
    return Reportable(
        process=process,
        milestone=milestone,
        state=folded.state,
        plan=plan,
        position=folded.position,
        step=course.procedure.step(plan.row) if course else None,
        waiting={
            name: one.plan
            for name in open_before(plan, required)
            if (one := required.get(name)) is not None and one.plan is not None
        },
        places=places,
    )
