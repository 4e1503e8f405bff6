"""Which election is the latest of each territory?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from projections.moment import AsOf
from projections.processes import beginning

LOCAL, FEDERAL = "local_election", "federal_election"
"""The procedures whose latest process a state's status is told of."""


@dataclass(frozen=True, slots=True)
class Election:
    """An election as far as a status needs it."""

    id: str
    kind: str
    confirmed: bool
    position: int
    """The last position of its own stream."""
    stages: tuple[str, ...]
    """Its stages, in order."""


LATEST = sql.SQL("""
    known.process IN (
        SELECT DISTINCT ON (p.territory) p.id FROM processes AS p
        WHERE NOT p.is_case AND p.kind IN ({local}, {federal})
          AND p.position <= coalesce(%(position)s::bigint, p.position)
        ORDER BY p.territory, p.position DESC
    )""").format(local=sql.Literal(LOCAL), federal=sql.Literal(FEDERAL))
"""The condition that ``known`` is of one of the elections that `latest_elections` returns."""


def latest_elections(connection: Connection[Any], as_of: AsOf) -> dict[str, Election]:
    """Return the election that was opened last in each territory, by territory."""
    rows = connection.execute(
        "SELECT DISTINCT ON (p.territory) p.territory, p.id, p.kind, v.confirmed, v.valid_from,"
        " opened.type, opened.body"
        " FROM processes AS p JOIN process_versions AS v ON v.process = p.position"
        " JOIN ledger.events AS opened ON opened.position = p.position"
        " WHERE NOT p.is_case AND p.kind = ANY(%(kinds)s)"
        " AND v.valid_from <= coalesce(%(position)s::bigint, v.valid_from)"
        " ORDER BY p.territory, p.position DESC, v.valid_from DESC",
        {"kinds": [LOCAL, FEDERAL], "position": as_of.position},
    )
    return {
        territory: Election(id_, kind, confirmed, position, tuple(stage.id for stage in opened.stages))
        for territory, id_, kind, confirmed, position, type_, body in rows
        for opened in [beginning(type_, body)]
    }
