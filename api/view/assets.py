"""The style sheet, the script and the icon: read once, addressed by the hash of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; ``digest`` changes with its content."""

    content: bytes
    media_type: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return every file of ``static/`` by name."""
    found: dict[str, Asset] = {}
    for file in files("api").joinpath("static").iterdir():
        media_type = MEDIA_TYPES.get(file.name.rpartition(".")[2])
        if media_type:
            content = file.read_bytes()
            found[file.name] = Asset(content, media_type, hashlib.sha256(content).hexdigest()[:12])
    return found


def asset_address(name: str) -> str:
    """Return the address of a file, which changes when the file does, so that it can be kept for a year."""
    return f"/static/{name}?v={assets()[name].digest}"
