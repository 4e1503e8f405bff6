"""Each state's plan beside the national standard (*estándares homologados*)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import EntityCode, MomentQuery
from api.reading import answer_list, reading
from api.routes.entities import unknown_entity
from domain.entity import entities
from projections.conformance import ComparisonRow, ConformanceRow, list_comparisons, list_conformance
from projections.page import Page

router = APIRouter(prefix="/api/v1/conformance", tags=["entities"], dependencies=[PUBLIC])


@router.get("", response_model=Page[ConformanceRow], responses=READ_PROBLEMS)
def list_all(request: Request, query: MomentQuery) -> Response:
    """Tell how each of the 32 states' plans compares with the national standard. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        return answer_list(request, list_conformance(connection, as_of), ConformanceRow)


@router.get("/{code}", response_model=Page[ComparisonRow], responses=READ_PROBLEMS)
def list_rows(request: Request, code: EntityCode, query: MomentQuery) -> Response:
    """Tell every row of a state's plan beside the national one: same, sooner, later, missing … Also as CSV."""
    if code not in entities():
        raise unknown_entity(code)
    with reading(request, query.as_of) as (connection, as_of):
        return answer_list(request, list_comparisons(connection, code, as_of), ComparisonRow)
