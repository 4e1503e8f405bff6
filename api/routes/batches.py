"""Many reports in one request (`api.batches`), as JSON or as the file somebody filled in."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.access import Caller
from api.batches.answer import BatchAnswer
from api.batches.recording import Batch, NotRecorded
from api.batches.request import BatchItem, BatchRequest, Mode, rows_of
from api.batches.sending import CSV, XLSX, batch_sent
from api.batches.template import FileKind, open_rows, template
from api.language import language_of
from api.openapi import TOKEN_READ_PROBLEMS, WRITE_PROBLEMS, body_schema
from api.openapi_headers import key_header
from api.parameters import Question
from api.preconditions import command_id
from api.problems import Problem
from api.reading import reading

router = APIRouter(prefix="/api/v1/batches", tags=["reports"])

_BODIES: dict[str, Any] = {
    "security": [{"token": []}],
    "parameters": [key_header()],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": body_schema(BatchRequest, BatchItem)},
            CSV: {"schema": {"type": "string", "description": "The template, filled in."}},
            XLSX: {
                "schema": {"type": "string", "format": "binary", "description": "The template, filled in."}
            },
        },
    },
}


class FileQuestion(Question):
    """How a file is recorded; a batch in JSON says it in its body."""

    mode: Mode = "all_or_nothing"
    """Whether all are recorded or none, or each for itself."""
    dry_run: bool = False
    """Say what would be recorded, and record nothing."""


@router.post("", response_model=BatchAnswer, responses=WRITE_PROBLEMS, openapi_extra=_BODIES)
async def record(request: Request, caller: Caller, query: Annotated[FileQuestion, Query()]) -> Response:
    """Record up to 10,000 reports, or say row by row what would be recorded (`dry_run`).

    Each is judged as if it were sent alone, after those before it. `all_or_nothing` is one commit, and one row that
    cannot be recorded keeps back all (422, with every row); of `itemised` each is recorded for itself. Sent again
    under the same key, a batch answers the same and records nothing new. What takes two people is sent by itself.
    """
    key = command_id(request)
    content_type = request.headers.get("content-type")
    try:
        raw = await request.body()
    except ClientDisconnect:
        raise Problem(
            400, "malformed-json", es="El cuerpo llegó incompleto.", en="The body arrived incomplete."
        ) from None
    sent = await asyncio.to_thread(batch_sent, content_type, raw, query.mode, dry_run=query.dry_run)
    rows = await asyncio.to_thread(rows_of, sent.items, actor=caller.actor, key=key)
    language = language_of(request, otherwise=request.app.state.language)
    batch = Batch(request.app.state.resources, caller, key, sent.mode, sent.dry_run, rows, language)
    try:
        answer = await batch.run()
    except NotRecorded as kept_back:
        raise not_recorded(kept_back.answer) from None
    body = await asyncio.to_thread(answer.model_dump_json)
    return Response(body, media_type="application/json")


def not_recorded(answer: BatchAnswer) -> Problem:
    """Return the problem of a batch that some rows keep from being recorded, with every row."""
    wrong = answer.counts.get("refused", 0) + answer.counts.get("conflict", 0)
    return Problem(
        422,
        "batch-not-recorded",
        es=f"No se registró nada: {wrong} de {len(answer.rows)} filas no pueden registrarse. Corrígelas y envía el "
        "lote otra vez.",
        en=f"Nothing was recorded: {wrong} of {len(answer.rows)} rows cannot be. Correct them and send the batch "
        "again.",
        **answer.model_dump(mode="json", exclude={"mode", "dry_run"}),
    )


class TemplateQuestion(Question):
    """Which activities the template lists."""

    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")] = None
    """Only those of a process or case."""


_FILES: dict[int | str, dict[str, Any]] = {
    **TOKEN_READ_PROBLEMS,
    200: {
        "description": "The file.",
        "content": {
            CSV: {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    },
}


@router.get(
    "/template.{kind}",
    response_class=Response,
    responses=_FILES,
    openapi_extra={"security": [{"token": []}]},
)
def template_of(
    request: Request, kind: FileKind, caller: Caller, query: Annotated[TemplateQuestion, Query()]
) -> Response:
    """Return a file, CSV or XLSX, with a row for each open activity the token may report on, to be filled in."""
    language = language_of(request, otherwise=request.app.state.language)
    with reading(request, None) as (connection, as_of):
        rows = open_rows(connection, caller, query.process, as_of, language)
    return file_answer(template(rows, kind, language), kind, "plantilla")


def file_answer(content: bytes, kind: FileKind, name: str) -> Response:
    """Return a file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"', "Cache-Control": "no-store"}
    return Response(content, media_type=CSV if kind == "csv" else XLSX, headers=headers)
