"""What systems act with: tokens, whose secret is shown once, and clients, which prove who they are with a key.

Made, listed and taken away here, once for the API, the pages and the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from api.auth import new_token
from api.oauth import new_client_id
from api.persons import folded_family
from api.preconditions import not_as_read
from api.recording import Attempt
from domain.access import Caller, Role, authorise
from domain.client import CLIENT, Client, PublicKey, RegisterClient, RevokeClient, client_stream, known_client
from domain.event import Event, Subject
from domain.system_key import SystemKey, SystemRight
from domain.territory import covers
from domain.token import TOKEN, IssueToken, RevokeToken, Token, known_token, token_stream
from ledger.ledger import Folded, Ledger, Recorded, View
from projections.page import Row

Key = TypeVar("Key", bound=SystemKey[Any])


@dataclass(frozen=True, slots=True)
class Kind(Generic[Key]):
    """One of the two kinds: how it is folded and known, where it is found."""

    subject: Subject[Key]
    stream: Callable[[str], str]
    known: Callable[[Key], SystemRight]
    """Returns what one was made with. Raises `Refused` where there is none."""
    address: str


TOKENS: Kind[Token] = Kind(TOKEN, token_stream, known_token, "/api/v1/tokens")
CLIENTS: Kind[Client] = Kind(CLIENT, client_stream, known_client, "/api/v1/clients")


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


@dataclass(frozen=True, slots=True)
class Made:
    """A token or a client that was just made."""

    recorded: Recorded
    id: str
    secret: str | None
    """The token itself, this once; None for a client, and where the same request made it before."""


async def read_key(ledger: Ledger, caller: Caller, kind: Kind[Key], id_: str) -> tuple[SystemKeyRow, int]:
    """Return what a key is for and its last position, to who administers its place. Raises `Refused`."""
    folded = await ledger.load(kind.subject, kind.stream(id_))
    given = kind.known(folded.state)
    authorise(caller, "administer", given.territory, given.process)
    return _row(folded.state), folded.position


def list_keys(ledger: Ledger, caller: Caller, kind: Kind[Key], territory: str) -> list[SystemKeyRow]:
    """Return every key of a place that the caller administers, the last one first; those that ended too."""
    return [
        _row(key)
        for key, given in reversed(list(_all(ledger, kind)))
        if covers(territory, given.territory) and caller.may("administer", given.territory, given.process)
    ]


async def make_token(asked: Attempt[Any]) -> Made:
    """Make a token as it is asked for. Raises what `Attempt.record` does."""
    made, command = new_token(), IssueToken(**asked.said())

    async def decide(view: View) -> None:
        caller = await asked.caller_in(view)
        view.write(token_stream(made.id), command.decide(caller, made.digest, asked.resources.clock()))
        await asked.authorise(view, "administer", command.territory, command.process)

    recorded = await asked.record(decide)
    return Made(recorded, _id(recorded), None if recorded.replayed else made.text)


async def make_client(asked: Attempt[Any]) -> Made:
    """Make a client as it is asked for. Raises what `Attempt.record` does."""
    made, command = new_client_id(), RegisterClient(**asked.said())

    async def decide(view: View) -> None:
        view.write(client_stream(made), command.decide(await asked.caller_in(view), asked.resources.clock()))
        await asked.authorise(view, "administer", command.territory, command.process)

    recorded = await asked.record(decide)
    return Made(recorded, _id(recorded), None)


async def end_token(asked: Attempt[RevokeToken], id_: str) -> Recorded:
    """Make a token useless, as it was read. Raises what `Attempt.record` does."""
    return await _revoke(asked, TOKENS, id_, asked.command.decide)


async def end_client(asked: Attempt[RevokeClient], id_: str) -> Recorded:
    """Make a client useless, as it was read. Raises what `Attempt.record` does."""
    return await _revoke(asked, CLIENTS, id_, asked.command.decide)


async def _revoke(
    asked: Attempt[Any], kind: Kind[Key], id_: str, decided: Callable[[Key], Sequence[Event]]
) -> Recorded:
    stream = kind.stream(id_)

    async def decide(view: View) -> None:
        folded: Folded[Key] = await view.load(kind.subject, stream)
        given = kind.known(folded.state)
        await asked.authorise(view, "administer", given.territory, given.process)
        if folded.position not in asked.read:
            raise not_as_read(stream, folded.position, asked.read)
        view.write(stream, decided(folded.state))

    return await asked.record(decide)


def _all(ledger: Ledger, kind: Kind[Key]) -> Iterator[tuple[Key, SystemRight]]:
    for folded in folded_family(ledger, kind.subject).values():
        yield folded.state, kind.known(folded.state)


def _row(key: SystemKey[Any]) -> SystemKeyRow:
    # A token has a digest, which is nobody's to see; a client has keys.
    fields = {"public_keys": [], **dict(key.given)} if key.given else {}
    fields.pop("digest", None)
    return SystemKeyRow(id=key.id, revoked_at=key.revoked_at, **fields)


def _id(recorded: Recorded) -> str:
    return recorded.events[0].envelope.stream.partition("/")[2]
