"""The fourteen functions of the authorities, each with its procedures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.procedure_rows import procedure_row, system_row
from api.view.page import Content, answer
from api.view.visit import Asked
from domain.systems import procedures_of, systems

router = APIRouter(tags=["pages"])


@router.get("/procedimientos", response_class=HTMLResponse)
def procedures_page(visit: Asked) -> Response:
    """Las catorce funciones de las autoridades electorales y los procedimientos de cada una."""
    return answer(visit, "procedures.html", lambda _: _content())


def _content() -> Content:
    functions = [
        (system_row(system), [procedure_row(one) for one in procedures_of(system.number)])
        for system in systems().values()
    ]
    rows = [row for _, procedures in functions for row in procedures]
    return {
        "functions": functions,
        "steps": sum(row.steps for row in rows),
        "read": sum(row.articles_read for row in rows),
        "partly": sum(row.articles_partly_read for row in rows),
        "unread": sum(row.articles_not_read for row in rows),
        # They are the same at any moment, so the address says none.
        "data": "/api/v1/procedures",
    }
