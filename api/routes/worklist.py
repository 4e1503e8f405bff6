"""What is to be done by whoever brings the token, the most urgent first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response

from api.access import Caller
from api.openapi import OWN_PROBLEMS
from api.parameters import Question, Word
from api.reading import answer_page, reading
from domain.step import Responsible
from domain.text import without_control_characters
from projections.page import Page
from projections.worklist import Group, WorkFilter, WorkRow, list_work

router = APIRouter(prefix="/api/v1/worklist", tags=["milestones"])


class WorkQuestion(Question):
    """Which part of the work to list: every condition that is given has to hold."""

    group: Group | None = None
    """Only what is on the list for this reason."""
    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")] = None
    """Only what belongs to a process."""
    stage: Annotated[str | None, Field(pattern=r"^[a-z_]{1,60}$")] = None
    """Only what belongs to a stage."""
    responsible: Responsible | None = None
    """Only what one of them answers for; where it is given, also what is not one's body's to do."""
    search: Word | None = None
    """Every word must occur in its id, name, body, article or state."""
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    """How many rows at most."""
    cursor: Annotated[str | None, Field(max_length=100), AfterValidator(without_control_characters)] = None
    """Where the page begins: the `next` of the page before."""


@router.get("", response_model=Page[WorkRow], responses=OWN_PROBLEMS)
def list_mine(request: Request, caller: Caller, query: Annotated[WorkQuestion, Query()]) -> Response:
    """List what the token's authority reaches and is its body's to do, the most urgent first. Also as CSV."""
    where = WorkFilter(query.group, query.process, query.stage, query.responsible, query.search)
    with reading(request, None) as (connection, as_of):
        page = list_work(connection, caller, where, as_of.at, after=query.cursor, limit=query.limit)
    response = answer_page(request, page, WorkRow)
    # It is one person's or one system's.
    response.headers["Cache-Control"] = "no-store"
    return response
