"""Tokens: what a system shows to act for a post in a territory, until when.

A token's stream is ``token/{id}``. The log keeps the SHA-256 of its secret, never the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, assert_never

from pydantic import AwareDatetime, Field

from domain.access import Authority, Caller, Role, authorise
from domain.event import Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.territory import Place

LONGEST_TERM = timedelta(days=366)
"""How long a token, or a client, may be good."""


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


class IssueToken(Payload):
    """Give a system a token that acts for a post in a territory. Its secret is shown once."""

    role: Role
    territory: Place
    process: Line | None = None
    """The only process it is for; left out, every process of the place."""
    post: Line
    """The public office it acts for (*cargo*); stays readable in the log for ever."""
    body: Line
    """The institution of that office."""
    expires_at: AwareDatetime

    def decide(self, giver: Caller, digest: str, at: datetime) -> Sequence[Event]:
        """Refuse who does not administer the place, and an end that is over or too far."""
        authorise(giver, "administer", self.territory, self.process)
        refuse_wrong_end(self.expires_at, at)
        return [TokenIssued(digest=digest, **dict(self))]


def refuse_wrong_end(expires_at: datetime, at: datetime) -> None:
    """Refuse an end that is over, or beyond `LONGEST_TERM`."""
    if not at < expires_at <= at + LONGEST_TERM:
        raise Refused(
            "wrong-end",
            es=f"La clave termina después de ahora y a lo más en {LONGEST_TERM.days} días: corrige «expires_at».",
            en=f"It ends after now and in {LONGEST_TERM.days} days at most: correct 'expires_at'.",
            fields=("expires_at",),
        )


class RevokeToken(Payload):
    """Make a token useless from now on."""

    reason: Prose

    def decide(self, token: Token) -> Sequence[Event]:
        """Do nothing where it is revoked already."""
        known_token(token)
        return [] if token.revoked_at else [TokenRevoked(reason=self.reason)]


def known_token(token: Token) -> TokenIssued:
    """Return how a token was issued. Raises `Refused` where there is no such token."""
    if token.issued is None:
        raise Refused(
            "unknown-token",
            es="No existe ese token: búscalo con «bitacora token list».",
            en="There is no such token: look for it with 'bitacora token list'.",
        )
    return token.issued


def token_stream(token: str) -> str:
    """Return the stream of a token."""
    return f"token/{token}"
