"""Processes: read them, open them with their whole plan, confirm and close them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC, Reach
from api.hidden import is_hidden
from api.openapi import LEGAL_EFFECT, READ_PROBLEMS, TOKEN_READ_PROBLEMS, WRITE_PROBLEMS
from api.opening import open_process
from api.parameters import BothClocksListQuestion, BothClocksQuery, ProcessId
from api.plans import milestones_of
from api.preconditions import not_as_read
from api.problems import Problem
from api.reading import answer, answer_page, not_found, reading_both_clocks
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from domain.docket import refuse_private_words
from domain.milestone_rules import Circumstances, not_in_the_future
from domain.plan import OpenProcess
from domain.procedure_text import PROCEDURE_TEXT, procedure_text_stream
from domain.process import (
    PROCESS,
    CaseOpened,
    CloseProcess,
    ConfirmProcess,
    Process,
    process_stream,
)
from domain.territory import Territory
from domain.timeliness import is_to_be_done
from ledger.ledger import Folded, Recorded, View
from projections.page import Page
from projections.processes import ProcessRow, get_process, list_processes
from projections.second_clock import Scope
from projections.timeline import TimelineEntry, TimelineFilter, list_timeline

router = APIRouter(prefix="/api/v1/processes", tags=["processes"])


class ProcessesQuestion(BothClocksListQuestion):
    """Which processes to list."""

    territory: Territory | None = None
    """Only those of the country (`MX`) or of a state."""
    kind: Annotated[str | None, Field(pattern=r"^[a-z_]{1,60}$")] = None
    """Only those of a procedure: `federal_election`, `local_election`."""


class HistoryQuestion(BothClocksListQuestion):
    """Which part of a history to list."""

    newest_first: bool = False
    """The last first."""
    reports_only: bool = False
    """Without the rows of the plan as they entered at the opening."""


@router.get("", response_model=Page[ProcessRow], responses=READ_PROBLEMS, dependencies=[PUBLIC])
def list_all(request: Request, query: Annotated[ProcessesQuestion, Query()]) -> Response:
    """List every process, in the order they were opened. Also as CSV."""
    with reading_both_clocks(request, query) as (connection, as_of):
        page = list_processes(
            connection,
            as_of,
            territory=query.territory,
            kind=query.kind,
            after=query.cursor,
            limit=query.limit,
        )
    return answer_page(request, page, ProcessRow)


@router.get("/{process}", response_model=ProcessRow, responses=TOKEN_READ_PROBLEMS)
def get(request: Request, process: ProcessId, reach: Reach, query: BothClocksQuery) -> Response:
    """Read one process with its stages and figures."""
    with reading_both_clocks(request, query, Scope(process=process)) as (connection, as_of):
        row = get_process(connection, process, as_of, reach=reach)
    if row is None:
        raise unknown_process(process)
    return answer(request, row, row.position)


@router.get("/{process}/history", response_model=Page[TimelineEntry], responses=TOKEN_READ_PROBLEMS)
def get_history(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[HistoryQuestion, Query()]
) -> Response:
    """List everything that happened to a process and its activities, in order. Also as CSV."""
    with reading_both_clocks(request, query, Scope(process=process)) as (connection, as_of):
        page = list_timeline(
            connection,
            TimelineFilter(process=process, reports_only=query.reports_only, reach=reach),
            as_of,
            newest_first=query.newest_first,
            after=query.cursor,
            limit=query.limit,
        )
        if not page.items and get_process(connection, process, as_of, reach=reach) is None:
            raise unknown_process(process)
    return answer_page(request, page, TimelineEntry)


@router.post("", status_code=201, response_model=Receipt, responses=WRITE_PROBLEMS)
async def open_one(
    asked: Annotated[Attempt[OpenProcess], Depends(ToRecord(OpenProcess, exists=False))],
) -> Response:
    """Begin to follow a process: its whole plan is dated and recorded in one piece, or none of it."""
    return await _open(asked)


@router.post("/{process}/confirmation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def confirm(
    process: ProcessId, asked: Annotated[Attempt[ConfirmProcess], Depends(ToRecord(ConfirmProcess))]
) -> Response:
    """Record the instrument that makes a process certain."""
    return await _change(asked, process)


@router.post("/{process}/closing", response_model=Receipt, responses=LEGAL_EFFECT)
async def close(
    process: ProcessId, asked: Annotated[Attempt[CloseProcess], Depends(ToRecord(CloseProcess))]
) -> Response:
    """Record the end of a process, and how many of its activities are still to be done."""
    return await _change(asked, process)


async def _open(asked: Attempt[OpenProcess]) -> Response:
    command = asked.command
    process = command.process
    before = Folded(PROCESS.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        await asked.authorise(view, "administer", command.territory, process)
        not_in_the_future(Circumstances(asked.sent.occurred_at, asked.resources.clock()))
        before = await open_process(view, command)

    recorded = await asked.record(decide)
    return await process_receipt(asked, process, before, recorded, created=True)


async def _change(asked: Attempt[ConfirmProcess] | Attempt[CloseProcess], process: str) -> Response:
    before = Folded(PROCESS.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        before = await view.load(PROCESS, process_stream(process))
        if is_hidden(before.state, await asked.caller_in(view), process):
            before = Folded(PROCESS.initial, 0, 0)
        if before.state.opened is not None:
            await asked.authorise(view, "administer", before.state.opened.territory, process)
            # A process is read together with its activities, so what was read may be later than its own last event.
            if not any(before.position <= position for position in asked.read):
                raise not_as_read(process_stream(process), before.position, asked.read)
        is_closing = isinstance(asked.command, CloseProcess) and before.state.status == "open"
        activities = await milestones_of(view, process) if is_closing else {}
        await _refuse_private_words(view, before.state, asked.command)
        events = asked.command.decide(before.state, sum(map(is_to_be_done, activities.values())))
        if events:
            not_in_the_future(Circumstances(asked.sent.occurred_at, asked.resources.clock()))
        view.write(process_stream(process), events)

    recorded = await asked.record(decide)
    return await process_receipt(asked, process, before, recorded)


async def _refuse_private_words(view: View, process: Process, command: ConfirmProcess | CloseProcess) -> None:
    if isinstance(process.opened, CaseOpened):
        text = await view.load(PROCEDURE_TEXT, procedure_text_stream(process.opened.plan_digest))
        refuse_private_words(text.state.procedure(), command)


async def process_receipt(
    asked: Attempt[Any], process: str, before: Folded[Process], recorded: Recorded, *, created: bool = False
) -> Response:
    """Return the receipt of what was done to a process or a case, with the status it left."""
    after = await asked.state_after(PROCESS, before, recorded, process_stream(process))
    receipt = Receipt(
        command_id=asked.command_id,
        process=process,
        milestone=None,
        status=after.state.status,
        version=after.version,
        position=recorded.position,
        first_position=recorded.events[0].envelope.position if recorded.events else recorded.position,
        recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
        changed=bool(recorded.events),
    )
    return receipt_response(receipt, recorded, location=f"/api/v1/processes/{process}", created=created)


def unknown_process(process: str) -> Problem:
    """Return the problem of a process that is not there."""
    return not_found(
        "unknown-process",
        es=f"No hay un proceso «{process}» (en el momento consultado).",
        en=f"There is no process '{process}' (at the moment asked about).",
    )
