"""An entry read back: the recorded event it was made of, byte for byte.

What is read is held against `ledger.entry`: an event that does not give the same bytes again is refused.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import datetime
from uuid import UUID

from ledger.entry import entry
from ledger.log import LogError, StoredEvent

_decoder = json.JSONDecoder(parse_int=str, parse_float=str)
"""Its numbers are only looked past: what is kept of a body is its text."""


class BadEntry(LogError):
    """An entry is not one that this log makes. The message says where, and what is wrong."""

    def __init__(self, position: int, why: str) -> None:
        super().__init__(f"position {position:,}: this is no entry of this log: {why}")
        self.position = position


def read_entry(document: bytes, position: int, origin: str) -> StoredEvent:
    """Return the event that an entry was made of. Raises `BadEntry`."""
    try:
        members = _members(document.decode())
        event = _event(members, position)
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        raise BadEntry(position, f"{type(error).__name__}: {error}") from error
    if entry(event, origin) != document:
        raise BadEntry(position, "its members are not written as the template has them")
    return event


def _event(members: dict[str, str], position: int) -> StoredEvent:
    said = {name: json.loads(members[name]) for name in members if name != "data"}
    body = members["data"].encode() if "data" in members else b64decode(said["data_base64"], validate=True)
    return StoredEvent(
        position, said["subject"], said["streamversion"], said["type"], body,
        datetime.fromisoformat(said["occurredat"]), datetime.fromisoformat(said["time"]),
        UUID(said["commandid"]), said.get("actor", ""), said.get("post", ""), said.get("body", ""),
        said.get("grant", ""), said.get("onbehalfof"),
    )  # fmt: skip


def _members(text: str) -> dict[str, str]:
    """Return each member of a JSON object as it is written there."""
    found: dict[str, str] = {}
    at = 1
    while text[at - 1] != "}":
        name, colon = _decoder.raw_decode(text, at)
        # What was recorded may have spaces around it; nothing else of an entry has.
        _, end = _decoder.raw_decode(text, _beyond_spaces(text, colon + 1))
        end = _beyond_spaces(text, end)
        found[name] = text[colon + 1 : end]
        at = end + 1
    return found


def _beyond_spaces(text: str, at: int) -> int:
    while text[at] in " \t\n\r":
        at += 1
    return at
