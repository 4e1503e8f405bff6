"""Reporting by file: send it, look at what each row would change, confirm the same bytes."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse

from api.batches.answer import BatchAnswer, RowAnswer
from api.batches.request import Mode
from api.batches.template import FileKind, open_rows, template
from api.batches.upload import rows_as_csv, run_upload, spoken_reason
from api.problems import Problem
from api.reading import reading
from api.routes.batches import file_answer
from api.settings import Language
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.spreadsheet.kept import keep_file, kept_file
from api.view.private_page import private_page
from api.view.row_changes import changes_in_words
from api.view.visit import Asked, Visit

router = APIRouter(tags=["pages"])

SHOWN = 100
"""How many rows of each sort a page shows; the CSV has them all."""
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/trabajo/carga", response_class=HTMLResponse)
def upload_page(visit: Asked, staff: StaffOnly) -> Response:
    """Reportar por archivo: descargar la plantilla y enviarla llena."""
    return private_page(visit, staff, "bulk_upload.html", {"answer": None, "refused": None})


@router.post("/trabajo/carga", response_class=HTMLResponse)
async def look_at_file(
    request: Request,
    visit: Asked,
    staff: StaffOnly,
    file: Annotated[UploadFile, File()],
    form_key: Annotated[str, Form(max_length=64)] = "",
    mode: Annotated[Mode, Form()] = "all_or_nothing",
) -> Response:
    """Decir fila por fila qué cambiaría, sin registrar nada."""
    refuse_foreign_form(request, staff, form_key)
    raw = await file.read()
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        answer, _ = await run_upload(
            visit.resources, staff.caller, raw, sha256, mode, visit.language, dry_run=True
        )
    except Problem as refused:
        content = {"answer": None, "refused": refused}
        return private_page(visit, staff, "bulk_upload.html", content, status=refused.status)
    await asyncio.to_thread(keep_file, visit.resources, staff, sha256, raw)
    return _told(visit, staff, answer, sha256, file.filename or "")


@router.post("/trabajo/carga/registro", response_class=HTMLResponse)
async def record_file(
    request: Request,
    visit: Asked,
    staff: StaffOnly,
    sha256: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")],
    form_key: Annotated[str, Form(max_length=64)] = "",
    mode: Annotated[Mode, Form()] = "all_or_nothing",
) -> Response:
    """Registrar el archivo que se revisó, los mismos bytes."""
    refuse_foreign_form(request, staff, form_key)
    raw = await asyncio.to_thread(kept_file, visit.resources, staff, sha256)
    answer, kept_back = await run_upload(
        visit.resources, staff.caller, raw, sha256, mode, visit.language, dry_run=False
    )
    return _told(visit, staff, answer, sha256, "", status=422 if kept_back else 200)


@router.get("/trabajo/carga/{sha256}.csv")
async def file_as_csv(visit: Asked, staff: StaffOnly, sha256: Sha256) -> Response:
    """Lo que cambiaría cada fila, en CSV."""
    raw = await asyncio.to_thread(kept_file, visit.resources, staff, sha256)
    answer, _ = await run_upload(
        visit.resources, staff.caller, raw, sha256, "itemised", visit.language, dry_run=True
    )
    return file_answer(await asyncio.to_thread(rows_as_csv, answer.rows), "csv", "revision")


@router.get("/trabajo/plantilla.{kind}")
def template_file(
    request: Request,
    visit: Asked,
    staff: StaffOnly,
    kind: FileKind,
    proceso: Annotated[str | None, Query(pattern=r"^([a-z][a-z0-9_-]{2,80})?$")] = None,
) -> Response:
    """La plantilla: una fila por actividad abierta de quien entra."""
    with reading(request, None) as (connection, as_of):
        rows = open_rows(connection, staff.caller, proceso or None, as_of, visit.language)
    return file_answer(template(rows, kind, visit.language), kind, "plantilla")


@router.get("/trabajo/carga/registro", response_class=HTMLResponse)
def back_to_the_form(request: Request, _staff: StaffOnly) -> Response:
    """Volver al formulario: lo que se envió no es una página que se abra otra vez."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/trabajo/carga{asked}", 303)


def _told(
    visit: Visit, staff: Staff, answer: BatchAnswer, sha256: str, name: str, *, status: int = 200
) -> Response:
    wrong = [row for row in answer.rows if row.outcome in {"refused", "conflict"}]
    right = [row for row in answer.rows if row.outcome not in {"refused", "conflict"}]
    content = {
        "answer": answer, "refused": None, "sha256": sha256, "file_name": name, "wrong": len(wrong),
        "to_record": answer.counts.get("would_be_recorded", 0),
        "rows": [_line(row, visit.language) for row in wrong[:SHOWN] + right[:SHOWN]],
        "left_out": max(0, len(wrong) - SHOWN) + max(0, len(right) - SHOWN),
    }  # fmt: skip
    return private_page(visit, staff, "bulk_upload.html", content, status=status)


def _line(row: RowAnswer, language: Language) -> tuple[RowAnswer, str]:
    return row, changes_in_words(row.changes, language) or spoken_reason(row)
