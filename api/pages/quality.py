"""The indicators of quality, and how long authorities wait for each other: in the country, or in one state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.pages.entity import unknown_entity
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import FEDERATION, entities
from projections.indicators import list_indicators
from projections.waiting import list_waiting

router = APIRouter(tags=["pages"])


@router.get("/calidad", response_class=HTMLResponse)
def quality_page(visit: Asked, entidad: Annotated[str, Query(max_length=6)] = "") -> Response:
    """Qué tan bien se hace el trabajo, por grupo de procesos de ISO/TS 54001, y cuánto espera cada autoridad a otra."""
    return answer(visit, "quality.html", lambda reading: _content(visit, reading, entidad))


def _content(visit: Visit, reading: Reading, territory: str) -> Content:
    if territory and territory != FEDERATION and territory not in entities():
        raise unknown_entity(territory)
    asked = {"territory": territory} if territory else {}
    return {
        "rows": list_indicators(reading.connection, reading.as_of, territory or None),
        "waits": list_waiting(reading.connection, reading.as_of, territory or None),
        "waits_data": visit.data("/api/v1/indicators/waiting", **asked),
        "territory": territory,
        "states": entities().values(),
        "data": visit.data("/api/v1/indicators", **asked),
    }
