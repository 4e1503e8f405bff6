"""What may be reported of a milestone: each change is a resource of its own, ``POST …/milestones/{id}/completion``.

The command's class is the request's body, so the words here are the domain's (`domain.milestone_commands`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.hidden import hides
from api.openapi import LEGAL_EFFECT, WRITE_PROBLEMS
from api.parameters import MilestoneId, ProcessId
from api.preconditions import not_as_read
from api.problems import Problem
from api.reading import not_found
from api.recording import Attempt, CommandRoute, Receipt, ToRecord, receipt_response
from api.reporting import document_attached, write_report
from domain.access import Action, Caller
from domain.milestone import MILESTONE, Milestone, milestone_id, milestone_stream
from domain.milestone_authority import AnnounceMilestone, ReassignMilestone
from domain.milestone_commands import (
    CancelMilestone,
    CloseMilestoneAsNotApplicable,
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    MilestoneCommand,
    RedateMilestone,
    ReopenMilestone,
    ReportProgress,
    ResumeMilestone,
    StartMilestone,
    SuspendMilestone,
)
from domain.milestone_evidence import AttachEvidence, WithdrawEvidence
from domain.milestone_part import ReportPart
from domain.milestone_replacement import ReplaceMilestone
from domain.milestone_validation import ReturnMilestone, ValidateMilestone
from ledger.ledger import Folded, Recorded, View

router = APIRouter(
    prefix="/api/v1/processes/{process}/milestones/{milestone}", tags=["reports"], route_class=CommandRoute
)


class ReportRoute(NamedTuple):
    """A change that may be reported: its resource, the command, and what its sender must be allowed to do."""

    resource: str
    command: type[MilestoneCommand]
    action: Action = "report"
    may_take_two: bool = False
    """Whether some of these have legal effect, and take a second person."""


REPORTS = (
    ReportRoute("start", StartMilestone),
    ReportRoute("progress", ReportProgress),
    ReportRoute("parts", ReportPart),
    ReportRoute("completion", CompleteMilestone),
    ReportRoute("suspension", SuspendMilestone),
    ReportRoute("resumption", ResumeMilestone),
    ReportRoute("cancellation", CancelMilestone),
    ReportRoute("replacement", ReplaceMilestone),
    ReportRoute("not-applicable", CloseMilestoneAsNotApplicable),
    ReportRoute("reopening", ReopenMilestone),
    ReportRoute("date", DateMilestone),
    ReportRoute("redating", RedateMilestone, may_take_two=True),
    ReportRoute("correction", CorrectMilestone, may_take_two=True),
    ReportRoute("validation", ValidateMilestone, "validate"),
    ReportRoute("return", ReturnMilestone, "validate"),
    ReportRoute("announcement", AnnounceMilestone),
    ReportRoute("reassignment", ReassignMilestone, "administer"),
    ReportRoute("evidence", AttachEvidence),
    ReportRoute("evidence-withdrawal", WithdrawEvidence),
)
"""Everything that may be reported."""


async def report(asked: Attempt[MilestoneCommand], process: str, milestone: str, action: Action) -> Response:
    """Record a report, and answer with its receipt."""
    receipt, recorded = await record_report(asked, process, milestone, action)
    return receipt_response(receipt, recorded, location=f"/api/v1/processes/{process}/milestones/{milestone}")


async def record_report(
    asked: Attempt[MilestoneCommand], process: str, milestone: str, action: Action
) -> tuple[Receipt, Recorded]:
    """Decide a command on the milestone as it is, record what follows, and return the receipt."""
    command = asked.command
    stream = milestone_stream(process, milestone)
    before = Folded(MILESTONE.initial, 0, 0)
    document = await document_attached(asked.resources.documents, command)

    async def decide(view: View) -> None:
        nonlocal before
        before = await authorised(asked, view, process, milestone, action)
        if not command.stands_alone and before.position not in asked.read:
            raise not_as_read(stream, before.position, asked.read)
        now = asked.resources.clock()
        await write_report(view, process, milestone, command, asked.sent.occurred_at, now, document)

    recorded = await asked.record(decide)
    after = await asked.state_after(MILESTONE, before, recorded, stream)
    receipt = Receipt(
        command_id=asked.command_id,
        process=process,
        milestone=milestone,
        status=after.state.status,
        version=after.version,
        position=after.position,
        first_position=recorded.events[0].envelope.position if recorded.events else after.position,
        recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
        changed=bool(recorded.events),
    )
    return receipt, recorded


async def authorised(
    asked: Attempt[MilestoneCommand], view: View, process: str, milestone: str, action: Action
) -> Folded[Milestone]:
    """Return a milestone, once its sender may do this to it. Raises a 404 `Problem` and `domain.event.Refused`."""
    before = await view.load(MILESTONE, milestone_stream(process, milestone))
    caller = await asked.caller_in(view)
    if before.state.plan is None or await hides(view, process, caller):
        raise await nothing_to_report_on(view, process, milestone, caller)
    await asked.authorise(view, action, asked.command.place_of(before.state.plan), process)
    return before


async def nothing_to_report_on(view: View, process: str, milestone: str, caller: Caller) -> Problem:
    """Return the problem of a milestone that is not there; of a row followed state by state, where its parts are.

    Of a process that is hidden from the caller it says what it says of one that does not exist.
    """
    part = milestone_id(milestone, territory="MX-JAL")
    found = (await view.load(MILESTONE, milestone_stream(process, part))).state.plan is not None
    has_parts = found and not await hides(view, process, caller)
    return not_found(
        "unknown-milestone",
        es=f"No hay una actividad {milestone} que reportar en «{process}»."
        + (f" Se sigue por entidad y se reporta en cada una: {part}." if has_parts else ""),
        en=f"There is no activity {milestone} to report on in '{process}'."
        + (f" It is followed state by state and reported on in each: {part}." if has_parts else ""),
    )


def _endpoint(route: ReportRoute) -> Callable[..., Coroutine[Any, Any, Response]]:
    """Return the function that answers a route, with the command's own words as its documentation."""
    to_be_read = ToRecord(route.command, exists=not route.command.stands_alone)
    to_record = Annotated[Attempt[MilestoneCommand], Depends(to_be_read)]

    async def endpoint(process: ProcessId, milestone: MilestoneId, asked: Any) -> Response:
        return await report(asked, process, milestone, route.action)

    endpoint.__name__ = route.command.__name__
    endpoint.__doc__ = route.command.__doc__
    # `to_record` is known in this function alone, where a name in a string is not looked for.
    endpoint.__annotations__["asked"] = to_record
    return endpoint


for _route in REPORTS:
    _responses = LEGAL_EFFECT if _route.may_take_two else WRITE_PROBLEMS
    router.post(f"/{_route.resource}", response_model=Receipt, responses=_responses)(_endpoint(_route))
