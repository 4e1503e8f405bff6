"""What systems act with: tokens, whose secret is shown once, and clients, which prove who they are with a key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.access import Caller
from api.auth import new_token
from api.database import Resources
from api.oauth import new_client_id
from api.openapi import OWN_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery
from api.preconditions import not_as_read
from api.reading import answer
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from domain.access import Role, authorise
from domain.client import CLIENT, PublicKey, RegisterClient, RevokeClient, client_stream, known_client
from domain.event import Event, Subject
from domain.token import TOKEN, IssueToken, RevokeToken, known_token, token_stream
from ledger.ledger import Folded, Recorded, View
from projections.page import Row

router = APIRouter(prefix="/api/v1", tags=["people"])

TokenPath = Annotated[
    str, Path(pattern=r"^[0-9a-f]{12}$", description="The token's id.", examples=["0f3a5b7c9d1e"])
]
ClientPath = Annotated[
    str, Path(pattern=r"^c-[0-9a-f]{12}$", description="The client's id.", examples=["c-0f3a5b7c9d1e"])
]


class SystemKeyRow(Row):
    """What a system may do with a token or as a client."""

    id: str
    role: Role
    territory: str
    """The place it reaches, with everything inside."""
    process: str | None
    """The only process it is for; null for every process of the place."""
    post: str
    """The public office it acts for (*cargo*)."""
    body: str
    """The institution of that office."""
    expires_at: datetime
    revoked_at: datetime | None
    """When it was made useless; null where it was not."""
    public_keys: list[PublicKey]
    """The public keys it proves who it is with; none for a token."""


class NewKeyReceipt(Receipt):
    """What was recorded, and the token itself: this once."""

    id: str
    """The id of the token or of the client."""
    token: str | None
    """The token, where one was made by this very request: it is kept nowhere, and not shown again."""


@router.get("/tokens/{token}", response_model=SystemKeyRow, responses=OWN_PROBLEMS)
async def get_token(request: Request, caller: Caller, token: TokenPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read what a token is for: as one who administers its place. Its secret is known to its owner alone."""
    folded = await _load(request, TOKEN, token_stream(token))
    issued = known_token(folded.state)
    authorise(caller, "administer", issued.territory, issued.process)
    fields = issued.model_dump(exclude={"digest"})
    return _own(
        request, SystemKeyRow(id=token, revoked_at=folded.state.revoked_at, public_keys=[], **fields), folded
    )


@router.get("/clients/{client}", response_model=SystemKeyRow, responses=OWN_PROBLEMS)
async def get_client(request: Request, caller: Caller, client: ClientPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read what a client is for, and its public keys: as one who administers its place."""
    folded = await _load(request, CLIENT, client_stream(client))
    registered = known_client(folded.state)
    authorise(caller, "administer", registered.territory, registered.process)
    row = SystemKeyRow(id=client, revoked_at=folded.state.revoked_at, **dict(registered))
    return _own(request, row, folded)


@router.post("/tokens", status_code=201, response_model=NewKeyReceipt, responses=WRITE_PROBLEMS)
async def issue_token(
    asked: Annotated[Attempt[IssueToken], Depends(ToRecord(IssueToken, exists=False))],
) -> Response:
    """Give a system a token that acts for a post in a territory. It is shown in this answer and never again."""
    made, command = new_token(), IssueToken(**_said(asked))

    async def decide(view: View) -> None:
        caller = await asked.caller_in(view)
        view.write(token_stream(made.id), command.decide(caller, made.digest, asked.resources.clock()))
        await asked.authorise(view, "administer", command.territory, command.process)

    recorded = await asked.record(decide)
    id_ = recorded.events[0].envelope.stream.removeprefix(token_stream(""))
    return _made(asked, recorded, id_, f"/api/v1/tokens/{id_}", None if recorded.replayed else made.text)


@router.post("/tokens/{token}/revocation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def revoke_token(
    token: TokenPath, asked: Annotated[Attempt[RevokeToken], Depends(ToRecord(RevokeToken))]
) -> Response:
    """Make a token useless. It is known everywhere within five seconds."""

    async def decide(view: View) -> None:
        folded = await view.load(TOKEN, token_stream(token))
        issued = known_token(folded.state)
        await asked.authorise(view, "administer", issued.territory, issued.process)
        _write(asked, view, token_stream(token), folded, asked.command.decide(folded.state))

    return _ended(asked, await asked.record(decide), f"/api/v1/tokens/{token}")


@router.post("/clients", status_code=201, response_model=NewKeyReceipt, responses=WRITE_PROBLEMS)
async def register_client(
    asked: Annotated[Attempt[RegisterClient], Depends(ToRecord(RegisterClient, exists=False))],
) -> Response:
    """Let a system that proves who it is with its key act for a post in a territory."""
    made, command = new_client_id(), RegisterClient(**_said(asked))

    async def decide(view: View) -> None:
        view.write(client_stream(made), command.decide(await asked.caller_in(view), asked.resources.clock()))
        await asked.authorise(view, "administer", command.territory, command.process)

    recorded = await asked.record(decide)
    id_ = recorded.events[0].envelope.stream.removeprefix(client_stream(""))
    return _made(asked, recorded, id_, f"/api/v1/clients/{id_}", None)


@router.post("/clients/{client}/revocation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def revoke_client(
    client: ClientPath, asked: Annotated[Attempt[RevokeClient], Depends(ToRecord(RevokeClient))]
) -> Response:
    """Make a client useless from now on, with every token it has."""

    async def decide(view: View) -> None:
        folded = await view.load(CLIENT, client_stream(client))
        registered = known_client(folded.state)
        await asked.authorise(view, "administer", registered.territory, registered.process)
        _write(asked, view, client_stream(client), folded, asked.command.decide(folded.state))

    return _ended(asked, await asked.record(decide), f"/api/v1/clients/{client}")


def _write(
    asked: Attempt[Any], view: View, stream: str, folded: Folded[Any], events: Sequence[Event]
) -> None:
    if folded.position not in asked.read:
        raise not_as_read(stream, folded.position, asked.read)
    view.write(stream, events)


async def _load(request: Request, subject: Subject[Any], stream: str) -> Folded[Any]:
    resources: Resources = request.app.state.resources
    return await resources.ledger.load(subject, stream)


def _own(request: Request, row: SystemKeyRow, folded: Folded[Any]) -> Response:
    response = answer(request, row, folded.position)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _said(asked: Attempt[Any]) -> dict[str, Any]:
    """Return the fields of the command itself, without the moment of the act."""
    return {name: value for name, value in asked.command if name != "occurred_at"}


def _made(asked: Attempt[Any], recorded: Recorded, id_: str, location: str, token: str | None) -> Response:
    receipt = NewKeyReceipt(**_receipt(asked, recorded, "good"), id=id_, token=token)
    return receipt_response(receipt, recorded, location=location, created=True)


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
