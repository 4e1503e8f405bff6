"""The secret address of a person's own calendar: programs that read calendars cannot sign in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from psycopg import Connection


def new_calendar_address(connection: Connection[Any], person: str, at: datetime) -> str:
    """Return the secret of a person's calendar, 256 random bits, in place of the one before."""
    secret = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO desk.calendars (person, digest, made_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (person) DO UPDATE SET digest = excluded.digest, made_at = excluded.made_at",
        [person, _digest(secret), at],
    )
    return secret


def calendar_made_at(connection: Connection[Any], person: str) -> datetime | None:
    """Return since when a person's calendar has its address; None where it has none."""
    row = connection.execute("SELECT made_at FROM desk.calendars WHERE person = %s", [person]).fetchone()
    return row[0] if row else None


def person_of_calendar(connection: Connection[Any], secret: str) -> str | None:
    """Return whose calendar an address is."""
    row = connection.execute(
        "SELECT person FROM desk.calendars WHERE digest = %s", [_digest(secret)]
    ).fetchone()
    return row[0] if row else None


def remove_calendar_address(connection: Connection[Any], person: str) -> None:
    """Let an address lead nowhere."""
    connection.execute("DELETE FROM desk.calendars WHERE person = %s", [person])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
