"""Who an opaque id is: a name for colleagues, and how the person's own institution knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person as the desk knows them."""

    person: str
    name: str
    issuer: str | None
    subject: str | None
    enrolled_at: datetime


def remember_person(connection: Connection[Any], known: KnownPerson) -> None:
    """Remember who an id is. Raises ``psycopg.errors.UniqueViolation`` where the id or the identity is known."""
    connection.execute(
        "INSERT INTO desk.people (person, name, issuer, subject, enrolled_at) VALUES (%s, %s, %s, %s, %s)",
        [known.person, known.name, known.issuer, known.subject, known.enrolled_at],
    )


def person_by_id(connection: Connection[Any], person: str) -> KnownPerson | None:
    """Return who an id is; None where nobody knows, or it was erased."""
    with connection.cursor(row_factory=class_row(KnownPerson)) as cursor:
        return cursor.execute(
            "SELECT person, name, issuer, subject, enrolled_at FROM desk.people WHERE person = %s", [person]
        ).fetchone()


def person_by_identity(connection: Connection[Any], issuer: str, subject: str) -> KnownPerson | None:
    """Return who an issuer's subject is (OpenID Connect Core 1.0, 5.7)."""
    with connection.cursor(row_factory=class_row(KnownPerson)) as cursor:
        return cursor.execute(
            "SELECT person, name, issuer, subject, enrolled_at FROM desk.people WHERE issuer = %s AND subject = %s",
            [issuer, subject],
        ).fetchone()


def names_of(connection: Connection[Any], persons: list[str]) -> dict[str, str]:
    """Return what some ids are called by their colleagues, those that are known."""
    rows = connection.execute("SELECT person, name FROM desk.people WHERE person = ANY(%s)", [persons])
    return dict(rows.fetchall())


def erase_person(connection: Connection[Any], person: str) -> bool:
    """Forget who an id is, with all that is kept for them. What they said stays in the log, by post. False: unknown."""
    with connection.transaction():
        connection.execute("DELETE FROM desk.webhooks WHERE owner = %s", [person])
        # A code that was sent to an address of theirs has that address beside their id.
        connection.execute("DELETE FROM desk.codes WHERE starts_with(about, %s)", [f"{person} "])
        return connection.execute("DELETE FROM desk.people WHERE person = %s", [person]).rowcount == 1
