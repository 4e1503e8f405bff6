"""May this one do this here? The one answer for the API, the pages and the command line.

A caller is a person or a system with the authorities it holds at that instant (`domain.person`, `domain.token`).
`authorise` says under which of them it acts, and that is what the log keeps beside what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.entity import place_words
from domain.event import Author, Refused
from domain.names import Names
from domain.procedure import Docket
from domain.territory import covers

Role = Literal["coordinator", "validator", "auditor", "administrator"]
"""A coordinator reports, a validator agrees, an auditor reads everything, an administrator opens processes."""

Action = Literal["report", "validate", "audit", "administer", "approve"]
"""What a request is for; to *approve* is to agree with another's proposal of an act of legal effect."""

ROLE_WORDS: dict[Role, Names] = {
    "coordinator": Names(es="coordinación", en="coordinator"),
    "validator": Names(es="validación", en="validator"),
    "auditor": Names(es="auditoría", en="auditor"),
    "administrator": Names(es="administración", en="administrator"),
}

ACTIONS: dict[Role, tuple[Action, ...]] = {
    "coordinator": ("report",),
    "validator": ("validate", "approve"),
    "auditor": ("audit",),
    "administrator": ("report", "validate", "audit", "administer", "approve"),
}
"""What each role may do, inside its territory."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A right that is held: to do what, where, and in which post."""

    grant: str
    """Where it was given: ``token/0f3a…``, ``person/p-7c21…#g1``."""
    role: Role
    territory: str
    """The place it reaches, with everything inside (`domain.territory.Place`)."""
    post: str
    """The public office it acts in (*cargo*)."""
    body: str
    """The institution of that office."""
    process: str | None = None
    """The only process it is for; None for every process of the place."""
    on_behalf_of: str | None = None
    """The body it records for (*por cuenta de*), where that is another."""

    def allows(self, action: Action) -> bool:
        """Tell whether its role does this."""
        return action in ACTIONS[self.role]

    def reaches(self, territory: str, process: str | None) -> bool:
        """Tell whether a place and a process are inside it. One that is for a process reaches nothing outside it."""
        return covers(self.territory, territory) and self.process in {None, process}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an opaque id, and every authority it holds now."""

    actor: str
    authorities: tuple[Authority, ...] = ()

    def may(self, action: Action, territory: str, process: str | None = None) -> bool:
        """Tell whether `authorise` would let it pass."""
        return _held(self, action, territory, process) is not None

    def reaches(self, territory: str, process: str | None) -> bool:
        """Tell whether any of its authorities is over this place, whatever it allows there."""
        return any(authority.reaches(territory, process) for authority in self.authorities)

    def author(self, authority: Authority) -> Author:
        """Return who speaks when it acts under one of its authorities."""
        return Author(self.actor, authority.post, authority.body, authority.grant, authority.on_behalf_of)


def authorise(caller: Caller, action: Action, territory: str, process: str | None = None) -> Authority:
    """Return the authority a caller acts under: of those that reach, the narrowest. Raises `Refused`."""
    if held := _held(caller, action, territory, process):
        return held
    if not caller.authorities:
        raise Refused(
            "no-grant",
            es="No tienes un nombramiento vigente: pídelo a quien administra la bitácora en tu órgano.",
            en="You hold no grant that is in force: ask whoever administers the log in your body for one.",
        )
    allowing = [authority for authority in caller.authorities if authority.allows(action)]
    if not allowing:
        roles = [ROLE_WORDS[role] for role in sorted({authority.role for authority in caller.authorities})]
        raise Refused(
            "role-not-enough",
            es=f"El papel de {', '.join(role.es for role in roles)} no permite esta acción.",
            en=f"The role of {', '.join(role.en for role in roles)} does not allow this.",
        )
    if near := [authority for authority in allowing if covers(authority.territory, territory)]:
        raise Refused(
            "another-process",
            es=f"Tu nombramiento es para {near[0].process}, y esto es de otro proceso.",
            en=f"Your grant is for {near[0].process}, and this belongs to another process.",
        )
    raise _another_territory(allowing, territory)


def _another_territory(allowing: list[Authority], territory: str) -> Refused:
    places = [
        (place, place_words(place)) for place in sorted({authority.territory for authority in allowing})
    ]
    held_es = "; ".join(f"{words.es} ({place})" for place, words in places)
    held_en = "; ".join(f"{words.en} ({place})" for place, words in places)
    there = place_words(territory)
    return Refused(
        "another-territory",
        es=f"Tu nombramiento es para {held_es} y esto es de {there.es} ({territory}): nadie habla por otro territorio.",
        en=f"Your grant is for {held_en} and this is in {there.en} ({territory}): nobody speaks for another territory.",
    )


def may_see(docket: Docket, territory: str, reach: str | None) -> bool:
    """Tell whether a case may be seen whole: by anyone where its docket is public, else by its own authority.

    ``reach`` is the territory of whoever looks, None for anyone.
    """
    return docket == "public" or (reach is not None and covers(reach, territory))


def _held(caller: Caller, action: Action, territory: str, process: str | None) -> Authority | None:
    """Return the narrowest authority that allows and reaches, the one for the process alone before the others."""
    found = [
        authority
        for authority in caller.authorities
        if authority.allows(action) and authority.reaches(territory, process)
    ]
    return max(found, key=lambda each: (each.process is not None, len(each.territory)), default=None)
