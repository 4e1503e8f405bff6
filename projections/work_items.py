"""What does each milestone ask of somebody: to be done, to be agreed with, to have its documents?

One row for each that asks for something, only as it is now: a worklist is never about the past.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from psycopg import Cursor

from domain.calendar import closes_at
from domain.milestone import MILESTONE, OPEN, Milestone
from domain.milestone_part import districts_of
from domain.owed import owed
from domain.timeliness import counts
from projections.bulk import copy_rows
from projections.fold import Batch, Step
from projections.projection import Projection

TABLES = """
CREATE TABLE work_items (
    milestone        bigint  PRIMARY KEY,
    -- The first instant at which it is late; none where it has no date, or only an estimate.
    late_from        timestamptz,
    process          text    NOT NULL,
    plan_row         text    NOT NULL,
    territory        text    NOT NULL,
    -- Whether the districts of its state report their parts of it.
    by_district      boolean NOT NULL,
    occurrence       text    NOT NULL,
    -- The rows of the plan it follows, but for those it only begins beside.
    follows          text[]  NOT NULL,
    stage            text    NOT NULL,
    responsible      text    NOT NULL,
    status           text    NOT NULL,
    is_open          boolean NOT NULL,
    to_validate      boolean NOT NULL,
    awaits_documents boolean NOT NULL,
    -- Who made the last report that stands: another person validates it. Empty where there is none.
    reported_by      text    NOT NULL
);
CREATE INDEX ON work_items (territory, late_from, milestone) WHERE is_open;
CREATE INDEX ON work_items (process, plan_row) WHERE is_open;
CREATE INDEX ON work_items (late_from, milestone) WHERE is_open;
CREATE INDEX ON work_items (late_from, milestone) WHERE to_validate;
CREATE INDEX ON work_items (late_from, milestone) WHERE awaits_documents;
"""


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write what each milestone asks for after a batch, in place of what it asked for before."""
    last = {step.origin: step for step in batch.of(MILESTONE)}
    known_before = [
        origin for origin, step in last.items() if step.before.plan or origin != step.stored.position
    ]
    if known_before:
        cursor.execute("DELETE FROM work_items WHERE milestone = ANY(%s)", [known_before])
    rows = [row for step in last.values() if (row := _row(step)) is not None]
    if rows:
        copy_rows(cursor, "work_items", rows)


_end_of = lru_cache(maxsize=8192)(closes_at)
"""Thousands of milestones share a few hundred deadlines."""


def _row(step: Step[Milestone]) -> tuple[Any, ...] | None:
    """Return what a milestone asks for; None where it asks for nothing, or is reported elsewhere."""
    state, plan = step.after, step.after.plan
    if plan is None or plan.same_as:
        return None
    schedule = state.schedule or plan.schedule
    has_arisen = plan.condition is None or state.has_arisen
    is_open = state.status in OPEN and has_arisen and counts(plan, arisen=state.has_arisen)
    reported = state.completed or state.progressed or state.started
    to_validate = (
        state.status in {"in_progress", "completed"}
        and reported is not None
        and reported.version not in state.validated
    )
    awaits_documents = "evidence" in owed(state)
    if not (is_open or to_validate or awaits_documents):
        return None
    process = step.stored.stream.split("/")[1]
    late_from = (
        _end_of(schedule.due, plan.zone) if schedule.due and schedule.rests_on != "estimated" else None
    )
    return (
        step.origin, late_from, process, plan.row, plan.territory, bool(districts_of(plan)), plan.occurrence,
        [order.row for order in plan.after if not order.start_to_start], plan.stage,
        state.responsible or plan.responsible, state.status, is_open, to_validate, awaits_documents,
        reported.by if reported else "",
    )  # fmt: skip


PROJECTION = Projection("work_items", TABLES, tell)
