"""Pages for those who signed in: made for one person, at one moment, and kept by nobody on the way."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from api.sign_in.session import Staff
from api.view.page import TAGS, Content, page_frame, templates
from api.view.visit import Visit


def private_page(
    visit: Visit, staff: Staff | None, template: str, content: Content, *, status: int = 200
) -> Response:
    """Return a page made for who is signed in, or for somebody about to."""
    whole: dict[str, Any] = page_frame(visit, visit.resources.clock()) | {
        "position": None, "identity": visit.resources.identity(), "data": None, "changed": None, "table": None,
        "staff": staff,
    }  # fmt: skip
    text = templates().get_template(template).render(whole | dict(content))
    headers = {"Cache-Control": "no-store", "Content-Language": TAGS[visit.language]}
    return Response(text, status, media_type="text/html; charset=utf-8", headers=headers)
