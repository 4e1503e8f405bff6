"""Lists of activities with filters that are addresses: what may be asked, and what the template shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, cast, get_args

from fastapi import Depends, Query

from api.problems import Problem
from api.too_wide import refuse_too_wide
from api.view.look import DUE_SOON
from api.view.visit import Reading, Visit
from api.words import speak
from domain.entity import FEDERATION, entities
from domain.procedure import Stage
from domain.step import Quality, Responsible
from domain.systems import systems
from domain.timeliness import DUE_TO_DATE, Standing
from projections.milestone_filter import MilestoneFilter
from projections.milestones import count_milestones, count_withheld, list_milestones
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
    "cuentan": ({"counted_only": True}, "process.group_counted"),
    "sin-aviso": ({"notice": "missing"}, "look.notice_missing"),
    "aviso-tardio": ({"notice": "given_late"}, "look.notice_given_late"),
    "por-validar": ({"owes": "validation"}, "look.owes_validation"),
    "sin-soporte": ({"owes": "evidence"}, "look.owes_evidence"),
}
"""The situations that can be asked for: the filter each is, and its words. They are the groups figures are made of."""

OF_CASES = SITUATIONS.keys() - {"esperan", "proximas", "aviso-tardio"}
"""Those that the list of the steps of cases has: it knows neither order nor the days that are left."""


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
    among: Literal["", "expedientes"]
    """Of case files; of elections where it is empty."""
    system: str
    """A function by its word: ``electoral-justice``."""
    quality: str


def _asked(
    proceso: Annotated[str, Query(max_length=80)] = "",
    entidad: Annotated[str, Query(max_length=10)] = "",
    responsable: Annotated[str, Query(max_length=20)] = "",
    etapa: Annotated[str, Query(max_length=40)] = "",
    situacion: Annotated[str, Query(max_length=20)] = "",
    fila: Annotated[str, Query(max_length=20, description="La fila del plan: `L010`.")] = "",
    despues: Annotated[str, Query(max_length=40)] = "",
    de: Annotated[Literal["", "expedientes"], Query(description="`expedientes`: pasos de expedientes.")] = "",
    funcion: Annotated[str, Query(max_length=60, description="Una función: `electoral-justice`.")] = "",
    calidad: Annotated[str, Query(max_length=60, description="Un grupo de procesos de calidad.")] = "",
) -> ActivitiesAsked:
    if situacion and situacion not in SITUATIONS:
        known = ", ".join(SITUATIONS)
        raise Problem(
            422,
            "unknown-situation",
            es=f"«{situacion}» no es una situación. Las que hay: {known}.",
            en=f"'{situacion}' is not a situation. There are: {known}.",
        )
    return ActivitiesAsked(
        proceso, entidad, responsable, etapa, situacion, fila, despues, de, funcion, calidad
    )


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
    refuse_too_wide(where)
    found = list_milestones(reading.connection, where, reading.as_of, after=asked.after or None, limit=LISTED)
    say = speak(visit.language)
    return {
        "rows": found.items,
        "count": count_milestones(reading.connection, where, reading.as_of),
        "withheld": count_withheld(reading.connection, where, reading.as_of),
        "among": asked.among,
        "next": found.next,
        "filters": _filters(visit, reading, asked, process),
        "filtered": any(
            (
                asked.process,
                asked.territory,
                asked.responsible,
                asked.stage,
                asked.situation,
                asked.row,
                asked.among,
                asked.system,
                asked.quality,
            )
        ),
        "show_place": process is None or process.territory == FEDERATION,
        "situation": say(SITUATIONS[asked.situation][1]) if asked.situation else "",
        "data": _data(visit, where),
        "table": visit.here_at("/actividades.csv", proceso=where.process),
    }


def _data(visit: Visit, where: MilestoneFilter) -> str | None:
    """Return the address of the same list in the API, or None where the API cannot be asked for it."""
    if where.by_law is not None or not isinstance(where.standing, str | None) or where.system == NOWHERE:
        return None
    words = ["territory", "responsible", "stage", "row", "standing", "counted_only", "blocked",
             "system", "quality", "notice", "owes"]  # fmt: skip
    words += [] if where.process else ["among"]
    asked: dict[str, str] = {word: str(value).lower() if isinstance(value, bool) else str(value)
                             for word in words if (value := getattr(where, word))}  # fmt: skip
    if where.due_before:
        asked["due_before"] = where.due_before.isoformat()
    path = f"/api/v1/processes/{where.process}/milestones" if where.process else "/api/v1/milestones"
    return visit.data(path, **asked)


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
        among="cases" if asked.among else "elections",
        system=_system_number(asked.system),
        quality=cast("Quality | None", asked.quality or None),
        **situation,
    )


NOWHERE = 0
"""The number of a function that is none: its list is empty."""


def _system_number(word: str) -> int | None:
    if not word:
        return None
    return next((one.number for one in systems().values() if one.id == word), NOWHERE)


def _filters(
    visit: Visit, reading: Reading, asked: ActivitiesAsked, process: ProcessRow | None
) -> list[Filter]:
    say = speak(visit.language)
    known = [key for key in SITUATIONS if key in OF_CASES or not asked.among]
    situations = [(key, str(say(SITUATIONS[key][1]))) for key in known]
    filters = [Filter("situacion", "standing", asked.situation, situations)]
    if not asked.among:
        filters += _of_elections(visit, reading, asked, process)
    if process is None or process.territory == FEDERATION:
        places = [
            (FEDERATION, str(say("process.country"))),
            *((one.code, one.name) for one in entities().values()),
        ]
        filters.append(Filter("entidad", "territory", asked.territory, places))
    functions = [(one.id, visit.in_language(one.name)) for one in systems().values()]
    groups = [(one, str(say(f"procedure.quality_{one}"))) for one in get_args(Quality)]
    return [
        *filters,
        Filter("funcion", "function", asked.system, functions),
        Filter("calidad", "quality", asked.quality, groups),
    ]


def _of_elections(
    visit: Visit, reading: Reading, asked: ActivitiesAsked, process: ProcessRow | None
) -> list[Filter]:
    """Return the choices that steps of cases have in other words, or not at all."""
    say = speak(visit.language)
    answering = [(one, str(say(f"look.{one}"))) for one in get_args(Responsible)]
    filters = [Filter("responsable", "responsible", asked.responsible, answering)]
    if process is None:
        known = list_process_names(reading.connection, reading.as_of)
        options = [(one.id, visit.in_language(one.name)) for one in known]
        filters.append(Filter("proceso", "process", asked.process, options))
        stages: Sequence[Stage | StageRow] = known[0].stages if known else []
    else:
        stages = process.stages
    named = [(one.id, visit.in_language(one.name)) for one in stages]
    return [*filters, Filter("etapa", "stage", asked.stage, named)]
