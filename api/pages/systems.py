"""Letting systems act: a token or a client is made, listed and taken away by those who administer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any, get_args
from uuid import uuid4

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.body import Command, Sent
from api.problems import Problem, problem_of
from api.recording import Attempt, attempt
from api.sign_in.acting import number_of, prove_again
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.system_keys import (
    CLIENTS,
    TOKENS,
    Kind,
    end_client,
    end_token,
    list_keys,
    make_client,
    make_token,
    read_key,
)
from api.view.grant_choices import places_to_choose, processes_to_choose
from api.view.private_page import private_page
from api.view.right_form import read_command
from api.view.system_forms import SystemForm
from api.view.visit import Asked, Visit
from domain.access import Role
from domain.administration import administration_of
from domain.client import RevokeClient
from domain.event import Refused
from domain.token import RevokeToken

router = APIRouter(tags=["pages"])

PAGE = "/administracion/sistemas"
USUAL_TERM = timedelta(days=90)
"""How long a system is let act where nobody says otherwise."""
Typed = Annotated[str, Form(max_length=4000)]
KeyPath = Annotated[str, Path(pattern=r"^(c-)?[0-9a-f]{12}$")]


@router.get(PAGE, response_class=HTMLResponse)
async def systems_page(visit: Asked, staff: StaffOnly) -> Response:
    """Sistemas: los que actúan con una clave o con su propia llave, y dejar que otro lo haga."""
    return await _page(visit, staff, {})


@router.post(f"{PAGE}/clave", response_class=HTMLResponse)
async def issue(
    request: Request, visit: Asked, staff: StaffOnly, form: Annotated[SystemForm, Form()]
) -> Response:
    """Dar una clave a un sistema: se muestra una sola vez."""
    return await _make(request, visit, staff, form, TOKENS)


@router.post(f"{PAGE}/sistema", response_class=HTMLResponse)
async def register(
    request: Request, visit: Asked, staff: StaffOnly, form: Annotated[SystemForm, Form()]
) -> Response:
    """Registrar un sistema que firma con su propia llave."""
    return await _make(request, visit, staff, form, CLIENTS)


@router.post(f"{PAGE}/{{key}}/revocacion", response_class=HTMLResponse)
async def revoke(
    request: Request, visit: Asked, staff: StaffOnly, key: KeyPath, *,
    reason: Typed = "", form: Typed = "", form_key: Typed = "",
) -> Response:  # fmt: skip
    """Revocar una clave o un sistema."""
    refuse_foreign_form(request, staff, form_key)
    is_client = key.startswith("c-")
    kind: Kind[Any] = CLIENTS if is_client else TOKENS
    try:
        _, position = await read_key(visit.resources.ledger, staff.caller, kind, key)
        if is_client:
            address = f"{CLIENTS.address}/{key}/revocation"
            ended = read_command(RevokeClient, {"reason": reason})
            await end_client(_attempt(visit, staff, form, ended, address, position), key)
        else:
            address = f"{TOKENS.address}/{key}/revocation"
            spent = read_command(RevokeToken, {"reason": reason})
            await end_token(_attempt(visit, staff, form, spent, address, position), key)
    except (Problem, Refused) as error:
        return await _page(visit, staff, {"refused": problem_of(error)})
    return RedirectResponse(visit.link(PAGE), 303)


async def _make(request: Request, visit: Visit, staff: Staff, form: SystemForm, kind: Kind[Any]) -> Response:
    """Make what a form asks for; where it is refused, show the form with what was typed."""
    refuse_foreign_form(request, staff, form.form_key)
    is_client = kind is CLIENTS
    try:
        if is_client:
            made = await make_client(_attempt(visit, staff, form.form, form.client(), kind.address))
        else:
            made = await make_token(_attempt(visit, staff, form.form, form.token(), kind.address))
    except (Problem, Refused) as refused:
        typed = "keyed" if is_client else "typed"
        return await _page(visit, staff, {typed: form.model_dump(), "refused": problem_of(refused)})
    return await _page(visit, staff, {"made": made, "kind": "client" if is_client else "token"})


def _attempt(
    visit: Visit, staff: Staff, form: str, command: Command, address: str, read: int = 0
) -> Attempt[Command]:
    """Return the attempt the API makes of the same command. Raises a `Problem` where proof is due."""
    now = visit.resources.clock()
    if not staff.proved_lately(now):
        raise prove_again()
    sent = Sent(command, now)
    return attempt(visit.resources, staff.caller, number_of(form), sent, frozenset({read}), address)


async def _page(visit: Visit, staff: Staff, content: dict[str, Any]) -> Response:
    resources, authority = visit.resources, administration_of(staff.caller)
    now = resources.clock()
    kinds: tuple[Kind[Any], ...] = (TOKENS, CLIENTS)
    listed = [
        await asyncio.to_thread(list_keys, resources.ledger, staff.caller, kind, authority.territory)
        for kind in kinds
    ]
    whole = {
        "places": places_to_choose(visit, [authority]),
        "processes": await asyncio.to_thread(processes_to_choose, visit, [authority]),
        "tokens": listed[0], "clients": listed[1], "authority": authority, "roles": get_args(Role), "now": now,
        "usual_end": (now + USUAL_TERM).date().isoformat(), "typed": {}, "keyed": {}, "refused": None, "made": None,
        "kind": None, "form": uuid4(), "proved": staff.proved_lately(now),
    }  # fmt: skip
    problem = content.get("refused")
    status = problem.status if problem else 200
    return private_page(visit, staff, "systems.html", whole | content, status=status)
