"""The page of one state: its local process, the federal work there, and the country around it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.opening import CYCLE
from api.problems import Problem
from api.view.feeds import Feeds
from api.view.look import DUE_SOON
from api.view.page import Content, answer
from api.view.timeline_chart import TimelineSpan, timeline_content
from api.view.visit import Asked, Reading, Visit
from api.words import speak
from domain.entity import FEDERATION, entities
from domain.process import process_id
from projections.entities import entity_status
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, list_milestones
from projections.outlines import list_outlines
from projections.processes import get_process, list_process_names
from projections.second_clock import Scope
from projections.systems import list_systems
from projections.timeline import TimelineFilter, list_timeline
from projections.undated_steps import undated_case_steps

router = APIRouter(tags=["pages"])

CALLED = "extraordinary_election"
"""The plan of the elections that a call sets, apart from a state's own calendar."""

WHOLE = 500
"""More than a state's activities in one process."""


@router.get("/entidades/{code}", response_class=HTMLResponse)
def entity_page(visit: Asked, code: str, span: TimelineSpan) -> Response:
    """Cómo va una entidad: lo local, lo federal que ocurre en ella y el contexto nacional."""
    return answer(
        visit, "entity.html", lambda reading: _content(visit, reading, code, span), Scope(territory=code)
    )


def unknown_entity(code: str) -> Problem:
    """Return the problem of a code that is no state's."""
    return Problem(
        404,
        "unknown-entity",
        es=f"«{code}» no es el código de una entidad. Los códigos son como MX-JAL.",
        en=f"'{code}' is not the code of a state. Codes look like MX-JAL.",
    )


def _content(visit: Visit, reading: Reading, code: str, span: TimelineSpan) -> Content:
    connection, as_of = reading.connection, reading.as_of
    status = entity_status(connection, code, as_of)
    if status is None:
        raise unknown_entity(code)
    process = get_process(connection, status.process, as_of) if status.process else None
    federal_id = process_id("federal_election", FEDERATION, (process.cycle if process else None) or CYCLE)

    def rows(process: str, territory: str) -> list[MilestoneRow]:
        where = MilestoneFilter(process=process, territory=territory)
        return list_milestones(connection, where, as_of, limit=WHOLE).items

    local = rows(status.process, code) if status.process else []
    federal, national = rows(federal_id, code), rows(federal_id, FEDERATION)
    chart = {}
    if process:
        outlines = list_outlines(connection, as_of, process=process.id)
        chart = timeline_content(visit, process, outlines, span, as_of.at, opens_near=True)
    latest = list_timeline(
        connection, TimelineFilter(territory=code, reports_only=True), as_of, newest_first=True, limit=8
    )
    say = speak(visit.language)
    stages = {stage.id: stage.name for stage in process.stages} if process else {}
    return {
        "chart": [],
        **chart,
        "status": status,
        "entity": entities()[code],
        "federal_process": federal_id,
        "called": [
            one for one in list_process_names(connection, as_of, kind=CALLED) if one.territory == code
        ],
        "late": _late(local),
        "soon": _soon(local, as_of.at),
        "blocked": [row for row in local if row.blocked_by and row.counted],
        "undated": [row for row in local if row.standing in {"undated", "done_undated"}],
        "federal_late": _late(federal),
        "federal_soon": _soon(federal, as_of.at),
        "national": [*_late(national), *_soon(national, as_of.at)],
        "by_stage": [
            (visit.in_language(stages[one.stage]), one.tally, {"proceso": status.process, "etapa": one.stage})
            for one in status.by_stage
        ]
        + [(say("entity.total"), status.local, {"proceso": status.process})],
        "by_responsible": [
            (
                say(f"look.{one.responsible}"),
                one.tally,
                {"proceso": status.process, "responsable": one.responsible},
            )
            for one in status.by_responsible
        ],
        "latest": latest.items,
        **_of_cases(reading, code),
        "feeds": Feeds(f"/calendarios/{code}.ics", f"/novedades/{code}.atom"),
        "data": visit.data(f"/api/v1/entities/{code}/status"),
        "changes": visit.link("/cambios", entidad=code, al=""),
        "replay": visit.link("/auditoria", entidad=code, al=""),
        "changed": status.position,
    }


def _of_cases(reading: Reading, code: str) -> Content:
    """Return what is told of a state's cases: what had happened in them by an instant is told with each of them."""
    if reading.as_of.happened_by is not None:
        return {"undated_cases": [], "systems": []}
    return {
        "undated_cases": undated_case_steps(reading.connection, code, reading.as_of),
        "systems": list_systems(reading.connection, reading.as_of, code),
    }


def _late(rows: Iterable[MilestoneRow]) -> list[MilestoneRow]:
    """Return what is open and past its date, the longest first."""
    return sorted((row for row in rows if row.late and row.counted), key=lambda row: -(row.days_late or 0))


def _soon(rows: Iterable[MilestoneRow], at: datetime) -> list[MilestoneRow]:
    """Return what is due within days, the next first. Citizens' dates are never in it: they are not counted."""
    pending = [
        row for row in rows if row.standing == "pending" and row.due_at and row.due_at - at <= DUE_SOON
    ]
    return sorted(pending, key=lambda row: row.due_at or at)
