"""Which streams tell their acts out of order? Those few are folded again where the second clock is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Cursor, sql

from domain.happened import is_out_of_order
from projections.fold import Step

BEFORE_ALL_ACTS = datetime(1, 1, 1, tzinfo=UTC)
"""When a plan holds from, which is no act. Not the database's own infinity, which Python cannot read."""


def last_act(at: datetime | None) -> datetime:
    """Return the last moment at which anything happened, as it is stored."""
    return BEFORE_ALL_ACTS if at is None else at


def mark_irregular(cursor: Cursor[Any], table: str, steps: Sequence[Step[Any]]) -> None:
    """Note from which position on the streams of a ``table`` are no longer told in the order of their acts."""
    found: dict[int, int] = {}
    for step in steps:
        # A stored event has every field of an envelope that is looked at (`projections.fold`).
        if is_out_of_order(step.before.last_act_at, step.event, step.stored):  # type: ignore[arg-type]  # see above
            found.setdefault(step.origin, step.stored.position)
    if found:
        cursor.execute(
            sql.SQL(
                "UPDATE {} AS stream SET irregular_from = new.irregular_from"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS new (position, irregular_from)"
                " WHERE stream.position = new.position AND stream.irregular_from IS NULL"
            ).format(sql.Identifier(table)),
            [list(found), list(found.values())],
        )
