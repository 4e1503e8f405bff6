"""How far a follower of the log has come: eventsourcing's `TrackingRecorder` in the caller's own transaction.

A follower that writes what it made of events and its position in one transaction does so exactly once:
the position moves only from where the follower believes it is, so of two that both believe it, one fails.
"""

from __future__ import annotations

from typing import Any

from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from psycopg import Connection

TABLE = """
CREATE TABLE tracking (
    application_name text   PRIMARY KEY,
    notification_id  bigint NOT NULL
) WITH (fillfactor = 10)
"""
"""One row a log that is followed; room on its page keeps every new version there."""


class MovedOn(IntegrityError):
    """Somebody else has told these events: the position is not where this follower believed it."""


class PostgresTracking(TrackingRecorder):
    """Positions in the table ``tracking`` of the first schema on a connection's path.

    Nothing is committed here: that is the caller's, together with what was made of the events.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def create_table(self) -> None:
        """Make the table."""
        self._connection.execute(TABLE)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move a position forward. Raises ``IntegrityError`` where it is there already, or beyond."""
        moved = self._connection.execute(
            "INSERT INTO tracking AS known VALUES (%s, %s) ON CONFLICT (application_name)"
            " DO UPDATE SET notification_id = excluded.notification_id"
            " WHERE known.notification_id < excluded.notification_id",
            [tracking.application_name, tracking.notification_id],
        )
        if moved.rowcount != 1:
            raise IntegrityError(
                f"{tracking.application_name} is at {tracking.notification_id} or beyond already"
            )

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return the position of a follower, or None where it has none."""
        row = self._connection.execute(
            "SELECT notification_id FROM tracking WHERE application_name = %s", [application_name]
        ).fetchone()
        return int(row[0]) if row else None

    def advance(self, application_name: str, believed: int, position: int) -> None:
        """Move a position from where the caller believes it is. Raises `MovedOn` where it is elsewhere."""
        moved = self._connection.execute(
            "UPDATE tracking SET notification_id = %s WHERE application_name = %s AND notification_id = %s",
            [position, application_name, believed],
        )
        if moved.rowcount != 1:
            raise MovedOn(f"{application_name} is not at {believed} any more")
