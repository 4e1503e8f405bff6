"""Every activity of every process, with filters: the list behind each figure of the national page."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.view.activity_filters import AskedActivities, activities_content
from api.view.page import answer
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/actividades", response_class=HTMLResponse)
def activities_page(visit: Asked, asked: AskedActivities) -> Response:
    """Las actividades de todos los procesos, con filtros."""
    return answer(visit, "activities.html", lambda reading: activities_content(visit, reading, asked))
