"""One procedure: what it is for, its picture drawn from its data, and each of its steps with its law."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.procedure_rows import procedure_head, system_row
from api.routes.indicators import refuse_incomparable
from api.routes.procedures import procedure_of
from api.settings import Language
from api.step_rows import procedure_steps
from api.variant_rows import procedure_variants
from api.view.page import Content, answer
from api.view.procedure_diagram import draw
from api.view.visit import Asked, Reading, Visit
from api.words import sayings
from domain.procedure import Procedure
from domain.spoken_rule import rule_in_words, within_in_words
from domain.systems import systems
from projections.throughput import throughput

router = APIRouter(tags=["pages"])


Row = Annotated[str, Query(max_length=21)]


@router.get("/procedimientos/{kind}", response_class=HTMLResponse)
def procedure_page(visit: Asked, kind: str, desde: Row = "", hasta: Row = "") -> Response:
    """Un procedimiento: para qué es, su diagrama, sus pasos, sus plazos, su ley y cuánto tarda de un paso a otro."""
    procedure = procedure_of(kind)
    if desde and hasta:
        refuse_incomparable(procedure, desde, hasta)

    def content(reading: Reading) -> Content:
        return {
            **_content(procedure, visit.language),
            **_measured(procedure, visit, reading, desde, hasta),
        }

    return answer(visit, "procedure.html", content)


def _measured(procedure: Procedure, visit: Visit, reading: Reading, first: str, second: str) -> Content:
    """Return the steps to choose from and, where two are chosen, the days between them."""
    asked = {"kind": procedure.kind, "from": first, "to": second}
    is_asked = bool(first and second)
    return {
        "choices": [step for step in procedure.steps if step.every is None],
        "first": first,
        "second": second,
        "measured": throughput(reading.connection, procedure.kind, first, second, reading.as_of)
        if is_asked
        else None,
        "measured_data": visit.data("/api/v1/indicators/throughput", **asked),
    }


def _content(procedure: Procedure, language: Language) -> Content:
    rows = procedure_steps(procedure).items
    by_stage = [(stage, [row for row in rows if row.stage == stage.id]) for stage in procedure.stages]
    known = systems()
    return {
        "procedure": procedure_head(procedure),
        "system": system_row(known[procedure.system]),
        "systems": known,
        "by_stage": [(stage, steps) for stage, steps in by_stage if steps],
        "diagram": draw(procedure, language),
        "names_of": {step.id: step.name for step in procedure.steps},
        "facts_of": {fact.id: fact.name for fact in procedure.facts},
        "variants": procedure_variants(procedure).items,
        "election_day": rule_in_words(procedure.election_day, procedure) if procedure.election_day else None,
        "within_in_words": within_in_words,
        "groups": {key.removeprefix("procedure.by_") for key in sayings() if key.startswith("procedure.by_")},
        # It is the same at any moment, so the address says none.
        "data": f"/api/v1/procedures/{procedure.kind}/steps",
    }
