"""What the API's own description says, written as HTML: texts in light Markdown, and the shape of a value in words."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup, escape

_MARKS = (
    (re.compile(r"``?([^`]+)``?"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*\s][^*]*)\*"), r"<em>\1</em>"),
)

_LIMITS = {"minimum": "≥", "maximum": "≤", "maxLength": "length ≤", "pattern": "pattern"}
"""JSON Schema's limits that are shown, each with its sign."""


def line(text: str) -> Markup:
    """Return one line of light Markdown as HTML: code, strong and emphasis."""
    marked = str(escape(text))
    for pattern, replacement in _MARKS:
        marked = pattern.sub(replacement, marked)
    return Markup(marked)  # noqa: S704 - escaped above


def prose(text: str) -> Markup:
    """Return paragraphs and lists of light Markdown as HTML."""
    return Markup().join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _block(text: str) -> Markup:
    if not text.startswith("- "):
        return Markup("<p>{}</p>").format(line(text))
    items = re.split(r"\n- ", text.removeprefix("- "))
    return Markup("<ul>{}</ul>").format(Markup().join(Markup("<li>{}</li>").format(line(i)) for i in items))


def shape(schema: dict[str, Any]) -> Markup:
    """Return what a value looks like, in a few words, with links to the objects it holds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema or "oneOf" in schema:
        return Markup(" | ").join(shape(option) for option in schema.get("anyOf") or schema["oneOf"])
    if "enum" in schema:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if schema.get("type") == "array":
        return Markup("[{} …]").format(shape(schema.get("items") or {}))
    kind = schema.get("format") or schema.get("type", "any")
    limits = [f"{sign} {schema[key]}" for key, sign in _LIMITS.items() if key in schema]
    return escape(", ".join([kind, *limits]))
