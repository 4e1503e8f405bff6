"""What the signed-in person is here: their id, their grants, delegating one, and leaving."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.granting import give_grant
from api.persons import caller_of
from api.problems import Problem, problem_of
from api.sign_in.acting import record_form
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.grant_choices import people_to_choose, places_to_choose, processes_to_choose
from api.view.grant_form import GrantForm
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from domain.access import Caller
from domain.event import Refused
from ledger.ledger import View

router = APIRouter(tags=["pages"])


@router.get("/cuenta", response_class=HTMLResponse)
async def account_page(visit: Asked, staff: StaffOnly) -> Response:
    """Mi cuenta: mi identificador, mis nombramientos, y delegar uno."""
    return await _page(visit, staff, {})


@router.post("/cuenta/delegacion", response_class=HTMLResponse)
async def delegate(
    request: Request, visit: Asked, staff: StaffOnly, form: Annotated[GrantForm, Form()]
) -> Response:
    """Dejar que otra persona use un nombramiento propio, o parte de él."""
    refuse_foreign_form(request, staff, form.form_key)

    async def change(view: View, caller: Caller, now: Any) -> None:
        lent = next((each for each in caller.authorities if each.grant == f"person/{form.rests_on}"), None)
        kept = {"kind": "delegation"}
        if lent is not None:
            # What is lent is the right as it is: its place and post, unless less is asked for.
            kept |= {"post": lent.post, "body": lent.body, "role": form.role or lent.role}
            kept |= {
                "territory": form.territory or lent.territory,
                "process": form.process or lent.process or "",
            }
        await give_grant(view, form.person, form.model_copy(update=kept).command(now), caller, now)

    try:
        await record_form(visit.resources, staff, form.form, form.said(), change)
    except (Problem, Refused) as refused:
        return await _page(visit, staff, {"refused": problem_of(refused), "typed": form.model_dump()})
    return RedirectResponse(visit.link("/cuenta"), 303)


async def _page(visit: Visit, staff: Staff, content: dict[str, Any]) -> Response:
    resources = visit.resources
    person, _ = await caller_of(resources.ledger, staff.caller.actor, resources.clock())
    in_force = {authority.grant for authority in staff.caller.authorities}
    grants = [(grant, f"person/{grant.id}" in in_force) for grant in person.grants.values()]
    lendable = [grant for grant, holds in grants if holds and grant.given.kind == "appointment"]
    whole = {
        "grants": grants,
        "lendable": lendable,
        "administers": any(authority.allows("administer") for authority in staff.caller.authorities),
        "proved": staff.proved_lately(resources.clock()),
        "typed": {}, "refused": None, "form": uuid4(),
    }  # fmt: skip
    if lendable:
        held = [grant.authority() for grant in lendable]
        whole |= {
            "people": await asyncio.to_thread(people_to_choose, visit, staff.caller, held),
            "places": places_to_choose(visit, held),
            "processes": await asyncio.to_thread(processes_to_choose, visit, held),
        }
    problem = content.get("refused")
    status = problem.status if problem else 200
    return private_page(visit, staff, "account.html", whole | content, status=status)
