"""A body's own calendar (`api.plan_imports`), and how it is written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC, Caller
from api.batches.sending import CSV, XLSX
from api.body import Instant
from api.language import language_of
from api.openapi import READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery, Question
from api.plan_imports.answer import PlanImportAnswer
from api.plan_imports.importing import CalendarNotRecorded, PlanFile, PlanImport
from api.problems import Problem
from api.reading import answer
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from api.routes.working_calendars import TerritoryPath
from domain.event import Line
from domain.plan_layout import PLAN_LAYOUT, MapPlanLayout, PlanLayoutMapped, plan_layout_stream
from domain.territory import Territory
from ledger.ledger import Folded, View

router = APIRouter(prefix="/api/v1/plan-imports", tags=["processes"])

_BODY: dict[str, Any] = {
    "security": [{"token": []}],
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    },
}


class ImportQuestion(Question):
    """What the file does not say itself."""

    territory: Territory
    """`MX`, or the state whose plan it is."""
    instrument: Line
    """The agreement that approved the calendar."""
    approved_at: Instant
    """When it was approved."""
    sheet: Annotated[str | None, Field(max_length=100)] = None
    """The sheet, where its name does not say whose it is."""
    dry_run: bool = False
    """Say what would be recorded, and record nothing."""
    leave_out: bool = False
    """Record the rows without contradictions though others have some, or are unknown."""


@router.post("", response_model=PlanImportAnswer, responses=WRITE_PROBLEMS, openapi_extra=_BODY)
async def import_plan(
    request: Request, caller: Caller, query: Annotated[ImportQuestion, Query()]
) -> Response:
    """Take the dates of a body's calendar, a spreadsheet, into its plan, all in one commit.

    A row is an activity by an explicit id, by a name that is word for word the plan's, or because a layout says so. A
    date says which cell of which file it comes from. The same file sent again records nothing new.
    """
    resources = request.app.state.resources
    language = language_of(request, otherwise=request.app.state.language)
    file = PlanFile(await request.body(), query.territory, query.instrument, query.approved_at, query.sheet)
    try:
        told = await PlanImport(resources, caller, language).run(
            file, dry_run=query.dry_run, leave_out=query.leave_out
        )
    except CalendarNotRecorded as kept_back:
        raise calendar_not_recorded(kept_back.answer) from None
    return Response(told.model_dump_json(), media_type="application/json")


def calendar_not_recorded(told: PlanImportAnswer) -> Problem:
    """Return the problem of a calendar with rows that contradict something or that nobody knows, with every row."""
    return Problem(
        422,
        "calendar-not-recorded",
        es="No se registró nada: hay filas que se contradicen o que nadie sabe qué actividad son. Corrígelas, di qué "
        "actividad son, o pide dejarlas fuera.",
        en="Nothing was recorded: rows contradict something, or nobody knows which activity they are. Correct them, "
        "say which they are, or ask to leave them out.",
        **told.model_dump(mode="json", exclude={"dry_run"}),
    )


@router.post("/layouts", status_code=201, response_model=Receipt, responses=WRITE_PROBLEMS)
async def map_layout(
    asked: Annotated[Attempt[MapPlanLayout], Depends(ToRecord(MapPlanLayout, exists=False))],
) -> Response:
    """Say which heading of a body's calendar is which field, and which of its rows is which activity."""
    stream = plan_layout_stream(asked.command.territory)
    before = Folded(PLAN_LAYOUT.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        await asked.authorise(view, "report", asked.command.territory)
        before = await view.load(PLAN_LAYOUT, stream)
        view.write(stream, asked.command.decide(before.state))

    recorded = await asked.record(decide)
    after = await asked.state_after(PLAN_LAYOUT, before, recorded, stream)
    receipt = Receipt(
        command_id=asked.command_id, process=None, milestone=None, status="mapped",
        version=after.version, position=recorded.position,
        first_position=recorded.events[0].envelope.position if recorded.events else recorded.position,
        recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
        changed=bool(recorded.events),
    )  # fmt: skip
    location = f"/api/v1/plan-imports/layouts/{asked.command.territory}"
    return receipt_response(receipt, recorded, location=location, created=True)


@router.get(
    "/layouts/{territory}", response_model=PlanLayoutMapped, responses=READ_PROBLEMS, dependencies=[PUBLIC]
)
async def layout(request: Request, territory: TerritoryPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read how a body writes its calendar, as far as somebody said."""
    folded = await request.app.state.resources.ledger.load(PLAN_LAYOUT, plan_layout_stream(territory))
    told = folded.state.mapped or PlanLayoutMapped(territory=territory)
    return answer(request, told, folded.position)
