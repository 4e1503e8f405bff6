"""The table of the 32 states, in INE's order."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.view.page import answer
from api.view.visit import Asked
from projections.entities import entity_statuses

router = APIRouter(tags=["pages"])


@router.get("/entidades", response_class=HTMLResponse)
def entities_page(visit: Asked) -> Response:
    """Las 32 entidades en una tabla: lo vencido a la fecha, local y federal."""
    return answer(
        visit,
        "entities.html",
        lambda reading: {
            "status": {"entities": entity_statuses(reading.connection, reading.as_of)},
            "data": visit.data("/api/v1/entities"),
            "table": visit.link("/entidades.csv"),
        },
    )
