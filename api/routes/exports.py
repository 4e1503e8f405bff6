"""The log to take away: any part of it, at any moment, in the form that other people's tools read."""

from __future__ import annotations

import base64
import hashlib
import json
import weakref
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from api.access import PUBLIC
from api.exports import Format, formats
from api.extract import Extract, extract
from api.openapi import READ_PROBLEMS
from api.parameters import MomentQuestion
from api.problems import FieldError, Problem
from api.reading import reader_has, reading
from projections.extent import Part

router = APIRouter(prefix="/api/v1/exports", tags=["events"], dependencies=[PUBLIC])

AT_ONCE = 8
"""How many exports one process makes at a time: each takes a thread, and one form a temporary file."""

_free = BoundedSemaphore(AT_ONCE)

FormatName = Annotated[
    str,
    Path(pattern=f"^({'|'.join(formats())})$", description="The form it is wanted in.", examples=["ndjson"]),
]
"""One of the forms there are."""


STAMPED = {
    "Bitacora-Checkpoint": "The signed checkpoint it was made at: origin, size and root, as in `/log/checkpoint`.",
    "Bitacora-Export-Position": "The last position it knows of.",
    "Bitacora-Export-Events": "How many events it is made of.",
}
"""The headers that say what an export was made at."""


class ExportQuestion(MomentQuestion):
    """Which part of the log; without any of these, all of it that is for everybody."""

    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$", examples=["pef-2026-2027"])] = (
        None
    )
    """One election or case file."""
    milestone: Annotated[
        str | None,
        Field(pattern=r"^[A-Z][A-Z0-9]{1,9}(\.[0-9][0-9Q-]{0,9})?(-[A-Z]{3})?$", examples=["F047"]),
    ] = None
    """One activity of the `process`."""
    territory: Annotated[str | None, Field(pattern=r"^MX-[A-Z]{3}$", examples=["MX-JAL"])] = None
    """One state: its own elections and case files, and the federal activities that are followed in it."""


@router.get(
    "/{format}",
    responses={
        200: {
            "content": {one.media_type: {"schema": {"type": "string"}} for one in formats().values()},
            "headers": {
                name: {"description": words, "schema": {"type": "string"}} for name, words in STAMPED.items()
            },
        },
        **READ_PROBLEMS,
    },
    response_class=StreamingResponse,
)
def export(
    request: Request,
    format: FormatName,  # noqa: A002 - the address's word
    query: Annotated[ExportQuestion, Query()],
) -> Response:
    """Take a part of the log away, as a file.

    It holds what was recorded up to `as_of`, by default up to the last signed checkpoint; of cases that are not public,
    nothing. `Bitacora-Checkpoint` (origin, size, root) and `Bitacora-Export-Position` say what it was made at: the same
    part at the same checkpoint gives the same bytes. The forms: the events as they are, a CloudEvents document a line
    (`ndjson`); as tables, CSV or Parquet (`csv`, `parquet`), and all three with their description as a Frictionless
    Data Package (`datapackage`); for process mining, OCEL 2.0 (`ocel-json`, `ocel-xml`, `ocel-sqlite`) and XES (`xes`);
    as provenance, PROV (`prov-json`).
    """
    _refuse_unclear(query)
    part = Part(process=query.process, milestone=query.milestone, territory=query.territory)
    chosen = formats()[format]
    with reading(request, query.as_of) as (connection, as_of):
        found = extract(request.app.state.resources, connection, part, as_of)
    headers = _headers(found, chosen, request.app.version)
    if reader_has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return StreamingResponse(_Pieces(found, chosen), media_type=chosen.media_type, headers=headers)


class _Pieces:
    """The pieces of an export, and a place among those that are made at a time, for as long as anybody wants them."""

    def __init__(self, found: Extract, chosen: Format) -> None:
        if not _free.acquire(blocking=False):
            raise Problem(
                503,
                "exports-busy",
                es=f"Ya se preparan {AT_ONCE} exportaciones: pide la tuya otra vez en un momento.",
                en=f"{AT_ONCE} exports are being made already: ask for yours again in a moment.",
                headers={"Retry-After": "5"},
            )
        # Also where the reader leaves before the first piece, and no generator ever began.
        self._give_back = weakref.finalize(self, _free.release)
        self._pieces = chosen.pieces(found)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            # It is at its end, or failed.
            self._give_back()
            raise


def _headers(found: Extract, chosen: Format, version: str) -> dict[str, str]:
    stood = found.checkpoint
    said = json.dumps([chosen.name, version, found.stamp])
    return {
        "Bitacora-Checkpoint": f"{stood.origin} {stood.size} {base64.b64encode(stood.root).decode()}",
        "Bitacora-Export-Position": str(found.position),
        "Bitacora-Export-Events": str(len(found.positions)),
        "ETag": f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"',
        "Cache-Control": "public, no-cache",
        "Content-Disposition": f'attachment; filename="{found.name}.{chosen.ending}"',
    }


def _refuse_unclear(query: ExportQuestion) -> None:
    """Refuse an activity of no process, and a state beside a process."""
    wrong: list[FieldError] = []
    if query.milestone is not None and query.process is None:
        es, en = (
            "Una actividad es de un proceso: di también cuál.",
            "An activity is of a process: say which, too.",
        )
        wrong.append({"field": "query.milestone", "es": es, "en": en})
    if query.territory is not None and query.process is not None:
        es, en = "Pide un proceso o una entidad, no ambos.", "Ask for a process or a state, not for both."
        wrong.append({"field": "query.territory", "es": es, "en": en})
    if wrong:
        raise Problem(422, "invalid-fields", es=wrong[0]["es"], en=wrong[0]["en"], errors=wrong)
