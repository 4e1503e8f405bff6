"""Which steps of a territory's cases are to be done and have no date, and why?"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from projections.milestone_filter import may_be_shown
from projections.milestones import MilestoneRow, select_milestones
from projections.moment import AsOf

LISTED = 50
"""How many are listed: whoever loads one calendar gives many their dates."""


def undated_case_steps(connection: Connection[Any], territory: str, as_of: AsOf) -> list[MilestoneRow]:
    """Return the first of them, in the order in which they were planned; none of a case that is not public."""
    conditions: list[sql.Composable] = [
        sql.SQL("known.is_case AND known.territory = %(territory)s AND known.standing = 'undated'"),
        may_be_shown(None),
    ]
    parameters: dict[str, Any] = {"territory": territory}
    if as_of.position is None:
        # Now they are known by an index; at a past moment they are looked for among all of the territory.
        conditions.append(
            sql.SQL("known.milestone IN (SELECT milestone FROM case_steps"
                    " WHERE case_steps.territory = %(territory)s AND is_open AND due IS NULL)")
        )  # fmt: skip
    found = select_milestones(connection, conditions, parameters, as_of, limit=LISTED)
    return [row for _, row in found]
