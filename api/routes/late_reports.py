"""Reports that were recorded late or dated back, told in the open."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import ListQuestion
from api.reading import answer_page, reading
from domain.territory import Territory
from projections.late_reports import LATE_DAYS, LateReportFilter, LateReportRow, list_late_reports
from projections.page import Page

router = APIRouter(prefix="/api/v1/late-reports", tags=["reports"], dependencies=[PUBLIC])


class LateReportsQuestion(ListQuestion):
    """Which late reports to list: every condition that is given has to hold."""

    days: Annotated[int, Field(ge=0, le=10_000)] = LATE_DAYS
    """Recorded more days than these after the act, or after the activity's deadline."""
    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")] = None
    """Only those about a process."""
    territory: Territory | None = None
    """Only those about a state, or national ones (`MX`)."""
    dated_back: bool | None = None
    """Only those recorded after the deadline that tell of an act before it."""


@router.get("", response_model=Page[LateReportRow], responses=READ_PROBLEMS)
def list_all(request: Request, query: Annotated[LateReportsQuestion, Query()]) -> Response:
    """List the reports that were recorded late, the newest first. Also as CSV."""
    where = LateReportFilter(query.days, query.process, query.territory, query.dated_back)
    with reading(request, query.as_of) as (connection, as_of):
        page = list_late_reports(connection, where, as_of, after=query.cursor, limit=query.limit)
    return answer_page(request, page, LateReportRow)
