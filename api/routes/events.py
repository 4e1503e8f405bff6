"""The log itself: one CloudEvents document an event, the same bytes that are hashed and published."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response, StreamingResponse

from api.access import PUBLIC
from api.database import Resources
from api.openapi import READ_PROBLEMS
from api.parameters import PlainQuery, Position, Question
from api.problems import Problem
from api.reading import not_found, reader_has
from domain.text import without_control_characters
from ledger.entry import entry
from ledger.log import Log, StoredEvent, Tail

router = APIRouter(prefix="/api/v1/events", tags=["events"], dependencies=[PUBLIC])

NDJSON = "application/x-ndjson"
CLOUD_EVENT = "application/cloudevents+json"
PROOF = "text/plain; charset=utf-8"
PAGE_EVENTS = 1_000


class EventsQuestion(Question):
    """Which part of the log to read."""

    after: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Only events beyond this position."""
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many events at most. By default all there are now."""
    stream: Annotated[str | None, Field(max_length=200), AfterValidator(without_control_characters)] = None
    """Only one stream (`milestone/pef-2026-2027/F047`) or, ending in `/`, all that begin so."""


@router.get(
    "",
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}, **READ_PROBLEMS},
    response_class=StreamingResponse,
)
def read_events(request: Request, query: Annotated[EventsQuestion, Query()]) -> Response:
    """Read the log as lines, in order: one CloudEvents 1.0 document each.

    Positions have no gaps, so without `stream` the first line is position `after` + 1, the next one more.
    The lines end where the log ended when they were asked for (`Bitacora-Position`).
    """
    resources: Resources = request.app.state.resources
    log = resources.ledger.log
    end = log.head().position
    origin = resources.identity().origin
    found = _beyond(log, query, end)
    return StreamingResponse(
        _lines(found, origin, query.limit),
        media_type=NDJSON,
        headers={
            "Cache-Control": "public, no-cache",
            "Content-Disposition": 'inline; filename="events.ndjson"',
        },
    )


@router.get(
    "/{position}",
    responses={200: {"content": {CLOUD_EVENT: {"schema": {"type": "object"}}}}, **READ_PROBLEMS},
    response_class=Response,
)
async def read_event(request: Request, position: Position, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read one event of the log: the bytes that are hashed. They never change."""
    resources: Resources = request.app.state.resources
    stored = await resources.ledger.read(position - 1, 1)
    if not stored:
        raise not_found(
            "unknown-position",
            es=f"No hay un asiento n.º {position}.",
            en=f"There is no position {position}.",
        )
    origin = (await asyncio.to_thread(resources.identity)).origin
    document = entry(stored[0], origin)
    tag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=31536000, immutable"}
    if reader_has(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(document, media_type=CLOUD_EVENT, headers=headers)


class ProofQuestion(Question):
    """With which checkpoint a proof is kept."""

    checkpoint: Annotated[int, Field(ge=1, le=10**18)] | None = None
    """The size of one that was signed, such as one that was time-stamped. By default the last, or the last that was
    witnessed where that covers the event."""


@router.get(
    "/{position}/receipt",
    responses={200: {"content": {PROOF: {"schema": {"type": "string"}}}}, **READ_PROBLEMS},
    response_class=Response,
)
async def read_proof(
    request: Request, position: Position, query: Annotated[ProofQuestion, Query()]
) -> Response:
    """Read the proof that an event stands in the signed log: a `c2sp.org/tlog-proof@v1` file, to keep.

    With the event's bytes and the log's public key it verifies without this service. An event is signed within a second
    or so; until then the answer is 404 with `Retry-After`.
    """
    resources: Resources = request.app.state.resources
    proof = await asyncio.to_thread(resources.signed_log.proof, position, query.checkpoint)
    if proof is None and query.checkpoint is not None:
        raise not_found(
            "unknown-checkpoint",
            es=f"No se firmó un sello de {query.checkpoint} asientos, o no llega al asiento n.º {position}.",
            en=f"No checkpoint of {query.checkpoint} entries was signed, or it ends before position {position}.",
        )
    if proof is None:
        raise await _not_proven(resources, position)
    kept_with = f"-{query.checkpoint}" if query.checkpoint else ""
    name = f'attachment; filename="asiento-{position}{kept_with}.tlog-proof"'
    headers = {"Cache-Control": "public, max-age=60", "Content-Disposition": name}
    return Response(proof.file, media_type=PROOF, headers=headers)


async def _not_proven(resources: Resources, position: int) -> Problem:
    """Return why there is no proof of a position: it is not there, or not signed yet."""
    if not await resources.ledger.read(position - 1, 1):
        return not_found(
            "unknown-position",
            es=f"No hay un asiento n.º {position}.",
            en=f"There is no position {position}.",
        )
    return Problem(
        404,
        "not-signed-yet",
        es=f"El asiento n.º {position} está registrado y aún no firmado: pide su prueba otra vez en un momento.",
        en=f"Position {position} is recorded and not signed yet: ask for its proof again in a moment.",
        headers={"Retry-After": "1"},
    )


def _beyond(log: Log, query: EventsQuestion, end: int) -> Iterator[list[StoredEvent]]:
    """Yield the events asked for, page by page."""
    stream = query.stream
    if stream is not None and not stream.endswith("/"):
        found = log.read_streams([Tail(stream)])[0]
        yield [stored for stored in found if query.after < stored.position <= end]
        return
    after = query.after
    read = log.read if stream is None else partial(log.read_family, stream)
    while page := read(after, PAGE_EVENTS):
        yield [stored for stored in page if stored.position <= end]
        after = page[-1].position
        if after >= end:
            return


def _lines(pages: Iterator[list[StoredEvent]], origin: str, limit: int | None) -> Iterator[bytes]:
    """Yield the documents of each page, one a line."""
    left = limit
    for page in pages:
        part = page if left is None else page[:left]
        yield b"".join(entry(stored, origin) + b"\n" for stored in part)
        if left is not None:
            left -= len(part)
            if left == 0:
                return
