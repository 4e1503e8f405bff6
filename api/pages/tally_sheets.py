"""The pages of a process's tally sheets: the figures its file states, how the night went, and each sheet."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.pages.process import known_process
from api.routes.tally_sheets import unknown_tally_sheet
from api.view.night_chart import DRAWN_SECONDS, FIGURES, LINES, polyline
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import zone_of
from projections.single_sheets import SheetFilter, SheetStanding, get_tally_sheet, list_tally_sheets
from projections.tally_sheets import get_tally_sheet_summary, list_tally_sheet_curve

router = APIRouter(tags=["pages"])

LISTED_SECONDS = 3_600
"""The steps of the table beside the drawing."""
LISTED = 50
"""Sheets on one page of the list."""


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


@router.get("/procesos/{process}/actas/lista", response_class=HTMLResponse)
def sheets_page(
    visit: Asked,
    process: str,
    clave: Annotated[str, Query(max_length=80, description="La clave del acta, o su comienzo.")] = "",
    situacion: Annotated[SheetStanding | Literal[""], Query()] = "",
    despues: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Las actas PREP de un proceso, una por una: cuándo llegó cada una y por qué no se contabiliza."""
    where = SheetFilter(key=clave.strip() or None, standing=situacion or None)
    return answer(
        visit, "tally_sheet_list.html", lambda reading: _listed(visit, reading, process, where, despues)
    )


def _listed(visit: Visit, reading: Reading, id_: str, where: SheetFilter, after: str) -> Content:
    process = known_process(reading, id_)
    found = list_tally_sheets(
        reading.connection, id_, where, reading.as_of, after=after or None, limit=LISTED
    )
    asked = {"key": where.key, "standing": where.standing}
    address = f"/api/v1/processes/{id_}/tally-sheets"
    return {
        "process": process,
        "where": where,
        "standings": get_args(SheetStanding),
        "rows": found.items,
        "next": found.next,
        "zone": zone_of(process.territory),
        "data": visit.data(address, **{name: value for name, value in asked.items() if value}),
    }


@router.get("/procesos/{process}/actas/{sheet}", response_class=HTMLResponse)
def sheet_page(visit: Asked, process: str, sheet: str) -> Response:
    """Un acta PREP: de qué casilla es, cuándo se acopió, capturó y verificó, y si se contabiliza."""
    return answer(visit, "tally_sheet.html", lambda reading: _sheet(visit, reading, process, sheet))


def _sheet(visit: Visit, reading: Reading, id_: str, sheet: str) -> Content:
    process = known_process(reading, id_)
    found = get_tally_sheet(reading.connection, id_, sheet, reading.as_of)
    if found is None:
        raise unknown_tally_sheet(sheet)
    return {
        "process": process,
        "sheet": found,
        "zone": zone_of(process.territory),
        "data": visit.data(f"/api/v1/processes/{id_}/tally-sheets/{found.id}"),
        "changed": found.position,
    }
