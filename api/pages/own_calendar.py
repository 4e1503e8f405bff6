"""A person's own deadlines as a calendar, at an address that only they know."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from api.database import Resources
from api.mine import places_of, rows_of
from api.pages.calendars import calendar_answer
from api.persons import caller_of
from api.problems import Problem
from api.view.feeds import ONLY_ITS_OWNER
from api.view.visit import Asked
from api.words import speak_plainly
from domain.access import Caller
from ledger.desk.calendars import person_of_calendar
from projections.milestone_filter import MilestoneFilter

router = APIRouter(tags=["pages"])


async def owner_of_calendar(
    request: Request, secret: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
) -> Caller:
    """Return whose calendar an address is, with every right they hold now. Raises a 404 `Problem`."""
    resources: Resources = request.app.state.resources
    person = await asyncio.to_thread(_at_the_desk, resources, secret)
    if person is not None:
        state, caller = await caller_of(resources.ledger, person, resources.clock())
        if state.is_active:
            return caller
    raise Problem(
        404, "not-found", es="No hay nada en esta dirección.", en="There is nothing at this address."
    )


@router.get("/calendarios/personas/{secret}.ics")
def own_calendar(visit: Asked, owner: Annotated[Caller, Depends(owner_of_calendar)]) -> Response:
    """Mis plazos, los de mis territorios, como calendario."""
    name = speak_plainly(visit.language)("letter.my_deadlines")
    with visit.reading() as reading:
        rows = list(rows_of(reading.connection, places_of(owner, "report"), MilestoneFilter(), reading.as_of))
        shown = {(row.process, row.id): row for row in rows if not row.same_as}
        return calendar_answer(visit, reading, name, list(shown.values()), caching=ONLY_ITS_OWNER)


def _at_the_desk(resources: Resources, secret: str) -> str | None:
    with resources.desk.connection() as connection:
        return person_of_calendar(connection, secret)
