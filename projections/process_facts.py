"""What do a process's own events make of it, without the figures of its activities?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from projections.moment import AsOf, moment_parameters
from projections.true_then import process_join


def process_facts(
    connection: Connection[Any], positions: Sequence[int], as_of: AsOf
) -> dict[int, dict[str, Any]]:
    """Return them as JSON has them, by the position of the opening; what was not open yet is left out."""
    query = _SELECT.format(v_join=process_join(as_of))
    rows = connection.execute(query, {"processes": list(positions), **moment_parameters(as_of)})
    return dict(rows.fetchall())


_SELECT = sql.SQL("""
    SELECT v.process, to_jsonb(v) FROM processes AS p {v_join} WHERE p.position = ANY(%(processes)s)""")
