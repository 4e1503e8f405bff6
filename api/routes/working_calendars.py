"""The days each authority does not work, year by year: what business days are counted by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery
from api.reading import answer, not_found
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from domain.milestone_rules import Circumstances, not_in_the_future
from domain.territory import Territory
from domain.working_calendar import (
    WORKING_CALENDAR,
    LoadWorkingCalendar,
    WorkingCalendarLoaded,
    authority_of,
    calendar_stream,
)
from ledger.ledger import Folded, View

router = APIRouter(prefix="/api/v1/working-calendars", tags=["cases"])

TerritoryPath = Annotated[
    Territory, Path(description="`MX` for INE, or the state of the local institute.", examples=["MX-JAL"])
]
YearPath = Annotated[int, Path(ge=2000, le=2100, examples=[2027])]


@router.get(
    "/{territory}/{year}",
    response_model=WorkingCalendarLoaded,
    responses=READ_PROBLEMS,
    dependencies=[PUBLIC],
)
async def get(request: Request, territory: TerritoryPath, year: YearPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read which days of a year an authority does not work, besides weekends and the days of rest of the law."""
    folded = await request.app.state.resources.ledger.load(WORKING_CALENDAR, calendar_stream(territory, year))
    if folded.state.loaded is None:
        raise not_found(
            "unknown-working-calendar",
            es=f"El calendario de días inhábiles de {authority_of(territory)} para {year} no está cargado.",
            en=f"The non-working days of {authority_of(territory)} for {year} are not loaded.",
        )
    return answer(request, folded.state.loaded, folded.position)


@router.post("", status_code=201, response_model=Receipt, responses=WRITE_PROBLEMS)
async def load(
    asked: Annotated[Attempt[LoadWorkingCalendar], Depends(ToRecord(LoadWorkingCalendar, exists=False))],
) -> Response:
    """Say which days of a year an authority does not work. A later calendar replaces the one before, whole."""
    command = asked.command
    stream = calendar_stream(command.territory, command.year)
    before = Folded(WORKING_CALENDAR.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        await asked.authorise(view, "administer", command.territory)
        not_in_the_future(Circumstances(asked.sent.occurred_at, asked.resources.clock()))
        before = await view.load(WORKING_CALENDAR, stream)
        view.write(stream, command.decide(before.state))

    recorded = await asked.record(decide)
    after = await asked.state_after(WORKING_CALENDAR, before, recorded, stream)
    receipt = Receipt(
        command_id=asked.command_id, process=None, milestone=None, status="loaded",
        version=after.version, position=recorded.position,
        first_position=recorded.events[0].envelope.position if recorded.events else recorded.position,
        recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
        changed=bool(recorded.events),
    )  # fmt: skip
    location = f"/api/v1/working-calendars/{command.territory}/{command.year}"
    return receipt_response(receipt, recorded, location=location, created=True)
