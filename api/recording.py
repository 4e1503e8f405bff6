"""How a request becomes a recorded command, and what its sender gets: an answer that names where it stands."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import structlog
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, computed_field
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.auth import authenticate
from api.body import Command, Sent, read_command, request_model
from api.database import Resources
from api.four_eyes import (
    Act,
    Approval,
    Proposed,
    TwoNeeded,
    act_of,
    proposal_of,
    proposer_of,
    write_approval,
)
from api.persons import as_of_now
from api.preconditions import Changed, command_id, positions_read
from api.problems import Problem, nothing_here
from api.proof_address import proof_address
from api.sign_in.acting import prove_again
from domain.access import Action, Caller, authorise
from domain.event import Subject
from domain.proposal import ProposalMade, proposal_stream
from ledger.ledger import Folded, Recorded, View, recorded_event
from ledger.log import StoredEvent, Tail

State = TypeVar("State")
_PATH_WORD = re.compile(r"[A-Za-z0-9._-]{1,100}")
LISTED_CHANGES = 20
"""How many changes a conflict lists."""


class Receipt(BaseModel):
    """What was recorded, and where it stands in the log."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    command_id: UUID
    """The request's `Idempotency-Key`."""
    process: str | None
    """The process or case it is about; null where it is about none."""
    milestone: str | None
    """The activity it is about; null where it is the process itself."""
    status: str
    """The status it left."""
    version: int
    """How many events its stream has with this one."""
    position: int
    """The last position it was recorded at, or the last it rested on where nothing changed."""
    first_position: int
    """The first position it was recorded at."""
    recorded_at: datetime | None
    """When it was recorded; null where nothing changed."""
    changed: bool
    """Whether anything was recorded: what is already so is not recorded again."""

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property (its issue 1362)
    @property
    def proof(self) -> str:
        """Where the proof is had that its first event stands in the signed log: a second or so later."""
        return proof_address(self.first_position)


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Command]):
    """One request to record something: who sends it, under which key, and what it was decided on."""

    resources: Resources
    caller: Caller
    command_id: UUID
    sent: Sent[Command]
    digest: bytes
    """What makes two requests the same: SHA-256 over sender, address and command."""
    read: frozenset[int]
    """The positions in ``If-Match``; none where nothing exists yet to match."""
    address: str
    """Where it was sent."""
    proved: bool = True
    """Whether the sender has proved lately who they are; a token does each time."""
    approval: Approval | None = None
    """The proposal this does, where its sender approves one."""

    @property
    def command(self) -> Command:
        """The command that was sent."""
        return self.sent.command

    def said(self) -> dict[str, Any]:
        """Return the fields of the command itself, without the moment of the act."""
        return {name: value for name, value in self.command if name != "occurred_at"}

    async def authorise(self, view: View, action: Action, territory: str, process: str | None = None) -> None:
        """Let the decision be made under the authority that reaches this. Raises `domain.event.Refused`.

        A person's rights are read again with the decision, so that one taken away meanwhile stops it.
        """
        caller = await self.caller_in(view)
        if self.approval is not None:
            proposer = await proposer_of(view, self.approval, self.resources.clock())
            authorise(proposer, action, territory, process)
            action = "approve"
        view.author = caller.author(authorise(caller, action, territory, process))

    async def caller_in(self, view: View) -> Caller:
        """Return who asks with the rights they hold as the decision is made."""
        return await as_of_now(view, self.caller, self.resources.clock())

    async def record(self, decide: Callable[[View], Awaitable[None]]) -> Recorded:
        """Decide and record, under the authority that ``decide`` found with `authorise`.

        Raises what ``decide`` raises, a 412 `Problem`, the ledger's failures, and `api.four_eyes.Proposed` where it
        takes two and this is the first.
        """

        async def by_two_where_it_takes_two(view: View) -> None:
            await decide(view)
            if act := act_of(view):
                await self._by_two(view, act)

        try:
            recorded = await self._execute(by_two_where_it_takes_two)
        except Changed as changed:
            raise await stale(self.resources, changed) from None
        except TwoNeeded as needed:
            recorded = await self._propose(decide, needed.act)
        self.resources.log_end.saw(recorded.position)
        if any(isinstance(event, ProposalMade) for event, _ in recorded.events):
            raise Proposed(recorded)
        structlog.contextvars.bind_contextvars(position=recorded.position, command_id=str(self.command_id))
        return recorded

    async def _execute(self, decide: Callable[[View], Awaitable[None]]) -> Recorded:
        return await self.resources.ledger.execute(
            decide,
            command_id=self.command_id,
            occurred_at=self.sent.occurred_at,
            request_digest=self.digest,
        )

    async def _by_two(self, view: View, act: Act) -> None:
        """Let the second of two do an act, and the first propose it."""
        if not self.proved:
            raise prove_again()
        if self.approval is None:
            raise TwoNeeded(act)
        await write_approval(view, self.approval, act, self.caller.actor, self.resources.clock())

    async def _propose(self, decide: Callable[[View], Awaitable[None]], act: Act) -> Recorded:
        """Record the request as a proposal, by who was authorised to do it."""
        made = proposal_of(
            act, address=self.address, command=self.command.model_dump_json(exclude={"occurred_at"}),
            act_at=self.sent.occurred_at, read=self.read, now=self.resources.clock(),
        )  # fmt: skip

        async def propose(view: View) -> None:
            await decide(view)
            view.written.clear()
            view.write(proposal_stream(str(self.command_id)), [made])

        return await self._execute(propose)

    async def state_after(
        self, subject: Subject[State], before: Folded[State], recorded: Recorded, stream: str
    ) -> Folded[State]:
        """Return a stream's state as this command left it, also where it did so earlier."""
        if recorded.replayed:
            return await _as_of_command(self.resources, subject, stream, recorded)
        state, version, position = before.state, before.version, before.position
        for event, envelope in recorded.events:
            if envelope.stream == stream:
                state = subject.evolve(state, event, envelope)
                version, position = envelope.version, envelope.position
        return Folded(state, version, position)


