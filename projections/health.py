"""Do the projections keep up, and does the log itself move?

Two checks, because each alone is fooled: a projector at the head of a log that stopped looks healthy, and a log that
moves says nothing about who follows it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from projections.page import Row
from projections.schema import leader_lock


class Health(Row):
    """How far the projections are behind the log, and since when the log has not moved."""

    head: int
    """The last position of the log."""
    position: int
    """The last position the projections tell of."""
    lag_events: int
    """How many events are recorded and not told yet."""
    lag_seconds: float
    """How long the oldest of them has waited; 0 while there is none, or where a clock was set back since."""
    head_moved_at: datetime
    """When the log last grew."""
    quarantined: int
    """How many events were set aside because they could not be told."""
    leader_alive: bool
    """Whether a projector of this version is at work."""


def health(connection: Connection[Any]) -> Health:
    """Return how the projections of this version do."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_HEALTH, {"leader": leader_lock()}).fetchone()
    return Health.model_validate(found)


# An advisory lock on one number shows its high half as classid and its low half as objid (PostgreSQL manual, pg_locks).
_HEALTH = """
    SELECT head.position AS head, told.position, head.position - told.position AS lag_events,
           greatest(extract(epoch FROM clock_timestamp() - (
               SELECT recorded_at FROM ledger.events WHERE position = told.position + 1)), 0)::float AS lag_seconds,
           head.recorded_at AS head_moved_at,
           (SELECT count(DISTINCT position) FROM quarantine) AS quarantined,
           EXISTS (
               SELECT FROM pg_locks
               WHERE locktype = 'advisory' AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND (classid::bigint << 32) | objid::bigint = %(leader)s AND objsubid = 1
           ) AS leader_alive
    FROM ledger.head AS head, (SELECT coalesce(max(notification_id), 0) AS position FROM tracking) AS told
"""
