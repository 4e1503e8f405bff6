"""How long do an authority's steps wait for another authority?

A step waits for another authority while a step of the other that it follows is not over and nothing else is missing.
The wait begins when the step could begin for its own part: what it follows of its own authority is done and its start
date has come; where the plan has neither, when the other's step was due. It begins no sooner than the other could act:
when what the other's step follows was done. It ends with the act of the other authority; of several, with the last.
So a step that its own authority or a third one holds back does not wait for this one. Where the other's step is not
dated, that of a case is awaited as soon as it can be done, and that of an election is not: its time is not known.

What follows what is the order of the plan (`projections.order`), between acts that are to be done: a step that may
never arise waits for nothing. A local step that is the same act as a federal one waits in its own plan for what it
follows there. What was done before that which it follows did not wait. A validation is no wait: where a procedure says
``validated_by``, it names the same authority.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.entity import CENTRAL_ZONE, FEDERATION, entities
from domain.step import Responsible
from projections.known import OVER, known
from projections.moment import AsOf, moment_parameters
from projections.order import FOLLOWS, followed
from projections.page import Row
from projections.throughput import days


class WaitingRow(Row):
    """How an authority's steps waited, and wait, for another's."""

    responsible: Responsible
    """Whose steps wait."""
    awaited: Responsible
    """Whom they wait for."""
    handed_over: int
    """How many steps have all they follow of the other authority's done."""
    kept_waiting: int
    """How many of those had to wait for it."""
    median_days_waited: float | None
    """Days waited by those that had to, half of them at most; null while none had to."""
    longest_days_waited: float | None
    """Days waited by the one that waited longest."""
    waiting: int
    """How many are waiting."""
    longest_days_waiting: float | None
    """Days since the first of these began to wait."""


def list_waiting(connection: Connection[Any], as_of: AsOf, territory: str | None = None) -> list[WaitingRow]:
    """Return every pair of authorities of which one follows the other, in a territory or in the whole country."""
    zones = {FEDERATION: CENTRAL_ZONE} | {entity.code: entity.zone for entity in entities().values()}
    parameters = {
        "territory": territory, "territories": list(zones), "zones": list(zones.values()),
        "order": list(get_args(Responsible)),
        **moment_parameters(as_of),
    }  # fmt: skip
    earlier = followed(as_of, sql.SQL("SELECT * FROM known"))
    query = _WAITING.format(known=known(as_of), followed=earlier, follows=FOLLOWS, over=OVER)
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return [_row(found) for found in cast("Any", cursor.execute(query, parameters))]


def _row(found: Any) -> WaitingRow:
    return WaitingRow(
        responsible=found.responsible, awaited=found.awaited, handed_over=found.handed_over,
        kept_waiting=found.kept_waiting, median_days_waited=days(found.median_waited),
        longest_days_waited=days(found.longest_waited), waiting=found.waiting,
        longest_days_waiting=days(found.longest_waiting),
    )  # fmt: skip


_WAITING = sql.SQL("""
    WITH known AS MATERIALIZED (
        SELECT milestone, id, process, plan_row, territory, occurrence, is_case, responsible, status, late, orders,
               completed_at, due_at
        FROM ({known}) AS known
        -- What a step of a territory follows is in the same process.
        WHERE orders AND (%(territory)s::text IS NULL
                          OR process IN (SELECT process FROM milestones WHERE territory = %(territory)s))
    ), links AS MATERIALIZED (
        SELECT later.milestone, later.is_case, later.responsible, later.territory, later.status, later.completed_at,
               later.status NOT IN ('cancelled', 'not_applicable') AS is_act,
               earlier.milestone AS earlier, earlier.responsible AS awaited, earlier.status IN {over} AS is_over,
               earlier.completed_at AS done_at, earlier.due_at
        FROM known AS later
        JOIN milestone_links AS link ON link.milestone = later.milestone
        JOIN ({followed}) AS earlier ON {follows}
    ), before AS (
        SELECT milestone, bool_and(is_over) AS is_over, max(done_at) AS done_at
        FROM links GROUP BY milestone
    ), own AS (
        SELECT milestone, bool_and(is_over) AS is_over, max(done_at) AS done_at
        FROM links WHERE awaited = responsible GROUP BY milestone
    ), others AS (
        SELECT links.milestone, is_case, responsible, awaited, territory, status, completed_at,
               bool_and(links.is_over) AS is_over, max(links.done_at) AS handed_at, max(links.due_at) AS due_at,
               bool_and(coalesce(links.is_over OR before.is_over, true)) AS can_act, max(before.done_at) AS turn_at
        FROM links LEFT JOIN before ON before.milestone = links.earlier
        WHERE is_act AND awaited <> responsible AND territory = coalesce(%(territory)s, territory)
        GROUP BY links.milestone, is_case, responsible, awaited, territory, status, completed_at
    ), waits AS (
        SELECT others.*, can_act AND coalesce(own.is_over, true) AS is_free,
               CASE WHEN others.is_case OR coalesce(own.done_at, schedule.starts_at, others.due_at) IS NOT NULL
                    THEN greatest(coalesce(greatest(own.done_at, schedule.starts_at), others.due_at), turn_at)
               END AS begun_at
        FROM others
        LEFT JOIN own USING (milestone)
        LEFT JOIN LATERAL (
            SELECT dates.starts::timestamp AT TIME ZONE zone AS starts_at
            FROM milestone_schedules AS dates
            JOIN unnest(%(territories)s::text[], %(zones)s::text[]) AS zones (code, zone)
                ON zones.code = others.territory
            WHERE dates.milestone = others.milestone
                AND dates.valid_from <= coalesce(%(position)s::bigint, dates.valid_from)
            ORDER BY dates.valid_from DESC LIMIT 1
        ) AS schedule ON true
    ), lengths AS (
        SELECT responsible, awaited, begun_at,
               is_over AND handed_at <= coalesce(completed_at, handed_at) AS is_handed_over,
               CASE WHEN is_over AND handed_at > begun_at AND handed_at <= coalesce(completed_at, handed_at)
                    THEN extract(epoch FROM handed_at - begun_at) END AS waited,
               NOT is_over AND is_free AND status <> 'completed' AND begun_at <= %(at)s AS is_waiting
        FROM waits
    )
    SELECT responsible, awaited,
           count(*) FILTER (WHERE is_handed_over) AS handed_over,
           count(waited) AS kept_waiting,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS median_waited,
           max(waited) AS longest_waited,
           count(*) FILTER (WHERE is_waiting) AS waiting,
           extract(epoch FROM %(at)s - min(begun_at) FILTER (WHERE is_waiting)) AS longest_waiting
    FROM lengths GROUP BY responsible, awaited
    ORDER BY array_position(%(order)s::text[], responsible), array_position(%(order)s::text[], awaited)""")
