"""Every page made for who signed in has the look of those pages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

API = Path(__file__).parents[2] / "api"
STYLE = '{% block style %}<link rel="stylesheet" href="{{ asset("staff.css") }}">'


def private_templates() -> list[str]:
    """Return the templates named in the modules that make pages for who signed in, `answer`'s own left out."""
    found: set[str] = set()
    for module in (API / "pages").glob("*.py"):
        if "import private_page" not in (source := module.read_text()):
            continue
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        public = {
            id(argument)
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id == "answer"
            for argument in call.args
        }
        found |= {
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.endswith(".html")
            and id(node) not in public
        }
    return sorted(found)


@pytest.mark.parametrize("template", private_templates())
def test_a_page_made_for_who_signed_in_has_their_style(template: str) -> None:
    assert STYLE in (API / "templates" / template).read_text()


def test_the_pages_are_found() -> None:
    assert {"proposals.html", "work.html", "erasure.html", "sign_in.html"} <= set(private_templates())
