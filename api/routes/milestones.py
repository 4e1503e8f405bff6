"""Milestones (*actividades*): which there are, how each stands, and everything that happened to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from psycopg import Connection
from pydantic import Field
from starlette.responses import Response

from api.access import Reach
from api.body import Instant
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import BothClocksListQuestion, BothClocksQuery, MilestoneId, ProcessId, Word
from api.problems import Problem
from api.reading import answer, answer_page, not_found, reading_both_clocks
from api.routes.processes import unknown_process
from domain.milestone import Status
from domain.notice import NoticeStatus
from domain.owed import Owed
from domain.step import Kind, Quality, Responsible, System
from domain.territory import Territory
from domain.timeliness import Standing
from projections.activities import ActivityRow, get_activity
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, get_milestone, list_milestones
from projections.moment import AsOf
from projections.page import Page
from projections.processes import get_process
from projections.second_clock import Scope
from projections.timeline import TimelineEntry, TimelineFilter, list_timeline

router = APIRouter(prefix="/api/v1/processes/{process}/milestones", tags=["milestones"])


class MilestonesQuestion(BothClocksListQuestion):
    """Which activities to list: every condition that is given has to hold."""

    territory: Territory | None = None
    """Only those followed in a state, or national ones (`MX`)."""
    stage: Annotated[str | None, Field(pattern=r"^[a-z_]{1,60}$")] = None
    """Only those of a stage: `preparation`, `election_day`, `results`, `close`."""
    responsible: Responsible | None = None
    """Only those of one kind of responsible."""
    status: Status | None = None
    """Only those with a recorded status."""
    standing: Standing | None = None
    """Only those that stand so against their date."""
    kind: Kind | None = None
    """Only acts, periods, limits, prohibitions, recurring duties or conditional acts."""
    row: Annotated[str | None, Field(pattern=r"^[A-Z][A-Z0-9]{1,9}$")] = None
    """Only the parts of one row of the plan: `F005`."""
    due_after: Instant | None = None
    """Only those whose deadline ends at or after an instant."""
    due_before: Instant | None = None
    """Only those whose deadline ends before an instant."""
    search: Word | None = None
    """Every word must occur in its id, name, body, article or state."""
    counted_only: bool = False
    """Only those that enter figures of progress."""
    blocked: bool | None = None
    """Only those that wait for one that is late or suspended (or those that do not)."""
    notice: NoticeStatus | None = None
    """Only those whose public notice stands so: `missing` are those closed without it."""
    owes: Owed | None = None
    """Only those completed without another body's `validation`, or without the documents asked for (`evidence`)."""
    system: System | None = None
    """Only those of one of the fourteen functions, by its number."""
    quality: Quality | None = None
    """Only those of a group of processes of quality management: `electoral_logistics`."""


def milestone_filter(
    query: MilestonesQuestion, process: str | None = None, reach: str | None = None
) -> MilestoneFilter:
    """Return what a question asks for."""
    asked = query.model_dump(exclude={"lang", "as_of", "happened_by", "limit", "cursor"})
    return MilestoneFilter(process=process, reach=reach, **asked)


@router.get("", response_model=Page[MilestoneRow], responses=TOKEN_READ_PROBLEMS)
def list_all(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[MilestonesQuestion, Query()]
) -> Response:
    """List the activities of a process, in the order of the plan. Also as CSV."""
    where = milestone_filter(query, process, reach)
    with reading_both_clocks(request, query, Scope(process=process)) as (connection, as_of):
        page = list_milestones(connection, where, as_of, after=query.cursor, limit=query.limit)
        if not page.items and get_process(connection, process, as_of, reach=reach) is None:
            raise unknown_process(process)
    return answer_page(request, page, MilestoneRow)


@router.get("/{milestone}", response_model=MilestoneRow | ActivityRow, responses=TOKEN_READ_PROBLEMS)
def get(
    request: Request, process: ProcessId, milestone: MilestoneId, reach: Reach, query: BothClocksQuery
) -> Response:
    """Read one activity; for a row that is followed state by state (`F005`), the row with its parts.

    Its `ETag` is what a write to it takes as `If-Match`.
    """
    with reading_both_clocks(request, query, Scope(process=process)) as (connection, as_of):
        row = get_milestone(connection, process, milestone, as_of, reach)
        if row is not None:
            return answer(request, row, row.position)
        activity = get_activity(connection, process, milestone, as_of, reach)
    if activity is None:
        raise unknown_milestone(process, milestone)
    return answer(request, activity)


@router.get("/{milestone}/history", response_model=Page[TimelineEntry], responses=TOKEN_READ_PROBLEMS)
def get_history(
    request: Request,
    process: ProcessId,
    milestone: MilestoneId,
    reach: Reach,
    query: Annotated[BothClocksListQuestion, Query()],
) -> Response:
    """List everything that happened to an activity, in order, with what was corrected. Also as CSV."""
    with reading_both_clocks(request, query, Scope(process=process)) as (connection, as_of):
        where = TimelineFilter(process=process, milestone=milestone, reach=reach)
        page = list_timeline(connection, where, as_of, after=query.cursor, limit=query.limit)
        if not page.items:
            known_milestone(connection, process, milestone, as_of, reach)
    return answer_page(request, page, TimelineEntry)


def known_milestone(
    connection: Connection[Any], process: str, milestone: str, as_of: AsOf, reach: str | None
) -> None:
    """Raise a 404 `Problem` where an activity is not there for whoever looks."""
    if get_milestone(connection, process, milestone, as_of, reach) is None:
        raise unknown_milestone(process, milestone)


def unknown_milestone(process: str, milestone: str) -> Problem:
    """Return the problem of an activity that is not there."""
    return not_found(
        "unknown-milestone",
        es=f"No hay una actividad {milestone} en «{process}» (en el momento consultado).",
        en=f"There is no activity {milestone} in '{process}' (at the moment asked about).",
    )
