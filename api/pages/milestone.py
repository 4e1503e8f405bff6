"""The page of an activity: everything about it, and of one followed by state, its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.pages.process import known_process
from api.problems import Problem
from api.view.case_steps import outcome_words
from api.view.evidence import shown_evidence
from api.view.look import Look, look_of, look_of_outline
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from domain.entity import FEDERATION
from domain.milestone import milestone_id
from domain.milestone_events import Order
from domain.names import Names
from domain.procedure import procedures
from domain.spoken_rule import within_in_words
from projections.activities import get_activity
from projections.cases import CaseRow, get_case
from projections.evidence import list_evidence
from projections.milestones import MilestoneRow, get_milestone
from projections.named import list_named
from projections.outlines import Outline, list_outlines
from projections.parts import list_parts
from projections.processes import ProcessRow
from projections.second_clock import Scope
from projections.tally import Tally
from projections.timeline import TimelineFilter, list_timeline

router = APIRouter(tags=["pages"])

ENTRIES = 100
"""Entries of the history on one sheet."""


@dataclass(frozen=True, slots=True)
class Related:
    """A row of the plan this one follows, or that follows it."""

    id: str
    name: Names
    address: str
    order: Order
    look: Look | None
    """How it stands, where it is one milestone."""
    tally: Tally
    holds: bool
    """Whether it is late or suspended and this one waits for it."""


@router.get("/procesos/{process}/actividades/{id}", response_class=HTMLResponse)
def milestone_page(
    visit: Asked,
    process: str,
    id: str,  # noqa: A002 - the word of the address
    despues: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Una actividad: fechas, ley, responsables, orden e historial; si se sigue por entidad, sus 32 partes."""
    return answer(
        visit,
        "milestone_page.html",
        lambda reading: _content(visit, reading, process, id, despues),
        Scope(process=process),
    )


def _content(visit: Visit, reading: Reading, process_id: str, id_: str, after: str) -> Content:
    process = known_process(reading, process_id)
    outlines = list_outlines(reading.connection, reading.as_of, process=process_id)
    row = get_milestone(reading.connection, process_id, id_, reading.as_of)
    data = visit.data(f"/api/v1/processes/{process_id}/milestones/{id_}")
    if row is None:
        return _of_activity(visit, reading, process, outlines, id_)
    where = TimelineFilter(process=process_id, milestone=id_)
    history = list_timeline(
        reading.connection, where, reading.as_of, newest_first=True, after=after or None, limit=ENTRIES
    )
    procedure = procedures().get(process.kind)
    step = procedure.by_id.get(row.row) if procedure else None
    return {
        "layout": "milestone.html",
        "process": process,
        "case": _case(reading, process),
        "row": row,
        "whole": row.id != row.row,
        "outcome": partial(outcome_words, visit, step),
        "within_in_words": within_in_words,
        "evidence": shown_evidence(visit, list_evidence(reading.connection, process_id, id_, reading.as_of)),
        # Only what its districts may report on is read for what they did.
        "by_district": list_parts(reading.connection, process_id, id_, reading.as_of)
        if row.scope == "district"
        else [],
        "history": history.items,
        "history_next": history.next,
        "same_as": list_named(reading.connection, row.same_as, reading.as_of),
        "replaced_by": _named(reading, process_id, [row.replaced_by] if row.replaced_by else []),
        "replaces": _named(reading, process_id, row.replaces),
        **_order(visit, reading, row, outlines),
        "data": data,
        "changes": visit.link("/cambios", proceso=process_id, actividad=id_, al=""),
        "replay": visit.link("/auditoria", proceso=process_id, actividad=id_, al=""),
        "changed": row.position,
    }


def _named(reading: Reading, process: str, ids: list[str]) -> list[MilestoneRow]:
    """Return activities of a process by their ids."""
    return list_named(reading.connection, [f"{process}/{id_}" for id_ in ids], reading.as_of)


