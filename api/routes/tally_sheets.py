"""The tally sheets of the preliminary results: how many, how far, how the night went, and each. Never a vote."""

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
from api.parameters import (
    BothClocksListQuestion,
    BothClocksQuery,
    BothClocksQuestion,
    HappenedBy,
    MomentQuestion,
    ProcessId,
    SheetId,
    Word,
)
from api.problems import Problem
from api.reading import answer, answer_list, answer_page, as_written, not_found, reading
from api.routes.processes import unknown_process
from domain.tally_sheet import TallyElection
from projections.moment import AsOf
from projections.page import Page
from projections.processes import get_process
from projections.second_clock import happened_by_in
from projections.single_sheets import (
    SheetFilter,
    SheetStanding,
    TallySheetDetail,
    TallySheetRow,
    get_tally_sheet,
    list_tally_sheets,
)
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


class SheetsQuestion(BothClocksListQuestion):
    """Which sheets to list: every condition that is given has to hold."""

    election: TallyElection | None = None
    """Only those of one election of the process."""
    area: Annotated[str | None, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")] = None
    """Only those of a district or municipality, by its number as published: `001`."""
    key: Word | None = None
    """Only those whose CLAVE_ACTA is this or begins so: the state and the section find a station's."""
    standing: SheetStanding | None = None
    """Only those that had come so far: `not_counted` are those captured that do not count."""


@router.get("", response_model=Page[TallySheetRow], responses=TOKEN_READ_PROBLEMS)
def list_all(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[SheetsQuestion, Query()]
) -> Response:
    """List the tally sheets of which anything is known, each with its hours and why it does not count. Also as CSV.

    Those that were expected and never came are in the figures alone.
    """
    where = SheetFilter(query.election, query.area, query.key, query.standing)
    with _reading(request, process, reach, query) as (connection, as_of, by):
        page = list_tally_sheets(
            connection, process, where, as_of, happened_by=by, after=query.cursor, limit=query.limit
        )
    return answer_page(request, page, TallySheetRow)


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


@router.get("/{sheet}", response_model=TallySheetDetail, responses=TOKEN_READ_PROBLEMS)
def get(
    request: Request, process: ProcessId, sheet: SheetId, reach: Reach, query: BothClocksQuery
) -> Response:
    """Read one tally sheet, with where the log says each of its stages."""
    unknown = unknown_tally_sheet(sheet)
    with _reading(request, process, reach, query, unknown) as (connection, as_of, by):
        found = get_tally_sheet(connection, process, sheet, as_of, happened_by=by)
    if found is None:
        raise unknown
    return answer(request, found)


def unknown_tally_sheet(sheet: str) -> Problem:
    """Return the problem of a sheet of which nothing is known."""
    return not_found(
        "unknown-tally-sheet",
        es=f"Del acta «{sheet}» no se sabía nada en ese momento: búscala por su clave en la lista de actas.",
        en=f"Nothing was known of sheet '{sheet}' at that moment: look for it by its key in the list of sheets.",
    )


@contextmanager
def _reading(
    request: Request,
    process: str,
    reach: str | None,
    query: TallySheetsQuestion | BothClocksQuestion | BothClocksListQuestion,
    otherwise: Problem | None = None,
) -> Iterator[tuple[Connection[Any], AsOf, datetime | None]]:
    """Lend a connection as `reading` does, the moment, and the instant by which it had happened.

    Raises `projections.moment.BadMoment`, and a 404 `Problem` where the process is not known: ``otherwise``, if given.
    """
    with reading(request, query.as_of) as (connection, as_of):
        written = as_written(query.happened_by)
        by = None if written is None else happened_by_in(written, request.app.state.resources.clock())
        if get_process(connection, process, as_of, reach=reach) is None:
            raise otherwise or unknown_process(process)
        yield connection, as_of, by
