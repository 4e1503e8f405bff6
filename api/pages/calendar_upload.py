"""The first screen of a body whose dates are not loaded: its own calendar, looked at row by row, then recorded."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import date, datetime, time
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile

from api.body import Sent
from api.plan_imports.answer import PlanImportAnswer
from api.plan_imports.importing import CalendarNotRecorded, PlanFile, PlanImport, process_of
from api.plans import milestones_of
from api.problems import Problem, invalid, problem_of
from api.recording import Attempt
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.spreadsheet.kept import keep_file, kept_file
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from domain.entity import CENTRAL_ZONE
from domain.event import Line, Refused
from domain.plan_layout import (
    PLAN_LAYOUT,
    ColumnMapped,
    MapPlanLayout,
    PlanField,
    RowMapped,
    plan_layout_stream,
)
from domain.territory import Territory
from ledger.ledger import View

router = APIRouter(tags=["pages"])

SHOWN = 200
"""How many rows the page shows, those that need a person first; the API has them all."""
COLUMNS: tuple[PlanField, ...] = ("id", "name", "starts", "due")


class Said(BaseModel):
    """What the file does not say itself, as the form has it."""

    model_config = ConfigDict(extra="ignore")

    form_key: Annotated[str, Field(max_length=64)] = ""
    territory: Territory
    instrument: Line
    approved_on: date
    sheet: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    leave_out: bool = False

    def file(self, raw: bytes) -> PlanFile:
        """Return the calendar: it was approved at noon of its day, in central Mexico."""
        approved_at = datetime.combine(self.approved_on, time(12), ZoneInfo(CENTRAL_ZONE))
        return PlanFile(raw, self.territory, self.instrument, approved_at, self.sheet or None)


async def _said(request: Request) -> AsyncIterator[Said]:
    """Lend what a form says, its file open beside it. Raises a 422 `Problem`."""
    async with request.form() as form:
        try:
            said = Said.model_validate(
                {name: value for name, value in form.items() if isinstance(value, str)}
            )
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None
        yield said


SaidInForm = Annotated[Said, Depends(_said)]


@router.get("/trabajo/calendario", response_class=HTMLResponse)
def calendar_page(visit: Asked, staff: StaffOnly) -> Response:
    """Cargar el calendario del órgano: enviarlo a revisión."""
    return _page(visit, staff, None, None)


@router.post("/trabajo/calendario", response_class=HTMLResponse)
async def look_at_calendar(
    request: Request,
    visit: Asked,
    staff: StaffOnly,
    said: SaidInForm,
) -> Response:
    """Decir fila por fila qué fecha recibiría cada actividad, sin registrar nada."""
    refuse_foreign_form(request, staff, said.form_key)
    file = (await request.form()).get("file")
    raw = await file.read() if isinstance(file, UploadFile) else b""
    said = said.model_copy(update={"sha256": hashlib.sha256(raw).hexdigest()})
    await asyncio.to_thread(keep_file, visit.resources, staff, said.sha256, raw)
    return await _run(visit, staff, said, raw, dry_run=True)


@router.post("/trabajo/calendario/registro", response_class=HTMLResponse)
async def record_calendar(request: Request, visit: Asked, staff: StaffOnly, said: SaidInForm) -> Response:
    """Registrar las fechas del archivo que se revisó, los mismos bytes."""
    refuse_foreign_form(request, staff, said.form_key)
    raw = await asyncio.to_thread(kept_file, visit.resources, staff, said.sha256)
    return await _run(visit, staff, said, raw, dry_run=False)


@router.post("/trabajo/calendario/formato", response_class=HTMLResponse)
async def map_calendar(request: Request, visit: Asked, staff: StaffOnly, said: SaidInForm) -> Response:
    """Decir qué columna es cuál y qué actividad es cada fila, y revisar otra vez el mismo archivo."""
    refuse_foreign_form(request, staff, said.form_key)
    raw = await asyncio.to_thread(kept_file, visit.resources, staff, said.sha256)
    form = await request.form()
    words = {name: value.strip() for name, value in form.items() if isinstance(value, str) and value.strip()}
    try:
        await _map(visit, staff, said, words)
    except (Refused, Problem, ValueError) as refused:
        problem = problem_of(refused) if not isinstance(refused, ValueError) else _not_an_activity()
        return _page(visit, staff, None, said, refused=problem)
    return await _run(visit, staff, said, raw, dry_run=True)


@router.get("/trabajo/calendario/registro", response_class=HTMLResponse)
@router.get("/trabajo/calendario/formato", response_class=HTMLResponse)
def back_to_the_form(request: Request, _staff: StaffOnly) -> Response:
    """Volver al formulario: lo que se envió no es una página que se abra otra vez."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/trabajo/calendario{asked}", 303)


