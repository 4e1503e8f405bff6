"""How does each row of a plan stand, its states and occurrences taken together?"""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.calendar import Moment
from domain.milestone import Status
from domain.milestone_events import Order
from domain.names import Names
from domain.step import Kind, Responsible
from domain.text import without_accents
from domain.timeliness import DUE_TO_DATE, Standing
from projections.docket import is_shown
from projections.known import PLANNED_AT, known
from projections.milestone_words import planned
from projections.moment import AsOf, moment_parameters
from projections.page import Row
from projections.tally import Tally
from projections.true_then import schedule_then


class Alone(Row):
    """The milestone of a row that has only one: how it stands itself."""

    id: str
    """Its id in the process."""
    territory: str
    """``MX`` or the state it is followed in."""
    status: Status
    """What was recorded."""
    standing: Standing
    """How it stands against its date at the moment asked about."""
    late: bool
    """Whether it is open and past its date."""
    replaced_by: str | None
    """The activity of the same process that is done in its place."""


class Outline(Row):
    """A row of a plan in one line."""

    process: str
    """The process it belongs to."""
    row: str
    """The row of the plan: ``F005``."""
    name: Names
    """What is to be done."""
    stage: str
    """The stage of the process it belongs to."""
    kind: Kind
    """Act, period, limit, prohibition, recurring or conditional."""
    responsible: Responsible
    """Whose lateness it is, when it is late."""
    body: str
    """The organ that acts; of a row followed by state, that of the first."""
    basis: list[str]
    """Articles and instruments."""
    zone: str
    """IANA zone of its dates; of a row followed by state, that of the first."""
    mirrors: bool
    """Whether it is the same act as another row and reported there."""
    after: list[Order]
    """The rows of the same process it follows."""
    starts: Moment | None
    """The first day of any of its milestones."""
    due: Moment | None
    """The last day of any of its milestones."""
    parts: int
    """How many milestones it has: one in each state, or for each occurrence."""
    alone: Alone | None
    """Its milestone, where it has only one."""
    tally: Tally
    """How many of its milestones stand how (without the figures for law, blocked and due soon)."""
    position: int
    """The last position that changed any of them."""


def list_outlines(
    connection: Connection[Any],
    as_of: AsOf,
    *,
    process: str | None = None,
    search: str | None = None,
) -> list[Outline]:
    """Return the rows of a process, or of all elections, in their order.

    Of a search, those with every word in some milestone.
    """
    words = without_accents(search or "").split()
    conditions: list[sql.Composable] = [
        # strpos, not LIKE: what people type is text, not a pattern.
        sql.SQL("strpos(search, {}) > 0").format(sql.Placeholder(f"word_{number}"))
        for number, _ in enumerate(words)
    ]
    if process is None:
        conditions.append(sql.SQL("NOT is_case"))
    else:
        conditions += [sql.SQL("process = %(process)s"), is_shown(sql.Identifier("process"), None)]
    query = _SELECT.format(
        known=known(as_of),
        conditions=sql.SQL(" AND ").join(conditions),
        planned_at=PLANNED_AT.format(milestone=sql.Identifier("grouped", "first")),
        schedule=schedule_then(as_of, sql.Identifier("named", "milestone")),
    )
    parameters = moment_parameters(as_of) | {"process": process}
    parameters |= {f"word_{number}": word for number, word in enumerate(words)}
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return [_outline(row) for row in cursor.execute(query, parameters)]


_SELECT = sql.SQL("""
    WITH known AS MATERIALIZED (
        SELECT * FROM ({known}) AS every WHERE {conditions}
    ),
    dated AS MATERIALIZED (
        SELECT last.milestone, last.starts, last.due
        FROM (SELECT milestone FROM known UNION SELECT unnest(mirrored) FROM known) AS named
        CROSS JOIN LATERAL ({schedule}) AS last
    ),
    -- A milestone that mirrors others and has no dates shows theirs.
    theirs AS (
        SELECT known.milestone, min(dated.starts) AS starts, max(dated.due) AS due
        FROM known CROSS JOIN LATERAL unnest(known.mirrored) AS other JOIN dated ON dated.milestone = other
        GROUP BY known.milestone
    ),
    grouped AS (
        SELECT process, plan_row, min(known.milestone) AS first, count(*) AS parts, min(id) AS id,
               min(territory) AS territory, min(status) AS status, min(standing) AS standing, bool_or(late) AS late,
               min(replaced_by) AS replaced_by,
               min(coalesce(dated.starts, theirs.starts)) AS starts, max(coalesce(dated.due, theirs.due)) AS due,
               (array_agg(responsible ORDER BY known.milestone))[1] AS responsible,
               (array_agg(body ORDER BY known.milestone))[1] AS body,
               array_agg(standing) AS standings, max(valid_from) AS position,
               count(*) FILTER (WHERE NOT is_mirror AND status IN ('cancelled', 'not_applicable')) AS left_out
        FROM known LEFT JOIN dated USING (milestone) LEFT JOIN theirs USING (milestone)
        GROUP BY process, plan_row
    )
    SELECT grouped.*, planned.type AS plan_type, planned.body AS plan_body
    FROM grouped JOIN ledger.events AS planned ON planned.position = {planned_at}
    ORDER BY grouped.first""")


def _outline(row: Any) -> Outline:
    plan = planned(row.plan_type, row.plan_body)
    alone = None
    if row.parts == 1:
        alone = Alone(
            id=row.id, territory=row.territory, status=row.status, standing=row.standing, late=row.late,
            replaced_by=row.replaced_by,
        )  # fmt: skip
    # The database's own rows are not validated again: there are two thousand of them in a search.
    return Outline.model_construct(
        process=row.process, row=row.plan_row, name=plan.name, stage=plan.stage, kind=plan.kind,
        responsible=row.responsible, body=row.body or plan.body, basis=list(plan.basis), zone=plan.zone,
        mirrors=bool(plan.same_as), after=list(plan.after), starts=row.starts, due=row.due,
        parts=row.parts, alone=alone,
        tally=_tally(row.standings, row.left_out), position=row.position,
    )  # fmt: skip


_STANDINGS = [name for name in get_args(Standing) if name in Tally.model_fields]


def _tally(standings: list[str], left_out: int) -> Tally:
    counts = Counter(standings)
    by_standing: dict[str, Any] = {name: counts[name] for name in _STANDINGS}
    return Tally.model_construct(
        **by_standing,
        total=len(standings),
        counted=len(standings) - counts["not_counted"],
        due=sum(counts[name] for name in DUE_TO_DATE),
        left_out=left_out,
    )
