"""The public list of what those who administer have done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import ListQuestion
from api.reading import answer_page, reading
from projections.administration import AdministrativeAct, list_acts
from projections.page import Page

router = APIRouter(prefix="/api/v1/administration", tags=["people"], dependencies=[PUBLIC])


@router.get("", response_model=Page[AdministrativeAct], responses=READ_PROBLEMS)
def list_all(request: Request, query: Annotated[ListQuestion, Query()]) -> Response:
    """List every act of those who administer, the newest first: who by post, never by name. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        page = list_acts(connection, as_of, after=query.cursor, limit=query.limit)
    return answer_page(request, page, AdministrativeAct)
