"""What changed between two moments: of an activity, a process, a state or all elections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.problems import Problem
from api.view.change_words import value_words
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit, beginning_of, instant_of
from projections.changes import ChangeFilter, list_changes
from projections.moment import AsOf, BadMoment
from projections.page import BadCursor
from projections.processes import list_process_names
from projections.span import resolve_span

router = APIRouter(tags=["pages"])

LISTED = 50
"""Activities on one sheet."""

Word = Annotated[str, Query(max_length=80)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is compared, as it was written."""

    desde: str
    hasta: str
    proceso: str
    actividad: str
    entidad: str
    despues: str


@router.get("/cambios", response_class=HTMLResponse)
def changes_page(
    visit: Asked,
    desde: Word = "",
    hasta: Word = "",
    proceso: Word = "",
    actividad: Word = "",
    entidad: Word = "",
    despues: Word = "",
) -> Response:
    """Qué cambió entre dos momentos de la bitácora: lo que era, lo que es y los asientos que lo cambiaron."""
    wanted = Wanted(*(text.strip() for text in (desde, hasta, proceso, actividad, entidad, despues)))
    return answer(visit, "changes.html", lambda reading: _content(visit, reading, wanted))


def _content(visit: Visit, reading: Reading, wanted: Wanted) -> Content:
    return {
        "wanted": wanted,
        "processes": [
            (one.id, visit.in_language(one.name))
            for one in list_process_names(reading.connection, reading.as_of)
        ],
        "told": lambda field, value: value_words(field, value, visit.language),
        **(_compared(visit, reading, wanted) if wanted.desde else {"rows": None, "next": None}),
    }


def _compared(visit: Visit, reading: Reading, wanted: Wanted) -> Content:
    where = ChangeFilter(
        process=wanted.proceso or None,
        milestone=(wanted.actividad or None) if wanted.proceso else None,
        territory=wanted.entidad or None,
    )
    now = visit.resources.clock()
    since = instant_of(beginning_of(wanted.desde), now) or ""
    until = instant_of(wanted.hasta, now)
    earlier, later = _span(visit, reading, since, until)
    try:
        page = list_changes(
            reading.connection, where, earlier, later, after=wanted.despues or None, limit=LISTED
        )
    except BadCursor as bad:
        raise Problem(422, "bad-cursor", es=bad.es, en=bad.en) from bad
    moments = {"since": since, **({"until": until} if until else {})}
    return {
        "rows": page.items,
        "next": page.next,
        "since": earlier,
        "until": later,
        "data": visit.data(f"/api/v1{_path(wanted)}/changes", **moments),
    }


def _span(visit: Visit, reading: Reading, since: str, until: str | None) -> tuple[AsOf, AsOf]:
    try:
        return resolve_span(reading.connection, since, until, visit.resources.clock())
    except BadMoment as bad:
        raise Problem(422, "bad-moment", es=bad.es, en=bad.en) from bad


def _path(wanted: Wanted) -> str:
    """Return what the API's address has before its last word."""
    if wanted.proceso and wanted.actividad:
        return f"/processes/{wanted.proceso}/milestones/{wanted.actividad}"
    if wanted.proceso:
        return f"/processes/{wanted.proceso}"
    return f"/entities/{wanted.entidad}" if wanted.entidad.startswith("MX-") else ""
