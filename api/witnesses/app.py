"""A witness as a service (C2SP tlog-witness): ``POST /add-checkpoint``, and ``/`` says who it is.

It needs no database and nothing of the log but its public keys, so it runs wherever there is a folder and an address.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.logs import log
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import LONGEST_PROOF
from ledger.note import LONGEST_NOTE, parse_note
from ledger.witness import NotCosigned, OtherSize, UnusableWitness, WitnessFolder

LARGEST_REQUEST = LONGEST_NOTE + 46 * LONGEST_PROOF + 64
SIZE_TYPE = "text/x.tlog.size"


def witness_app(witness: WitnessFolder) -> Starlette:
    """Return the service of the witness in this folder."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_REQUEST:
                return PlainTextResponse(
                    "this is more than a request can have\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                )
        try:
            line = await run_in_threadpool(witness.add_checkpoint, bytes(body), datetime.now(UTC))
        except OtherSize as other:
            return Response(f"{other.size}\n", other.status, {"Content-Type": SIZE_TYPE})
        except NotCosigned as refusal:
            log.warning("not_cosigned", status=int(refusal.status), why=str(refusal))
            return PlainTextResponse(f"{refusal}\n", refusal.status)
        except (UnusableWitness, OSError) as broken:
            log.error("witness_unusable", error=str(broken))
            return PlainTextResponse(
                "this witness cannot cosign at the moment\n", HTTPStatus.SERVICE_UNAVAILABLE
            )
        return PlainTextResponse(f"{line.line}\n")

    def who(_: Request) -> Response:
        return PlainTextResponse(described(witness))

    return Starlette(
        routes=[Route("/", who), Route("/add-checkpoint", add_checkpoint, methods=["POST"])],
    )


def described(witness: WitnessFolder) -> str:
    """Say who the witness is, what it has cosigned, and which log has shown it two trees of one size, by their roots.

    Raises `ledger.witness.UnusableWitness`.
    """
    lines = [f"witness {witness.key().public.vkey}"]
    for origin in witness.logs():
        lines.append(f"log {origin} {witness.seen(origin).size}")
        if fork := witness.fork(origin):
            one, other = (parse_checkpoint(parse_note(file).text) for file in fork)
            roots = " ".join(b64encode(each.root).decode() for each in (one, other))
            lines.append(f"fork {origin} {one.size} {roots}")
    return "\n".join([*lines, ""])
