"""The signed log in C2SP tlog-tiles: what mirrors, witnesses and those who verify ask for, also as static files.

These addresses are the specification's, not ours, so they are not in the API's description; ``docs`` say where it is.
"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.checkpoint_state import last_signed
from api.database import Resources
from api.published_digests import KeptDigests
from api.reading import not_found
from ledger.publishing import listed_time_stamps
from ledger.tiles import parse_path
from ledger.time_stamp import ANSWER_TYPE

router = APIRouter(prefix="/log", tags=["log"], dependencies=[PUBLIC], include_in_schema=False)

TEXT = "text/plain; charset=utf-8"
FOR_A_SECOND = {"Cache-Control": "public, max-age=1"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_OF_A_SIZE = re.compile(r"([1-9][0-9]{0,17})\.(tsr|checkpoint)")


@router.get("/checkpoint", response_class=Response)
def checkpoint(request: Request) -> Response:
    """Say how the log stands, signed: its name, its size and the root of its tree."""
    signed = last_signed(request.app.state.resources)
    modified = signed.signed_at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return Response(signed.note, media_type=TEXT, headers={**FOR_A_SECOND, "Last-Modified": modified})


@router.get("/witnessed", response_class=Response)
def witnessed(request: Request) -> Response:
    """Say how the log stood when as many witnesses as are needed had last seen it: the checkpoint, with their lines.

    It is this log's own address, not the specification's: the checkpoint of a log that grows has its cosignatures a
    moment after the next one is signed.
    """
    resources: Resources = request.app.state.resources
    found = resources.signed_log.witnessed()
    if found is None:
        raise not_found(
            "not-witnessed",
            es="Aún no hay un sello que hayan cofirmado los testigos necesarios.",
            en="There is no checkpoint yet that as many witnesses as are needed have signed.",
        )
    return Response(found.note, media_type=TEXT, headers=FOR_A_SECOND)


@router.get("/digests.json", response_class=Response)
def digests(request: Request) -> Response:
    """Say what every table the pages are read from comes to, and at which position of the log.

    Not the specification's either. It is made by one request at a time and given again for a while.
    """
    kept: KeptDigests = request.app.state.digests
    return Response(
        kept.file(request.app.state.resources), media_type="application/json", headers=FOR_A_SECOND
    )


@router.get("/vkey", response_class=Response)
def vkey(request: Request) -> Response:
    """Give the public keys that sign, one a line. Whoever verifies has them from elsewhere, and only compares."""
    return Response(last_signed(request.app.state.resources).vkeys, media_type=TEXT, headers=FOR_A_SECOND)


@router.get("/tile/{path:path}", response_class=Response)
def tile(request: Request, path: str) -> Response:
    """Give a tile of hashes or a bundle of entries, as far as the log is signed. It never changes."""
    found = parse_path(path)
    resources: Resources = request.app.state.resources
    content = resources.signed_log.tile(found) if found else None
    if content is None:
        raise not_found(
            "unknown-tile",
            es="Ahí no hay un archivo de la bitácora firmada: el sello de integridad dice hasta dónde llega.",
            en="There is no file of the signed log there: the checkpoint says how far it goes.",
        )
    return Response(content, media_type="application/octet-stream", headers=FOR_EVER)


@router.get("/timestamps/{name}", response_class=Response)
def time_stamp(request: Request, name: str) -> Response:
    """Give a time stamp over a checkpoint (`1024.tsr`), that checkpoint (`1024.checkpoint`), or the `list` of them."""
    log = request.app.state.resources.signed_log
    if name == "list":
        return Response(listed_time_stamps(log.stamped_sizes()), media_type=TEXT, headers=FOR_A_SECOND)
    found = _OF_A_SIZE.fullmatch(name)
    size = int(found[1]) if found else 0
    stamp, signed = log.time_stamp(size), log.checkpoint_of(size)
    if found is None or stamp is None or signed is None:
        raise not_found(
            "unknown-time-stamp",
            es="Ahí no hay un sello de tiempo: /log/timestamps/list dice de qué tamaños los hay.",
            en="There is no time stamp there: /log/timestamps/list says of which sizes there are.",
        )
    if found[2] == "tsr":
        return Response(stamp.answer, media_type=ANSWER_TYPE, headers=FOR_EVER)
    # Witnesses may have signed it since, so it is not for ever.
    return Response(signed.note, media_type=TEXT, headers=FOR_A_SECOND)
