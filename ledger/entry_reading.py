"""An entry read back: the recorded event it was made of, byte for byte.

What is read is held against `ledger.entry`: an event that does not give the same bytes again is refused.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.entry import entry
from ledger.log import LogError, StoredEvent

_decode = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode
"""Its numbers stay text: what is kept of a body is how it is written."""


class BadEntry(LogError):
    """An entry is not one that this log makes. The message says where, and what is wrong."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"position {position:,}: this is no entry of this log: {why}")
        self.position = position


def read_entry(document: bytes, position: int, origin: str) -> StoredEvent:
    """Return the event that an entry was made of. Raises `BadEntry`."""
    try:
        event = _event(*_members(document.decode()), position)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise BadEntry(position, f"{type(error).__name__}: {error}") from error
    if entry(event, origin) != document:
        raise BadEntry(position, "its members are not written as the template has them")
    return event


def _event(said: dict[str, Any], data: str, position: int) -> StoredEvent:
    body = data.encode() if "data" in said else b64decode(said["data_base64"], validate=True)
    return StoredEvent(
        position, said["subject"], int(said["streamversion"]), said["type"], body,
        datetime.fromisoformat(said["occurredat"]), datetime.fromisoformat(said["time"]),
        UUID(said["commandid"]), said.get("actor", ""), said.get("post", ""), said.get("body", ""),
        said.get("grant", ""), said.get("onbehalfof"),
    )  # fmt: skip


def _members(text: str) -> tuple[dict[str, Any], str]:
    """Return the members of a JSON object, and how what ``data`` is stands there, the spaces around it as well."""
    found: dict[str, Any] = {}
    data, at = "", 1
    while text[at - 1] != "}":
        name, colon = _decode(text, at)
        start = colon + 1
        if name == "data":
            # What was recorded may have spaces around it; nothing else of an entry has.
            found[name], end = _decode(text, _beyond_spaces(text, start))
            end = _beyond_spaces(text, end)
            data = text[start:end]
        else:
            found[name], end = _decode(text, start)
        at = end + 1
    return found, data


def _beyond_spaces(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at
