"""Signing in and out, with a passkey."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, JsonValue

from api.access import PUBLIC
from api.database import Resources
from api.sign_in.door import DOOR
from api.sign_in.passkeys import authentication_options, passkey_refused, verified_person
from api.sign_in.session import (
    StaffOnly,
    came_from_elsewhere,
    foreign_form,
    refuse_foreign_form,
    sign_in,
    staff_of,
)
from api.sign_in.site import site_of
from api.view.private_page import private_page
from api.view.visit import Asked
from domain.person import PERSON, person_stream
from ledger.desk.sessions import end_session

router = APIRouter(tags=["pages"])

_OWN_PATH = re.compile(r"/([A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")


class PasskeyAnswer(BaseModel):
    """What a browser sends of a passkey (WebAuthn Level 2, 5.1), and the code it enrols with."""

    model_config = ConfigDict(extra="forbid")

    answer: dict[str, JsonValue]
    code: str = ""


@router.get("/entrar", response_class=HTMLResponse, dependencies=[PUBLIC])
async def sign_in_page(
    request: Request, visit: Asked, destino: Annotated[str, Query(max_length=2000)] = ""
) -> Response:
    """Entrar con una llave de acceso, o con la identidad del propio órgano."""
    target = own_path(destino)
    if await staff_of(request) is not None:
        return RedirectResponse(target, 303)
    providers = request.app.state.providers.values()
    content = {"target": target, "site": site_of(request), "issuers": [each.issuer for each in providers]}
    return private_page(visit, None, "sign_in.html", content)


@router.post("/entrar/opciones", dependencies=[PUBLIC, DOOR])
def ask_for_a_passkey(request: Request) -> Response:
    """Return what the browser is to ask its device for."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    return Response(authentication_options(resources, site_of(request)), media_type="application/json")


@router.post("/entrar/llave", dependencies=[PUBLIC, DOOR])
async def sign_in_with_a_passkey(request: Request, given: PasskeyAnswer) -> Response:
    """Sign in whose passkey answered."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    site = site_of(request)
    answer = json_text(given)
    person = await asyncio.to_thread(verified_person, resources, site, answer)
    if not (await resources.ledger.load(PERSON, person_stream(person))).state.is_active:
        raise passkey_refused()
    response = JSONResponse({"person": person}, headers={"Cache-Control": "no-store"})
    await asyncio.to_thread(sign_in, resources, site, person, response)
    return response


@router.post("/salir", response_class=HTMLResponse)
async def sign_out(
    request: Request, staff: StaffOnly, form_key: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Salir: el navegador ya no guarda nada."""
    refuse_foreign_form(request, staff, form_key)
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        end_session(connection, staff.secret)
    response = RedirectResponse("/", 303, headers={"Clear-Site-Data": '"cookies", "storage", "cache"'})
    response.delete_cookie(site_of(request).cookie, secure=site_of(request).is_encrypted, httponly=True)
    return response


def own_path(target: str) -> str:
    """Return where to go after signing in: an address of this site, or what there is to do."""
    return target if _OWN_PATH.fullmatch(target) else "/trabajo"


def json_text(given: PasskeyAnswer) -> str:
    """Return a browser's answer as the text the library reads."""
    return given.model_dump_json(include={"answer"})[len('{"answer":') : -1]


def _refuse_elsewhere(request: Request) -> None:
    if came_from_elsewhere(request):
        raise foreign_form()
