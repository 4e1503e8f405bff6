"""The proof of one event: a sheet to print that verifies without this service."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import PUBLIC
from api.parameters import Position
from api.proven_event import ProvenEvent, find_proven_event
from api.receipts import origin_of
from api.sign_in.session import StaffIfAny
from api.view.page import Content
from api.view.private_page import private_page
from api.view.qr_code import qr_code
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/asientos/{position}/prueba", response_class=HTMLResponse, dependencies=[PUBLIC])
async def proof_page(request: Request, visit: Asked, staff: StaffIfAny, position: Position) -> Response:
    """La prueba de un asiento: qué dice, quién lo dijo, cómo está firmado y cómo se comprueba sin nosotros."""
    caller = staff.caller if staff else None
    proven = await find_proven_event(visit.resources, position, caller)
    content = await asyncio.to_thread(_content, proven, origin_of(request))
    return private_page(visit, staff, "proof.html", content)


def _content(proven: ProvenEvent, site: str) -> Content:
    """Return what the sheet is made from; ``site`` is the site's address."""
    address = f"{site}/asientos/{proven.stored.position}/prueba"
    signed = proven.signed
    return {
        "proven": proven,
        "entry": proven.stored,
        "site": site,
        "address": address,
        "address_code": qr_code(address),
        "proof_code": qr_code(signed.own_lines.file.decode(), level="L") if signed else None,
        "prose": [
            words
            for name in ("note", "reason", "instrument")
            if isinstance(words := getattr(proven.event, name, None), str) and words
        ],
    }
