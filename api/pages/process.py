"""The page of a process: its stages, its timeline, and its activities with filters."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.problems import Problem
from api.view.activity_filters import AskedActivities, activities_content
from api.view.feeds import Feeds
from api.view.page import Content, answer
from api.view.timeline_chart import TimelineSpan, timeline_content
from api.view.visit import Asked, Reading, Visit
from api.words import speak
from projections.outlines import list_outlines
from projections.processes import ProcessRow, get_process
from projections.second_clock import Scope
from projections.tally_sheets import has_tally_sheets

router = APIRouter(tags=["pages"])


@router.get("/procesos/{process}", response_class=HTMLResponse)
def process_page(visit: Asked, process: str, span: TimelineSpan, asked: AskedActivities) -> Response:
    """Un proceso: sus etapas, su cronograma y sus actividades. Un expediente tiene su propia dirección."""
    try:
        return answer(
            visit,
            "process.html",
            lambda reading: _content(visit, reading, process, span, asked),
            Scope(process=process),
        )
    except _IsCase:
        return RedirectResponse(visit.link(f"/expedientes/{process}"), status_code=308)


class _IsCase(Exception):
    """What was asked for as a process is a case file."""


def _content(visit: Visit, reading: Reading, id_: str, span: TimelineSpan, asked: AskedActivities) -> Content:
    process = known_process(reading, id_)
    if process.election_day is None:
        raise _IsCase
    outlines = list_outlines(reading.connection, reading.as_of, process=id_)
    say = speak(visit.language)
    return {
        **timeline_content(visit, process, outlines, span, reading.as_of.at),
        **activities_content(visit, reading, asked, process),
        "process": process,
        "has_tally_sheets": has_tally_sheets(reading.connection, id_, reading.as_of),
        "feeds": Feeds(f"/calendarios/procesos/{id_}.ics", f"/novedades/procesos/{id_}.atom"),
        "rows_of_plan": len(outlines),
        "by_stage": [
            (visit.in_language(stage.name), stage.tally, {"proceso": id_, "etapa": stage.id})
            for stage in process.stages
        ]
        + [(say("entity.total"), process.tally, {"proceso": id_})],
        "changes": visit.link("/cambios", proceso=id_, al=""),
        "replay": visit.link("/auditoria", proceso=id_, al=""),
        "changed": process.position,
    }


def known_process(reading: Reading, id_: str) -> ProcessRow:
    """Return a process, or raise a 404 `Problem`."""
    process = get_process(reading.connection, id_, reading.as_of)
    if process is None:
        raise Problem(
            404,
            "unknown-process",
            es=f"No hay un proceso «{id_}», o no estaba abierto en esa fecha.",
            en=f"There is no process '{id_}', or it was not open at that date.",
        )
    return process
