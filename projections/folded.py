"""How do an activity's own entries leave it?

What is asked of one activity at a time, and seldom, has no table: it is read from the log itself.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from domain.happened import Told, had_happened
from domain.milestone import MILESTONE, Milestone, milestone_stream
from ledger.ledger import recorded_event
from ledger.log import StoredEvent
from projections.moment import AsOf
from projections.reading import projected_position

_EVENTS = sql.SQL(
    "SELECT {columns} FROM ledger.events WHERE stream = %s AND position <= %s ORDER BY version"
).format(columns=sql.SQL(", ").join(map(sql.Identifier, StoredEvent._fields)))


def folded_milestone(connection: Connection[Any], process: str, milestone: str, as_of: AsOf) -> Milestone:
    """Return an activity as it stood, no later than what has been told; empty where it was never planned."""
    told = projected_position(connection)
    last = told if as_of.position is None else min(told, as_of.position)
    events = connection.execute(_EVENTS, [milestone_stream(process, milestone), last]).fetchall()
    stream: list[Told] = [recorded_event(StoredEvent(*event)) for event in events]
    state = MILESTONE.initial
    for told_event in stream if as_of.happened_by is None else had_happened(stream, as_of.happened_by):
        state = MILESTONE.evolve(state, *told_event)
    return state
