"""The public docket: every case file that may be listed, with filters that are addresses; also as a table."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api import csv_table
from api.view.case_filters import AskedCases, case_filter, cases_content, procedure_name
from api.view.page import CACHE_CONTROL, answer
from api.view.visit import Asked
from projections.cases import CaseRow, list_cases

router = APIRouter(tags=["pages"])

ROWS = 5_000
"""How many cases one file holds; its ``Link`` header leads to the next."""


@router.get("/expedientes", response_class=HTMLResponse)
def cases_page(visit: Asked, asked: AskedCases) -> Response:
    """Los expedientes públicos, con filtros: qué son, en qué van y cuándo vence lo que sigue."""
    name = partial(procedure_name, visit=visit)
    return answer(
        visit,
        "cases.html",
        lambda reading: {**cases_content(visit, reading, asked), "procedure_name": name, "file_rows": ROWS},
    )


@router.get("/expedientes.csv")
def cases_table(visit: Asked, asked: AskedCases) -> Response:
    """Los expedientes que cumplen los filtros, como CSV."""
    with visit.reading() as reading:
        found = list_cases(
            reading.connection, case_filter(asked), reading.as_of, after=asked.after or None, limit=ROWS
        )
    headers = {"Cache-Control": CACHE_CONTROL}
    if found.next:
        headers["Link"] = f'<{visit.here(despues=found.next)}>; rel="next"'
    content = csv_table.table(found.items, csv_table.columns_of(CaseRow))
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
