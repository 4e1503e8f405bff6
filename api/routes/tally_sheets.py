"""The tally sheets of the preliminary results: how many, how far, and how the night went. Never a vote."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response

from api.access import Reach
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import MomentQuestion, ProcessId
from api.reading import answer, answer_list, reading
from api.routes.processes import unknown_process
from domain.tally_sheet import TallyElection
from projections.page import Page
from projections.processes import get_process
from projections.tally_sheets import (
    TallySheetPoint,
    TallySheetSummary,
    get_tally_sheet_summary,
    list_tally_sheet_curve,
)

router = APIRouter(prefix="/api/v1/processes/{process}/tally-sheets", tags=["sheets"])


def _instant(text: str) -> datetime:
    """Return an instant. Raises ``ValueError`` where it has no offset."""
    try:
        # A "+" that was not written as %2B arrives as a space.
        instant = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 2000 <= instant.year <= 2100:
        raise ValueError("write an instant with its offset, such as 2024-06-02T22:15:00-06:00")
    return instant


class TallySheetsQuestion(MomentQuestion):
    """Which sheets, and by when."""

    election: TallyElection | None = None
    """Only those of one election of the process; by default, of all."""
    happened_by: Annotated[
        str | None,
        Field(max_length=40, examples=["2024-06-02T22:15:00-06:00"]),
        AfterValidator(lambda text: text and _instant(text) and text),
    ] = None
    """What had happened by then, by the stamps of the published file: an instant with its offset."""

    @property
    def happened_by_instant(self) -> datetime | None:
        """That instant."""
        return _instant(self.happened_by) if self.happened_by else None


class CurveQuestion(TallySheetsQuestion):
    """A curve, in steps of so many seconds."""

    step: Annotated[int, Field(ge=60, le=86_400)] = 600
    """Seconds between two points; a step in which nothing happened has none."""


@router.get("/summary", response_model=TallySheetSummary, responses=TOKEN_READ_PROBLEMS)
def get_summary(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[TallySheetsQuestion, Query()]
) -> Response:
    """Read how many tally sheets are expected, registered, captured and counted, as the published file has it."""
    with reading(request, query.as_of) as (connection, as_of):
        if get_process(connection, process, as_of, reach=reach) is None:
            raise unknown_process(process)
        summary = get_tally_sheet_summary(
            connection, process, as_of, election=query.election, happened_by=query.happened_by_instant
        )
    return answer(request, summary)


@router.get("/curve", response_model=Page[TallySheetPoint], responses=TOKEN_READ_PROBLEMS)
def get_curve(
    request: Request, process: ProcessId, reach: Reach, query: Annotated[CurveQuestion, Query()]
) -> Response:
    """List the figures step by step through the night, each with all that had happened by then. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        if get_process(connection, process, as_of, reach=reach) is None:
            raise unknown_process(process)
        points = list_tally_sheet_curve(
            connection, process, as_of, step_seconds=query.step, election=query.election,
            happened_by=query.happened_by_instant,
        )  # fmt: skip
    return answer_list(request, points, TallySheetPoint)
