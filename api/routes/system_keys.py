"""What systems act with: tokens, whose secret is shown once, and clients, which prove who they are with a key."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.access import Caller
from api.database import Resources
from api.openapi import OWN_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery, Question
from api.reading import answer, answer_list
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from api.system_keys import (
    CLIENTS,
    TOKENS,
    Kind,
    Made,
    SystemKeyRow,
    end_client,
    end_token,
    list_keys,
    make_client,
    make_token,
    read_key,
)
from domain.access import authorise
from domain.client import RegisterClient, RevokeClient
from domain.territory import Place
from domain.token import IssueToken, RevokeToken
from ledger.ledger import Recorded
from projections.page import Page

router = APIRouter(prefix="/api/v1", tags=["people"])

TokenPath = Annotated[
    str, Path(pattern=r"^[0-9a-f]{12}$", description="The token's id.", examples=["0f3a5b7c9d1e"])
]
ClientPath = Annotated[
    str, Path(pattern=r"^c-[0-9a-f]{12}$", description="The client's id.", examples=["c-0f3a5b7c9d1e"])
]


class SystemKeysQuestion(Question):
    """Which tokens or clients to list."""

    territory: Place = "MX"
    """Only those of a place, or inside it."""


Asking = Annotated[SystemKeysQuestion, Query()]


class NewKeyReceipt(Receipt):
    """What was recorded, and the token itself: this once."""

    id: str
    """The id of the token or of the client."""
    token: str | None
    """The token, where one was made by this very request: it is kept nowhere, and not shown again."""


@router.get("/tokens", response_model=Page[SystemKeyRow], responses=OWN_PROBLEMS)
async def list_tokens(request: Request, caller: Caller, query: Asking) -> Response:
    """List the tokens of a place, the last one first: for those who administer it. Also as CSV."""
    return await _list(request, caller, TOKENS, query.territory)


@router.get("/clients", response_model=Page[SystemKeyRow], responses=OWN_PROBLEMS)
async def list_clients(request: Request, caller: Caller, query: Asking) -> Response:
    """List the clients of a place, the last one first: for those who administer it. Also as CSV."""
    return await _list(request, caller, CLIENTS, query.territory)


@router.get("/tokens/{token}", response_model=SystemKeyRow, responses=OWN_PROBLEMS)
async def get_token(request: Request, caller: Caller, token: TokenPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read what a token is for: as one who administers its place. Its secret is known to its owner alone."""
    return await _get(request, caller, TOKENS, token)


@router.get("/clients/{client}", response_model=SystemKeyRow, responses=OWN_PROBLEMS)
async def get_client(request: Request, caller: Caller, client: ClientPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read what a client is for, and its public keys: as one who administers its place."""
    return await _get(request, caller, CLIENTS, client)


@router.post("/tokens", status_code=201, response_model=NewKeyReceipt, responses=WRITE_PROBLEMS)
async def issue_token(
    asked: Annotated[Attempt[IssueToken], Depends(ToRecord(IssueToken, exists=False))],
) -> Response:
    """Give a system a token that acts for a post in a territory. It is shown in this answer and never again."""
    return _made(asked, await make_token(asked), TOKENS)


@router.post("/tokens/{token}/revocation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def revoke_token(
    token: TokenPath, asked: Annotated[Attempt[RevokeToken], Depends(ToRecord(RevokeToken))]
) -> Response:
    """Make a token useless. It is known everywhere within five seconds."""
    return _ended(asked, await end_token(asked, token), f"{TOKENS.address}/{token}")


@router.post("/clients", status_code=201, response_model=NewKeyReceipt, responses=WRITE_PROBLEMS)
async def register_client(
    asked: Annotated[Attempt[RegisterClient], Depends(ToRecord(RegisterClient, exists=False))],
) -> Response:
    """Let a system that proves who it is with its key act for a post in a territory."""
    return _made(asked, await make_client(asked), CLIENTS)


@router.post("/clients/{client}/revocation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def revoke_client(
    client: ClientPath, asked: Annotated[Attempt[RevokeClient], Depends(ToRecord(RevokeClient))]
) -> Response:
    """Make a client useless from now on, with every token it has."""
    return _ended(asked, await end_client(asked, client), f"{CLIENTS.address}/{client}")


async def _list(request: Request, caller: Caller, kind: Kind[Any], territory: str) -> Response:
    authorise(caller, "administer", territory)
    resources: Resources = request.app.state.resources
    rows = await asyncio.to_thread(list_keys, resources.ledger, caller, kind, territory)
    return _own(answer_list(request, rows, SystemKeyRow))


async def _get(request: Request, caller: Caller, kind: Kind[Any], id_: str) -> Response:
    resources: Resources = request.app.state.resources
    row, position = await read_key(resources.ledger, caller, kind, id_)
    return _own(answer(request, row, position))


def _own(response: Response) -> Response:
    """Let nobody on the way keep an answer that is for one caller."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _made(asked: Attempt[Any], made: Made, kind: Kind[Any]) -> Response:
    receipt = NewKeyReceipt(**_receipt(asked, made.recorded, "good"), id=made.id, token=made.secret)
    return receipt_response(receipt, made.recorded, location=f"{kind.address}/{made.id}", created=True)


def _ended(asked: Attempt[Any], recorded: Recorded, location: str) -> Response:
    return receipt_response(Receipt(**_receipt(asked, recorded, "revoked")), recorded, location=location)


def _receipt(asked: Attempt[Any], recorded: Recorded, status: str) -> dict[str, Any]:
    envelope = recorded.events[-1].envelope if recorded.events else None
    return {
        "command_id": asked.command_id, "process": None, "milestone": None, "status": status,
        "version": envelope.version if envelope else 2, "position": recorded.position,
        "first_position": recorded.position, "recorded_at": envelope.recorded_at if envelope else None,
        "changed": bool(recorded.events),
    }  # fmt: skip
