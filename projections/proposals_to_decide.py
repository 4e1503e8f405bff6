"""How many proposals wait for one person's decision, and until when?

Those they may approve: made by another, over a place and for an effect that one of their authorities reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from psycopg import Connection, sql

from domain.access import Authority, Caller
from domain.entity import FEDERATION
from domain.legal_effect import LegalEffect, action_to_decide
from projections.bulk import FOR_EVER
from projections.docket import is_shown


@dataclass(frozen=True, slots=True)
class ToDecide:
    """What waits for somebody's decision."""

    count: int
    expires_at: datetime | None
    """When the first of them expires; None where none waits."""


def count_to_decide(connection: Connection[Any], caller: Caller, at: datetime) -> ToDecide:
    """Return how many proposals a caller may approve at an instant, as the log stands."""
    query = sql.SQL(
        "SELECT count(*), min(expires_at) FROM proposal_versions AS known"
        " WHERE expires_at > %(at)s AND decision IS NULL AND valid_to = {still} AND {theirs}"
    ).format(still=FOR_EVER, theirs=is_to_decide(caller))
    found = connection.execute(query, {"at": at}).fetchone()
    assert found is not None  # noqa: S101 - an aggregate has one row
    return ToDecide(*found)


def is_to_decide(caller: Caller) -> sql.Composed:
    """Return the condition that a caller may approve ``known``, a version of a proposal, while it is pending."""
    reached: list[sql.Composable] = [_reaches(authority) for authority in caller.authorities]
    return sql.SQL("(known.made_by[1] <> {actor} AND ({reached}))").format(
        actor=caller.actor, reached=sql.SQL(" OR ").join(reached or [sql.SQL("false")])
    )


def _reaches(authority: Authority) -> sql.Composed:
    """Return the condition that an authority is enough to approve ``known``, as `domain.access` has it."""
    effects = [effect for effect in get_args(LegalEffect) if authority.allows(action_to_decide(effect))]
    terms: list[sql.Composable] = [
        sql.SQL("known.effect = ANY({})").format(effects),
        is_shown(sql.Identifier("known", "process"), authority.territory),
    ]
    if authority.territory != FEDERATION:
        terms.append(
            sql.SQL("(known.territory = {place} OR starts_with(known.territory, {inside}))").format(
                place=authority.territory, inside=f"{authority.territory}-"
            )
        )
    if authority.process is not None:
        terms.append(sql.SQL("known.process = {}").format(authority.process))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(terms))
