"""Which acts of legal effect were proposed, by whom, and what became of them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection, Cursor, sql
from psycopg.rows import namedtuple_row

from domain.access import Caller
from domain.legal_effect import LegalEffect
from domain.proposal import PROPOSAL, Proposal, ProposalMade, ProposalRejected, ProposalStatus
from projections.bulk import close_replaced, copy_rows
from projections.docket import is_shown
from projections.fold import Batch, Step
from projections.moment import AsOf, moment_parameters
from projections.page import Page, Row, position_in
from projections.projection import Projection
from projections.proposals_to_decide import is_to_decide


class Signature(Row):
    """Who did it, by public post."""

    actor: str
    """An opaque id."""
    post: str
    """The public office (*cargo*)."""
    body: str
    """The institution of that office."""


class ProposalRow(Row):
    """A proposal, and where it stands."""

    id: str
    """Its id: that of the request that made it."""
    effect: LegalEffect
    """What it would do."""
    status: ProposalStatus
    """Where it stands: pending, approved, rejected, expired."""
    territory: str
    """The place it changes."""
    process: str | None
    """The process it changes; null where it changes none."""
    address: str
    """Where the request was sent: what it changes."""
    command: str
    """What was sent, as JSON."""
    act_at: datetime
    """The moment of the act, by who proposed it."""
    digest: str
    """SHA-256 of address, moment and command: what the second person agrees with."""
    proposed_by: Signature
    """Who proposed it."""
    proposed_at: datetime
    """When it was proposed."""
    expires_at: datetime
    """Until when somebody may agree."""
    decided_by: Signature | None
    """Who approved or rejected it; null while it is open."""
    decided_at: datetime | None
    """When it was approved or rejected; null while it is open."""
    reason: str | None
    """Why it was rejected; null where it was not."""
    position: int
    """The last position that changed it."""


TABLES = """
CREATE TABLE proposal_versions (
    -- Of the event that made it.
    proposal   bigint NOT NULL,
    valid_from bigint NOT NULL,
    valid_to   bigint NOT NULL,
    id         text   NOT NULL,
    effect     text   NOT NULL,
    territory  text   NOT NULL,
    process    text,
    address    text   NOT NULL,
    command    text   NOT NULL,
    act_at     timestamptz NOT NULL,
    digest     text   NOT NULL,
    made_by    text[] NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decision   text,
    decided_by text[],
    decided_at timestamptz,
    reason     text,
    PRIMARY KEY (proposal, valid_from)
);
CREATE INDEX ON proposal_versions (id, valid_from);
-- What waits for somebody is of the last day.
CREATE INDEX ON proposal_versions (expires_at) WHERE decision IS NULL;
"""


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals; every condition that is given has to hold."""

    status: ProposalStatus | None = None
    territory: str | None = None
    process: str | None = None
    reach: str | None = None
    """The territory of whoever looks; None for anyone (`projections.docket`)."""
    to_decide: Caller | None = None
    """Only those that are pending and that this caller may approve, whatever else is asked."""


def list_proposals(
    connection: Connection[Any],
    where: ProposalFilter,
    as_of: AsOf,
    *,
    after: str | None = None,
    limit: int = 100,
) -> Page[ProposalRow]:
    """Return proposals, the last one first. Raises `projections.page.BadCursor`."""
    status, shown = where.status, _is_shown(where.reach)
    if where.to_decide is not None:
        status, shown = "pending", is_to_decide(where.to_decide)
    parameters = {
        "status": status, "territory": where.territory, "process": where.process, "id": None,
        "before": position_in(after, otherwise=2**62), "limit": limit + 1, **moment_parameters(as_of),
    }  # fmt: skip
    found = _select(connection, parameters, shown)
    rows = [_row(row) for row in found[:limit]]
    return Page(items=rows, next=str(found[limit - 1].proposal) if len(found) > limit else None)


def get_proposal(
    connection: Connection[Any],
    id: str,  # noqa: A002 - its name
    as_of: AsOf,
    reach: str | None = None,
) -> ProposalRow | None:
    """Return one proposal, or None where there was none at that moment or whoever looks may not know of it."""
    parameters = {
        "status": None, "territory": None, "process": None, "id": id, "before": 2**62, "limit": 1,
        **moment_parameters(as_of),
    }  # fmt: skip
    found = _select(connection, parameters, _is_shown(reach))
    return _row(found[0]) if found else None


_SELECT = sql.SQL("""
    SELECT * FROM (
        SELECT v.*, CASE WHEN decision IS NOT NULL THEN decision
                         WHEN %(at)s < expires_at THEN 'pending' ELSE 'expired' END AS status
        FROM proposal_versions AS v
        WHERE valid_from <= coalesce(%(position)s::bigint, valid_from)
          AND valid_to > coalesce(%(position)s::bigint, 9223372036854775806)
    ) AS known
    WHERE proposal < %(before)s
      AND id = coalesce(%(id)s, id)
      AND status = coalesce(%(status)s, status)
      AND territory = coalesce(%(territory)s, territory)
      AND (%(process)s::text IS NULL OR process = %(process)s)
      AND {is_shown}
    ORDER BY proposal DESC
    LIMIT %(limit)s""")


def _is_shown(reach: str | None) -> sql.Composable:
    return is_shown(sql.Identifier("known", "process"), reach)


def _select(connection: Connection[Any], parameters: Mapping[str, Any], shown: sql.Composable) -> list[Any]:
    query = _SELECT.format(is_shown=shown)
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def _row(row: Any) -> ProposalRow:
    return ProposalRow(
        id=row.id, effect=row.effect, status=row.status, territory=row.territory, process=row.process,
        address=row.address, command=row.command, act_at=row.act_at, digest=row.digest,
        proposed_by=_signature(row.made_by), proposed_at=row.made_at, expires_at=row.expires_at,
        decided_by=_signature(row.decided_by) if row.decided_by else None, decided_at=row.decided_at,
        reason=row.reason, position=row.valid_from,
    )  # fmt: skip


def _signature(columns: list[str]) -> Signature:
    actor, post, body = columns
    return Signature(actor=actor, post=post, body=body)


# Telling ------------------------------------------------------------------------------------------------


class _Decision(NamedTuple):
    decision: str | None = None
    by: list[str] | None = None
    at: datetime | None = None
    reason: str | None = None


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write one version for each event, and close the version it replaces."""
    steps = batch.of(PROPOSAL)
    if steps:
        next_versions = close_replaced(cursor, "proposal_versions", "proposal", steps)
        copy_rows(cursor, "proposal_versions", map(_version, steps, next_versions))


def _version(step: Step[Proposal], valid_to: int) -> tuple[Any, ...]:
    proposal, stored = step.after, step.stored
    made, by = proposal.made, proposal.by
    if made is None or by is None:
        raise ValueError(f"{stored.stream} was never made")
    decision = _Decision()
    if not isinstance(step.event, ProposalMade):
        who = [stored.author.actor, stored.author.post, stored.author.body]
        reason = step.event.reason if isinstance(step.event, ProposalRejected) else None
        decision = _Decision("rejected" if reason else "approved", who, stored.recorded_at, reason)
    return (
        step.origin, stored.position, valid_to, proposal.id, made.effect, made.territory, made.process, made.address,
        made.command, proposal.act_at, made.digest, [by.actor, by.post, by.body], proposal.made_at, made.expires_at,
        *decision,
    )  # fmt: skip


PROJECTION = Projection("proposals", TABLES, tell)
