"""The API's reference for people: one page made from its OpenAPI document. It needs no script."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.openapi import document
from api.view.description import line, prose, shape
from api.view.page import Content, answer
from api.view.visit import Asked

router = APIRouter(tags=["pages"])


@router.get("/api/v1", response_class=HTMLResponse)
def reference_page(request: Request, visit: Asked) -> Response:
    """La interfaz de datos: cada operación, qué pide y qué responde, y los objetos que maneja."""
    return answer(visit, "reference.html", lambda _: _content(document(request.app)))


def _content(described: dict[str, Any]) -> Content:
    operations = [
        {"path": path, "method": method.upper(), **operation}
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    chapters = [
        (tag["name"], [one for one in operations if tag["name"] in one.get("tags", [])])
        for tag in described["tags"]
    ]
    return {
        "version": described["info"]["version"],
        "chapters": chapters,
        "schemas": described["components"]["schemas"],
        "prose": prose,
        "line": line,
        "shape": shape,
    }
