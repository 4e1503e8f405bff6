"""How well work is done, by the eight groups of processes of a quality management system (ISO/TS 54001)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import MomentQuestion
from api.reading import answer_list, reading
from domain.access import Territory
from projections.indicators import IndicatorRow, list_indicators
from projections.page import Page

router = APIRouter(prefix="/api/v1/indicators", tags=["entities"], dependencies=[PUBLIC])


class IndicatorsQuestion(MomentQuestion):
    """Whose indicators, and when."""

    territory: Territory | None = None
    """Only those of the country's authority (`MX`) or of a state; the whole country where it is left out."""


@router.get("", response_model=Page[IndicatorRow], responses=READ_PROBLEMS)
def list_all(request: Request, query: Annotated[IndicatorsQuestion, Query()]) -> Response:
    """Tell how well the steps of each group are carried out, worked out from what was reported. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        return answer_list(request, list_indicators(connection, as_of, query.territory), IndicatorRow)
