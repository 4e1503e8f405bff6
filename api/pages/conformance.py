"""The states' plans beside the national standard, and one of them row by row."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.pages.entity import unknown_entity
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.conformance import Difference
from domain.entity import entities
from projections.conformance import list_comparisons, list_conformance

FIRST: tuple[Difference, ...] = (
    "missing", "added", "loosened", "tightened", "undated", "dated", "same", "open",
)  # fmt: skip
"""What differs most comes first: it is what one has come for."""

router = APIRouter(tags=["pages"])


@router.get("/estandares", response_class=HTMLResponse)
def standards_page(visit: Asked) -> Response:
    """Cómo se compara el plan de cada entidad con el estándar nacional."""
    return answer(visit, "standards.html", lambda reading: _all(visit, reading))


@router.get("/estandares/{code}", response_class=HTMLResponse)
def standard_page(visit: Asked, code: str) -> Response:
    """El plan de una entidad, renglón por renglón, junto al nacional."""
    return answer(visit, "standard.html", lambda reading: _one(visit, reading, code))


def _all(visit: Visit, reading: Reading) -> Content:
    rows = list_conformance(reading.connection, reading.as_of)
    return {"rows": rows, "differences": get_args(Difference), "data": visit.data("/api/v1/conformance")}


def _one(visit: Visit, reading: Reading, code: str) -> Content:
    if code not in entities():
        raise unknown_entity(code)
    (figures,) = (row for row in list_conformance(reading.connection, reading.as_of) if row.code == code)
    rows = list_comparisons(reading.connection, code, reading.as_of)
    return {
        "figures": figures,
        "rows": sorted(rows, key=lambda row: FIRST.index(row.difference)),
        "data": visit.data(f"/api/v1/conformance/{code}"),
    }
