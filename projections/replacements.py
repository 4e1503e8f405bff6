"""Which activities was each to be done instead of, at a moment, and what stands in the place of which?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from projections.known import PLANNED_AT
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
    query = _REPLACED.format(ever=_EVER, v_join=v_join)
    for process, other, id_ in connection.execute(query, parameters):
        found[process, other].append(id_)
    return found


# Those that ever were, of all milestones: the index has no others.
_EVER = sql.SQL("SELECT DISTINCT milestone FROM milestone_versions WHERE replaced_by IS NOT NULL")

_REPLACED = sql.SQL("""
    SELECT m.process, v.replaced_by, m.id
    FROM ({ever}) AS ever JOIN milestones AS m ON m.position = ever.milestone {v_join}
    WHERE v.replaced_by IS NOT NULL AND m.process = ANY(%(processes)s)
      AND (m.process, v.replaced_by) IN (SELECT * FROM unnest(%(processes)s::text[], %(ids)s::text[]))
    ORDER BY m.position""")


def stand_ins(as_of: AsOf) -> sql.Composed:
    """Return the query of what is to be done in the place of what: ``milestone`` and its ``stand_in``.

    Where what replaces one was itself replaced, each of them; what was replaced is cancelled and holds nobody back.
    What replaces an act also stands in for the rows of other plans that stand for that act.
    """
    key = sql.Identifier("m", "position")
    return _STAND_INS.format(
        ever=_EVER,
        v_join=version_join(as_of, sql.Identifier("v"), key),
        w_join=version_join(as_of, sql.Identifier("w"), key),
        planned_at=PLANNED_AT.format(milestone=sql.Identifier("mirror", "milestone")),
    )


_STAND_INS = sql.SQL("""
    WITH RECURSIVE replaced AS (
        SELECT m.position AS milestone, m.process, v.replaced_by
        FROM ({ever}) AS ever
        JOIN milestones AS m ON m.position = ever.milestone
        {v_join}
        WHERE v.replaced_by IS NOT NULL
        UNION
        SELECT replaced.milestone, replaced.process, w.replaced_by
        FROM replaced
        JOIN milestones AS m ON m.process = replaced.process AND m.id = replaced.replaced_by
        {w_join}
        WHERE w.replaced_by IS NOT NULL
    ), direct AS (
        SELECT replaced.milestone, m.position AS stand_in
        FROM replaced JOIN milestones AS m ON m.process = replaced.process AND m.id = replaced.replaced_by
    )
    SELECT milestone, stand_in FROM direct
    UNION
    SELECT mirror.milestone, direct.stand_in
    FROM direct
    JOIN milestones AS act ON act.position = direct.milestone
    JOIN milestone_mirrors AS mirror ON mirror.process = act.process AND mirror.id = act.id
        AND mirror.planned_at = {planned_at}""")
