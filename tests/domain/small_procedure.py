"""Small procedures, written as their TOML files would be, for tests that need one of their own."""

from __future__ import annotations

import json
from typing import Any

from domain.procedure import Procedure, load_procedure

FILE = "small.toml"
NAMES = {"es": "una cosa", "en": "a thing"}


def toml(value: Any) -> str:
    """Return a value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def step(row: str, **fields: Any) -> str:
    """Return one step: an act of the local body due 30 days before election day, with these fields changed.

    A field of None is left out.
    """
    whole: dict[str, Any] = {
        "id": row, "stage": "preparation", "group": "councils", "name": NAMES, "kind": "act",
        "basis": ["LGIPE 225"], "rule": NAMES, "due": "election day - 30 days", "responsible": "OPL", "body": "OPL",
        **fields,
    }  # fmt: skip
    lines = [f"{key} = {toml(value)}" for key, value in whole.items() if value is not None]
    return "\n".join(["[[steps]]", *lines, ""])


def procedure_text(*steps: str, **fields: Any) -> bytes:
    """Return a whole file with these steps."""
    head: dict[str, Any] = {
        "kind": "small_election", "version": 1, "system": 2, "name": NAMES, "summary": NAMES,
        "jurisdiction": "state", "prefix": "small",
        "election_day": "first sunday of june, election year", "election_day_basis": ["LGIPE 22"],
        "stages": [{"id": "preparation", "name": NAMES}],
        **fields,
    }  # fmt: skip
    lines = [f"{key} = {toml(value)}" for key, value in head.items() if value is not None]
    return "\n".join([*lines, "", *steps]).encode()


def procedure(*steps: str, **fields: Any) -> Procedure:
    """Return a procedure with these steps."""
    return load_procedure(procedure_text(*steps, **fields), FILE)
