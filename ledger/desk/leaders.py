"""Is anybody at work? The leader of some work holds an advisory lock as long as its connection to the desk lives."""

from __future__ import annotations

import hashlib
from typing import Any

from psycopg import Connection


def leader_lock(name: str) -> int:
    """Return the advisory lock the leader of some work holds."""
    return int.from_bytes(hashlib.sha256(f"leader of {name}".encode()).digest()[:8], "big", signed=True)


def begins_to_lead(connection: Connection[Any], name: str) -> bool:
    """Lead from now on, as long as this connection lives; False where somebody else does."""
    found = connection.execute("SELECT pg_try_advisory_lock(%s)", [leader_lock(name)]).fetchone()
    return found == (True,)


def is_led(connection: Connection[Any], name: str) -> bool:
    """Tell whether somebody leads."""
    # A lock on one number shows its high half as classid and its low half as objid (PostgreSQL manual, pg_locks).
    found = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32) | objid::bigint = %s)",
        [leader_lock(name)],
    ).fetchone()
    return found == (True,)
