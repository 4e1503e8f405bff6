"""The formats of exports, one file each. The folder is discovered: each file exports ``FORMAT``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from api.extract import Extract


@dataclass(frozen=True, slots=True)
class Format:
    """A form an extract of the log is written in."""

    name: str
    """What it is asked for by: ``ndjson``."""
    media_type: str
    ending: str
    """Of a file's name."""
    passes: int
    """How often it reads the events."""
    pieces: Callable[[Extract], Iterator[bytes]]
    """Yield the file, piece by piece."""


@cache
def formats() -> Mapping[str, Format]:
    """Return every format by its name."""
    found: dict[str, Format] = {}
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        one = import_module(f"{__name__}.{module.name}").FORMAT
        assert isinstance(one, Format), module.name  # noqa: S101 - a promise between files
        found[one.name] = one
    return found
