"""The acts of legal effect that take two people: what was proposed, by whom, and what became of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from api.access import reach_held_by
from api.problems import nothing_here
from api.sign_in.session import Staff, StaffIfAny
from api.view.page import Content, answer
from api.view.private_page import private_page
from api.view.proposed_act import (
    Around,
    around,
    grantee_of,
    milestone_of,
    moment_now,
    persons_of,
    told_of,
)
from api.view.visit import Asked, Reading, Visit
from domain.access import Caller
from domain.entity import FEDERATION
from domain.legal_effect import action_to_decide
from domain.person import PERSON, person_stream
from ledger.desk.people import names_of
from projections.processes import names_of_processes
from projections.proposals import ProposalFilter, ProposalRow, get_proposal, list_proposals

router = APIRouter(tags=["pages"])

SHOWN = 50
ProposalPath = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
STATES = {"pendientes": "pending", "aprobadas": "approved", "rechazadas": "rejected", "vencidas": "expired"}
"""What the address calls a status."""
TO_DECIDE = "por-decidir"
"""What the address calls those that wait for the decision of who is signed in."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a proposal changes, and the page that tells of it."""

    name: str
    """Empty where whoever looks may not know it."""
    code: str
    link: str
    within: str = ""
    """The process of an activity."""


@router.get("/propuestas", response_class=HTMLResponse)
def proposals_page(
    visit: Asked,
    staff: StaffIfAny,
    estado: Annotated[str, Query(max_length=20)] = "",
    despues: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Los actos de efecto legal que hacen dos personas: una los propone y otra los aprueba."""
    if staff is None:
        return answer(visit, "proposals.html", lambda reading: _list(visit, reading, estado, despues, None))
    with visit.reading() as reading:
        content = _list(visit, reading, estado, despues, staff.caller)
    return private_page(visit, staff, "proposals.html", {**content, "data": None})


@router.get("/propuestas/{proposal}", response_class=HTMLResponse)
async def proposal_page(visit: Asked, staff: StaffIfAny, proposal: ProposalPath) -> Response:
    """Una propuesta: qué cambia, para quién, quién la hizo, hasta cuándo se puede aprobar."""
    if staff is None:
        return await asyncio.to_thread(
            answer, visit, "proposal.html", lambda reading: one(visit, reading, proposal, None)
        )
    return private_page(visit, staff, "proposal.html", await content_for(visit, staff, proposal))


async def content_for(visit: Visit, staff: Staff, proposal: str) -> dict[str, Any]:
    """Return what a page shows of a proposal to who is signed in: also the body of who gets a right.

    Raises a `Problem` where there is none for them.
    """

    def read() -> Content:
        with visit.reading() as reading:
            return one(visit, reading, proposal, staff.caller)

    content = dict(await asyncio.to_thread(read)) | {"data": None}
    if person := grantee_of(content["row"]):
        enrolled = (await visit.resources.ledger.load(PERSON, person_stream(person))).state.enrolled
        content["body"] = enrolled.body if enrolled else ""
    return content


def one(visit: Visit, reading: Reading, proposal: str, caller: Caller | None) -> Content:
    """Return what a page shows of a proposal; None is anybody. Raises a `Problem` where there is none for them."""
    row = _shown(reading, proposal, caller)
    if row is None:
        raise nothing_here()
    seen = around(visit, reading, row, _names(visit, row, caller))
    decides = caller is not None and caller.may(action_to_decide(row.effect), row.territory, row.process)
    is_own = caller is not None and caller.actor == row.proposed_by.actor
    return {
        "row": row,
        "told": told_of(row, seen),
        "moment_now": moment_now(row, seen),
        "local": seen.stamp,
        "changes": changed_by(row, seen),
        "grantee": grantee_of(row),
        "body": "",
        "is_own": is_own,
        "may_approve": decides and not is_own,
        "data": visit.data(f"/api/v1/proposals/{proposal}"),
        "changed": row.position,
    }


def _shown(reading: Reading, proposal: str, caller: Caller | None) -> ProposalRow | None:
    """Return a proposal where anyone may see it, or whose place the caller's authority reaches."""
    row = get_proposal(reading.connection, proposal, reading.as_of)
    if row is not None or caller is None:
        return row
    whole = get_proposal(reading.connection, proposal, reading.as_of, FEDERATION)
    return whole if whole is not None and caller.reaches(whole.territory, whole.process) else None


def _names(visit: Visit, row: ProposalRow, caller: Caller | None) -> dict[str, str]:
    """Return who the persons of a proposal are, for who may decide on it; each is told of themselves."""
    if caller is None:
        return {}
    decides = caller.may(action_to_decide(row.effect), row.territory, row.process)
    persons = [person for person in persons_of(row) if decides or person == caller.actor]
    if not persons:
        return {}
    with visit.resources.desk.connection() as connection:
        return names_of(connection, persons)


def changed_by(row: ProposalRow, seen: Around) -> Changed:
    """Return what a proposal changes: a person's rights, a process, or one of its activities."""
    if person := grantee_of(row):
        name = seen.names.get(person, "")
        link = f"/administracion/personas/{person}" if name else "/actos-de-administracion"
        return Changed(name, person, link)
    id_, process = row.process or "", seen.process
    named = seen.visit.in_language(process.name) if process else id_
    if milestone := milestone_of(row):
        name = seen.visit.in_language(seen.milestone.name) if seen.milestone else milestone
        return Changed(name, milestone, f"/procesos/{id_}/actividades/{milestone}", named)
    is_case = process is not None and process.cycle is None
    return Changed(named, id_, f"/expedientes/{id_}" if is_case else f"/procesos/{id_}")


def _list(visit: Visit, reading: Reading, state: str, after: str, caller: Caller | None) -> Content:
    states = STATES if caller is None else {TO_DECIDE: "to_decide"} | STATES
    where = ProposalFilter(
        status=STATES.get(state),  # type: ignore[arg-type]  # the values are statuses
        reach=reach_held_by(caller) if caller else None,
        to_decide=caller if state == TO_DECIDE else None,
    )
    page = list_proposals(reading.connection, where, reading.as_of, after=after or None, limit=SHOWN)
    named = names_of_processes(reading.connection, (row.process for row in page.items if row.process))
    return {
        "rows": page.items,
        "process_names": {id_: visit.in_language(name) for id_, name in named.items()},
        "next": page.next,
        "states": states,
        "state": state if state in states else "",
        "milestone_of": milestone_of,
        "data": visit.data("/api/v1/proposals"),
    }
