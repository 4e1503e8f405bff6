"""Which is the n-th event of a scope, and which stand beside it?

The events of a nation, a state, a process or a milestone, each numbered in the order of the log from 1. A number never
becomes another event's: the log only grows. Each is found along the index of its scope, never by reading the others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection, sql

from projections.moment import AsOf
from projections.page import Row
from projections.reading import projected_position
from projections.timeline import TimelineFilter, timeline_conditions


class ReplayStep(Row):
    """One event of a scope, by its number there."""

    number: int
    """Which of the scope's events it is: 1 is the first."""
    steps: int
    """How many events the scope has."""
    position: int
    """Its place in the log (*asiento n.º*): what was known then is told by `as_of` this position."""
    recorded_at: datetime
    """When it was recorded: the instant at which everything is judged then."""
    previous: int | None
    """The position of the event before it; null at the first."""
    next: int | None
    """The position of the event after it; null at the last."""


def get_step(
    connection: Connection[Any],
    where: TimelineFilter,
    as_of: AsOf,
    *,
    number: int | None = None,
    position: int | None = None,
) -> ReplayStep | None:
    """Return the event with a number, or the last one at or before a position; of neither, the last one.

    None where the scope has no such event, as far as was known.
    """
    conditions, parameters = timeline_conditions(where)
    last = projected_position(connection) if as_of.position is None else as_of.position
    values = {**parameters, "first": 0, "last": last, "upto": last if position is None else position}
    where_ = sql.SQL(" AND ").join(conditions)
    counted = connection.execute(_COUNT.format(where=where_), values).fetchone()
    steps, before = counted or (0, 0)
    if number is None:
        number = before
    if not 1 <= number <= steps:
        return None
    values["skipped"] = max(number - 2, 0)
    near = connection.execute(_NEAR.format(where=where_), values).fetchall()
    at = min(number - 1, 1)
    return ReplayStep(
        number=number,
        steps=steps,
        position=near[at][0],
        recorded_at=near[at][1],
        previous=near[at - 1][0] if at else None,
        next=near[at + 1][0] if at + 1 < len(near) else None,
    )


_COUNT = sql.SQL(
    "SELECT count(*), count(*) FILTER (WHERE told.position <= %(upto)s) FROM timeline AS told WHERE {where}"
)

# Skipped along the index: what is beside them is read of three events alone.
_NEAR = sql.SQL("""
    SELECT position, event.recorded_at
    FROM (
        SELECT told.position FROM timeline AS told WHERE {where}
        ORDER BY told.position OFFSET %(skipped)s LIMIT 3
    ) AS near
    JOIN ledger.events AS event USING (position)
    ORDER BY position""")


def find_of_type(
    connection: Connection[Any],
    where: TimelineFilter,
    as_of: AsOf,
    type_: str,
    *,
    beyond: int,
    backwards: bool = False,
) -> int | None:
    """Return the position of the nearest event of a type (``MilestoneCompleted``) beyond a position, or None."""
    conditions, parameters = timeline_conditions(where)
    last = projected_position(connection) if as_of.position is None else as_of.position
    bounds = {"first": 0, "last": min(last, beyond - 1)} if backwards else {"first": beyond, "last": last}
    query = _OF_TYPE.format(
        where=sql.SQL(" AND ").join(conditions), direction=sql.SQL("DESC" if backwards else "ASC")
    )
    row = connection.execute(query, {**parameters, **bounds, "type": type_}).fetchone()
    return int(row[0]) if row else None


_OF_TYPE = sql.SQL("""
    SELECT told.position FROM timeline AS told JOIN ledger.events AS event ON event.position = told.position
    WHERE {where} AND split_part(event.type, '.', 1) = %(type)s
    ORDER BY told.position {direction}
    LIMIT 1""")


class ActSpan(Row):
    """From when to when acts happened, by the reporters' accounts."""

    first_at: datetime
    """The moment of the earliest act."""
    last_at: datetime
    """The moment of the latest act."""


def act_span(connection: Connection[Any], where: TimelineFilter, as_of: AsOf) -> ActSpan | None:
    """Return from when to when the acts of a scope happened, as far as was known; None where there is none."""
    conditions, parameters = timeline_conditions(where)
    last = projected_position(connection) if as_of.position is None else as_of.position
    query = _SPAN.format(where=sql.SQL(" AND ").join(conditions))
    row = connection.execute(query, {**parameters, "first": 0, "last": last}).fetchone()
    return ActSpan(first_at=row[0], last_at=row[1]) if row and row[0] else None


# That a plan was entered is no act.
_SPAN = sql.SQL("""
    SELECT min(event.occurred_at), max(event.occurred_at)
    FROM timeline AS told JOIN ledger.events AS event ON event.position = told.position
    WHERE {where} AND NOT told.is_planning""")
