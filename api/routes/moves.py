"""A whole plan dated anew: election day moves, or the process follows another text; and both as a rehearsal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from api.access import Reach
from api.database import Resources
from api.hidden import is_hidden
from api.openapi import LEGAL_EFFECT, TOKEN_READ_PROBLEMS
from api.parameters import ProcessId, Question
from api.plans import milestones_of
from api.preconditions import not_as_read
from api.reading import answer
from api.recording import Attempt, Receipt, ToRecord
from api.routes.processes import process_receipt, unknown_process
from domain.access import may_see
from domain.calendar import Moment
from domain.event import Event
from domain.milestone import Milestone, milestone_stream
from domain.milestone_events import MilestonePlanned, MilestoneReplanned, MilestoneScheduled
from domain.milestone_rules import Circumstances, not_in_the_future
from domain.names import Names
from domain.procedure import Procedure
from domain.process import PROCESS, CaseOpened, Process, ProcessOpened, process_stream
from domain.replanning import Change, MoveElectionDay, MovePlan, MoveToPlanVersion, Replanning, change_of
from domain.variant import plan_for
from domain.what_if import broken
from ledger.ledger import Folded, View

router = APIRouter(prefix="/api/v1/processes", tags=["processes"])


class RehearsalQuestion(Question):
    """What is supposed: another day of the vote, or the present text of the plan."""

    election_day: Moment | None = None
    """The day the vote would be on."""
    plan_version: Annotated[int | None, Field(ge=1)] = None
    """The version of the plan it would follow: the present one."""

    @model_validator(mode="after")
    def _supposes_one_thing(self) -> RehearsalQuestion:
        if (self.election_day is None) == (self.plan_version is None):
            raise ValueError("suppose either another day of the vote or another version of the plan")
        return self


class MoveRow(BaseModel):
    """What would become of one activity."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    milestone: str
    """The activity: `F070`, `F005-JAL`."""
    name: Names
    """What it is called."""
    change: Change
    """`moved`: its dates; `changed`: its row of the plan; `added`, `removed`."""
    before: Moment | None
    """When it is due now."""
    after: Moment | None
    """When it would be due."""
    breaks: Names | None
    """Which limit it would break, where it would."""


class Rehearsal(BaseModel):
    """Everything that would be recorded, told before anything is."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    process: str
    """The process."""
    changes: list[MoveRow]
    """Each activity that would change, in the order of the plan."""
    breaks: int
    """How many limits would be broken."""


@router.get("/{process}/what-if", response_model=Rehearsal, responses=TOKEN_READ_PROBLEMS)
async def rehearse(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[RehearsalQuestion, Query()]
) -> Response:
    """Tell every date that another day of the vote, or another text of the plan, would move. Nothing is recorded."""
    resources: Resources = request.app.state.resources
    view = View(resources.ledger, fresh=True)
    state = (await view.load(PROCESS, process_stream(process))).state
    if state.opened is None or not _may_be_known(state.opened, reach):
        raise unknown_process(process)
    text = plan_for(state.opened.kind, state.opened.territory, state.opened.cycle)
    milestones = await _milestones(view, process, text)
    supposed: MovePlan = (
        MoveElectionDay(election_day=query.election_day, basis="law", instrument="?", reason="?")
        if query.election_day is not None
        else MoveToPlanVersion(plan_version=query.plan_version or 0, instrument="?")
    )
    plan = await asyncio.to_thread(supposed.decide, state, text, milestones)
    now = resources.clock()
    rows = [
        _row(id_, milestones.get(id_, Milestone()), events, now) for id_, events in plan.milestones.items()
    ]
    return answer(
        request, Rehearsal(process=process, changes=rows, breaks=sum(row.breaks is not None for row in rows))
    )


@router.post("/{process}/election-day", response_model=Receipt, responses=LEGAL_EFFECT)
async def move_election_day(
    process: ProcessId, asked: Annotated[Attempt[MoveElectionDay], Depends(ToRecord(MoveElectionDay))]
) -> Response:
    """Record that the day of the vote is another: every date counted from it moves, in one piece."""
    return await _move(asked, process)


@router.post("/{process}/plan-version", response_model=Receipt, responses=LEGAL_EFFECT)
async def move_to_plan_version(
    process: ProcessId, asked: Annotated[Attempt[MoveToPlanVersion], Depends(ToRecord(MoveToPlanVersion))]
) -> Response:
    """Have a process follow the present text of its plan: what it adds, removes and changes is recorded with it."""
    return await _move(asked, process)


def _may_be_known(opened: ProcessOpened | CaseOpened, reach: str | None) -> bool:
    return isinstance(opened, ProcessOpened) or may_see(opened.docket, opened.territory, reach)


async def _move(asked: Attempt[MoveElectionDay] | Attempt[MoveToPlanVersion], process: str) -> Response:
    before: Folded[Process] = Folded(PROCESS.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        before = await view.load(PROCESS, process_stream(process))
        state = before.state
        if state.opened is None or is_hidden(state, await asked.caller_in(view), process):
            raise unknown_process(process)
        await asked.authorise(view, "administer", state.opened.territory, process)
        if not any(before.position <= position for position in asked.read):
            raise not_as_read(process_stream(process), before.position, asked.read)
        not_in_the_future(Circumstances(asked.sent.occurred_at, asked.resources.clock()))
        text = plan_for(state.opened.kind, state.opened.territory, state.opened.cycle)
        milestones = await _milestones(view, process, text)
        # A plan of 2,500 milestones takes a while to date: other requests go on meanwhile.
        _write(view, process, await asyncio.to_thread(asked.command.decide, state, text, milestones))

    recorded = await asked.record(decide)
    return await process_receipt(asked, process, before, recorded)


def _write(view: View, process: str, plan: Replanning) -> None:
    view.write(process_stream(process), plan.process)
    for id_, events in plan.milestones.items():
        view.write(milestone_stream(process, id_), events)


async def _milestones(view: View, process: str, text: Procedure) -> Mapping[str, Milestone]:
    """Return every milestone of a plan, in the order of its text; those that left the plan come last."""
    found = await milestones_of(view, process)
    order = {step.id: number for number, step in enumerate(text.steps)}
    return dict(
        sorted(found.items(), key=lambda item: order.get(item[1].plan.row if item[1].plan else "", 999))
    )


def _row(id_: str, milestone: Milestone, events: Sequence[Event], now: datetime) -> MoveRow:
    before = milestone.schedule.due if milestone.schedule else None
    planned = milestone.plan
    schedule = milestone.schedule
    for event in events:
        if isinstance(event, MilestonePlanned):
            planned, schedule = event, event.schedule
        elif isinstance(event, MilestoneReplanned):
            planned = event.planned
        elif isinstance(event, MilestoneScheduled):
            schedule = event.schedule
    assert planned is not None  # noqa: S101 - it is in the plan, or enters it
    change = change_of(events)
    limit = (
        broken(milestone._replace(plan=planned), schedule, now) if schedule and change != "removed" else None
    )
    return MoveRow(
        milestone=id_, name=planned.name, change=change, before=before,
        after=schedule.due if schedule and change != "removed" else None, breaks=limit,
    )  # fmt: skip
