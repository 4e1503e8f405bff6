"""Which activities was each to be done instead of, at a moment, and what stands in the place of which?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from projections.known import PLANNED_AT
from projections.moment import AsOf, is_true, moment_parameters


def replaced_by(
    connection: Connection[Any], names: Sequence[tuple[str, str]], as_of: AsOf
) -> defaultdict[tuple[str, str], list[str]]:
    """Return the ids of what each of these replaces, in the order of the plan, by process and id."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    parameters = moment_parameters(as_of) | {
        "processes": [process for process, _ in names],
        "ids": [id_ for _, id_ in names],
    }
    query = _REPLACED.format(is_true=is_true(as_of, sql.Identifier("v")))
    for process, other, id_ in connection.execute(query, parameters):
        found[process, other].append(id_)
    return found


_REPLACED = sql.SQL("""
    SELECT m.process, v.replaced_by, m.id
    FROM milestone_versions AS v
    JOIN milestones AS m ON m.position = v.milestone
    WHERE v.replaced_by IS NOT NULL AND {is_true}
      AND (m.process, v.replaced_by) IN (SELECT * FROM unnest(%(processes)s::text[], %(ids)s::text[]))
    ORDER BY m.position""")


def stand_ins(as_of: AsOf) -> sql.Composed:
    """Return the query of what is to be done in the place of what: ``milestone`` and its ``stand_in``.

    Where what replaces one was itself replaced, each of them; what was replaced is cancelled and holds nobody back.
    What replaces an act also stands in for the rows of other plans that stand for that act.
    """
    v, w = sql.Identifier("v"), sql.Identifier("w")
    return _STAND_INS.format(
        v_is_true=is_true(as_of, v),
        w_is_true=is_true(as_of, w),
        planned_at=PLANNED_AT.format(milestone=sql.Identifier("mirror", "milestone")),
    )


_STAND_INS = sql.SQL("""
    WITH RECURSIVE replaced AS (
        SELECT m.position AS milestone, m.process, v.replaced_by
        FROM milestone_versions AS v
        JOIN milestones AS m ON m.position = v.milestone
        WHERE v.replaced_by IS NOT NULL AND {v_is_true}
        UNION
        SELECT replaced.milestone, replaced.process, w.replaced_by
        FROM replaced
        JOIN milestones AS m ON m.process = replaced.process AND m.id = replaced.replaced_by
        JOIN milestone_versions AS w ON w.milestone = m.position AND w.replaced_by IS NOT NULL AND {w_is_true}
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
