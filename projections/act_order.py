"""In which order did it happen, by the reporters' accounts, as it was known?

The same acts as in the order of the log (`projections.timeline`), each at the moment at which it happened: where a
report was restated, at that of the last correction that was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

from domain.happened import restates
from ledger.codec import decode
from projections.moment import AsOf
from projections.page import BadCursor, position_in


@dataclass(frozen=True, slots=True)
class ActOrder:
    """What makes a query of events (``event``, ``told``) one of acts in their order."""

    join: sql.Composable
    conditions: list[sql.Composable]
    order: sql.Composable
    parameters: dict[str, Any]


_RESTATED = sql.SQL("""
    LEFT JOIN unnest(%(restated)s::bigint[], %(restated_at)s::timestamptz[]) AS restated (position, happened_at)
      ON restated.position = event.position""")

_ACT = sql.SQL("(coalesce(restated.happened_at, event.occurred_at), told.position)")


def act_order(
    connection: Connection[Any],
    as_of: AsOf,
    by: datetime,
    *,
    process: str | None,
    territory: str | None,
    after: str | None,
    newest_first: bool,
) -> ActOrder:
    """Return how what had happened ``by`` an instant is listed, beyond the entry whose position ``after`` is.

    Raises `projections.page.BadCursor`.
    """
    restated = _restated(connection, as_of, process, territory)
    direction = sql.SQL("DESC" if newest_first else "ASC")
    order = sql.SQL("coalesce(restated.happened_at, event.occurred_at) {}, told.position {}").format(
        direction, direction
    )
    conditions: list[sql.Composable] = [
        sql.SQL("coalesce(restated.happened_at, event.occurred_at) <= %(happened_by)s")
    ]
    parameters = {"restated": list(restated), "restated_at": list(restated.values()), "happened_by": by}
    if after is not None:
        position = position_in(after, otherwise=0)
        beyond = sql.SQL(
            "{} < (%(after_at)s, %(after)s)" if newest_first else "{} > (%(after_at)s, %(after)s)"
        )
        conditions.append(beyond.format(_ACT))
        parameters |= {"after": position, "after_at": _happened_at(connection, restated, after, position)}
    return ActOrder(_RESTATED, conditions, order, parameters)


def _happened_at(
    connection: Connection[Any], restated: Mapping[int, datetime], cursor: str, position: int
) -> datetime:
    if position in restated:
        return restated[position]
    row = connection.execute(
        "SELECT occurred_at FROM ledger.events WHERE position = %s", [position]
    ).fetchone()
    if row is None:
        raise BadCursor(cursor)
    at: datetime = row[0]
    return at


_CORRECTIONS = sql.SQL("""
    SELECT stream, version, type, body, occurred_at FROM ledger.events
    WHERE stream IN (SELECT 'milestone/' || m.process || '/' || m.id FROM milestones AS m
                     WHERE m.irregular_from <= %(position)s AND {scope})
      AND position <= %(position)s AND type LIKE ANY (%(types)s)
    ORDER BY position""")

_CORRECTED = """
    SELECT event.stream, event.version, event.position FROM ledger.events AS event
    JOIN unnest(%s::text[], %s::integer[]) AS wrong (stream, version) USING (stream, version)"""


def _restated(
    connection: Connection[Any], as_of: AsOf, process: str | None, territory: str | None
) -> dict[int, datetime]:
    """Return when each report that was restated by the position happened, by its own position."""
    asked = [sql.SQL("m.process = %(process)s" if process else "NOT m.is_case")]
    if territory is not None:
        asked.append(sql.SQL("m.territory = %(territory)s"))
    values = {
        "position": as_of.position, "process": process, "territory": territory,
        "types": ["MilestoneCorrected.v%", "MilestoneAnnounced.v%"],
    }  # fmt: skip
    moments: dict[tuple[str, int], datetime] = {}
    found = connection.execute(_CORRECTIONS.format(scope=sql.SQL(" AND ").join(asked)), values).fetchall()
    # From the last to the first, as `domain.happened.happened_at` has it.
    for stream, version, type_, body, occurred_at in reversed(found):
        wrong = restates(decode(type_, body))
        if wrong is not None:
            moments.setdefault((stream, wrong), moments.get((stream, version), occurred_at))
    streams, versions = [stream for stream, _ in moments], [version for _, version in moments]
    corrected = connection.execute(_CORRECTED, [streams, versions])
    return {position: moments[stream, version] for stream, version, position in corrected}
