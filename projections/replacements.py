"""Which activities was each to be done instead of, at a moment?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from projections.moment import AsOf, moment_parameters
from projections.true_then import version_join


def replaced_by(
    connection: Connection[Any], names: Sequence[tuple[str, str]], as_of: AsOf
) -> defaultdict[tuple[str, str], list[str]]:
    """Return the ids of what each of these replaces, in the order of the plan, by process and id."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    parameters = moment_parameters(as_of) | {
        "processes": [process for process, _ in names],
        "ids": [id_ for _, id_ in names],
    }
    v_join = version_join(as_of, sql.Identifier("v"), sql.Identifier("m", "position"))
    query = _REPLACED.format(v_join=v_join)
    for process, other, id_ in connection.execute(query, parameters):
        found[process, other].append(id_)
    return found


_REPLACED = sql.SQL("""
    SELECT m.process, v.replaced_by, m.id
    FROM milestones AS m {v_join}
    WHERE v.replaced_by IS NOT NULL AND m.process = ANY(%(processes)s)
      AND (m.process, v.replaced_by) IN (SELECT * FROM unnest(%(processes)s::text[], %(ids)s::text[]))
    ORDER BY m.position""")
