"""What the signed-in person is here: their id, their grants, and leaving."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.persons import caller_of
from api.sign_in.session import StaffOnly
from api.view.private_page import private_page
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/cuenta", response_class=HTMLResponse)
async def account_page(request: Request, visit: Asked, staff: StaffOnly) -> Response:
    """Mi cuenta: mi identificador y mis nombramientos."""
    resources = visit.resources
    person, _ = await caller_of(request.app.state.resources.ledger, staff.caller.actor, resources.clock())
    in_force = {authority.grant for authority in staff.caller.authorities}
    grants = [(grant, f"person/{grant.id}" in in_force) for grant in person.grants.values()]
    return private_page(visit, staff, "account.html", {"grants": grants})
