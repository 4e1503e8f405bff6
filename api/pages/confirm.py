"""Proving again who one is, before an act of legal effect: with the passkey, or with one's own institution."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from api.database import Resources
from api.pages.issuers import own_provider
from api.pages.sign_in import PasskeyAnswer, json_text, own_path
from api.sign_in.passkeys import authentication_options, passkey_refused, verified_person
from api.sign_in.session import StaffOnly, came_from_elsewhere, foreign_form, keep
from api.sign_in.site import site_of
from api.view.private_page import private_page
from api.view.visit import Asked
from ledger.desk.passkeys import passkeys_of
from ledger.desk.sessions import renew_session

router = APIRouter(tags=["pages"])


@router.get("/cuenta/confirmar", response_class=HTMLResponse)
def confirm_page(
    request: Request, visit: Asked, staff: StaffOnly, destino: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Confirmar quién se es, con la llave de acceso o con el propio órgano."""
    provider = own_provider(request, staff.caller.actor)
    with visit.resources.desk.connection() as connection:
        has_passkey = bool(passkeys_of(connection, staff.caller.actor))
    content = {
        "target": own_path(destino), "site": site_of(request), "has_passkey": has_passkey,
        "issuer": provider.issuer if provider else None, "proved": staff.proved_lately(visit.resources.clock()),
    }  # fmt: skip
    return private_page(visit, staff, "confirm.html", content)


@router.post("/cuenta/opciones")
def ask_for_the_passkey(request: Request, staff: StaffOnly) -> Response:
    """Return what the browser is to ask this person's device for."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    options = authentication_options(resources, site_of(request), staff.caller.actor)
    return Response(options, media_type="application/json")


@router.post("/cuenta/llave")
async def confirm_with_the_passkey(request: Request, staff: StaffOnly, given: PasskeyAnswer) -> Response:
    """Let the session know that its person proved again who they are, under another secret."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    site, person = site_of(request), staff.caller.actor
    await asyncio.to_thread(verified_person, resources, site, json_text(given), person)
    with resources.desk.connection() as connection:
        renewed = renew_session(connection, staff.secret, resources.clock())
    if renewed is None:
        raise passkey_refused()
    response = JSONResponse({"person": person}, headers={"Cache-Control": "no-store"})
    keep(response, site, renewed)
    return response


def _refuse_elsewhere(request: Request) -> None:
    if came_from_elsewhere(request):
        raise foreign_form()
