"""Who is signed in: the browser holds 256 random bits, the desk their SHA-256, a person and four instants."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ledger.desk import DeskConnection
from ledger.desk.people import name_in

LONGEST = timedelta(hours=20)
"""A working night of an election: from the opening of the polling stations to the last tally sheet."""
LONGEST_IDLE = timedelta(hours=2)
"""How long nothing may be heard of a browser."""
NOTICED_EVERY = timedelta(minutes=1)
"""How exactly it is remembered when it was last heard of."""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of one person, signed in."""

    person: str
    name: str
    """What colleagues call them."""
    began_at: datetime
    proved_at: datetime
    """When the person last proved who they are."""
    seen_at: datetime
    expires_at: datetime

    def is_good(self, at: datetime) -> bool:
        """Tell whether it may still be used."""
        return at < self.expires_at and at < self.seen_at + LONGEST_IDLE


def begin_session(
    connection: Connection[Any], person: str, at: datetime, *, proved_at: datetime | None = None
) -> str:
    """Return what the browser keeps of a new session. Without ``proved_at`` they proved it just now, to us."""
    secret = secrets.token_urlsafe(32)
    connection.execute(
        "DELETE FROM desk.sessions WHERE expires_at <= %s OR seen_at <= %s", [at, at - LONGEST_IDLE]
    )
    connection.execute(
        "INSERT INTO desk.sessions (digest, person, began_at, proved_at, seen_at, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [_digest(secret), person, at, proved_at or at, at, at + LONGEST],
    )
    return secret


def session_of(connection: DeskConnection, secret: str, at: datetime) -> Session | None:
    """Return the session a browser brings, where it is still good, and remember that it was heard of."""
    row = connection.execute(
        "SELECT person, people.known, began_at, proved_at, seen_at, expires_at"
        " FROM desk.sessions JOIN desk.people USING (person) WHERE digest = %s",
        [_digest(secret)],
    ).fetchone()
    name = name_in(connection.keys, row[0], row[1]) if row else None
    if row is None or name is None:
        return None
    session = Session(row[0], name, *row[2:])
    if not session.is_good(at):
        return None
    if at > session.seen_at + NOTICED_EVERY:
        # Nobody waits for the disk: were it lost with the server, the session would only be over a little sooner.
        connection.execute(
            "WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))"
            " UPDATE desk.sessions SET seen_at = %s FROM unhurried WHERE digest = %s",
            [at, _digest(secret)],
        )
    return session


def renew_session(connection: Connection[Any], secret: str, at: datetime) -> str | None:
    """Return another secret for a session whose person proved who they are again; the old one is good no more."""
    renewed = secrets.token_urlsafe(32)
    found = connection.execute(
        "UPDATE desk.sessions SET digest = %s, proved_at = %s, seen_at = %s WHERE digest = %s",
        [_digest(renewed), at, at, _digest(secret)],
    )
    return renewed if found.rowcount else None


def end_session(connection: Connection[Any], secret: str) -> None:
    """Let a browser be signed out."""
    connection.execute("DELETE FROM desk.sessions WHERE digest = %s", [_digest(secret)])


def end_sessions_of(connection: Connection[Any], person: str) -> int:
    """End every session of a person, and return how many there were."""
    return connection.execute("DELETE FROM desk.sessions WHERE person = %s", [person]).rowcount


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
