"""Enrolling with the code one was given."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict

from api.access import PUBLIC
from api.database import Resources
from api.pages.sign_in import PasskeyAnswer, json_text
from api.problems import Problem
from api.sign_in.door import DOOR
from api.sign_in.enrolment import enrol, invitation_of
from api.sign_in.passkeys import registration_options
from api.sign_in.session import came_from_elsewhere, foreign_form, sign_in
from api.sign_in.site import LOCAL_NAMES, Site, site_of
from api.view.private_page import private_page
from api.view.visit import Asked, Visit

router = APIRouter(tags=["pages"], dependencies=[PUBLIC])


class CodeGiven(BaseModel):
    """The code somebody was given."""

    model_config = ConfigDict(extra="forbid")

    code: str


@router.get("/inscripcion", response_class=HTMLResponse)
def enrolment_page(
    request: Request, visit: Asked, codigo: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Inscribirse: escribir el código que te dieron."""
    return _page(request, visit, codigo)


@router.post("/inscripcion", response_class=HTMLResponse, dependencies=[DOOR])
def check_code(request: Request, visit: Asked, code: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Decir para quién es el código, y ofrecer crear la llave de acceso."""
    _refuse_elsewhere(request)
    return _page(request, visit, code)


@router.post("/inscripcion/opciones", dependencies=[DOOR])
def ask_for_a_new_passkey(request: Request, given: CodeGiven) -> Response:
    """Return what the browser is to ask its device for."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    invitation = invitation_of(resources, given.code)
    options = registration_options(
        resources, _site_for(request, given.code), invitation.person, invitation.name
    )
    return Response(options, media_type="application/json")


@router.post("/inscripcion/llave", dependencies=[DOOR])
async def enrol_with_a_passkey(request: Request, given: PasskeyAnswer) -> Response:
    """Enrol who was invited with the passkey their device made, and sign them in."""
    _refuse_elsewhere(request)
    resources: Resources = request.app.state.resources
    site = _site_for(request, given.code)
    person = await enrol(resources, site, given.code, json_text(given))
    response = JSONResponse({"person": person}, headers={"Cache-Control": "no-store"})
    await asyncio.to_thread(sign_in, resources, site, person, response)
    return response


def _page(request: Request, visit: Visit, code: str) -> Response:
    invitation, problem = None, None
    if code:
        try:
            invitation = invitation_of(visit.resources, code)
        except Problem as refused:
            problem = refused
    content = {"code": code, "invitation": invitation, "refused": problem, "site": site_of(request)}
    return private_page(visit, None, "enrolment.html", content, status=problem.status if problem else 200)


def _site_for(request: Request, code: str) -> Site:
    """Return the site; the first administrator's code works on the service's own machine only."""
    invitation = invitation_of(request.app.state.resources, code)
    client = request.client.host if request.client else ""
    if invitation.is_first and client not in LOCAL_NAMES:
        raise Problem(
            403,
            "only-on-this-machine",
            es="El primer código sólo sirve en la misma máquina del servicio: abre ahí la dirección que se imprimió.",
            en="The first code works on the service's own machine only: open the printed address there.",
        )
    return site_of(request)


def _refuse_elsewhere(request: Request) -> None:
    if came_from_elsewhere(request):
        raise foreign_form()
