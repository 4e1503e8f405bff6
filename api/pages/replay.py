"""The replay room: any moment of a scope's log, one step after another; and what a log cannot prove."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.view.page import Content, answer
from api.view.replay_acts import act_asked_for, acts_content, acts_of
from api.view.replay_scope import PATH, KnownScope, ReplayScope, known_scope
from api.view.replay_steps import AskedStep, step_asked_for, steps_content
from api.view.visit import Asked, Reading, Visit
from domain.milestone_events import MilestoneEvent
from domain.process import ProcessEvent
from projections.entities import national_status
from projections.late_reports import LateReportFilter, count_late_reports
from projections.notices import missing_notices
from projections.processes import list_process_names
from projections.tally_sheets import has_tally_sheets

router = APIRouter(tags=["pages"])

KINDS = [kind.type.partition(".")[0] for kind in (*get_args(MilestoneEvent), *get_args(ProcessEvent))]
"""The kinds of event one can go on to."""
CLOCKS = ("asientos", "hechos")
"""By what was known, and by what had happened."""

Word = Annotated[str, Query(max_length=80)]


def _scope(proceso: Word = "", actividad: Word = "", entidad: Word = "") -> ReplayScope:
    words = [text.strip() for text in (proceso, actividad, entidad)]
    return ReplayScope(*words)


def _step(paso: Word = "", asiento: Word = "", tipo: Word = "", ir: Word = "") -> AskedStep:
    words = [text.strip() for text in (paso, asiento, tipo, ir)]
    return AskedStep(*words)


class _Elsewhere(Exception):
    """What was asked for has an address of its own, ``to``."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


@router.get(PATH, response_class=HTMLResponse)
def replay_page(
    visit: Asked,
    scope: Annotated[ReplayScope, Depends(_scope)],
    step: Annotated[AskedStep, Depends(_step)],
    reloj: Annotated[str, Query(description="`asientos`: lo que se sabía; `hechos`: lo ocurrido.")] = "",
) -> Response:
    """La sala de auditoría: la bitácora de un ámbito, paso a paso; y lo que una bitácora no prueba."""
    try:
        return answer(visit, "replay.html", lambda reading: _content(visit, reading, scope, step, reloj))
    except _Elsewhere as elsewhere:
        return RedirectResponse(elsewhere.to, status_code=303)


def _content(visit: Visit, reading: Reading, asked: ReplayScope, step: AskedStep, clock: str) -> Content:
    listed = [
        (one.id, visit.in_language(one.name)) for one in list_process_names(reading.connection, reading.as_of)
    ]
    room = {"asked": asked, "processes": listed, "kinds": KINDS, "by": None, "scope": None}
    if not asked.is_chosen:
        return {**room, **_unproven(reading), "by": "nothing"}
    scope = known_scope(visit, reading, asked)
    by_acts = clock == "hechos" or (clock != "asientos" and _is_imported(reading, scope))
    content = _by_acts if by_acts else _by_steps
    return {
        **room,
        "scope": scope,
        "clock": CLOCKS[by_acts],
        "none_of_kind": "",
        **content(visit, reading, scope, step),
    }


def _is_imported(reading: Reading, scope: KnownScope) -> bool:
    """Tell whether what happened there was told long after: a night of tally sheets opens on that night."""
    process = None if scope.milestone else scope.process
    return process is not None and has_tally_sheets(reading.connection, process.id, reading.as_of)


def _by_steps(visit: Visit, reading: Reading, scope: KnownScope, asked: AskedStep) -> Content:
    step = step_asked_for(reading, scope, asked)
    if step is None:
        return {"by": None}
    moved = asked.tipo and str(step.number) != asked.paso
    if moved or asked.asiento:
        to = scope.replay(visit, paso=step.number, reloj="asientos", ocurrido=visit.ocurrido)
        raise _Elsewhere(to)
    return {**steps_content(visit, reading, scope, step), "none_of_kind": asked.tipo}


def _by_acts(visit: Visit, reading: Reading, scope: KnownScope, asked: AskedStep) -> Content:
    acts = acts_of(reading, scope, visit.resources.clock())
    if acts is None:
        return {"by": None}
    number = act_asked_for(visit, acts, asked.paso)
    if asked.paso:
        raise _Elsewhere(scope.replay(visit, reloj="hechos", ocurrido=acts.written(number)))
    return acts_content(visit, reading, scope, acts, number)


def _unproven(reading: Reading) -> Content:
    """Return how much there is of what a log can show to be missing or late."""
    connection, as_of = reading.connection, reading.as_of
    return {
        "silent": national_status(connection, as_of).total.without_report,
        "notices": missing_notices(connection, as_of),
        "late": count_late_reports(connection, LateReportFilter(), as_of),
        "dated_back": count_late_reports(connection, LateReportFilter(dated_back=True), as_of),
        "data": None,
    }
