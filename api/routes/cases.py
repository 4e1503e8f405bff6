"""Case files (*expedientes*): find them, read one, and open one with its first steps in one command."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AfterValidator, AwareDatetime, Field
from starlette.responses import Response

from api.access import Reach
from api.case_opening import open_case
from api.openapi import TOKEN_READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import ListQuestion, MomentQuery
from api.problems import Problem
from api.reading import answer, answer_page, not_found, reading
from api.recording import Attempt, Receipt, ToRecord
from api.routes.processes import process_receipt
from domain.case import OpenCase
from domain.milestone_rules import Circumstances, not_in_the_future
from domain.process import PROCESS, ProcessStatus
from domain.territory import Territory
from domain.text import without_control_characters
from ledger.ledger import Folded, View
from projections.cases import CaseFilter, CaseRow, get_case, list_cases
from projections.page import Page

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])

CaseId = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{1,120}$", description="The case's id.", examples=["pos-2026-mx-q-12"])
]


class CasesQuestion(ListQuestion):
    """Which cases to list; every condition that is given has to hold."""

    folio: Annotated[str | None, Field(max_length=80), AfterValidator(without_control_characters)] = None
    """How its number in the authority's register begins."""
    kind: Annotated[str | None, Field(pattern=r"^[a-z_]{1,60}$")] = None
    """Only those of a procedure: `ordinary_sanctioning`."""
    system: Annotated[int | None, Field(ge=1, le=14)] = None
    """Only those of one of the fourteen functions."""
    territory: Territory | None = None
    """Only those of the country's authority (`MX`) or of a state's."""
    body: Annotated[str | None, Field(max_length=80), AfterValidator(without_control_characters)] = None
    """Only those this body carries."""
    status: ProcessStatus | None = None
    """Only those under way (`open`) or ended (`closed`)."""
    due_after: AwareDatetime | None = None
    """Only those whose next deadline ends at this instant or later."""
    due_before: AwareDatetime | None = None
    """Only those whose next deadline ends before this instant."""
    late_only: bool = False
    """Only those with a step past its date."""


@router.get("", response_model=Page[CaseRow], responses=TOKEN_READ_PROBLEMS)
def list_all(request: Request, reach: Reach, query: Annotated[CasesQuestion, Query()]) -> Response:
    """List cases in the order they were opened. Also as CSV.

    Reserved ones, and what is not public of listed ones, are for who brings a token of their territory.
    """
    where = CaseFilter(
        folio=query.folio, kind=query.kind, system=query.system, territory=query.territory, body=query.body,
        status=query.status, due_after=query.due_after, due_before=query.due_before, late_only=query.late_only,
        reach=reach,
    )  # fmt: skip
    with reading(request, query.as_of) as (connection, as_of):
        page = list_cases(connection, where, as_of, after=query.cursor, limit=query.limit)
    return answer_page(request, page, CaseRow)


@router.get("/{case}", response_model=CaseRow, responses=TOKEN_READ_PROBLEMS)
def get(request: Request, case: CaseId, reach: Reach, query: MomentQuery) -> Response:
    """Read one case: its stage, its next deadline, what it came to. Its steps are the activities of its process."""
    with reading(request, query.as_of) as (connection, as_of):
        row = get_case(connection, case, as_of, reach)
    if row is None:
        raise unknown_case(case)
    return answer(request, row, row.position)


@router.post("", status_code=201, response_model=Receipt, responses=WRITE_PROBLEMS)
async def open_one(
    asked: Annotated[Attempt[OpenCase], Depends(ToRecord(OpenCase, exists=False))],
) -> Response:
    """Begin a case file: its steps are recorded with it, dated as far as they can be, or none of it is."""
    before = Folded(PROCESS.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        await asked.authorise(view, "report", asked.command.territory, asked.command.process)
        now = asked.resources.clock()
        not_in_the_future(Circumstances(asked.sent.occurred_at, now))
        before = await open_case(view, asked.command, now)

    recorded = await asked.record(decide)
    return await process_receipt(asked, asked.command.process, before, recorded, created=True)


def unknown_case(case: str) -> Problem:
    """Return the problem of a case that is not there, or that nobody may be told of."""
    return not_found(
        "unknown-case",
        es=f"No hay un expediente público «{case}» (en el momento consultado).",
        en=f"There is no public case '{case}' (at the moment asked about).",
    )
