"""Who may act: tokens for systems, their roles and the territory they speak for.

A token's stream is ``token/{id}``. The log keeps the SHA-256 of its secret, never the secret.
`authorise` is the one place that answers *may this one do this here?*
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field

from domain.entity import FEDERATION
from domain.event import Author, Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.procedure import Docket

Role = Literal["coordinator", "validator", "auditor", "administrator"]
"""A coordinator reports, a validator agrees, an auditor reads everything, an administrator opens processes."""

Action = Literal["report", "validate", "audit", "administer"]
"""What a request is for."""

Territory = Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
"""``MX`` or a state's ISO 3166-2 code."""

ACTIONS: dict[Role, tuple[Action, ...]] = {
    "coordinator": ("report",),
    "validator": ("validate",),
    "auditor": ("audit",),
    "administrator": ("report", "validate", "audit", "administer"),
}
"""What each role may do, inside its territory."""


class TokenIssued(Event, type="TokenIssued.v1"):
    """A system was given a token that acts for a post in a territory."""

    role: Role
    territory: Territory
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

    def author(self) -> Author:
        """Return who speaks when it is used. Only for a token that was issued."""
        assert self.issued is not None  # noqa: S101 - callers have asked `is_good`
        return Author(self.id, self.issued.post, self.issued.body, f"token/{self.id}")


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
            raise Refused("unknown-token", es="No existe ese token.", en="There is no such token.")
        return [] if token.revoked_at else [TokenRevoked(reason=self.reason)]


def token_stream(token: str) -> str:
    """Return the stream of a token."""
    return f"token/{token}"


def covers(granted: str, territory: str) -> bool:
    """Tell whether an authority over one territory reaches another: the country reaches every state."""
    return granted in {FEDERATION, territory}


def may_see(docket: Docket, territory: str, reach: str | None) -> bool:
    """Tell whether a case may be seen whole: by anyone where its docket is public, else by its own authority.

    ``reach`` is the territory of whoever looks, None for anyone.
    """
    return docket == "public" or (reach is not None and covers(reach, territory))


def authorise(token: Token, action: Action, territory: str) -> None:
    """Refuse what a token's role or territory does not reach."""
    issued = token.issued
    if issued is None or action not in ACTIONS[issued.role]:
        role = issued.role if issued else "nobody"
        raise Refused(
            "role-not-enough",
            es=f"El papel «{role}» no permite esta acción.",
            en=f"The role '{role}' does not allow this.",
        )
    if not covers(issued.territory, territory):
        raise Refused(
            "another-territory",
            es=f"El token es de {issued.territory} y la actividad es de {territory}: nadie habla por otro territorio.",
            en=f"The token is for {issued.territory} and the milestone is in {territory}: nobody speaks for another.",
        )