def attempt(
    resources: Resources,
    caller: Caller,
    key: UUID,
    sent: Sent[Command],
    read: frozenset[int],
    address: str,
    *,
    proved: bool = True,
) -> Attempt[Command]:
    """Return the attempt to record a command at an address of the API, whichever way it was sent."""
    # The same moment may be written with another offset: it is the same report.
    at, words = sent.occurred_at.timestamp(), sent.command.model_dump_json(exclude={"occurred_at"})
    said = f"{caller.actor}\0POST\0{address}\0{at}\0{words}"
    digest = hashlib.sha256(said.encode()).digest()
    return Attempt(resources, caller, key, sent, digest, read, address, proved=proved)


class ToRecord(Generic[Command]):
    """A dependency that reads a request to record a command, whole, and documents it.

    One instead of four (token, key, tag, body), so that they are judged in one order, and solved at one price.
    """

    def __init__(self, command: type[Command], *, exists: bool = True) -> None:
        self.model = request_model(command)
        self.exists = exists

    async def __call__(self, request: Request) -> Attempt[Command]:
        """Return the attempt. Raises a 400, 401, 404, 413, 415, 422 or 428 `Problem`."""
        for word in request.path_params.values():
            if not _PATH_WORD.fullmatch(word):
                raise nothing_here()
        caller = await authenticate(request)
        key = command_id(request)
        read = positions_read(request) if self.exists else frozenset[int]()
        sent = await read_command(request, self.model)
        return attempt(request.app.state.resources, caller, key, sent, read, request.scope["path"])


class CommandRoute(APIRoute):
    """A route whose request one `ToRecord` reads whole, and whose other parameters are the path's.

    FastAPI documents it as it does every route. It need not also solve it: for one dependency that reads the
    request itself, that was half of the time a command took (`bench/http_commands.py`).
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        (self._name, self._to_record) = next(
            (needed.name, needed.call)
            for needed in self.dependant.dependencies
            if isinstance(needed.call, ToRecord)
        )
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        asked = {self._name or "asked": await self._to_record(request)}
        response: Response = await self.endpoint(**request.path_params, **asked)
        await response(scope, receive, send)


def receipt_response(
    receipt: Receipt, recorded: Recorded, *, location: str, created: bool = False
) -> Response:
    """Return a receipt with the ETag for the next write, where it is found, and whether it is a repeat."""
    headers = {
        "ETag": f'"{receipt.position}"',
        "Location" if created else "Content-Location": location,
    }
    if recorded.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(
        receipt.model_dump_json().encode(),
        201 if created and receipt.changed else 200,
        headers=headers,
        media_type="application/json",
    )


async def _as_of_command(
    resources: Resources, subject: Subject[State], stream: str, recorded: Recorded
) -> Folded[State]:
    """Fold a stream up to what a command recorded."""
    folded: Folded[Any] = Folded(subject.initial, 0, 0)
    for stored in await _events_of(resources, stream):
        if stored.position > recorded.position:
            break
        event, envelope = recorded_event(stored)
        folded = Folded(subject.evolve(folded.state, event, envelope), envelope.version, envelope.position)
    return folded


async def stale(resources: Resources, changed: Changed) -> Problem:
    """Return the conflict that says what changed since."""
    since = [
        stored for stored in await _events_of(resources, changed.stream) if stored.position > changed.read
    ]
    return Problem(
        412,
        "changed-since-read",
        es="Alguien lo cambió después de que lo leíste. Revisa los cambios, léelo de nuevo y repite con el ETag nuevo.",
        en="Somebody changed it after you read it. Look at the changes, read it again and repeat with the new ETag.",
        headers={"ETag": f'"{changed.position}"'},
        position=changed.position,
        changes=[told_change(stored) for stored in since[-LISTED_CHANGES:]],
    )


def told_change(stored: StoredEvent) -> dict[str, Any]:
    """Return what a conflict says of one event that came in between."""
    return {
        "position": stored.position,
        "type": stored.type,
        "occurred_at": stored.occurred_at.isoformat(),
        "recorded_at": stored.recorded_at.isoformat(),
        "post": stored.author_post,
        "body": stored.author_body,
    }


async def _events_of(resources: Resources, stream: str) -> list[StoredEvent]:
    return (await asyncio.to_thread(resources.ledger.log.read_streams, [Tail(stream)]))[0]
