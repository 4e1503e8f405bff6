"""The tally sheets of the preliminary results: how many, how far, and how the night went. Never a vote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from psycopg import Connection
from pydantic import Field
from starlette.responses import Response

from api.access import Reach
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import HappenedBy, MomentQuestion, ProcessId
from api.reading import answer, answer_list, as_written, reading
from api.routes.processes import unknown_process
from domain.tally_sheet import TallyElection
from projections.moment import AsOf
from projections.page import Page
from projections.processes import get_process
from projections.second_clock import happened_by_in
from projections.tally_sheets import (
    TallySheetPoint,
    TallySheetSummary,
    get_tally_sheet_summary,
    list_tally_sheet_curve,
)

router = APIRouter(prefix="/api/v1/processes/{process}/tally-sheets", tags=["sheets"])


class TallySheetsQuestion(MomentQuestion):
    """Which sheets, and by when."""

    election: TallyElection | None = None
    """Only those of one election of the process; by default, of all."""
    happened_by: HappenedBy = None
    """What had happened by then, by the stamps of the published file: an instant with its offset."""


class CurveQuestion(TallySheetsQuestion):
    """A curve, in steps of so many seconds."""

    step: Annotated[int, Field(ge=60, le=86_400)] = 600
    """Seconds between two points; a step in which nothing happened has none."""


@router.get("/summary", response_model=TallySheetSummary, responses=TOKEN_READ_PROBLEMS)
def get_summary(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[TallySheetsQuestion, Query()]
) -> Response:
    """Read how many tally sheets are expected, registered, captured and counted, as the published file has it."""
    with _reading(request, process, reach, query) as (connection, as_of, by):
        summary = get_tally_sheet_summary(connection, process, as_of, election=query.election, happened_by=by)
    return answer(request, summary)


@router.get("/curve", response_model=Page[TallySheetPoint], responses=TOKEN_READ_PROBLEMS)
def get_curve(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[CurveQuestion, Query()]
) -> Response:
    """List the figures step by step through the night, each with all that had happened by then. Also as CSV."""
    with _reading(request, process, reach, query) as (connection, as_of, by):
        points = list_tally_sheet_curve(
            connection, process, as_of, step_seconds=query.step, election=query.election, happened_by=by
        )
    return answer_list(request, points, TallySheetPoint)


@contextmanager
def _reading(
    request: Request, process: str, reach: str | None, query: TallySheetsQuestion
) -> Iterator[tuple[Connection[Any], AsOf, datetime | None]]:
    """Lend a connection as `reading` does, the moment, and the instant by which it had happened.

    Raises `projections.moment.BadMoment`, and a 404 `Problem` where the process is not known.
    """
    with reading(request, query.as_of) as (connection, as_of):
        written = as_written(query.happened_by)
        by = None if written is None else happened_by_in(written, request.app.state.resources.clock())
        if get_process(connection, process, as_of, reach=reach) is None:
            raise unknown_process(process)
        yield connection, as_of, by
