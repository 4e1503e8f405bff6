"""From an identity to a person: somebody known, or somebody new, who may do nothing until they are appointed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import NAMESPACE_URL, uuid5

from psycopg import errors

from api.database import Resources
from api.persons import new_person_id
from api.sign_in.id_token import Identity
from api.sign_in.issuers import Issuer
from api.sign_in.oidc import sign_in_refused
from domain.event import Author
from domain.person import PERSON, Person, PersonEnrolled, person_stream
from ledger.desk.people import KnownPerson, person_by_id, remember_person
from ledger.ledger import View


async def person_of(resources: Resources, issuer: Issuer, identity: Identity) -> str:
    """Return whose an identity is, enrolling who is new. Raises a 401 `Problem` for who was removed."""
    person = await asyncio.to_thread(_at_the_desk, resources, identity)
    state = await _enrolled(resources, issuer, person)
    if not state.is_active:
        raise sign_in_refused()
    return person


def _at_the_desk(resources: Resources, identity: Identity) -> str:
    """Return the id an identity has here, or a new one. Of two who come at once with one identity, one makes it."""
    with resources.desk.connection() as connection:
        person = connection.keys.claim(identity.issuer, identity.subject, new_person_id())
        if person_by_id(connection, person) is None:
            name, now = identity.name or person, resources.clock()
            with suppress(errors.UniqueViolation):
                remember_person(connection, KnownPerson(person, name, identity.issuer, identity.subject, now))
    return person


async def _enrolled(resources: Resources, issuer: Issuer, person: str) -> Person:
    """Return a person as the log has them, once it has them: the desk knew them first."""
    stream = person_stream(person)
    before = (await resources.ledger.load(PERSON, stream)).state
    if before.enrolled is not None:
        return before

    async def decide(view: View) -> None:
        if (await view.load(PERSON, stream)).state.enrolled is None:
            view.write(stream, [PersonEnrolled(body=issuer.body, way="issuer")])

    await resources.ledger.execute(
        decide,
        command_id=uuid5(NAMESPACE_URL, f"{resources.settings.origin}#enrol/{person}"),
        author=Author(person, "Identidad institucional", issuer.body, f"issuer/{issuer.id}"),
        occurred_at=resources.clock(),
    )
    return (await resources.ledger.load(PERSON, stream)).state
