"""People who work with the log: what they hold, and giving and ending it. Names are not here, nor in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import Caller
from api.database import Resources
from api.erasing import forget
from api.granting import erase_name, give_grant, remove_person, revoke_grant
from api.openapi import LEGAL_EFFECT, OWN_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery, Question
from api.person_rows import PersonRow, person_row, person_rows
from api.persons import all_persons, bases_of
from api.preconditions import not_as_read
from api.reading import answer, answer_list
from api.recording import Attempt, Receipt, ToRecord, receipt_response
from domain.access import authorise
from domain.administration import administration_of
from domain.event import Line, Payload, Prose
from domain.person import (
    PERSON,
    EraseName,
    GiveGrant,
    Person,
    RemovePerson,
    RevokeGrant,
    known_person,
    person_stream,
)
from domain.territory import Place
from ledger.ledger import Folded, View
from projections.page import Page

router = APIRouter(prefix="/api/v1/people", tags=["people"])

PersonPath = Annotated[
    str, Path(pattern=r"^p-[0-9a-f]{12}$", description="The person's id.", examples=["p-0f3a5b7c9d1e"])
]
GrantNumber = Annotated[int, Path(ge=1, le=99_999, description="Which of the person's grants.", examples=[1])]


class PeopleQuestion(Question):
    """Which people to list."""

    territory: Place = "MX"
    """Only those who work in a place, or inside it."""


class EndGrant(Payload):
    """End a grant now. What was said under it stays as it was said."""

    reason: Prose
    instrument: Annotated[Line | None, Field()] = None


@router.get("", response_model=Page[PersonRow], responses=OWN_PROBLEMS)
async def list_all(request: Request, caller: Caller, query: Annotated[PeopleQuestion, Query()]) -> Response:
    """List who works with the log in a place: for those who administer it. Also as CSV."""
    resources: Resources = request.app.state.resources
    authority = authorise(caller, "administer", query.territory)
    people = await asyncio.to_thread(all_persons, resources.ledger)
    rows = person_rows(people, authority, query.territory, resources.clock())
    return _own(answer_list(request, rows, PersonRow))


@router.get("/{person}", response_model=PersonRow, responses=OWN_PROBLEMS)
async def get(request: Request, caller: Caller, person: PersonPath, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read what a person holds and held: oneself, or as one who administers."""
    resources: Resources = request.app.state.resources
    if caller.actor != person:
        administration_of(caller)
    folded = await resources.ledger.load(PERSON, person_stream(person))
    known_person(folded.state)
    row = person_row(folded, await bases_of(resources.ledger, folded.state), resources.clock())
    return _own(answer(request, row, folded.position))


@router.post("/{person}/grants", status_code=201, response_model=Receipt, responses=LEGAL_EFFECT)
async def give(
    person: PersonPath, asked: Annotated[Attempt[GiveGrant], Depends(ToRecord(GiveGrant))]
) -> Response:
    """Give a person the right to act in a post: an appointment, a delegation or a substitution."""
    command = GiveGrant(**asked.said())

    async def decide(view: View) -> Folded[Person]:
        if command.kind != "delegation":
            # Of two who give it, each has to be able to.
            await asked.authorise(view, "administer", command.territory, command.process)
        return await give_grant(view, person, command, await asked.caller_in(view), asked.resources.clock())

    return await _record(asked, person, decide, created=True)


@router.post("/{person}/grants/{number}/revocation", response_model=Receipt, responses=WRITE_PROBLEMS)
async def revoke(
    person: PersonPath, number: GrantNumber, asked: Annotated[Attempt[EndGrant], Depends(ToRecord(EndGrant))]
) -> Response:
    """End a grant now. What was said under it stays as it was said."""
    command = RevokeGrant(number=number, **asked.said())

    async def decide(view: View) -> Folded[Person]:
        return await revoke_grant(view, person, command, await asked.caller_in(view))

    return await _record(asked, person, decide)


@router.post("/{person}/removal", response_model=Receipt, responses=WRITE_PROBLEMS)
async def remove(
    person: PersonPath, asked: Annotated[Attempt[RemovePerson], Depends(ToRecord(RemovePerson))]
) -> Response:
    """End everything a person may do, and their sessions. Their posts and acts stay in the log."""

    async def decide(view: View) -> Folded[Person]:
        return await remove_person(view, person, asked.command, await asked.caller_in(view))

    return await _record(asked, person, decide)


@router.post("/{person}/erasure", response_model=Receipt, responses=WRITE_PROBLEMS)
async def erase(
    person: PersonPath, asked: Annotated[Attempt[EraseName], Depends(ToRecord(EraseName))]
) -> Response:
    """Erase what is known of who a removed person is: name, identity, passkeys, addresses.

    Their key is destroyed, so no backup tells it either. Their id, posts and acts stay in the log. It cannot be taken
    back; asked for again, it erases what a restored backup brought back.
    """

    async def decide(view: View) -> Folded[Person]:
        return await erase_name(view, person, asked.command, await asked.caller_in(view))

    response = await _record(asked, person, decide)
    await asyncio.to_thread(forget, asked.resources, person)
    return response


async def _record(
    asked: Attempt[Any],
    person: str,
    change: Callable[[View], Awaitable[Folded[Person]]],
    *,
    created: bool = False,
) -> Response:
    before = Folded(PERSON.initial, 0, 0)
    stream = person_stream(person)

    async def decide(view: View) -> None:
        nonlocal before
        before = await change(view)
        if before.position not in asked.read:
            raise not_as_read(stream, before.position, asked.read)

    recorded = await asked.record(decide)
    after = await asked.state_after(PERSON, before, recorded, stream)
    receipt = Receipt(
        command_id=asked.command_id, process=None, milestone=None,
        status=_status(after.state), version=after.version,
        position=after.position,
        first_position=recorded.events[0].envelope.position if recorded.events else after.position,
        recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
        changed=bool(recorded.events),
    )  # fmt: skip
    return receipt_response(receipt, recorded, location=f"/api/v1/people/{person}", created=created)


def _status(person: Person) -> str:
    if person.is_active:
        return "active"
    return "erased" if person.erased_at else "removed"


def _own(response: Response) -> Response:
    """Let nobody on the way keep an answer that is for one caller."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response
