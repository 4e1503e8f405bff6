"""How every read is answered: at a moment, once what the reader must see is told, with an ETag, as JSON or CSV."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from psycopg import Connection
from pydantic import BaseModel
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api import csv_table
from api.database import Resources
from api.parameters import BothClocksListQuestion, BothClocksQuestion
from api.problems import FieldError, Problem
from projections.moment import AsOf, resolve_as_of
from projections.page import Page
from projections.reading import NotReady, projected_position
from projections.second_clock import EVERYTHING, Scope, at_both_clocks

MIN_POSITION_HEADER = "Bitacora-Min-Position"
WAIT_SECONDS = 1.0
"""How long a read waits for the projections to tell what the reader must see."""
POLL_SECONDS = 0.02

JSON = "application/json"


@contextmanager
def reading(request: Request, as_of: str | None) -> Iterator[tuple[Connection[Any], AsOf]]:
    """Lend a connection whose answers are all of one moment, and that moment.

    Waits for the position the reader must see; raises `NotReady` where it is not told in time,
    `projections.moment.BadMoment` and a 422 `Problem`.
    """
    resources: Resources = request.app.state.resources
    needed = _min_position(request, resources)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        with resources.readers.connection() as connection:
            told = projected_position(connection) if needed else 0
            if told >= needed:
                yield connection, resolve_as_of(connection, as_written(as_of), resources.clock())
                return
        if time.monotonic() > deadline:
            raise NotReady(told, needed)
        time.sleep(POLL_SECONDS)


@contextmanager
def reading_both_clocks(
    request: Request, query: BothClocksQuestion | BothClocksListQuestion, scope: Scope = EVERYTHING
) -> Iterator[tuple[Connection[Any], AsOf]]:
    """Lend a connection as `reading` does, and the moment of both clocks; ``scope`` is all that is read at it.

    Raises `projections.moment.BadMoment`, too, where `happened_by` is no instant that has passed.
    """
    with reading(request, query.as_of) as (connection, as_of):
        now = request.app.state.resources.clock()
        yield connection, at_both_clocks(connection, as_of, as_written(query.happened_by), now, scope)


def as_written(moment: str | None) -> str | None:
    """Return an instant as it was meant: a "+" that was not written as %2B arrives as a space."""
    return moment.replace(" ", "+") if moment and "T" in moment else moment


def wait_until_told(resources: Resources) -> None:
    """Wait until the projections tell what this process has seen of the log, for `WAIT_SECONDS` at most.

    For who was just told that something is recorded, and is led to a page that tells it.
    """
    needed, deadline = resources.log_end.position, time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with resources.readers.connection() as connection:
            if projected_position(connection) >= needed:
                return
        time.sleep(POLL_SECONDS)


def answer(request: Request, row: BaseModel, position: int | None = None) -> Response:
    """Return one resource as JSON; ``position`` is the last that changed it, where a write may be judged on it."""
    _acceptable(request, (JSON,))
    return _tagged(request, row.model_dump_json().encode(), JSON, position)


def answer_page(request: Request, page: Page[Any], model: type[BaseModel]) -> Response:
    """Return a page of a list as JSON or CSV, with a link to the next."""
    media_type = _acceptable(request, (JSON, csv_table.MEDIA_TYPE))
    if media_type == JSON:
        response = _tagged(request, page.model_dump_json().encode(), JSON)
    else:
        body = csv_table.table(page.items, csv_table.columns_of(model))
        response = _tagged(request, body, csv_table.MEDIA_TYPE)
    if page.next is not None:
        others = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        query = urlencode([*others, ("cursor", page.next)])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return response


def answer_list(request: Request, rows: Sequence[BaseModel], model: type[BaseModel]) -> Response:
    """Return a whole short list as its only page."""
    return answer_page(request, Page[Any](items=list(rows)), model)


def not_found(rule: str, *, es: str, en: str) -> Problem:
    """Return the problem of something that is not there, or was not at the moment asked about."""
    return Problem(404, rule, es=es, en=en)


def _tagged(request: Request, body: bytes, media_type: str, position: int | None = None) -> Response:
    """Return a body with its ETag, or 304 where the reader has it.

    The tag begins with the position a write is judged on. The digest after it covers what time alone changes
    (a deadline that passed, another day of delay), so a tag never says "the same" of something else.
    """
    digest = hashlib.sha256(body).hexdigest()[:16]
    tag = f'"{digest}"' if position is None else f'"{position}-{digest}"'
    # What a token was shown is for who brought it.
    whose = "private" if "authorization" in request.headers else "public"
    headers = {"ETag": tag, "Cache-Control": f"{whose}, no-cache", "Vary": "Accept"}
    if reader_has(request, tag):
        return Response(status_code=304, headers=headers)
    if media_type == csv_table.MEDIA_TYPE:
        headers["Content-Disposition"] = f'inline; filename="{request.url.path.rpartition("/")[2]}.csv"'
    return Response(body, media_type=media_type, headers=headers)


def reader_has(request: HTTPConnection, tag: str) -> bool:
    """Whether ``If-None-Match`` names a tag, strong or weak (RFC 9110, section 13.1.2)."""
    known = _listed(request, "if-none-match")
    return known.strip() == "*" or tag in re.findall(r'"[^"]*"', known)


def _listed(request: HTTPConnection, name: str) -> str:
    """Return a header that is a list; its lines are one (RFC 9110, section 5.3)."""
    return ", ".join(request.headers.getlist(name))


def _min_position(request: Request, resources: Resources) -> int:
    given = request.headers.get(MIN_POSITION_HEADER)
    if given is None:
        return 0
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise _unusable_position(
            "min-position-malformed",
            es="Debe ser un asiento de la bitácora.",
            en="Must be a position of the log.",
        )
    # What this process recorded itself is there, even where a replica that it reads from is behind.
    last = max(resources.ledger.log.head().position, resources.log_end.position)
    if int(given) > last:
        # Waiting would not help: nothing has this position yet.
        raise _unusable_position(
            "min-position-beyond-the-end",
            es=f"La bitácora termina en el asiento n.º {last}: no hay un n.º {given}.",
            en=f"The log ends at position {last}: there is no position {given}.",
        )
    return int(given)


def _unusable_position(rule: str, *, es: str, en: str) -> Problem:
    error: FieldError = {"field": f"header.{MIN_POSITION_HEADER}", "es": es, "en": en}
    return Problem(422, rule, es=es, en=en, errors=[error])


def _acceptable(request: Request, offered: Sequence[str]) -> str:
    """Return the media type to answer in. Raises a 406 `Problem`."""
    chosen, best = "", 0.0
    accepted = _listed(request, "accept") or "*/*"
    for offer in offered:
        quality = _quality_of(offer, accepted)
        if quality > best:
            chosen, best = offer, quality
    if not chosen:
        listed = ", ".join(offered)
        raise Problem(
            406,
            "format-not-available",
            es=f"Esto se ofrece como {listed}.",
            en=f"This is offered as {listed}.",
        )
    return chosen


def _quality_of(offer: str, accepted: str) -> float:
    """Return how welcome a media type is (RFC 9110, section 12.5.1): the most specific range decides."""
    found, specificity = 0.0, -1
    for part in accepted.lower().split(","):
        media_range, _, parameters = part.strip().partition(";")
        media_range = media_range.strip()
        level = (offer, f"{offer.split('/', maxsplit=1)[0]}/*", "*/*")
        if media_range not in level:
            continue
        rank = 2 - level.index(media_range)
        if rank > specificity:
            match = re.search(r"q\s*=\s*([0-9.]+)", parameters)
            try:
                found = float(match[1]) if match else 1.0
            except ValueError:
                found = 0.0
            specificity = rank
    return found
