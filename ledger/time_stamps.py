"""The time stamps over the checkpoints as they are kept: each is the authority's answer, beside the size it is of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection


class TimeStamp(NamedTuple):
    """A time stamp over the checkpoint of a size: the answer's bytes, the hour it says, and when it was asked for."""

    size: int
    answer: bytes
    stamped_at: datetime
    asked_at: datetime


_TIME_STAMP = "SELECT size, answer, stamped_at, asked_at FROM ledger.time_stamps"


def keep_time_stamp(connection: Connection[Any], stamp: TimeStamp) -> None:
    """Keep a time stamp; where one is kept of that size already, that one stays."""
    connection.execute(
        "INSERT INTO ledger.time_stamps (size, answer, stamped_at, asked_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        stamp,
    )


def latest_time_stamp(connection: Connection[Any]) -> TimeStamp | None:
    """Return that of the largest size; None while there is none."""
    return _found(connection, "ORDER BY size DESC LIMIT 1")


def time_stamp_of(connection: Connection[Any], size: int) -> TimeStamp | None:
    """Return that of a size."""
    return _found(connection, "WHERE size = %s", size)


def time_stamp_covering(connection: Connection[Any], position: int) -> TimeStamp | None:
    """Return the first that covers a position: always the same one, once there is one."""
    return _found(connection, "WHERE size >= %s ORDER BY size LIMIT 1", position)


def stamped_sizes(connection: Connection[Any]) -> Iterator[tuple[int, datetime]]:
    """Yield the sizes that are stamped, ascending, each with the hour its stamp says."""
    yield from connection.execute("SELECT size, stamped_at FROM ledger.time_stamps ORDER BY size")


def unstamped_seconds(connection: Connection[Any]) -> float:
    """Return how long the oldest event that is signed and not time-stamped has waited; 0 where there is none."""
    row = connection.execute(_UNSTAMPED).fetchone()
    return float(row[0]) if row else 0.0


_UNSTAMPED = """
    SELECT greatest(extract(epoch FROM clock_timestamp() - recorded_at), 0) FROM ledger.events
    WHERE position = (SELECT coalesce(max(size), 0) + 1 FROM ledger.time_stamps)
      AND position <= (SELECT coalesce(max(size), 0) FROM ledger.checkpoints)
"""


def _found(connection: Connection[Any], which: str, *values: int) -> TimeStamp | None:
    row: Any = connection.execute(f"{_TIME_STAMP} {which}".encode(), values).fetchone()
    return TimeStamp(row[0], bytes(row[1]), row[2], row[3]) if row else None
