"""How far those who tell others of the log have come: one row each, moved from where it is believed to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class FollowerAt:
    """Where a follower is."""

    name: str
    position: int
    """The last position it has dealt with."""
    looked_at: datetime
    """When it last looked for more."""


def follower_at(connection: Connection[Any], name: str) -> FollowerAt | None:
    """Return where a follower is; None where it never began."""
    with connection.cursor(row_factory=class_row(FollowerAt)) as cursor:
        return cursor.execute(
            "SELECT name, position, looked_at FROM desk.followers WHERE name = %s", [name]
        ).fetchone()


def begin_following(connection: Connection[Any], name: str, at: datetime) -> FollowerAt:
    """Return where a follower is, at the log's beginning where it never began."""
    connection.execute(
        "INSERT INTO desk.followers (name, position, looked_at) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING",
        [name, at],
    )
    found = follower_at(connection, name)
    assert found is not None  # noqa: S101 - it was just put there
    return found


def move_follower(connection: Connection[Any], name: str, believed: int, position: int, at: datetime) -> bool:
    """Move a follower from where it is believed to be; False where somebody else has moved it."""
    moved = connection.execute(
        "UPDATE desk.followers SET position = %s, looked_at = %s WHERE name = %s AND position = %s",
        [position, at, name, believed],
    )
    return moved.rowcount == 1
