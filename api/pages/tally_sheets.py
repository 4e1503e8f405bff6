"""The page of a process's tally sheets: the figures its file states, and how the night went."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.pages.process import known_process
from api.view.night_chart import DRAWN_SECONDS, FIGURES, LINES, polyline
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import zone_of
from projections.tally_sheets import get_tally_sheet_summary, list_tally_sheet_curve

router = APIRouter(tags=["pages"])

LISTED_SECONDS = 3_600
"""The steps of the table beside the drawing."""


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