async def _map(visit: Visit, staff: Staff, said: Said, words: dict[str, str]) -> None:
    """Record what somebody says of a layout. Raises ``ValueError`` where an id is none."""
    columns = [
        ColumnMapped(heading=words[f"column_{name}"], field=name)
        for name in COLUMNS
        if f"column_{name}" in words
    ]
    rows = [
        RowMapped(name=words[f"name_{number}"], milestone=words[f"row_{number}"].upper())
        for number in range(SHOWN)
        if f"row_{number}" in words and f"name_{number}" in words
    ]
    command = MapPlanLayout(territory=said.territory, columns=tuple(columns), rows=tuple(rows))
    now, actor = visit.resources.clock(), staff.caller.actor
    key = uuid5(NAMESPACE_URL, f"bitacora-layout/{actor}/{now.timestamp()}/{command.model_dump_json()}")
    stream = plan_layout_stream(said.territory)
    asked = Attempt(visit.resources, staff.caller, key, Sent(command, now), key.bytes, frozenset(), stream)

    async def decide(view: View) -> None:
        await asked.authorise(view, "report", said.territory)
        known = await milestones_of(view, process_of(said.territory))
        if any(row.milestone not in known for row in rows):
            raise _not_an_activity()
        view.write(stream, command.decide((await view.load(PLAN_LAYOUT, stream)).state))

    await asked.record(decide)


async def _run(visit: Visit, staff: Staff, said: Said, raw: bytes, *, dry_run: bool) -> Response:
    importing = PlanImport(visit.resources, staff.caller, visit.language)
    try:
        told = await importing.run(said.file(raw), dry_run=dry_run, leave_out=said.leave_out and not dry_run)
    except CalendarNotRecorded as kept_back:
        return _page(visit, staff, kept_back.answer, said, status=422)
    except (Refused, Problem) as refused:
        return _page(visit, staff, None, said, refused=problem_of(refused))
    return _page(visit, staff, told, said)


def _page(
    visit: Visit, staff: Staff, told: PlanImportAnswer | None, said: Said | None, *,
    refused: Problem | None = None, status: int = 200,
) -> Response:  # fmt: skip
    places = sorted({held.territory[:6] for held in staff.caller.authorities if held.allows("report")})
    rows = (
        sorted(told.rows, key=lambda row: row.outcome not in {"unknown", "contradiction", "refused"})
        if told
        else []
    )
    wrong = sum(row.outcome in {"unknown", "contradiction", "refused"} for row in rows)
    content = {
        "told": told, "said": said, "refused": refused, "places": places, "rows": rows[:SHOWN], "wrong": wrong,
        "left_out": max(0, len(rows) - SHOWN), "columns": COLUMNS,
        "to_record": told.counts.get("would_be_recorded", 0) if told else 0,
    }  # fmt: skip
    return private_page(
        visit, staff, "calendar_upload.html", content, status=refused.status if refused else status
    )


def _not_an_activity() -> Problem:
    return Problem(
        422,
        "no-such-activity",
        es="Una de las claves no es de una actividad de este proceso: son como L010.",
        en="One of the ids is no activity of this process: they are like L010.",
    )
