"""The page of a process's tally sheets: the figures its file states, and how the night went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.pages.process import known_process
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import zone_of
from projections.tally_sheets import TallySheetPoint, get_tally_sheet_summary, list_tally_sheet_curve

router = APIRouter(tags=["pages"])

DRAWN_SECONDS, LISTED_SECONDS = 600, 3_600
"""The steps of the drawing and of the table beside it."""

FIGURES = (
    "expected", "registered", "out_of_catalogue", "collected", "captured", "verified", "counted", "not_counted",
    "inconsistent",
)  # fmt: skip
LINES = ("collected", "captured", "counted")
"""What is drawn."""


@router.get("/procesos/{process}/actas", response_class=HTMLResponse)
def tally_sheets_page(visit: Asked, process: str) -> Response:
    """Las actas PREP de un proceso: cuántas se esperaban, llegaron, se capturaron y se contabilizaron, y a qué hora."""
    return answer(visit, "tally_sheets.html", lambda reading: _content(visit, reading, process))


def _content(visit: Visit, reading: Reading, id_: str) -> Content:
    process = known_process(reading, id_)
    summary = get_tally_sheet_summary(reading.connection, id_, reading.as_of)
    drawn = list_tally_sheet_curve(reading.connection, id_, reading.as_of, step_seconds=DRAWN_SECONDS)
    return {
        "process": process,
        "summary": summary,
        "figures": [(name, getattr(summary, name), getattr(summary, f"{name}_percent", None)) for name in FIGURES],
        "zone": zone_of(process.territory),
        "lines": [(name, polyline(drawn[1:], name, summary.expected)) for name in LINES],
        "hours": list_tally_sheet_curve(
            reading.connection, id_, reading.as_of, step_seconds=LISTED_SECONDS
        )[1:],
        "data": visit.data(f"/api/v1/processes/{id_}/tally-sheets/summary"),
        "table": visit.data(f"/api/v1/processes/{id_}/tally-sheets/curve"),
        "changed": summary.position or process.position,
    }  # fmt: skip


def polyline(points: Sequence[TallySheetPoint], name: str, whole: int) -> str:
    """Return a figure over the night as the points of an SVG line, 1,000 wide and 100 high, 0 at the bottom."""
    if len(points) < 2 or not whole:
        return ""
    first, last = points[0].at, points[-1].at
    return " ".join(
        f"{_share(point.at, first, last) * 1_000:.1f},{100 - 100 * min(getattr(point, name) / whole, 1):.1f}"
        for point in points
    )


def _share(at: datetime, first: datetime, last: datetime) -> float:
    return (at - first) / (last - first)
