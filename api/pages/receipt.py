"""The receipt of a report (*acuse de recibo*): one page to print, save or forward."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from api.access import PUBLIC
from api.receipts import find_receipt, origin_of
from api.sign_in.session import StaffIfAny
from api.view.private_page import private_page
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/acuses/{command_id}", response_class=HTMLResponse, dependencies=[PUBLIC])
async def receipt_page(request: Request, visit: Asked, staff: StaffIfAny, command_id: UUID) -> Response:
    """El acuse de un reporte: folio, hora, acto, quién lo dijo, y su dirección como código QR."""
    caller = staff.caller if staff else None
    receipt = await find_receipt(visit.resources, command_id, caller, origin_of(request))
    content = {"receipt": receipt, "code": _code(receipt.address)}
    return private_page(visit, staff, "receipt.html", content)


def _code(address: str) -> Markup:
    """Return an address as a QR code (ISO/IEC 18004): a drawing of squares, without styles."""
    import segno  # noqa: PLC0415 - it takes 11 MB, and one page

    # Trying all eight masks for the easiest to read takes four fifths of the time; a code says which it has.
    drawn = segno.make_qr(address, error="m", mask=0)
    squares = drawn.svg_inline(scale=4, border=4, light="#fff", dark="#000", svgclass="qr", omitsize=True)
    return Markup(squares)  # noqa: S704 - drawn here, of squares
