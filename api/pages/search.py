"""Search: activities, states and processes by names, ids, bodies and articles, and cases by how their folio begins.

Accents do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.view.look import Look, look_of_outline
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import FEDERATION, Entity, entities
from domain.names import Names
from domain.text import without_accents
from projections.cases import CaseFilter, list_cases
from projections.outlines import Outline, list_outlines
from projections.processes import ProcessName, list_process_names

router = APIRouter(tags=["pages"])

LISTED = 60
"""How many activities are shown: more than that is a search that says too little."""
LISTED_CASES = 20
"""How many cases are shown; `/expedientes` has the others."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row of a plan that matches, in all the processes it is in."""

    id: str
    name: Names
    body: str
    basis: list[str]
    address: str
    is_federal: bool
    processes: int
    territory: str
    """The one state it was found in; empty where there are several."""
    look: Look | None


@router.get("/buscar", response_class=HTMLResponse)
def search_page(
    visit: Asked, q: Annotated[str, Query(max_length=100, description="Lo que se busca.")] = ""
) -> Response:
    """Busca actividades, entidades, órganos, artículos y folios; los acentos no importan."""
    return answer(visit, "search.html", lambda reading: _content(visit, reading, " ".join(q.split())))


def _content(visit: Visit, reading: Reading, query: str) -> Content:
    words = without_accents(query).split()
    if not words:
        return {"query": "", "states": [], "processes": [], "cases": [], "activities": [], "left_out": 0}
    outlines = list_outlines(reading.connection, reading.as_of, search=query)
    processes = list_process_names(reading.connection, reading.as_of)
    activities = _together(visit, reading, outlines, processes)
    return {
        "query": query,
        "states": [one for one in entities().values() if _says(words, _words_of(one))],
        "processes": [one for one in processes if _says(words, f"{one.id} {one.name.es} {one.name.en}")],
        "cases": list_cases(
            reading.connection, CaseFilter(folio=query), reading.as_of, limit=LISTED_CASES
        ).items,
        "activities": activities[:LISTED],
        "left_out": max(len(activities) - LISTED, 0),
    }


def _words_of(entity: Entity) -> str:
    return f"{entity.code} {entity.name} {entity.abbreviation} {entity.opl.name} {entity.opl.acronym}"


def _says(words: Iterable[str], text: str) -> bool:
    """Tell whether every word is in a text; a short one must be a word of its own: 'BC' is not in 'ABC'."""
    plain = without_accents(text)
    own = plain.replace(".", " ").replace(",", " ").split()
    return all(word.rstrip(".") in own if len(word) <= 3 else word in plain for word in words)


def _together(
    visit: Visit, reading: Reading, outlines: list[Outline], processes: list[ProcessName]
) -> list[Found]:
    """Return one line for each row of a plan, however many processes have it."""
    territories = {process.id: process.territory for process in processes}
    by_row: dict[tuple[str, str], list[Outline]] = {}
    for outline in outlines:
        by_row.setdefault((outline.row, outline.name.es), []).append(outline)
    found: list[Found] = []
    for (row, _), same in by_row.items():
        first, is_only = same[0], len(same) == 1
        territory = territories.get(first.process, "")
        path = f"/procesos/{first.process}/actividades/{first.alone.id if first.alone else row}"
        address = visit.link(path) if is_only else visit.link("/actividades", fila=row)
        found.append(
            Found(
                id=first.alone.id if is_only and first.alone else row,
                name=first.name,
                body=first.body,
                basis=first.basis,
                address=address,
                is_federal=territory == FEDERATION,
                processes=len(same),
                territory=territory if is_only else "",
                look=look_of_outline(first, reading.as_of.at) if is_only else None,
            )
        )
    return found
