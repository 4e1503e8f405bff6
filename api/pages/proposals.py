"""The acts of legal effect that take two people: what was proposed, by whom, and what became of it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from api.access import reach_held_by
from api.problems import nothing_here
from api.sign_in.session import StaffIfAny
from api.view.page import Content, answer
from api.view.private_page import private_page
from api.view.visit import Asked, Reading, Visit
from domain.access import Caller
from domain.entity import FEDERATION
from projections.proposals import ProposalFilter, ProposalRow, get_proposal, list_proposals

router = APIRouter(tags=["pages"])

SHOWN = 50
ProposalPath = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
STATES = {"pendientes": "pending", "aprobadas": "approved", "rechazadas": "rejected", "vencidas": "expired"}
"""What the address calls a status."""


@router.get("/propuestas", response_class=HTMLResponse)
def proposals_page(
    visit: Asked,
    staff: StaffIfAny,
    estado: Annotated[str, Query(max_length=20)] = "",
    despues: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Los actos de efecto legal que hacen dos personas: una los propone y otra los aprueba."""
    if staff is None:
        return answer(visit, "proposals.html", lambda reading: _list(visit, reading, estado, despues))
    with visit.reading() as reading:
        content = _list(visit, reading, estado, despues, reach_held_by(staff.caller))
    return private_page(visit, staff, "proposals.html", {**content, "data": None})


@router.get("/propuestas/{proposal}", response_class=HTMLResponse)
def proposal_page(visit: Asked, staff: StaffIfAny, proposal: ProposalPath) -> Response:
    """Una propuesta: qué cambia, quién la hizo, hasta cuándo se puede aprobar."""
    if staff is None:
        return answer(visit, "proposal.html", lambda reading: one(visit, reading, proposal, None))
    with visit.reading() as reading:
        content = one(visit, reading, proposal, staff.caller)
    return private_page(visit, staff, "proposal.html", {**content, "data": None})


def one(visit: Visit, reading: Reading, proposal: str, caller: Caller | None) -> Content:
    """Return what a page shows of a proposal; None is anybody. Raises a `Problem` where there is none for them."""
    row = _shown(reading, proposal, caller)
    if row is None:
        raise nothing_here()
    return {
        "row": row,
        "asked": asked_of(row),
        "changes": changed_page(row),
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


def asked_of(row: ProposalRow) -> list[tuple[str, Any]]:
    """Return what was sent, word by word, without what was left out."""
    return [(name, value) for name, value in json.loads(row.command).items() if value not in (None, [], "")]


def changed_page(row: ProposalRow) -> str:
    """Return the page of what it changes."""
    words = row.address.removeprefix("/api/v1/").split("/")
    if words[0] != "processes":
        return "/actos-de-administracion"
    return f"/procesos/{words[1]}" + (f"/actividades/{words[3]}" if words[2] == "milestones" else "")


def _list(visit: Visit, reading: Reading, state: str, after: str, reach: str | None = None) -> Content:
    where = ProposalFilter(status=STATES.get(state), reach=reach)  # type: ignore[arg-type]  # the values are statuses
    page = list_proposals(reading.connection, where, reading.as_of, after=after or None, limit=SHOWN)
    return {
        "rows": page.items,
        "next": page.next,
        "states": STATES,
        "state": state if state in STATES else "",
        "changed_page": changed_page,
        "data": visit.data("/api/v1/proposals"),
    }