def _case(reading: Reading, process: ProcessRow) -> CaseRow | None:
    """Return the case file an activity is a step of, None of an election's."""
    return None if process.election_day else get_case(reading.connection, process.id, reading.as_of)


def _of_activity(
    visit: Visit, reading: Reading, process: ProcessRow, outlines: list[Outline], id_: str
) -> Content:
    """Return what is shown of a row of the plan that has several milestones."""
    activity = get_activity(reading.connection, process.id, id_, reading.as_of)
    if activity is None:
        raise Problem(
            404,
            "unknown-milestone",
            es=f"No hay una actividad «{id_}» en el plan de {process.id}.",
            en=f"There is no activity '{id_}' in the plan of {process.id}.",
        )
    # What belongs to the row is the same in each of its milestones.
    row = activity.parts[0]
    return {
        "layout": "activity.html",
        "process": process,
        "case": _case(reading, process),
        "activity": activity,
        "row": row,
        "by_state": row.territory != process.territory,
        "matrix": _matrix(activity.parts),
        "shows_count": any(part.done is not None or (part.target or 0) > 1 for part in activity.parts),
        **_order(
            visit, reading, row.model_copy(update={"territory": FEDERATION, "blocked_by": []}), outlines
        ),
        "data": visit.data(f"/api/v1/processes/{process.id}/milestones", row=id_),
        "changed": activity.position,
    }


@dataclass(frozen=True, slots=True)
class Matrix:
    """The parts of a recurring duty by state and occurrence."""

    columns: list[str]
    rows: list[tuple[str, list[MilestoneRow | None]]]


def _matrix(parts: list[MilestoneRow]) -> Matrix | None:
    """Return the parts as a matrix where they are of several states and of several occurrences."""
    occurrences = sorted({part.occurrence for part in parts})
    territories = list(dict.fromkeys(part.territory for part in parts))
    if len(occurrences) < 2 or len(territories) < 2:
        return None
    found = {(part.territory, part.occurrence): part for part in parts}
    return Matrix(
        occurrences,
        [(place, [found.get((place, occurrence)) for occurrence in occurrences]) for place in territories],
    )


def _order(visit: Visit, reading: Reading, row: MilestoneRow, outlines: list[Outline]) -> Content:
    """Return the rows this one follows and those that follow it, each with its part in the same state."""
    by_row = {outline.row: outline for outline in outlines}
    before = [(by_row[order.row], order) for order in row.after if order.row in by_row]
    behind = [(outline, order) for outline in outlines for order in outline.after if order.row == row.row]
    parts = _parts_here(reading, row, [outline for outline, _ in (*before, *behind)])
    holding = {blocker.id for blocker in row.blocked_by}
    return {
        "follows": [_related(visit, reading, outline, order, parts, holding) for outline, order in before],
        "followed": [_related(visit, reading, outline, order, parts, set()) for outline, order in behind],
    }


def _parts_here(reading: Reading, row: MilestoneRow, outlines: list[Outline]) -> dict[str, MilestoneRow]:
    """Return, of the rows followed state by state, the milestones in this one's state, by row."""
    if row.territory == FEDERATION:
        return {}
    names = [
        f"{one.process}/{milestone_id(one.row, territory=row.territory)}" for one in outlines if one.parts > 1
    ]
    return {part.row: part for part in list_named(reading.connection, names, reading.as_of)}


def _related(
    visit: Visit,
    reading: Reading,
    outline: Outline,
    order: Order,
    parts: dict[str, MilestoneRow],
    holding: set[str],
) -> Related:
    at = reading.as_of.at
    part = parts.get(outline.row)
    look = look_of(part, at) if part else look_of_outline(outline, at) if outline.alone else None
    id_ = part.id if part else outline.alone.id if outline.alone else outline.row
    address = visit.link(f"/procesos/{outline.process}/actividades/{id_}")
    holds = any(blocker == id_ or blocker.startswith(f"{outline.row}-") for blocker in holding)
    return Related(id_, outline.name, address, order, look, outline.tally, holds)
