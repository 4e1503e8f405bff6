"""Lists as CSV (RFC 4180): UTF-8, a header row, and no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

MEDIA_TYPE = "text/csv"

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet compute a cell; the wide ones too (U+FF1D …), which some of them normalise."""


def table(rows: Iterable[BaseModel], columns: Iterable[str]) -> bytes:
    """Return rows as CSV with a header.

    An object in a row becomes a column for each of its members (``name.es``); a list is joined by ``; ``.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    names = list(columns)
    writer.writerow(names)
    for row in rows:
        cells = _flat(row.model_dump(mode="json"))
        writer.writerow([_cell(cells.get(name)) for name in names])
    return text.getvalue().encode()


def lines(headings: Sequence[str], values: Iterable[Sequence[Any]]) -> bytes:
    """Return rows of plain values as CSV under these headings."""
    return rows([headings, *values])


def rows(values: Iterable[Sequence[Any]]) -> bytes:
    """Return rows of plain values as CSV, without a header of their own."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_cell(value) for value in row] for row in values)
    return text.getvalue().encode()


def columns_of(model: type[BaseModel]) -> list[str]:
    """Return the columns of a row model: its fields, an object's members one by one."""
    found: list[str] = []
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        found += [f"{name}.{column}" for column in columns_of(inner)] if inner else [name]
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model a field holds, be it optional; None for lists and plain values."""
    for option in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return None if getattr(annotation, "__origin__", None) is list else option
    return None


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            cells |= _flat(member, f"{prefix}{name}.")
        else:
            cells[f"{prefix}{name}"] = member
    return cells


def _cell(value: Any) -> str | int | float:
    """Return a value as a cell; numbers stay numbers, text never becomes a formula."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, list):
        value = "; ".join(_item(item) for item in value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


_DIFFERENCE = {"field", "before", "after"}


def _item(item: Any) -> str:
    """Return one of several: what is said of it, in words; what is merely true of it, by its name."""
    if not isinstance(item, dict):
        return str(item)
    if item.keys() == _DIFFERENCE:
        # Of a difference, what is empty or false is one half of what it says.
        return f"{item['field']}: {_side(item['before'])} → {_side(item['after'])}"
    said = ((name, value) for name, value in item.items() if value not in ("", None) and value is not False)
    return " ".join(name if value is True else str(value) for name, value in said)


def _side(value: Any) -> str:
    """Return what something was, or is: text as it is, all else as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
