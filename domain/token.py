"""Tokens: what a system shows to act for a post in a territory, until when.

A token's stream is ``token/{id}``. The log keeps the SHA-256 of its secret, never the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never

from pydantic import Field

from domain.access import Caller
from domain.event import Envelope, Event, Payload, Prose, Refused, Subject
from domain.system_key import SystemKey, SystemRight


class TokenIssued(SystemRight, Event, type="TokenIssued.v1"):
    """A system was given a token that acts for a post in a territory."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the secret."""


class TokenRevoked(Event, type="TokenRevoked.v1"):
    """A token stopped being good."""

    reason: Prose


TokenEvent = TokenIssued | TokenRevoked
"""Everything that can happen to a token."""


@dataclass(frozen=True, slots=True)
class Token(SystemKey[TokenIssued]):
    """A token as its events leave it."""


def evolve(token: Token, event: Event, envelope: Envelope) -> Token:
    """Return the token after one more event."""
    return _evolved(token, event, envelope)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(token: Token, event: TokenEvent, envelope: Envelope) -> Token:
    match event:
        case TokenIssued():
            return token.made(event, envelope)
        case TokenRevoked():
            return token.revoked(envelope)
        case _ as unknown:
            assert_never(unknown)


TOKEN: Subject[Token] = Subject("token", Token(), evolve)
"""How a token's stream is folded."""


class IssueToken(SystemRight):
    """Give a system a token that acts for a post in a territory. Its secret is shown once."""

    def decide(self, giver: Caller, digest: str, at: datetime) -> Sequence[Event]:
        """Refuse who does not administer the place, and an end that is over or too far."""
        self.refuse_unless_given_by(giver, at)
        return [TokenIssued(digest=digest, **dict(self))]


class RevokeToken(Payload):
    """Make a token useless from now on."""

    reason: Prose

    def decide(self, token: Token) -> Sequence[Event]:
        """Do nothing where it is revoked already."""
        known_token(token)
        return [] if token.revoked_at else [TokenRevoked(reason=self.reason)]


def known_token(token: Token) -> TokenIssued:
    """Return how a token was issued. Raises `Refused` where there is no such token."""
    if token.given is None:
        raise Refused(
            "unknown-token",
            es="No existe ese token: búscalo con «bitacora token list».",
            en="There is no such token: look for it with 'bitacora token list'.",
        )
    return token.given


def token_stream(token: str) -> str:
    """Return the stream of a token."""
    return f"token/{token}"
