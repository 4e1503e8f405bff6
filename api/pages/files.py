"""The style sheet, the script and the icon."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.problems import Problem
from api.view.assets import assets

router = APIRouter(include_in_schema=False)

FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_A_MINUTE = "public, max-age=60"


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """Return a file; the address with its hash may be kept for a year."""
    asset = assets().get(name)
    if asset is None:
        raise Problem(
            404, "not-found", es="No hay nada en esta dirección.", en="There is nothing at this address."
        )
    is_this_edition = request.query_params.get("v") == asset.digest
    caching = FOR_A_YEAR if is_this_edition else FOR_A_MINUTE
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": caching})


@router.get("/favicon.ico")
def favicon() -> Response:
    """Return the icon to browsers that ask for it without looking at the page."""
    icon = assets()["icon.svg"]
    return Response(icon.content, media_type=icon.media_type, headers={"Cache-Control": FOR_A_MINUTE})
