"""What those who administer have done, for everybody to see."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from projections.administration import list_acts

router = APIRouter(tags=["pages"])

ROWS = 50


@router.get("/actos-de-administracion", response_class=HTMLResponse)
def acts_page(visit: Asked, despues: Annotated[str, Query(max_length=18)] = "") -> Response:
    """Los actos de quienes administran la bitácora: quién por su cargo, nunca por su nombre."""
    return answer(visit, "administrative_acts.html", lambda reading: _content(visit, reading, despues))


def _content(visit: Visit, reading: Reading, after: str) -> Content:
    page = list_acts(reading.connection, reading.as_of, after=after or None, limit=ROWS)
    return {"acts": page.items, "next": page.next, "data": visit.data("/api/v1/administration")}
