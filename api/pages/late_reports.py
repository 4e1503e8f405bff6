"""Late reports: which were recorded long after the act, or after the deadline; a public list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from projections.late_reports import LATE_DAYS, LateReportFilter, count_late_reports, list_late_reports
from projections.processes import list_process_names

router = APIRouter(tags=["pages"])

LISTED = 50
"""Reports on one sheet."""


@router.get("/reportes-tardios", response_class=HTMLResponse)
def late_reports_page(
    visit: Asked,
    dias: Annotated[int, Query(ge=0, le=10_000)] = LATE_DAYS,
    proceso: Annotated[str, Query(max_length=80)] = "",
    entidad: Annotated[str, Query(max_length=10)] = "",
    antedatados: Annotated[
        str, Query(description="`si`: solo los que dicen un acto anterior al plazo.", max_length=2)
    ] = "",
    despues: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Los reportes que llegaron tarde: días después del acto, o pasado el plazo."""
    where = LateReportFilter(dias, proceso or None, entidad or None, dated_back=antedatados == "si" or None)
    return answer(visit, "late_reports.html", lambda reading: _content(visit, reading, where, despues))


def _content(visit: Visit, reading: Reading, where: LateReportFilter, after: str) -> Content:
    found = list_late_reports(reading.connection, where, reading.as_of, after=after or None, limit=LISTED)
    asked = {
        "days": where.days,
        "process": where.process,
        "territory": where.territory,
        "dated_back": where.dated_back and "true",
    }
    return {
        "rows": found.items,
        "next": found.next,
        "where": where,
        "count": count_late_reports(reading.connection, where, reading.as_of),
        "processes": [
            (one.id, visit.in_language(one.name))
            for one in list_process_names(reading.connection, reading.as_of)
        ],
        "data": visit.data(
            "/api/v1/late-reports", **{name: value for name, value in asked.items() if value is not None}
        ),
    }
