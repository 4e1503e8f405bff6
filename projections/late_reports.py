"""Which reports came late, or were dated back?

A report is late where it was recorded days after the act it tells of, or after the deadline of its activity. It is
*dated back* where the act is said to have been in time and nobody had said so before the deadline was over. Neither is
wrong by itself; both are told in the open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection, Cursor, sql
from psycopg.rows import namedtuple_row

from domain.calendar import closes_at
from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import (
    MilestoneCancelled,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestonePartReported,
    MilestoneProgressed,
    MilestoneReplaced,
    MilestoneResumed,
    MilestoneStarted,
    MilestoneSuspended,
)
from domain.names import Names
from projections.bulk import copy_rows
from projections.docket import cases_among
from projections.fold import Batch, Step
from projections.milestone_words import planned
from projections.moment import AsOf
from projections.page import Page, Row, position_in
from projections.projection import Projection

REPORTS = (
    MilestoneStarted, MilestoneProgressed, MilestoneCompleted, MilestoneSuspended, MilestoneResumed,
    MilestoneCancelled, MilestoneCorrected, MilestonePartReported, MilestoneReplaced,
)  # fmt: skip
"""What tells of an act at a moment."""

LATE_DAYS = 3
"""More days than these from the act to its report are told of, unless somebody asks for others."""


class LateReportRow(Row):
    """A report that was recorded late."""

    position: int
    """Its place in the log."""
    type: str
    """What was reported: ``MilestoneCompleted``."""
    process: str
    """The process it is about."""
    milestone: str
    """The activity it is about."""
    territory: str
    """``MX`` or a state's code."""
    name: Names
    """What the activity is called."""
    zone: str
    """IANA zone in which its days are counted."""
    occurred_at: datetime
    """When the act happened, by the reporter's account."""
    recorded_at: datetime
    """When it was recorded."""
    days: int
    """Days from the act to its record."""
    after_deadline: bool
    """Whether it was recorded after the activity's deadline."""
    dated_back: bool
    """Whether it was recorded after the deadline and tells of an act before it."""
    post: str
    """The public office of who reported it."""
    body: str
    """Their institution."""
    on_behalf_of: str | None
    """The body it was recorded for, where that is another."""


@dataclass(frozen=True, slots=True)
class LateReportFilter:
    """Which late reports to list: every condition that is given has to hold."""

    days: int = LATE_DAYS
    """Recorded more days than these after the act, or after the deadline."""
    process: str | None = None
    territory: str | None = None
    dated_back: bool | None = None


TABLES = """
CREATE TABLE late_reports (
    position       bigint  PRIMARY KEY,
    milestone      bigint  NOT NULL,
    process        text    NOT NULL,
    territory      text    NOT NULL,
    days           integer NOT NULL,
    after_deadline boolean NOT NULL,
    dated_back     boolean NOT NULL,
    is_case        boolean NOT NULL
);
CREATE INDEX ON late_reports (territory, position);
CREATE INDEX ON late_reports (process, position);
"""

_TOLD = sql.SQL("""
    (late.days > %(days)s OR late.after_deadline) AND late.position <= coalesce(%(position)s::bigint, late.position)
    AND (NOT late.is_case
         OR EXISTS (SELECT FROM cases WHERE cases.id = late.process AND cases.docket = 'public'))""")


def list_late_reports(
    connection: Connection[Any],
    where: LateReportFilter,
    as_of: AsOf,
    *,
    after: str | None = None,
    limit: int = 100,
) -> Page[LateReportRow]:
    """Return late reports, the newest first. Raises `projections.page.BadCursor`."""
    conditions, parameters = _conditions(where, as_of)
    conditions.append(sql.SQL("late.position < %(before)s"))
    parameters |= {"before": position_in(after, otherwise=10**18), "limit": limit + 1}
    query = _SELECT.format(conditions=sql.SQL(" AND ").join(conditions))
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(query, parameters).fetchall()
    rows = [_row(row) for row in found[:limit]]
    return Page(items=rows, next=str(rows[-1].position) if len(found) > limit else None)


def count_late_reports(connection: Connection[Any], where: LateReportFilter, as_of: AsOf) -> int:
    """Return how many late reports there are to list."""
    conditions, parameters = _conditions(where, as_of)
    query = sql.SQL("SELECT count(*) FROM late_reports AS late WHERE {}").format(
        sql.SQL(" AND ").join(conditions)
    )
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


_SELECT = sql.SQL("""
    SELECT late.*, event.stream, event.type, event.occurred_at, event.recorded_at, event.author_post,
           event.author_body, event.author_on_behalf_of, first.type AS plan_type, first.body AS plan_body
    FROM late_reports AS late
    JOIN ledger.events AS event ON event.position = late.position
    JOIN ledger.events AS first ON first.position = late.milestone
    WHERE {conditions}
    ORDER BY late.position DESC
    LIMIT %(limit)s""")


def _conditions(where: LateReportFilter, as_of: AsOf) -> tuple[list[sql.Composable], dict[str, Any]]:
    conditions: list[sql.Composable] = [_TOLD]
    parameters: dict[str, Any] = {"days": where.days, "position": as_of.position}
    for name in ("process", "territory", "dated_back"):
        if (value := getattr(where, name)) is not None:
            conditions.append(sql.SQL("late.{} = {}").format(sql.Identifier(name), sql.Placeholder(name)))
            parameters[name] = value
    return conditions, parameters


def _row(row: Any) -> LateReportRow:
    plan = planned(row.plan_type, row.plan_body)
    return LateReportRow(
        position=row.position, type=row.type.partition(".")[0], process=row.process,
        milestone=row.stream.rpartition("/")[2], territory=row.territory, name=plan.name, zone=plan.zone,
        occurred_at=row.occurred_at, recorded_at=row.recorded_at, days=row.days,
        after_deadline=row.after_deadline, dated_back=row.dated_back, post=row.author_post, body=row.author_body,
        on_behalf_of=row.author_on_behalf_of,
    )  # fmt: skip


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write each report that came a day or more after its act, or after its deadline."""
    late = [step for step in batch.of(MILESTONE) if isinstance(step.event, REPORTS)]
    rows = [row for step in late if (row := _late(step)) is not None]
    if rows:
        cases = cases_among(cursor, {row[2] for row in rows})
        copy_rows(cursor, "late_reports", ((*row, row[2] in cases) for row in rows))


_end_of = lru_cache(maxsize=8192)(closes_at)
"""Thousands of reports share a few hundred deadlines."""


def _late(step: Step[Milestone]) -> tuple[Any, ...] | None:
    plan, stored = step.after.plan, step.stored
    if plan is None:
        return None
    zone = ZoneInfo(plan.zone)
    days = (stored.recorded_at.astimezone(zone).date() - stored.occurred_at.astimezone(zone).date()).days
    # The dates it had before: those are what the reporter was late for.
    schedule = step.before.schedule or plan.schedule
    due = _end_of(schedule.due, plan.zone) if schedule.due and schedule.rests_on != "estimated" else None
    after_deadline = due is not None and stored.recorded_at >= due
    if days < 1 and not after_deadline:
        return None
    dated_back = due is not None and after_deadline and stored.occurred_at < due
    process = stored.stream.split("/")[1]
    return stored.position, step.origin, process, plan.territory, days, after_deadline, dated_back


PROJECTION = Projection("late_reports", TABLES, tell)
