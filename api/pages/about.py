"""What this site is: the catalogue, what the log proves and does not, and its words."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.view.page import answer
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/acerca", response_class=HTMLResponse)
def about_page(visit: Asked) -> Response:
    """Qué es este sitio, qué prueba la bitácora y qué no."""
    # Prose is written whole in each language; a sentence at a time it would read like a form.
    return answer(visit, f"about.{visit.language}.html", lambda _: {})
