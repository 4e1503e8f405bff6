"""Who administers whom: inviting, removing and looking at people is for those who administer where they work."""

from __future__ import annotations

from domain.access import Authority, Caller, authorise
from domain.entity import FEDERATION
from domain.event import Refused
from domain.person import Person, known_person


def administration_of(caller: Caller) -> Authority:
    """Return the widest authority under which somebody administers. Raises `Refused` where there is none."""
    held = [authority for authority in caller.authorities if authority.allows("administer")]
    widest = min(held, key=lambda each: (len(each.territory), each.process or ""), default=None)
    # Without any, the refusal says why in the same words as everywhere.
    return widest or authorise(caller, "administer", FEDERATION)


def authorise_invitation(caller: Caller, body: str) -> Authority:
    """Return the authority to invite somebody of a body. Raises `Refused`: only the country's reaches every body."""
    for authority in caller.authorities:
        if authority.allows("administer") and (authority.territory == FEDERATION or authority.body == body):
            return authority
    own = administration_of(caller)
    raise Refused(
        "another-body",
        es=f"Administras para {own.body}, y esto es de {body}: cada órgano responde por su gente.",
        en=f"You administer for {own.body}, and this is of {body}: each body answers for its own people.",
        fields=("body",),
    )


def authorise_removal(caller: Caller, person: Person) -> Authority:
    """Return the authority to remove somebody: over every place they hold a grant for, or their body without any."""
    enrolled = known_person(person)
    places = [
        (grant.given.territory, grant.given.process)
        for grant in person.grants.values()
        if grant.revoked_at is None
    ]
    found = [authorise(caller, "administer", territory, process) for territory, process in places]
    return found[0] if found else authorise_invitation(caller, enrolled.body)
