"""Which methods an address takes: for ``Allow`` (RFC 9110, section 15.5.6), over all routes that share it."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path


class Methods:
    """The methods of every address of an application."""

    def __init__(self, app: FastAPI) -> None:
        self._routes = [
            (compile_path(route.path or "")[0], route.path, frozenset(route.methods or ()))
            for route in iter_route_contexts(app.routes)
        ]

    def at(self, path: str) -> str:
        """Return the methods an address takes, as ``Allow`` lists them.

        What is written out in a route is no value of another's parameter.
        """
        named = [methods for _, written, methods in self._routes if written == path]
        matched = named or [methods for pattern, _, methods in self._routes if pattern.match(path)]
        found = {method for methods in matched for method in methods}
        if "GET" in found:
            found.add("HEAD")
        return ", ".join(sorted(found))
