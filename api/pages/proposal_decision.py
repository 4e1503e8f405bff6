"""Deciding on a proposal: the second person looks at what it does, and approves or rejects it."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from api.body import Sent
from api.pages.proposals import ProposalPath, content_for
from api.problems import Problem, invalid, problem_of
from api.reading import wait_until_told
from api.recording import attempt
from api.routes import proposals
from api.sign_in.acting import number_of
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from domain.event import Refused
from domain.proposal import ApproveProposal, RejectProposal

router = APIRouter(tags=["pages"])

Typed = Annotated[str, Form(max_length=4000)]


@router.get("/propuestas/{proposal}/decidir", response_class=HTMLResponse)
async def decision_page(visit: Asked, staff: StaffOnly, proposal: ProposalPath) -> Response:
    """Decidir sobre lo que propuso otra persona, a la vista de todo lo que cambia."""
    return await _page(visit, staff, proposal)


@router.post("/propuestas/{proposal}/decidir", response_class=HTMLResponse)
async def decide(
    request: Request, visit: Asked, staff: StaffOnly, proposal: ProposalPath, *,
    decision: Typed = "", digest: Typed = "", reason: Typed = "", read: Annotated[int, Form(ge=0)] = 0,
    form: Typed = "", form_key: Typed = "",
) -> Response:  # fmt: skip
    """Aprobar o rechazar: se hace sólo si es lo mismo que se revisó."""
    refuse_foreign_form(request, staff, form_key)
    resources, now = visit.resources, visit.resources.clock()
    try:
        command = ApproveProposal(digest=digest) if decision == "approval" else RejectProposal(reason=reason)
        asked = attempt(
            resources, staff.caller, number_of(form), Sent(command, now), frozenset({read}),
            f"/api/v1/proposals/{proposal}/{decision}", proved=staff.proved_lately(now),
        )  # fmt: skip
        if isinstance(command, ApproveProposal):
            await proposals.approve(request, proposal, asked)  # type: ignore[arg-type]  # it is of this command
        else:
            await proposals.reject(proposal, asked)  # type: ignore[arg-type]  # it is of this command
    except ValidationError as error:
        refused = invalid(error.errors(include_url=False, include_input=False))
        return await _page(visit, staff, proposal, refused=refused, reason=reason)
    except (Problem, Refused) as error:
        return await _page(visit, staff, proposal, refused=problem_of(error), reason=reason)
    await asyncio.to_thread(wait_until_told, resources)
    return RedirectResponse(visit.link(f"/propuestas/{proposal}"), 303)


async def _page(
    visit: Visit, staff: Staff, proposal: str, *, refused: Problem | None = None, reason: str = ""
) -> Response:
    content = await content_for(visit, staff, proposal)
    content |= {"refused": refused, "reason": reason, "form": uuid4()}
    return private_page(
        visit, staff, "proposal_decision.html", content, status=refused.status if refused else 200
    )
