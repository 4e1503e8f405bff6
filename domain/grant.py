"""A grant: the right of one person to act in a post, in a place, from one instant to another.

An *appointment* (nombramiento) gives a post. A *delegation* is a part of their own right that a holder lets another
use; a *substitution* (suplencia) puts another into a post while its holder is away. Both end with what they rest on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.access import ACTIONS, Authority, Role
from domain.event import Event, Line, Prose, Refused
from domain.territory import Place, covers

GrantKind = Literal["appointment", "delegation", "substitution"]
"""How a right came to somebody."""

PersonId = Annotated[str, Field(pattern=r"^p-[0-9a-f]{12}$")]
"""An opaque id, which says nothing of who it is."""

GrantId = Annotated[str, Field(pattern=r"^p-[0-9a-f]{12}#g[1-9][0-9]{0,4}$")]
"""A grant: the person's id and its number among theirs."""


class GrantGiven(Event, type="GrantGiven.v1"):
    """A person was given the right to act in a post. Who gave it is the event's author."""

    number: Annotated[int, Field(ge=1)]
    """Which of the person's grants it is."""
    kind: GrantKind
    role: Role
    territory: Place
    process: Line | None = None
    """The only process it is for; None for every process of the place."""
    post: Line
    """The public office (*cargo*)."""
    body: Line
    """The institution of that office."""
    on_behalf_of: Line | None = None
    """The body it records for (*por cuenta de*), where that is another."""
    rests_on: GrantId | None = None
    """The grant that was delegated, or whose holder is stood in for."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    instrument: Line
    """The appointment, the agreement or the letter that gives it."""


class GrantRevoked(Event, type="GrantRevoked.v1"):
    """A grant ended before its time."""

    number: Annotated[int, Field(ge=1)]
    reason: Prose
    instrument: Line | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as its events leave it."""

    id: str
    given: GrantGiven
    given_by: str
    """The id of who gave it."""
    revoked_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Tell whether it holds at an instant by itself; what it rests on has to hold as well."""
        begun = self.given.starts_at <= at < self.given.ends_at
        return begun and (self.revoked_at is None or at < self.revoked_at)

    def authority(self) -> Authority:
        """Return the right it gives."""
        given = self.given
        return Authority(
            grant=f"person/{self.id}", role=given.role, territory=given.territory, post=given.post,
            body=given.body, process=given.process, on_behalf_of=given.on_behalf_of,
        )  # fmt: skip


def refuse_wider(given: GrantGiven, base: Grant) -> None:
    """Refuse a delegation or a substitution of more than what it rests on, or of what is itself lent."""
    own = base.given
    if own.kind != "appointment":
        raise Refused(
            "delegated-twice",
            es=f"{base.id} ya es una delegación o suplencia: pide el nombramiento a quien la dio.",
            en=f"{base.id} is itself a delegation or a substitution: ask whoever gave it for an appointment.",
            fields=("rests_on",),
        )
    too_much = [
        name
        for name, is_more in (
            ("role", not set(ACTIONS[given.role]) <= set(ACTIONS[own.role])),
            ("territory", not covers(own.territory, given.territory)),
            ("process", own.process is not None and given.process != own.process),
            ("ends_at", given.ends_at > own.ends_at),
            ("starts_at", given.starts_at < own.starts_at),
            ("on_behalf_of", given.on_behalf_of not in {None, own.on_behalf_of}),
        )
        if is_more
    ]
    if too_much:
        names = ", ".join(too_much)
        raise Refused(
            "wider-than-its-base",
            es=f"Nadie da más de lo que tiene: {names} pasa de lo que dice {base.id}. Redúcelo.",
            en=f"Nobody gives more than they hold: {names} goes beyond {base.id}. Reduce it.",
            fields=tuple(too_much),
        )
