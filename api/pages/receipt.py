"""The receipt of a report (*acuse de recibo*): one page to print, save or forward."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import PUBLIC
from api.receipts import find_receipt, origin_of
from api.sign_in.session import StaffIfAny
from api.view.private_page import private_page
from api.view.qr_code import qr_code
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/acuses/{command_id}", response_class=HTMLResponse, dependencies=[PUBLIC])
async def receipt_page(request: Request, visit: Asked, staff: StaffIfAny, command_id: UUID) -> Response:
    """El acuse de un reporte: folio, hora, acto, quién lo dijo, y su dirección como código QR."""
    caller = staff.caller if staff else None
    receipt = await find_receipt(visit.resources, command_id, caller, origin_of(request))
    content = {"receipt": receipt, "code": qr_code(receipt.address)}
    return private_page(visit, staff, "receipt.html", content)
