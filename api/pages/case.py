"""The page of one case file: where it stands, its steps with their dates, and what was recorded of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.routes.cases import unknown_case
from api.view.case_steps import case_steps, facts_given, facts_in_words
from api.view.feeds import Feeds
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.procedure import procedures
from domain.systems import systems
from projections.cases import get_case
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.processes import ProcessRow, get_process
from projections.timeline import TimelineFilter, list_timeline

router = APIRouter(tags=["pages"])

WHOLE = 500
"""More than a case's steps, and than what is recorded of all but the longest."""


@router.get("/expedientes/{case}", response_class=HTMLResponse)
def case_page(visit: Asked, case: str, despues: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Un expediente: en qué va, sus pasos con sus fechas y su historial."""
    return answer(visit, "case.html", lambda reading: _content(visit, reading, case, despues))


def _content(visit: Visit, reading: Reading, id_: str, after: str) -> Content:
    connection, as_of = reading.connection, reading.as_of
    case = get_case(connection, id_, as_of)
    if case is None:
        raise unknown_case(id_)
    about = {
        "case": case,
        "procedure": procedures().get(case.kind),
        "system": systems().get(case.system),
        "data": visit.data(f"/api/v1/cases/{id_}"),
        "changed": case.position,
    }
    process = get_process(connection, id_, as_of)
    # Of a listed case there is no more to tell.
    return about if process is None else {**about, **_steps(visit, reading, process, after)}


def _steps(visit: Visit, reading: Reading, process: ProcessRow, after: str) -> Content:
    """Return what a case was opened with, its steps by stage, and its history."""
    connection, as_of, id_ = reading.connection, reading.as_of, process.id
    procedure = procedures().get(process.kind)
    opening = list_timeline(connection, TimelineFilter(process=id_), as_of, limit=1).items[0].payload
    facts = facts_given(opening)
    reports = TimelineFilter(process=id_, reports_only=True)
    told = list_timeline(connection, reports, as_of, newest_first=True, limit=WHOLE)
    history = told
    if after:
        history = list_timeline(connection, reports, as_of, newest_first=True, after=after, limit=WHOLE)
    rows = list_milestones(connection, MilestoneFilter(process=id_), as_of, limit=WHOLE).items
    steps = case_steps(visit, procedure, rows, told.items, facts)
    return {
        "feeds": Feeds(f"/calendarios/procesos/{id_}.ics", f"/novedades/procesos/{id_}.atom"),
        "replay": visit.link("/auditoria", proceso=id_, al=""),
        "facts": facts_in_words(visit, procedure, facts),
        "stages": [
            (stage, [step for step in steps if step.row.stage == stage.id]) for stage in process.stages
        ],
        "history": history.items,
        "history_next": history.next,
    }
