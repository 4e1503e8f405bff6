"""Which election is each territory in?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from projections.moment import AsOf, moment_parameters
from projections.process_versions import beginning
from projections.true_then import process_join

LOCAL, FEDERAL = "local_election", "federal_election"
"""The procedures whose latest process a state's status is told of."""


@dataclass(frozen=True, slots=True)
class Election:
    """An election as far as a status needs it."""

    id: str
    kind: str
    cycle: str
    """Its years: ``2026-2027``."""
    confirmed: bool
    position: int
    """The last position of its own stream."""
    stages: tuple[str, ...]
    """Its stages, in order."""


_IN_TURN = sql.SQL(
    "p.territory, (p.first_year <= extract(year FROM %(at)s::timestamptz)) DESC, p.position DESC"
)
"""Of each territory those whose years have begun come first, and of them the one that was opened last."""

LATEST = sql.SQL("""
    known.process IN (
        SELECT DISTINCT ON (p.territory) p.id FROM processes AS p
        WHERE p.has_plan AND NOT p.is_case AND p.kind IN ({local}, {federal})
          AND p.position <= coalesce(%(position)s::bigint, p.position)
        ORDER BY {in_turn}
    )""").format(local=sql.Literal(LOCAL), federal=sql.Literal(FEDERAL), in_turn=_IN_TURN)
"""The condition that ``known`` is of one of the elections that `latest_elections` returns."""


def latest_elections(connection: Connection[Any], as_of: AsOf) -> dict[str, Election]:
    """Return the election that each territory is in, by territory: of those whose years have begun, the last opened.

    One that was opened ahead of its years takes nobody's place until they begin; where there is no other it is the one.
    """
    query = _LATEST.format(in_turn=_IN_TURN, v_join=process_join(as_of))
    rows = connection.execute(query, {"kinds": [LOCAL, FEDERAL], **moment_parameters(as_of)})
    return {
        territory: Election(
            id_, kind, opened.cycle, confirmed, position, tuple(stage.id for stage in opened.stages)
        )
        for territory, id_, kind, confirmed, position, type_, body in rows
        for opened in [beginning(type_, body)]
    }


_LATEST = sql.SQL("""
    SELECT DISTINCT ON (p.territory) p.territory, p.id, p.kind, v.confirmed, v.valid_from, opened.type, opened.body
    FROM processes AS p {v_join}
    JOIN ledger.events AS opened ON opened.position = p.position
    WHERE p.has_plan AND NOT p.is_case AND p.kind = ANY(%(kinds)s)
    ORDER BY {in_turn}""")
