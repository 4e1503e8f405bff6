"""Lists of activities with filters that are addresses: what may be asked, and what the template shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, cast, get_args

from fastapi import Depends, Query

from api.problems import Problem
from api.view.look import DUE_SOON
from api.view.visit import Reading, Visit
from api.words import speak
from domain.entity import FEDERATION, entities
from domain.procedure import Stage
from domain.step import Responsible
from domain.timeliness import DUE_TO_DATE, Standing
from projections.milestones import MilestoneFilter, count_milestones, list_milestones
from projections.processes import ProcessRow, StageRow, list_process_names

LISTED = 50
"""Activities on one sheet."""

LATE: tuple[Standing, ...] = ("reported_unfinished", "without_report")
DONE: tuple[Standing, ...] = ("done_on_time", "done_late")

SITUATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "vencidas": ({"standing": DUE_TO_DATE}, "process.group_due"),
    "concluidas": ({"standing": DONE}, "process.group_done"),
    "a-tiempo": ({"standing": "done_on_time"}, "look.done"),
    "tarde": ({"standing": "done_late"}, "look.done_late"),
    "atrasadas": ({"standing": LATE}, "process.group_late"),
    "plazo-de-ley": ({"standing": LATE, "by_law": True}, "process.group_late_by_law"),
    "sin-concluir": ({"standing": "reported_unfinished"}, "look.late"),
    "sin-reporte": ({"standing": "without_report"}, "look.silent"),
    "suspendidas": ({"standing": "suspended"}, "look.suspended"),
    "adelantadas": ({"standing": "done_ahead"}, "look.done_ahead"),
    "proximas": ({"standing": "pending"}, "process.group_soon"),
    "por-vencer": ({"standing": "pending"}, "process.group_pending"),
    "esperan": ({"blocked": True, "counted_only": True}, "process.group_blocked"),
    "sin-fecha": ({"standing": "undated"}, "look.undated"),
    "estimadas": ({"standing": "estimated"}, "look.estimated"),
}
"""The situations that can be asked for: the filter each is, and its words. They are the groups figures are made of."""


@dataclass(frozen=True, slots=True)
class ActivitiesAsked:
    """What a list of activities is asked for; empty words ask for everything."""

    process: str
    territory: str
    responsible: str
    stage: str
    situation: str
    row: str
    after: str


def _asked(
    proceso: Annotated[str, Query(max_length=80)] = "",
    entidad: Annotated[str, Query(max_length=10)] = "",
    responsable: Annotated[str, Query(max_length=20)] = "",
    etapa: Annotated[str, Query(max_length=40)] = "",
    situacion: Annotated[str, Query(max_length=20)] = "",
    fila: Annotated[str, Query(max_length=20, description="La fila del plan: `L010`.")] = "",
    despues: Annotated[str, Query(max_length=40)] = "",
) -> ActivitiesAsked:
    if situacion and situacion not in SITUATIONS:
        known = ", ".join(SITUATIONS)
        raise Problem(
            422,
            "unknown-situation",
            es=f"«{situacion}» no es una situación. Las que hay: {known}.",
            en=f"'{situacion}' is not a situation. There are: {known}.",
        )
    return ActivitiesAsked(proceso, entidad, responsable, etapa, situacion, fila, despues)


AskedActivities = Annotated[ActivitiesAsked, Depends(_asked)]
"""The filters of a list of activities, as a route takes them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice of the form: the parameter, its word, what is chosen and what can be."""

    name: str
    word: str
    chosen: str
    options: list[tuple[str, str]]


def activities_content(
    visit: Visit, reading: Reading, asked: ActivitiesAsked, process: ProcessRow | None = None
) -> dict[str, Any]:
    """Return what ``activities_table.html`` shows: of one process, or of all."""
    where = milestone_filter(asked, reading, process)
    found = list_milestones(reading.connection, where, reading.as_of, after=asked.after or None, limit=LISTED)
    say = speak(visit.language)
    return {
        "rows": found.items,
        "count": count_milestones(reading.connection, where, reading.as_of),
        "next": found.next,
        "filters": _filters(visit, reading, asked, process),
        "filtered": any(
            (asked.process, asked.territory, asked.responsible, asked.stage, asked.situation, asked.row)
        ),
        "show_place": process is None or process.territory == FEDERATION,
        "situation": say(SITUATIONS[asked.situation][1]) if asked.situation else "",
        "data": _data(visit, where),
        "table": visit.here_at("/actividades.csv", proceso=where.process),
    }


def _data(visit: Visit, where: MilestoneFilter) -> str | None:
    """Return the address of the same list in the API, or None where the API cannot be asked for it."""
    if not where.process or where.by_law is not None or not isinstance(where.standing, str | None):
        return None
    words = ("territory", "responsible", "stage", "row", "standing", "counted_only", "blocked")
    asked: dict[str, str] = {word: str(value).lower() if isinstance(value, bool) else value
                             for word in words if (value := getattr(where, word))}  # fmt: skip
    if where.due_before:
        asked["due_before"] = where.due_before.isoformat()
    return visit.data(f"/api/v1/processes/{where.process}/milestones", **asked)


def milestone_filter(
    asked: ActivitiesAsked, reading: Reading, process: ProcessRow | None = None
) -> MilestoneFilter:
    """Return the filter; what is asked for and does not exist finds nothing."""
    situation = dict(SITUATIONS[asked.situation][0]) if asked.situation else {}
    if asked.situation == "proximas":
        # The deadline may be at the very end of the seventh day.
        situation["due_before"] = reading.as_of.at + DUE_SOON + timedelta(microseconds=1)
    return MilestoneFilter(
        process=process.id if process else asked.process or None,
        territory=asked.territory or None,
        stage=asked.stage or None,
        row=asked.row or None,
        responsible=cast("Responsible | None", asked.responsible or None),
        **situation,
    )


def _filters(
    visit: Visit, reading: Reading, asked: ActivitiesAsked, process: ProcessRow | None
) -> list[Filter]:
    say = speak(visit.language)
    places = [(FEDERATION, str(say("process.country")))] + [
        (one.code, one.name) for one in entities().values()
    ]
    filters = [
        Filter(
            "situacion",
            "standing",
            asked.situation,
            [(key, str(say(word))) for key, (_, word) in SITUATIONS.items()],
        ),
        Filter(
            "responsable",
            "responsible",
            asked.responsible,
            [(one, str(say(f"look.{one}"))) for one in get_args(Responsible)],
        ),
    ]
    if process is None:
        known = list_process_names(reading.connection, reading.as_of)
        options = [(one.id, visit.in_language(one.name)) for one in known]
        filters.append(Filter("proceso", "process", asked.process, options))
        stages: Sequence[Stage | StageRow] = known[0].stages if known else []
    else:
        stages = process.stages
    filters.append(
        Filter("etapa", "stage", asked.stage, [(one.id, visit.in_language(one.name)) for one in stages])
    )
    if process is None or process.territory == FEDERATION:
        filters.append(Filter("entidad", "territory", asked.territory, places))
    return filters
