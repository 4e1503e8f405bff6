"""The API's reference for people: one page made from its OpenAPI document. No script, nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.view.assets import asset_address

_MARKS = (
    (re.compile(r"``?([^`]+)``?"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*\s][^*]*)\*"), r"<em>\1</em>"),
)


def reference_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    operations = [
        {"path": path, "method": method.upper(), **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    chapters = [
        (tag, [operation for operation in operations if tag["name"] in operation.get("tags", [])])
        for tag in document["tags"]
    ]
    return _templates().get_template("reference.html").render(
        info=document["info"], chapters=chapters, schemas=document["components"]["schemas"]
    )  # fmt: skip


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_address
    environment.filters.update(prose=_prose, line=_line, shape=_shape)
    return environment


def _line(text: str) -> Markup:
    """Return one line of light Markdown as HTML: code, strong and emphasis."""
    marked = str(escape(text))
    for pattern, replacement in _MARKS:
        marked = pattern.sub(replacement, marked)
    return Markup(marked)  # noqa: S704 - escaped above


def _prose(text: str) -> Markup:
    """Return paragraphs and lists of light Markdown as HTML."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("- "):
            items = re.split(r"\n- ", block.removeprefix("- "))
            blocks.append(
                Markup("<ul>{}</ul>").format(
                    Markup().join(Markup("<li>{}</li>").format(_line(i)) for i in items)
                )
            )
        else:
            blocks.append(Markup("<p>{}</p>").format(_line(block)))
    return Markup().join(blocks)


def _shape(schema: dict[str, Any]) -> Markup:
    """Return what a value looks like, in a few words, with links to the objects it holds."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema or "oneOf" in schema:
        return Markup(" | ").join(_shape(option) for option in schema.get("anyOf") or schema["oneOf"])
    if "enum" in schema:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if schema.get("type") == "array":
        return Markup("[{} …]").format(_shape(schema.get("items") or {}))
    kind = schema.get("format") or schema.get("type", "any")
    limits = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("maxLength", "length ≤"),
            ("pattern", "pattern"),
        )
        if key in schema
    ]
    return escape(", ".join([kind, *limits]))
