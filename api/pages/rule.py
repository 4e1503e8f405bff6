"""The page of a rule: what a problem's ``type`` leads to."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.problems import nothing_here
from api.view.page import answer
from api.view.visit import Asked
from api.words.rule_words import rule_words

router = APIRouter(tags=["pages"])


@router.get("/problemas/{rule}", response_class=HTMLResponse)
def rule_page(visit: Asked, rule: str) -> Response:
    """Una regla por la que algo se rechaza: qué pasó, por qué existe y qué hacer."""
    words = rule_words().get(rule)
    if words is None:
        raise nothing_here()
    return answer(visit, "rule.html", lambda _: {"rule": rule, "words": words})
