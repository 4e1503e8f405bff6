"""When was each of these positions recorded?"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg import Connection


def recorded_at(connection: Connection[Any], positions: Collection[int]) -> dict[int, datetime]:
    """Return the instants at which positions of the log were recorded, of those that are."""
    rows = connection.execute(
        "SELECT position, recorded_at FROM ledger.events WHERE position = ANY(%s)", [list(positions)]
    )
    return dict(rows.fetchall())
