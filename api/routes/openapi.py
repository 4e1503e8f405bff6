"""The API's description for programs (OpenAPI). For people there is a page: `api.pages.reference`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.access import PUBLIC
from api.openapi import document

router = APIRouter(prefix="/api/v1", dependencies=[PUBLIC], include_in_schema=False)

CACHED = {"Cache-Control": "public, max-age=300"}


@router.get("/openapi.json")
def get_openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    return JSONResponse(document(request.app), headers=CACHED)
