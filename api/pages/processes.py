"""The list of processes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from projections.processes import list_processes

router = APIRouter(tags=["pages"])


@router.get("/procesos", response_class=HTMLResponse)
def processes_page(visit: Asked, despues: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Los procesos que se siguen: la elección federal y las locales."""
    return answer(visit, "processes.html", lambda reading: _content(visit, reading, despues))


def _content(visit: Visit, reading: Reading, after: str) -> Content:
    found = list_processes(reading.connection, reading.as_of, after=after or None, limit=100)
    return {"processes": found.items, "next": found.next, "data": visit.data("/api/v1/processes")}
