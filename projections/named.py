"""Which milestones carry these names?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, sql

from projections.milestone_filter import may_be_shown
from projections.milestones import MilestoneRow, select_milestones
from projections.moment import AsOf


def list_named(connection: Connection[Any], names: Sequence[str], as_of: AsOf) -> list[MilestoneRow]:
    """Return milestones by ``process/id``, in the order of the names; what is not there is left out."""
    if not names:
        return []
    condition = sql.SQL(
        "(known.process, known.id) IN (SELECT split_part(name, '/', 1), split_part(name, '/', 2)"
        " FROM unnest(%(names)s::text[]) AS name)"
    )
    found = select_milestones(connection, [condition, may_be_shown(None)], {"names": list(names)}, as_of)
    by_name = {f"{row.process}/{row.id}": row for _, row in found}
    return [by_name[name] for name in names if name in by_name]
