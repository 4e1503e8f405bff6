"""The procedures: what the law sets for each kind of process, step by step. They are data, the same at any moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AfterValidator, Field
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import PlainQuery, Question
from api.problems import Problem
from api.procedure_rows import Jurisdiction, ProcedureHead, ProcedureRow, procedure_head, procedure_row
from api.reading import answer, answer_page, not_found
from api.step_rows import ProcedureSteps, procedure_steps
from api.variant_rows import ProcedureVariants, procedure_variants
from domain.procedure import Procedure, procedures
from domain.step import System
from domain.text import without_control_characters
from projections.page import BadCursor, Page

router = APIRouter(prefix="/api/v1/procedures", tags=["procedures"], dependencies=[PUBLIC])

Kind = Annotated[
    str,
    Path(
        pattern=r"^[a-z_]{1,60}$",
        description="The procedure: `special_sanctioning`, `federal_election`.",
        examples=["special_sanctioning"],
    ),
]


class ProceduresQuestion(Question):
    """Which procedures to list."""

    system: System | None = None
    """Only those of one of the fourteen functions, by its number."""
    jurisdiction: Jurisdiction | None = None
    """Only those opened by the federation, in a state, or in both."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """How many rows at most."""
    cursor: Annotated[str | None, Field(max_length=200), AfterValidator(without_control_characters)] = None
    """Where the page begins: the `next` of the page before."""


@router.get("", response_model=Page[ProcedureRow], responses=READ_PROBLEMS)
def list_procedures(request: Request, query: Annotated[ProceduresQuestion, Query()]) -> Response:
    """List the procedures by their kind, with how many of their articles were read. Also as CSV."""
    known = procedures()
    if query.cursor is not None and query.cursor not in known:
        raise BadCursor(query.cursor)
    found = [
        procedure
        for kind, procedure in sorted(known.items())
        if (query.cursor is None or kind > query.cursor)
        and query.system in {None, procedure.system}
        and query.jurisdiction in {None, procedure.jurisdiction}
    ]
    shown = found[: query.limit]
    following = shown[-1].kind if len(found) > len(shown) else None
    page = Page[ProcedureRow](items=[procedure_row(one) for one in shown], next=following)
    return answer_page(request, page, ProcedureRow)


@router.get("/{kind}", response_model=ProcedureHead, responses=READ_PROBLEMS)
def get_procedure(request: Request, kind: Kind, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Tell what a procedure is for, what it is opened with and how much of its law was read."""
    return answer(request, procedure_head(procedure_of(kind)))


@router.get("/{kind}/steps", response_model=ProcedureSteps, responses=READ_PROBLEMS)
def get_steps(request: Request, kind: Kind, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Tell every step of a procedure: its law, its deadline as a rule and in words, and what may come of it."""
    procedure: Procedure = procedure_of(kind)
    return answer(request, procedure_steps(procedure))


@router.get("/{kind}/variants", response_model=ProcedureVariants, responses=READ_PROBLEMS)
def get_variants(request: Request, kind: Kind, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Tell what a state's law, or the elections of certain years, have otherwise than a plan, row by row."""
    return answer(request, procedure_variants(procedure_of(kind)))


def procedure_of(kind: str) -> Procedure:
    """Return a procedure. Raises a 404 `Problem`."""
    found = procedures().get(kind)
    if found is None:
        raise unknown_procedure(kind)
    return found


def unknown_procedure(kind: str) -> Problem:
    """Return the problem of a procedure that is not there."""
    return not_found(
        "unknown-procedure",
        es=f"No hay un procedimiento «{kind}».",
        en=f"There is no procedure '{kind}'.",
    )
