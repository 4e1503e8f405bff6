"""The JSON API, one file a subject. The folder is discovered: each file exports ``router``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def routers() -> Iterator[APIRouter]:
    """Yield the router of every file in this folder, by name."""
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        router = import_module(f"{__name__}.{module.name}").router
        assert isinstance(router, APIRouter), module.name  # noqa: S101 - a promise between files
        yield router
