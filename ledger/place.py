"""A follower's durable place in the log: how far it has come, kept apart from what is built anew.

Of any number of followers with one name, one leads: whoever holds the name's advisory lock. Losing the place costs
time and nothing else: a follower begins at 0 again, and what it does has to bear being done twice.
"""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import Connection

from ledger.connect import connect
from ledger.roles import RoleNames
from ledger.tracking import PostgresTracking


class Place:
    """One follower's place, on a connection of its own that acts as the projector role."""

    def __init__(self, database_url: str, name: str, roles: RoleNames) -> None:
        self._name = name
        self._connection = connect(database_url, roles.projector, name)
        self._connection.execute("SET search_path = ledger")
        self._tracking = PostgresTracking(self._connection)

    def lead(self) -> bool:
        """Take the lead if nobody has it, and say whether it was taken. It is given back with the connection."""
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [_lock(self._name)]).fetchone()
        if row != (True,):
            return False
        self._connection.execute("INSERT INTO tracking VALUES (%s, 0) ON CONFLICT DO NOTHING", [self._name])
        return True

    @property
    def position(self) -> int:
        """The last position that was dealt with."""
        return self._tracking.max_tracking_id(self._name) or 0

    def move(self, believed: int, position: int) -> None:
        """Go on to a position, or back to one. Raises `ledger.tracking.MovedOn` where somebody else has moved it."""
        self._tracking.advance(self._name, believed, position)

    def close(self) -> None:
        """Give back the connection, and with it the lead."""
        self._connection.close()


def place_of(connection: Connection[Any], name: str) -> int | None:
    """Return how far a follower has come, None where there never was one. ``connection`` may be a reader's."""
    row = connection.execute(
        "SELECT notification_id FROM ledger.tracking WHERE application_name = %s", [name]
    ).fetchone()
    return int(row[0]) if row else None


def _lock(name: str) -> int:
    digest = hashlib.sha256(f"follower {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
