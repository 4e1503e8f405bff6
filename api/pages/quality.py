"""The indicators of quality: of the country, or of one state."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.pages.entity import unknown_entity
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import FEDERATION, entities
from projections.indicators import list_indicators

router = APIRouter(tags=["pages"])


@router.get("/calidad", response_class=HTMLResponse)
def quality_page(visit: Asked, entidad: Annotated[str, Query(max_length=6)] = "") -> Response:
    """Qué tan bien se hace el trabajo, por los ocho grupos de procesos de ISO/TS 54001."""
    return answer(visit, "quality.html", lambda reading: _content(visit, reading, entidad))


def _content(visit: Visit, reading: Reading, territory: str) -> Content:
    if territory and territory != FEDERATION and territory not in entities():
        raise unknown_entity(territory)
    asked = {"territory": territory} if territory else {}
    return {
        "rows": list_indicators(reading.connection, reading.as_of, territory or None),
        "territory": territory,
        "states": entities().values(),
        "data": visit.data("/api/v1/indicators", **asked),
    }
