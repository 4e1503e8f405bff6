"""The API's description for programs (OpenAPI) and for people: a page that works offline and without scripts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.access import PUBLIC
from api.openapi import document
from api.reference import reference_page

router = APIRouter(prefix="/api/v1", dependencies=[PUBLIC], include_in_schema=False)

CACHED = {"Cache-Control": "public, max-age=300"}


@router.get("/openapi.json")
def get_openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(document(request.app), headers=CACHED)


@router.get("")
def get_reference(request: Request) -> Response:
    """Return the page made from it."""
    return HTMLResponse(reference_page(document(request.app)), headers=CACHED)
