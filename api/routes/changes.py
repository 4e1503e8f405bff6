"""What changed between two moments: of everything, of a process, of one of its activities, of a state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response

from api.access import PUBLIC, Reach
from api.database import Resources
from api.openapi import READ_PROBLEMS, TOKEN_READ_PROBLEMS
from api.parameters import EntityCode, HappenedBy, MilestoneId, ProcessId, Question
from api.reading import answer_page, as_written, reading
from api.routes.entities import unknown_entity
from api.routes.milestones import unknown_milestone
from api.routes.processes import unknown_process
from domain.entity import entities
from domain.text import without_control_characters
from projections.changes import ChangeFilter, ChangeRow, list_changes
from projections.milestones import get_milestone
from projections.page import Page
from projections.processes import get_process
from projections.second_clock import Scope, at_both_clocks
from projections.span import resolve_span

router = APIRouter(prefix="/api/v1", tags=["events"])


class ChangesQuestion(Question):
    """Between which two moments to compare."""

    since: Annotated[
        str,
        Field(min_length=1, max_length=40, examples=["2026-11-20T12:00:00-06:00"]),
        AfterValidator(without_control_characters),
    ]
    """The earlier moment: a position of the log, or an instant with its offset."""
    until: Annotated[
        str | None,
        Field(max_length=40, examples=["2026-11-21T12:00:00-06:00"]),
        AfterValidator(without_control_characters),
    ] = None
    """The later moment, written like the other. By default, now."""
    happened_by: HappenedBy = None
    """Of both moments, only what had happened by this instant, by the reporters' accounts. By default, all of it."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """How many rows at most."""
    cursor: Annotated[str | None, Field(max_length=200), AfterValidator(without_control_characters)] = None
    """Where the page begins: the `next` of the page before."""


ChangesQuery = Annotated[ChangesQuestion, Query()]


@router.get("/changes", response_model=Page[ChangeRow], responses=READ_PROBLEMS, dependencies=[PUBLIC])
def list_everywhere(request: Request, query: ChangesQuery) -> Response:
    """List what changed between two moments in all elections and their activities. Also as CSV.

    Each row says which facts differ, from what to what, and the events in between that did it: those that were
    corrected, withdrawn or taken back as well. Of a case file it is told under its process, to whoever may see it.
    """
    return _changes(request, query, ChangeFilter())


@router.get("/processes/{process}/changes", response_model=Page[ChangeRow], responses=TOKEN_READ_PROBLEMS)
def list_of_process(request: Request, process: ProcessId, reach: Reach, query: ChangesQuery) -> Response:
    """List what changed between two moments in a process or a case file and its activities. Also as CSV."""
    return _changes(request, query, ChangeFilter(process=process, reach=reach))


@router.get(
    "/processes/{process}/milestones/{milestone}/changes",
    response_model=Page[ChangeRow],
    responses=TOKEN_READ_PROBLEMS,
)
def list_of_milestone(
    request: Request, process: ProcessId, milestone: MilestoneId, reach: Reach, query: ChangesQuery
) -> Response:
    """Tell what changed between two moments in one activity: one row, or none. Also as CSV."""
    return _changes(request, query, ChangeFilter(process=process, milestone=milestone, reach=reach))


@router.get(
    "/entities/{code}/changes",
    response_model=Page[ChangeRow],
    responses=READ_PROBLEMS,
    dependencies=[PUBLIC],
)
def list_of_entity(request: Request, code: EntityCode, query: ChangesQuery) -> Response:
    """List what changed between two moments in a state: its own process, and the federal work there. Also as CSV."""
    if code not in entities():
        raise unknown_entity(code)
    return _changes(request, query, ChangeFilter(territory=code))


def _changes(request: Request, query: ChangesQuestion, where: ChangeFilter) -> Response:
    resources: Resources = request.app.state.resources
    since, until = as_written(query.since) or "", as_written(query.until)
    with reading(request, None) as (connection, _):
        now, scope = resources.clock(), Scope(process=where.process, territory=where.territory)
        earlier, later = (
            at_both_clocks(connection, moment, as_written(query.happened_by), now, scope)
            for moment in resolve_span(connection, since, until, now)
        )
        page = list_changes(connection, where, earlier, later, after=query.cursor, limit=query.limit)
        if not page.items and where.process is not None:
            if get_process(connection, where.process, later, reach=where.reach) is None:
                raise unknown_process(where.process)
            named = where.milestone
            if named and get_milestone(connection, where.process, named, later, where.reach) is None:
                raise unknown_milestone(where.process, named)
    return answer_page(request, page, ChangeRow)
