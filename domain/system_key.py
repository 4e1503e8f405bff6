"""What a system acts with, of either kind: a right in a place for a post, until it ends or is taken away.

A token shows a secret (`domain.token`), a client signs with a key of its own (`domain.client`). What either lets a
system do, who may give it and for how long is said here, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, Self, TypeVar

from pydantic import AwareDatetime

from domain.access import Authority, Caller, Role, authorise
from domain.event import Envelope, Line, Payload, Refused
from domain.territory import Place

LONGEST_TERM = timedelta(days=366)
"""How long a token, or a client, may be good."""


class SystemRight(Payload):
    """What a system may do: in a role, for a post, in a place, until an instant."""

    role: Role
    territory: Place
    process: Line | None = None
    """The only process it is for; left out, every process of the place."""
    post: Line
    """The public office it acts for (*cargo*); stays readable in the log for ever."""
    body: Line
    """The institution of that office."""
    expires_at: AwareDatetime

    def refuse_unless_given_by(self, giver: Caller, at: datetime) -> None:
        """Refuse who does not administer the place, and an end that is over or beyond `LONGEST_TERM`."""
        authorise(giver, "administer", self.territory, self.process)
        if not at < self.expires_at <= at + LONGEST_TERM:
            raise Refused(
                "wrong-end",
                es=f"La clave termina después de ahora y a lo más en {LONGEST_TERM.days} días: corrige «expires_at».",
                en=f"It ends after now and in {LONGEST_TERM.days} days at most: correct 'expires_at'.",
                fields=("expires_at",),
            )


Given = TypeVar("Given", bound=SystemRight)


@dataclass(frozen=True, slots=True)
class SystemKey(Generic[Given]):
    """A token or a client as its events leave it."""

    stream: str = ""
    """Where its events are, which is also the grant it acts under: ``token/0f3a…``."""
    given: Given | None = None
    """What it was made with; None where it never was."""
    revoked_at: datetime | None = None
    version: int = 0

    @property
    def id(self) -> str:
        """What it is called, and who speaks when it acts."""
        return self.stream.partition("/")[2]

    def is_good(self, at: datetime) -> bool:
        """Tell whether it may act at an instant."""
        return self.given is not None and self.revoked_at is None and at < self.given.expires_at

    def caller(self) -> Caller:
        """Return who speaks when it acts. Only for one that was made."""
        given = self.given
        assert given is not None  # noqa: S101 - callers have asked `is_good`
        held = Authority(self.stream, given.role, given.territory, given.post, given.body, given.process)
        return Caller(self.id, (held,))

    def made(self, given: Given, envelope: Envelope) -> Self:
        """Return it as it is once it was made."""
        return replace(self, stream=envelope.stream, given=given, version=envelope.version)

    def revoked(self, envelope: Envelope) -> Self:
        """Return it as it is once it was taken away."""
        return replace(self, revoked_at=envelope.recorded_at, version=envelope.version)
