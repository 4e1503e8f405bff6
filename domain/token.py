"""Tokens: what a system shows to act for a post in a territory, until when.

A token's stream is ``token/{id}``. The log keeps the SHA-256 of its secret, never the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, assert_never

from pydantic import AwareDatetime, Field

from domain.access import Authority, Caller, Role
from domain.event import Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.territory import Place


class TokenIssued(Event, type="TokenIssued.v1"):
    """A system was given a token that acts for a post in a territory."""

    role: Role
    territory: Place
    process: Line | None = None
    """The only process it is for; None for every process of the place."""
    post: Line
    """The public office it acts for (*cargo*)."""
    body: Line
    """The institution of that office."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the secret."""
    expires_at: AwareDatetime


class TokenRevoked(Event, type="TokenRevoked.v1"):
    """A token stopped being good."""

    reason: Prose


TokenEvent = TokenIssued | TokenRevoked
"""Everything that can happen to a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its events leave it."""

    id: str = ""
    issued: TokenIssued | None = None
    revoked_at: datetime | None = None
    version: int = 0

    def is_good(self, at: datetime) -> bool:
        """Tell whether it may be used at an instant."""
        return self.issued is not None and self.revoked_at is None and at < self.issued.expires_at

    def caller(self) -> Caller:
        """Return who speaks when it is used. Only for a token that was issued."""
        issued = self.issued
        assert issued is not None  # noqa: S101 - callers have asked `is_good`
        grant = f"token/{self.id}"
        held = Authority(grant, issued.role, issued.territory, issued.post, issued.body, issued.process)
        return Caller(self.id, (held,))


def evolve(token: Token, event: Event, envelope: Envelope) -> Token:
    """Return the token after one more event."""
    return replace(_evolved(token, event, envelope), version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(token: Token, event: TokenEvent, envelope: Envelope) -> Token:
    match event:
        case TokenIssued():
            return Token(envelope.stream.removeprefix("token/"), event)
        case TokenRevoked():
            return replace(token, revoked_at=envelope.recorded_at)
        case _ as unknown:
            assert_never(unknown)


TOKEN: Subject[Token] = Subject("token", Token(), evolve)
"""How a token's stream is folded."""


class RevokeToken(Payload):
    """Make a token useless from now on."""

    reason: Prose

    def decide(self, token: Token) -> Sequence[Event]:
        """Do nothing where it is revoked already."""
        if token.issued is None:
            raise Refused(
                "unknown-token",
                es="No existe ese token: búscalo con «bitacora token list».",
                en="There is no such token: look for it with 'bitacora token list'.",
            )
        return [] if token.revoked_at else [TokenRevoked(reason=self.reason)]


def token_stream(token: str) -> str:
    """Return the stream of a token."""
    return f"token/{token}"
