"""The fourteen functions of the electoral authorities, and which procedures carry each."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import PlainQuery
from api.procedure_rows import SystemRow, system_row
from api.reading import answer_list
from domain.systems import systems
from projections.page import Page

router = APIRouter(prefix="/api/v1/systems", tags=["procedures"], dependencies=[PUBLIC])


@router.get("", response_model=Page[SystemRow], responses=READ_PROBLEMS)
def list_systems(request: Request, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """List the fourteen functions of the electoral authorities, with their law. Also as CSV."""
    return answer_list(request, [system_row(system) for system in systems().values()], SystemRow)
