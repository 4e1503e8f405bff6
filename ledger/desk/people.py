"""Who an opaque id is: a name for colleagues, and how the person's own institution knows them; sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from ledger.desk import DeskConnection
from ledger.desk.person_keys import PersonKeys

PLACE = "people.known"


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as the desk knows them."""

    person: str
    name: str
    issuer: str | None
    subject: str | None
    enrolled_at: datetime


def remember_person(connection: DeskConnection, known: KnownPerson) -> None:
    """Remember who an id is. Raises ``psycopg.errors.UniqueViolation`` where the id is known."""
    told = json.dumps({"name": known.name, "issuer": known.issuer, "subject": known.subject})
    connection.execute(
        "INSERT INTO desk.people (person, known, enrolled_at) VALUES (%s, %s, %s)",
        [known.person, connection.keys.seal(known.person, told, PLACE), known.enrolled_at],
    )


def person_by_id(connection: DeskConnection, person: str) -> KnownPerson | None:
    """Return who an id is; None where nobody knows, or it was erased."""
    row = connection.execute(
        "SELECT known, enrolled_at FROM desk.people WHERE person = %s", [person]
    ).fetchone()
    told = _told(connection.keys, person, row[0]) if row else None
    if row is None or told is None:
        return None
    return KnownPerson(person, told["name"], told["issuer"], told["subject"], row[1])


def names_of(connection: DeskConnection, persons: list[str]) -> dict[str, str]:
    """Return what some ids are called by their colleagues, those that are known."""
    rows = connection.execute("SELECT person, known FROM desk.people WHERE person = ANY(%s)", [persons])
    told = {person: _told(connection.keys, person, known) for person, known in rows.fetchall()}
    return {person: known["name"] for person, known in told.items() if known is not None}


def name_in(keys: PersonKeys, person: str, known: bytes) -> str | None:
    """Return what a person is called, as their row has it; None where their key is gone."""
    told = _told(keys, person, known)
    return told["name"] if told else None


def known_ids(connection: Connection[Any]) -> frozenset[str]:
    """Return the ids the desk has a row of."""
    return frozenset(person for (person,) in connection.execute("SELECT person FROM desk.people").fetchall())


def erase_person(connection: Connection[Any], person: str) -> bool:
    """Delete all that is kept for a person. What they said stays in the log, by post. False: there is nothing.

    Their key is destroyed apart (`ledger.desk.person_keys.PersonKeys.destroy`), and before.
    """
    with connection.transaction():
        connection.execute("DELETE FROM desk.webhooks WHERE owner = %s", [person])
        connection.execute("DELETE FROM desk.codes WHERE person = %s", [person])
        return connection.execute("DELETE FROM desk.people WHERE person = %s", [person]).rowcount == 1


def _told(keys: PersonKeys, person: str, known: bytes) -> dict[str, Any] | None:
    told = keys.unseal(person, known, PLACE)
    return json.loads(told) if told is not None else None
