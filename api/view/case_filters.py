"""The public docket with filters that are addresses: what may be asked, and what the template shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query

from api.problems import Problem
from api.view.visit import Reading, Visit
from api.words import speak
from domain.calendar import opens_at
from domain.entity import CENTRAL_ZONE, FEDERATION, entities, zone_of
from domain.procedure import procedures
from domain.process import ProcessStatus
from domain.systems import procedures_of, systems
from projections.cases import CaseFilter, CaseRow, count_cases, list_cases
from projections.systems import SystemRow, list_systems

LISTED = 50
"""Cases on one sheet."""

STATUSES: dict[str, ProcessStatus] = {"en-curso": "open", "cerrado": "closed"}
"""What ``?estado=`` may be."""

LATE = "vencido"
"""What ``?plazo=`` may be: only cases with a step past its date."""

NOWHERE = -1
"""The number of a function that is not there: what does not exist finds nothing."""


@dataclass(frozen=True, slots=True)
class CasesAsked:
    """What the docket is asked for; empty words ask for everything."""

    folio: str
    system: str
    """A function by its word: ``electoral-justice``."""
    kind: str
    territory: str
    status: str
    late_only: bool
    due_before: date | None
    after: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One list of the form: the parameter, the key of its label, what is chosen, and what can be, in groups."""

    name: str
    word: str
    chosen: str
    groups: list[tuple[str, list[tuple[str, str]]]]
    """The name of each group, empty where there is only one, and its options: the value and its label."""


def _asked(
    folio: Annotated[str, Query(max_length=80, description="Cómo empieza el folio.")] = "",
    funcion: Annotated[str, Query(max_length=60, description="Una función: `electoral-justice`.")] = "",
    procedimiento: Annotated[str, Query(max_length=60)] = "",
    entidad: Annotated[str, Query(max_length=10)] = "",
    estado: Annotated[str, Query(max_length=20, description="`en-curso` o `cerrado`.")] = "",
    plazo: Annotated[str, Query(max_length=20, description="`vencido`: con un paso vencido.")] = "",
    antes: Annotated[str, Query(max_length=20, description="El próximo plazo vence antes de este día.")] = "",
    despues: Annotated[str, Query(max_length=40)] = "",
) -> CasesAsked:
    _refuse_unknown(estado, list(STATUSES))
    _refuse_unknown(plazo, [LATE])
    folio = " ".join(folio.split())
    return CasesAsked(
        folio, funcion, procedimiento, entidad, estado, plazo == LATE, _day_of(antes), despues
    )  # fmt: skip


def _refuse_unknown(word: str, known: list[str]) -> None:
    if word and word not in known:
        listed = ", ".join(known)
        raise Problem(
            422,
            "bad-case-filter",
            es=f"«{word}» no es un filtro de expedientes. Los que hay: {listed}.",
            en=f"'{word}' is not a filter of case files. There are: {listed}.",
        )


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Problem(
            422,
            "bad-case-filter",
            es="«antes» es un día como 2026-12-01.",
            en="'antes' is a day such as 2026-12-01.",
        ) from None


AskedCases = Annotated[CasesAsked, Depends(_asked)]
"""The filters of the docket, as a route takes them."""


def case_filter(asked: CasesAsked) -> CaseFilter:
    """Return the filter; what is asked for and does not exist finds nothing."""
    system = next((one.number for one in systems().values() if one.id == asked.system), NOWHERE)
    return CaseFilter(
        folio=asked.folio or None,
        system=system if asked.system else None,
        kind=asked.kind or None,
        territory=asked.territory or None,
        status=STATUSES.get(asked.status),
        due_before=_first_instant(asked) if asked.due_before else None,
        late_only=asked.late_only,
    )


def _first_instant(asked: CasesAsked) -> datetime:
    """Return the end of the day before, on the clocks of the place that is asked about."""
    zone = zone_of(asked.territory) if asked.territory in entities() else CENTRAL_ZONE
    # What is due the day before is late from midnight on, which is the first instant of the day.
    return opens_at(f"{asked.due_before}", zone) + timedelta(microseconds=1)


def cases_content(visit: Visit, reading: Reading, asked: CasesAsked) -> dict[str, Any]:
    """Return what ``cases.html`` shows."""
    where = case_filter(asked)
    found = list_cases(reading.connection, where, reading.as_of, after=asked.after or None, limit=LISTED)
    return {
        "rows": found.items,
        "count": count_cases(reading.connection, where, reading.as_of),
        "reserved": _reserved(reading, where),
        "next": found.next,
        "asked": asked,
        "late_word": LATE,
        "filters": _choices(visit, asked),
        "filtered": where != CaseFilter(),
        "data": _data(visit, where),
        "table": visit.here_at("/expedientes.csv", despues=""),
    }


def _reserved(reading: Reading, where: CaseFilter) -> int:
    """Return how many reserved cases there are of the function, the place and the status asked for."""
    counted = [
        row
        for row in list_systems(reading.connection, reading.as_of, where.territory)
        if where.system in {None, row.number}
    ]
    shown = CaseFilter(system=where.system, territory=where.territory, status=where.status)
    every = sum(_cases_of(row, where.status) for row in counted)
    return max(every - count_cases(reading.connection, shown, reading.as_of), 0)


def _cases_of(row: SystemRow, status: ProcessStatus | None) -> int:
    numbers = {"open": row.cases_open, "closed": row.cases_closed}
    return numbers[status] if status else sum(numbers.values())


def _choices(visit: Visit, asked: CasesAsked) -> list[Choice]:
    say = speak(visit.language)
    places = [
        (FEDERATION, str(say("process.country"))),
        *((one.code, one.name) for one in entities().values()),
    ]
    statuses = [(word, str(say(f"process.{status}"))) for word, status in STATUSES.items()]
    functions = [(one.id, visit.in_language(one.name)) for one in systems().values()]
    return [
        Choice("funcion", "case.filter_function", asked.system, [("", functions)]),
        Choice("procedimiento", "case.filter_procedure", asked.kind, _procedures(visit)),
        Choice("entidad", "case.filter_territory", asked.territory, [("", places)]),
        Choice("estado", "case.filter_status", asked.status, [("", statuses)]),
    ]


def _procedures(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the procedures whose cases may be listed, by function."""
    found = []
    for system in systems().values():
        shown = [one for one in procedures_of(system.number) if not one.is_plan and one.docket != "reserved"]
        options = [(one.kind, visit.in_language(one.name)) for one in shown]
        if options:
            found.append((visit.in_language(system.name), options))
    return found


def _data(visit: Visit, where: CaseFilter) -> str:
    """Return the address of the same list in the API."""
    words = ("folio", "kind", "system", "territory", "status")
    asked = {word: value for word in words if (value := getattr(where, word)) is not None}
    if where.due_before:
        asked["due_before"] = where.due_before.isoformat()
    if where.late_only:
        asked["late_only"] = "true"
    return visit.data("/api/v1/cases", **asked)


def procedure_name(row: CaseRow, visit: Visit) -> str:
    """Return what a case is: the name of its procedure, or the case's own where the program no longer has it."""
    procedure = procedures().get(row.kind)
    return visit.in_language(procedure.name if procedure else row.name)
