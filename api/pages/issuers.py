"""Signing in with one's own institution: leaving for its identity provider, and coming back."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import PUBLIC
from api.database import Resources
from api.logs import log
from api.pages.sign_in import own_path
from api.problems import Problem
from api.sign_in.door import DOOR
from api.sign_in.identities import person_of
from api.sign_in.oidc import COME_BACK_WITHIN, begin, begun_by, identity_of, sign_in_refused
from api.sign_in.provider import Provider
from api.sign_in.session import StaffOnly, keep, sign_in, staff_of
from api.sign_in.site import Site, site_of
from ledger.desk.people import person_by_id
from ledger.desk.sessions import renew_session

router = APIRouter(tags=["pages"])

Told = Annotated[str, Query(max_length=4000)]


@router.get("/entrar/organo/{issuer}", response_class=HTMLResponse, dependencies=[PUBLIC, DOOR])
async def leave(request: Request, issuer: str, destino: Told = "") -> Response:
    """Ir al proveedor de identidad del propio órgano."""
    return await _leave(request, provider_of(request, issuer), own_path(destino))


@router.get("/cuenta/confirmar/organo", response_class=HTMLResponse)
async def leave_again(request: Request, staff: StaffOnly, destino: Told = "") -> Response:
    """Ir al proveedor de identidad a confirmar quién se es."""
    provider = await asyncio.to_thread(own_provider, request, staff.caller.actor)
    if provider is None:
        raise _unknown_issuer()
    return await _leave(request, provider, own_path(destino), staff.caller.actor)


@router.get("/entrar/organo/{issuer}/regreso", response_class=HTMLResponse, dependencies=[PUBLIC, DOOR])
async def come_back(
    request: Request, issuer: str, code: Told = "", state: Told = "", iss: Told = "", error: Told = ""
) -> Response:
    """Volver del proveedor de identidad, y entrar."""
    resources: Resources = request.app.state.resources
    provider, site = provider_of(request, issuer), site_of(request)
    begun = await asyncio.to_thread(
        begun_by, resources, state, request.cookies.get(cookie_of(site), ""), issuer
    )
    addresses = await asyncio.to_thread(provider.addresses)
    # Another issuer's answer, sent to this one's address (RFC 9207).
    if not code or iss != (provider.issuer.issuer if iss or addresses.tells_issuer else ""):
        log.warning("sign_in_refused", issuer=issuer, why=f"no code of its own; error={error[:60]!r}")
        raise sign_in_refused()
    identity = await asyncio.to_thread(identity_of, resources, site, provider, begun, code)
    person = await person_of(resources, provider.issuer, identity)
    response = RedirectResponse(begun.target, 303, headers={"Cache-Control": "no-store"})
    response.delete_cookie(cookie_of(site), secure=site.is_encrypted, httponly=True)
    if begun.person:
        await _prove(request, response, begun.person, person)
    else:
        proved_at = identity.proved_at
        await asyncio.to_thread(sign_in, resources, site, person, response, proved_at=proved_at)
    return response


async def _leave(request: Request, provider: Provider, target: str, person: str = "") -> Response:
    resources: Resources = request.app.state.resources
    site = site_of(request)
    address, browser = await asyncio.to_thread(begin, resources, site, provider, target, person)
    response = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        cookie_of(site), browser, max_age=int(COME_BACK_WITHIN.total_seconds()), path="/",
        secure=site.is_encrypted, httponly=True, samesite="lax",
    )  # fmt: skip
    return response


async def _prove(request: Request, response: Response, expected: str, person: str) -> None:
    """Let the session that asked know that its person proved again who they are, under another secret."""
    staff = await staff_of(request)
    if staff is None or {staff.caller.actor, person} != {expected}:
        raise sign_in_refused()
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        renewed = renew_session(connection, staff.secret, resources.clock())
    if renewed is None:
        raise sign_in_refused()
    keep(response, site_of(request), renewed)


def cookie_of(site: Site) -> str:
    """Return what the cookie is called that a browser keeps between leaving and coming back."""
    return f"{site.cookie}-entrada"


def own_provider(request: Request, person: str) -> Provider | None:
    """Return the provider that knows a person; None for who has a passkey."""
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        known = person_by_id(connection, person)
    providers: dict[str, Provider] = request.app.state.providers
    own = (each for each in providers.values() if known is not None and each.issuer.issuer == known.issuer)
    return next(own, None)


def provider_of(request: Request, issuer: str) -> Provider:
    """Return a provider by its name in addresses. Raises a 404 `Problem`."""
    providers: dict[str, Provider] = request.app.state.providers
    if issuer not in providers:
        raise _unknown_issuer()
    return providers[issuer]


def _unknown_issuer() -> Problem:
    return Problem(
        404,
        "unknown-issuer",
        es="Ese órgano no tiene aquí un proveedor de identidad: entra por /entrar.",
        en="That body has no identity provider here: sign in at /entrar.",
    )
