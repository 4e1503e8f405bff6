"""The table of the 32 states, in INE's order."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import FEDERATION
from projections.elections import latest_elections
from projections.entities import entity_statuses
from projections.processes import ProcessName, list_process_names

router = APIRouter(tags=["pages"])


@router.get("/entidades", response_class=HTMLResponse)
def entities_page(visit: Asked) -> Response:
    """Las 32 entidades en una tabla: lo vencido a la fecha, local y federal."""
    return answer(visit, "entities.html", lambda reading: _content(visit, reading))


def _content(visit: Visit, reading: Reading) -> Content:
    federal = federal_election(reading)
    return {
        "status": {"entities": entity_statuses(reading.connection, reading.as_of)},
        "federal_process": federal.id if federal else "",
        "data": visit.data("/api/v1/entities"),
        "table": visit.link("/entidades.csv"),
    }


def federal_election(reading: Reading) -> ProcessName | None:
    """Return the federal election the country is in, once one is open."""
    present = latest_elections(reading.connection, reading.as_of).get(FEDERATION)
    found = list_process_names(reading.connection, reading.as_of, kind="federal_election")
    return next((one for one in found if present and one.id == present.id), None)
