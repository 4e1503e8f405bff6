"""Milestones across processes: the list behind each figure of the fourteen functions."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.problems import Problem
from api.reading import answer_page, reading_both_clocks
from api.routes.milestones import MilestonesQuestion, milestone_filter
from api.too_wide import refuse_too_wide
from projections.milestones import MilestoneRow, list_milestones
from projections.page import Page

router = APIRouter(prefix="/api/v1/milestones", tags=["milestones"], dependencies=[PUBLIC])


class EveryMilestoneQuestion(MilestonesQuestion):
    """Which activities of elections, or steps of cases, to list: every condition that is given has to hold."""

    among: Literal["elections", "cases"] = "elections"
    """Of elections, or of cases; the steps of cases that are not public are in no list."""
    procedure: Annotated[str | None, Field(pattern=r"^[a-z_]{1,60}$")] = None
    """Only those of one kind of process: `ordinary_sanctioning`."""


@router.get("", response_model=Page[MilestoneRow], responses=READ_PROBLEMS)
def list_everywhere(request: Request, query: Annotated[EveryMilestoneQuestion, Query()]) -> Response:
    """List the activities of all elections, or the steps of all cases. Also as CSV.

    With `system`, of elections the latest of each territory: those that the figures of a function count.
    """
    where = milestone_filter(query)
    refuse_too_wide(where)
    if query.among == "cases" and query.happened_by is not None:
        raise _cases_have_one_clock()
    with reading_both_clocks(request, query) as (connection, as_of):
        page = list_milestones(connection, where, as_of, after=query.cursor, limit=query.limit)
    return answer_page(request, page, MilestoneRow)


def _cases_have_one_clock() -> Problem:
    """Return the problem of asking of all cases at once what had happened: of one, its own address says it."""
    es = "happened_by se consulta expediente por expediente: usa /api/v1/processes/{process}/milestones."
    en = "happened_by is asked of one case at a time: use /api/v1/processes/{process}/milestones."
    return Problem(
        422, "invalid-fields", es=es, en=en, errors=[{"field": "query.happened_by", "es": es, "en": en}]
    )
