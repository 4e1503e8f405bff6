"""The worklist (*mi trabajo*): what is mine to do, the most urgent first."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.problems import Problem
from api.sign_in.session import Staff, StaffOnly
from api.view.activity_filters import Filter
from api.view.private_page import private_page
from api.view.visit import Asked, Reading, Visit
from api.words import speak
from domain.step import Responsible
from projections.processes import ProcessName, list_process_names, names_of_processes
from projections.proposals_to_decide import count_to_decide
from projections.worklist import Group, WorkFilter, list_work

router = APIRouter(tags=["pages"])

LISTED = 50
"""Activities on one sheet."""

GROUPS: dict[str, Group] = {
    "sin-reporte": "silent",
    "fuera-de-plazo": "late",
    "por-vencer": "soon",
    "esperan": "waiting",
    "por-validar": "validation",
    "soporte": "documents",
    "despues": "later",
}
"""The groups by their words in an address, in the order of the list."""


@router.get("/trabajo", response_class=HTMLResponse)
def work_page(
    visit: Asked,
    staff: StaffOnly,
    grupo: Annotated[str, Query(max_length=20)] = "",
    proceso: Annotated[str, Query(max_length=80)] = "",
    etapa: Annotated[str, Query(max_length=40)] = "",
    responsable: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    despues: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Mi trabajo: lo vencido, lo que vence, lo que espera a otros, lo que espera mi validación y su soporte."""
    if grupo and grupo not in GROUPS:
        known = ", ".join(GROUPS)
        raise Problem(
            422,
            "unknown-group",
            es=f"«{grupo}» no es un grupo de tu trabajo. Los que hay: {known}.",
            en=f"'{grupo}' is not a group of your work. There are: {known}.",
        )
    chosen = cast("Responsible | None", responsable or None)
    where = WorkFilter(GROUPS.get(grupo), proceso or None, etapa or None, chosen, q or None)
    asked = {"grupo": grupo, "proceso": proceso, "etapa": etapa, "responsable": responsable}
    with visit.reading() as reading:
        content = _content(visit, staff, reading, where, asked, despues)
    return private_page(visit, staff, "work.html", content | {"q": q})


def _content(
    visit: Visit, staff: Staff, reading: Reading, where: WorkFilter, asked: dict[str, str], after: str
) -> dict[str, Any]:
    found = list_work(
        reading.connection, staff.caller, where, reading.as_of.at, after=after or None, limit=LISTED
    )
    words = {group: word for word, group in GROUPS.items()}
    processes = list_process_names(reading.connection, reading.as_of)
    named = names_of_processes(reading.connection, (row.milestone.process for row in found.items))
    together = groupby(found.items, key=lambda row: row.group)
    return {
        "groups": [(group, words[group], [row.milestone for row in rows]) for group, rows in together],
        "next": found.next,
        "filters": _filters(visit, processes, asked),
        "process_names": {id_: visit.in_language(name) for id_, name in named.items()},
        "filtered": any(asked.values()) or where.search is not None,
        "everything": GROUPS,
        "chosen": where.group,
        "to_decide": count_to_decide(reading.connection, staff.caller, reading.as_of.at),
    }


def _filters(visit: Visit, processes: list[ProcessName], asked: dict[str, str]) -> list[Filter]:
    say = speak(visit.language)
    stages = {stage.id: visit.in_language(stage.name) for one in processes for stage in one.stages}
    return [
        Filter(
            "proceso",
            "process",
            asked["proceso"],
            [(one.id, visit.in_language(one.name)) for one in processes],
        ),
        Filter("etapa", "stage", asked["etapa"], list(stages.items())),
        Filter(
            "responsable",
            "responsible",
            asked["responsable"],
            [(one, str(say(f"look.{one}"))) for one in get_args(Responsible)],
        ),
    ]
