"""Documents: kept once under the SHA-256 of their bytes, given to who may see what they support."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from api.access import Reach
from api.database import Resources
from api.documents.giving import document_response, unknown_document
from api.documents.receiving import (
    REPR_DIGEST,
    Received,
    cut_off,
    digest_given,
    digest_written,
    keep,
    receive,
)
from api.documents.sender import Sender
from api.openapi import TOKEN_READ_PROBLEMS, UPLOAD_PROBLEMS
from api.reading import reading
from projections.evidence import may_be_given

router = APIRouter(prefix="/api/v1/documents", tags=["documents"])

DigestInPath = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{64}$",
        description="SHA-256 of the document, in hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
FileName = Annotated[
    str,
    Query(
        alias="name",
        max_length=400,
        description="What the file is called: to be told where it is another kind.",
    ),
]


def body_of(media_type: str) -> dict[str, Any]:
    """Return how a body of bytes is described."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


class DocumentRow(BaseModel):
    """A document that is kept. What it is evidence of is said by attaching it (`…/evidence`)."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    sha256: str
    """Its address and its name in the log."""
    size_bytes: int
    """How many bytes it has."""
    media_type: str
    """What its bytes are."""


KEPT_ALREADY: dict[str, Any] = {"model": DocumentRow, "description": "It was kept already."}


@router.post(
    "",
    response_model=DocumentRow,
    status_code=201,
    responses={**UPLOAD_PROBLEMS, 200: KEPT_ALREADY},
    openapi_extra=body_of("application/octet-stream"),
)
async def upload(request: Request, _sender: Sender, name: FileName = "") -> Response:
    """Upload a document: its bytes are the body, as they are.

    PDF, PNG, JPEG, TIFF, XLSX, DOCX, ODT, ODS, XML or any text in UTF-8, by their bytes. `Content-Digest` and
    `Repr-Digest` (RFC 9530) are checked where they are sent. The same document again is answered with 200.
    Nobody sees a document until it is attached to a report.
    """
    resources: Resources = request.app.state.resources
    expected = digest_given(request, REPR_DIGEST)
    with resources.documents.new_part() as part:
        try:
            await receive(request, part, most_bytes=resources.settings.max_document_bytes)
        except ClientDisconnect:
            raise cut_off() from None
        received = await run_in_threadpool(keep, resources.documents, part, name, expected)
    return received_response(received)


@router.get(
    "/{sha256}",
    responses={
        **TOKEN_READ_PROBLEMS,
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    },
    response_class=StreamingResponse,
)
async def get(request: Request, sha256: DigestInPath, reach: Reach) -> Response:
    """Download a document that supports a report one may see. `Repr-Digest` says what its bytes must come to."""
    resources: Resources = request.app.state.resources
    if not await run_in_threadpool(may_be_downloaded, request, sha256, [reach]):
        raise unknown_document()
    return await document_response(request, resources.documents, sha256)


def may_be_downloaded(request: Request, sha256: str, reaches: list[str | None]) -> bool:
    """Tell whether who has authority over any of these territories (None: anyone) may have a document."""
    with reading(request, None) as (connection, _):
        return any(may_be_given(connection, sha256, reach) for reach in reaches)


def received_response(received: Received) -> Response:
    """Return where a document is from now on."""
    document = received.document
    row = DocumentRow(sha256=document.sha256, size_bytes=document.size_bytes, media_type=document.media_type)
    headers = {
        "Location": f"/api/v1/documents/{document.sha256}",
        REPR_DIGEST: digest_written(document.sha256),
    }
    return Response(
        row.model_dump_json().encode(),
        201 if received.is_new else 200,
        headers=headers,
        media_type="application/json",
    )
