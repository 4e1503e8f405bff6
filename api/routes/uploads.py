"""Uploads that can be resumed: begun, continued at an offset, and a document once they are complete.

Close to *Resumable Uploads for HTTP* (draft-ietf-httpbis-resumable-upload): ``HEAD`` tells the offset, ``PATCH`` of
``application/partial-upload`` appends there, ``Upload-Complete: ?1`` ends it. Its 104 interim answers are not sent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from api.database import Resources
from api.documents.begun import Begun
from api.documents.receiving import (
    REPR_DIGEST,
    Received,
    cut_off,
    digest_given,
    document_too_large,
    keep,
    receive,
)
from api.documents.sender import Sender
from api.openapi import UPLOAD_PROBLEMS
from api.problems import Problem
from api.reading import answer
from api.routes.documents import KEPT_ALREADY, DocumentRow, FileName, body_of, received_response
from domain.access import Caller
from domain.document import usable_name
from domain.event import Refused
from ledger.documents import PART_LASTS_SECONDS, Part

router = APIRouter(prefix="/api/v1/documents/uploads", tags=["documents"])

PARTIAL = "application/partial-upload"
OFFSET, LENGTH, COMPLETE = "Upload-Offset", "Upload-Length", "Upload-Complete"

UploadId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The upload's id, from its `Location`.")
]


class UploadRow(BaseModel):
    """An upload under way."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    offset: int
    """How many bytes are here: where the next piece begins."""
    length: int | None
    """How many there will be, where that was said."""
    expires_at: datetime
    """Until when it may be resumed."""


@router.post("", response_model=UploadRow, status_code=201, responses=UPLOAD_PROBLEMS)
async def begin(request: Request, sender: Sender, name: FileName = "") -> Response:
    """Begin an upload. `Upload-Length` says how many bytes it will have, `Location` in the answer where they go."""
    resources: Resources = request.app.state.resources
    length = _number(request, LENGTH)
    if length is not None and length > resources.settings.max_document_bytes:
        raise document_too_large(resources.settings.max_document_bytes)
    begun = Begun(
        actor=sender.actor,
        length=length,
        name=usable_name(name) if name else "",
        expires_at=resources.clock() + timedelta(seconds=PART_LASTS_SECONDS),
    )
    id_ = await run_in_threadpool(resources.documents.begin, begun.model_dump_json())
    headers = {"Location": f"/api/v1/documents/uploads/{id_}"} | _limit(resources)
    row = UploadRow(offset=0, length=length, expires_at=begun.expires_at)
    return Response(row.model_dump_json().encode(), 201, headers=headers, media_type="application/json")


@router.get("/{upload}", response_model=UploadRow, responses=UPLOAD_PROBLEMS)
async def get(request: Request, upload: UploadId, sender: Sender) -> Response:
    """Read how far an upload has come; `HEAD` tells it in `Upload-Offset` alone."""
    resources: Resources = request.app.state.resources
    begun = _known(resources, upload, sender)
    offset = resources.documents.received(upload)
    row = UploadRow(offset=offset, length=begun.length, expires_at=begun.expires_at)
    response = answer(request, row)
    response.headers.update(
        {OFFSET: str(offset), COMPLETE: "?0", "Cache-Control": "no-store"} | _limit(resources)
    )
    if begun.length is not None:
        response.headers[LENGTH] = str(begun.length)
    return response


@router.patch(
    "/{upload}",
    response_model=DocumentRow,
    status_code=201,
    responses={**UPLOAD_PROBLEMS, 200: KEPT_ALREADY, 204: {"description": "There is more to come."}},
    openapi_extra=body_of(PARTIAL),
)
async def append(request: Request, upload: UploadId, sender: Sender) -> Response:
    """Append a piece at `Upload-Offset`. With `Upload-Complete: ?1` it is the last, and the answer is the document."""
    resources: Resources = request.app.state.resources
    begun = _known(resources, upload, sender)
    if request.headers.get("content-type") != PARTIAL:
        raise _not_partial()
    offset, complete = _number(request, OFFSET), request.headers.get(COMPLETE) == "?1"
    most = begun.length if begun.length is not None else resources.settings.max_document_bytes
    with resources.documents.resume(upload) as part:
        if offset != part.size_bytes:
            raise _another_offset(part.size_bytes)
        try:
            await receive(request, part, most_bytes=most)
        except ClientDisconnect:
            raise cut_off() from None
        except Problem:
            part.cut(offset)
            raise
        if complete:
            return received_response(await run_in_threadpool(_finish, resources, request, begun, part))
        offset = part.size_bytes
    return Response(status_code=204, headers={OFFSET: str(offset), COMPLETE: "?0"})


@router.delete("/{upload}", status_code=204, responses=UPLOAD_PROBLEMS)
async def cancel(request: Request, upload: UploadId, sender: Sender) -> Response:
    """Let go of an upload, and of what was received of it."""
    resources: Resources = request.app.state.resources
    _known(resources, upload, sender)
    await run_in_threadpool(resources.documents.drop, upload)
    return Response(status_code=204)


def _finish(resources: Resources, request: Request, begun: Begun, part: Part) -> Received:
    """Keep a whole upload; one that is not taken is let go of."""
    if begun.length is not None and part.size_bytes != begun.length:
        raise _another_offset(part.size_bytes)
    try:
        return keep(resources.documents, part, begun.name, digest_given(request, REPR_DIGEST))
    except (Refused, Problem):
        resources.documents.drop(part.id)
        raise


def _known(resources: Resources, upload: str, sender: Caller) -> Begun:
    """Return what is known of an upload of the sender's own. Raises a 404 `Problem`, the same for anybody else's."""
    about = resources.documents.about(upload)
    begun = Begun.model_validate_json(about) if about else None
    if begun is None or begun.actor != sender.actor or begun.expires_at <= resources.clock():
        raise Problem(
            404,
            "unknown-upload",
            es="No hay una carga con esa dirección: terminó, venció al día de empezada o es de alguien más.",
            en="There is no upload at that address: it ended, expired a day after it began or is somebody else's.",
        )
    return begun


def _limit(resources: Resources) -> dict[str, str]:
    most = resources.settings.max_document_bytes
    return {"Upload-Limit": f"max-size={most}, max-age={PART_LASTS_SECONDS}"}


def _number(request: Request, header: str) -> int | None:
    """Return a header that is a count of bytes, None where it was not sent. Raises a 400 `Problem`."""
    given = request.headers.get(header)
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 15):
        raise Problem(
            400,
            "upload-header-unreadable",
            es=f"«{header}» es una cuenta de bytes: un número entero.",
            en=f"'{header}' is a count of bytes: a whole number.",
        )
    return int(given)


def _another_offset(offset: int) -> Problem:
    return Problem(
        409,
        "upload-at-another-offset",
        es=f"Aquí hay {offset} bytes: continúa desde ahí, con «Upload-Offset: {offset}», hasta completar la carga.",
        en=f"There are {offset} bytes here: go on from there, with 'Upload-Offset: {offset}', until it is complete.",
        headers={OFFSET: str(offset), COMPLETE: "?0"},
    )


def _not_partial() -> Problem:
    return Problem(
        415,
        "upload-type-unsupported",
        es=f"Una parte de una carga se envía con «Content-Type: {PARTIAL}».",
        en=f"A piece of an upload is sent with 'Content-Type: {PARTIAL}'.",
        headers={"Accept-Patch": PARTIAL},
    )
