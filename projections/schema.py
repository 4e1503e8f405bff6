"""Which tables belong to this version of the program? Those built by exactly this code.

The name of the schema is made from the bytes of this room and of the domain: a change of either gives another
schema, which is built beside the old one. So there are no migrations of projections.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

PREFIX = "projection_"
NEXT_SUFFIX = "_next"
"""A generation that is being built and is not read yet."""

_TELLING = (".py", ".toml")


@cache
def current_schema() -> str:
    """Return the schema of this version's tables: ``projection_1a2b3c4d``."""
    digest = hashlib.sha256()
    for room in ("domain", "projections"):
        for name, content in _contents(files(room), room):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return PREFIX + digest.hexdigest()[:8]


def leader_lock() -> int:
    """Return the advisory lock that the projector of this version holds: each version follows with its own."""
    digest = hashlib.sha256(f"leader of {current_schema()}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _contents(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    """Return the files of a folder that say what a projection is, by name, in order."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            found += _contents(entry, path)
        elif entry.name.endswith(_TELLING):
            found.append((path, entry.read_bytes()))
    return found
