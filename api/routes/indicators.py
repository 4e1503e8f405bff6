"""How well work is done, how long it takes from one step to another, and how long authorities wait for each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import MomentQuestion
from api.problems import Problem
from api.reading import answer_list, reading
from api.routes.procedures import procedure_of
from domain.procedure import Procedure
from domain.territory import Territory
from domain.variant import variants_of
from projections.indicators import IndicatorRow, list_indicators
from projections.page import Page
from projections.throughput import ThroughputRow, throughput
from projections.waiting import WaitingRow, list_waiting

router = APIRouter(prefix="/api/v1/indicators", tags=["entities"], dependencies=[PUBLIC])

StepId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{0,20}$")]


class IndicatorsQuestion(MomentQuestion):
    """Whose indicators, and when."""

    territory: Territory | None = None
    """Only those of the country's authority (`MX`) or of a state; the whole country where it is left out."""


class ThroughputQuestion(IndicatorsQuestion):
    """Between which two steps of which procedure."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,60}$", examples=["local_election"])]
    """The procedure."""
    first: Annotated[StepId, Field(alias="from", examples=["L001"])]
    """The step the days are counted from."""
    second: Annotated[StepId, Field(alias="to", examples=["L010"])]
    """The step they are counted to."""


@router.get("", response_model=Page[IndicatorRow], responses=READ_PROBLEMS)
def list_all(request: Request, query: Annotated[IndicatorsQuestion, Query()]) -> Response:
    """Tell how well the steps of each group are carried out, worked out from what was reported. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        return answer_list(request, list_indicators(connection, as_of, query.territory), IndicatorRow)


@router.get("/throughput", response_model=Page[ThroughputRow], responses=READ_PROBLEMS)
def measure_throughput(request: Request, query: Annotated[ThroughputQuestion, Query()]) -> Response:
    """Tell how many days pass between two steps of a procedure, in all its processes: one row. Also as CSV."""
    procedure = procedure_of(query.kind)
    refuse_incomparable(_text_with(procedure, query), query.first, query.second)
    with reading(request, query.as_of) as (connection, as_of):
        row = throughput(connection, procedure.kind, query.first, query.second, as_of, query.territory)
        return answer_list(request, [row], ThroughputRow)


@router.get("/waiting", response_model=Page[WaitingRow], responses=READ_PROBLEMS)
def list_waits(request: Request, query: Annotated[IndicatorsQuestion, Query()]) -> Response:
    """Tell how many days the steps of each authority wait for another's, pair by pair. Also as CSV.

    A step waits from when it could begin for its own part (what it follows of its own authority done, its start date
    come; without either, when the other's step was due) until what it follows of the other authority is done, and only
    while the other could act.
    """
    with reading(request, query.as_of) as (connection, as_of):
        return answer_list(request, list_waiting(connection, as_of, query.territory), WaitingRow)


def refuse_incomparable(procedure: Procedure, first: str, second: str) -> None:
    """Refuse two steps between which no days can be counted. Raises a 422 `Problem`."""
    once = [step.id for step in procedure.steps if step.every is None]
    if unknown := [row for row in (first, second) if row not in once]:
        listed = ", ".join(once if len(once) <= 20 else [*once[:3], "…", once[-1]])
        raise Problem(
            422,
            "steps-not-comparable",
            es=f"«{procedure.name.es}» no tiene un paso «{unknown[0]}» que se haga una vez: usa dos de {listed}.",
            en=f"'{procedure.name.en}' has no step '{unknown[0]}' that is done once: use two of {listed}.",
        )
    if first == second:
        raise Problem(
            422,
            "steps-not-comparable",
            es=f"«{first}» es el primer paso y el segundo: elige dos distintos.",
            en=f"'{first}' is the first step and the second: choose two different ones.",
        )


def _text_with(procedure: Procedure, query: ThroughputQuestion) -> Procedure:
    """Return the plan's text that has both steps: the procedure's own, that of certain years, or a state's."""
    texts = [
        variant.plan
        for variant in variants_of(procedure.kind)
        if variant.territory in {None, query.territory}
    ]
    return next(
        (text for text in texts if {query.first, query.second} <= set(text.by_id)),
        procedure,
    )
