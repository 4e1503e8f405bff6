"""The acts of legal effect that take two people: what was proposed, by whom, and what became of it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from api.problems import nothing_here
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from projections.proposals import ProposalFilter, ProposalRow, get_proposal, list_proposals

router = APIRouter(tags=["pages"])

SHOWN = 50
ProposalPath = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
STATES = {"pendientes": "pending", "aprobadas": "approved", "rechazadas": "rejected", "vencidas": "expired"}
"""What the address calls a status."""


@router.get("/propuestas", response_class=HTMLResponse)
def proposals_page(
    visit: Asked,
    estado: Annotated[str, Query(max_length=20)] = "",
    despues: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Los actos de efecto legal que hacen dos personas: una los propone y otra los aprueba."""
    return answer(visit, "proposals.html", lambda reading: _list(visit, reading, estado, despues))


@router.get("/propuestas/{proposal}", response_class=HTMLResponse)
def proposal_page(visit: Asked, proposal: ProposalPath) -> Response:
    """Una propuesta: qué cambia, quién la hizo, hasta cuándo se puede aprobar."""
    return answer(visit, "proposal.html", lambda reading: one(visit, reading, proposal))


def one(visit: Visit, reading: Reading, proposal: str) -> Content:
    """Return what a page shows of a proposal. Raises a `Problem` where there is none."""
    row = get_proposal(reading.connection, proposal, reading.as_of)
    if row is None:
        raise nothing_here()
    return {
        "row": row,
        "asked": asked_of(row),
        "changes": changed_page(row),
        "data": visit.data(f"/api/v1/proposals/{proposal}"),
        "changed": row.position,
    }


def asked_of(row: ProposalRow) -> list[tuple[str, Any]]:
    """Return what was sent, word by word, without what was left out."""
    return [(name, value) for name, value in json.loads(row.command).items() if value not in (None, [], "")]


def changed_page(row: ProposalRow) -> str:
    """Return the page of what it changes."""
    words = row.address.removeprefix("/api/v1/").split("/")
    if words[0] != "processes":
        return "/actos-de-administracion"
    return f"/procesos/{words[1]}" + (f"/actividades/{words[3]}" if words[2] == "milestones" else "")


def _list(visit: Visit, reading: Reading, state: str, after: str) -> Content:
    where = ProposalFilter(status=STATES.get(state))  # type: ignore[arg-type]  # the values are statuses
    page = list_proposals(reading.connection, where, reading.as_of, after=after or None, limit=SHOWN)
    return {
        "rows": page.items,
        "next": page.next,
        "states": STATES,
        "state": state if state in STATES else "",
        "changed_page": changed_page,
        "data": visit.data("/api/v1/proposals"),
    }
