"""Who may ask what: every route says it in its signature, and the application refuses to start with one that does not.

``APIRouter(dependencies=[PUBLIC])`` is for anybody, and so is a route that takes a `Reach`; one that takes a `Caller`
or an `api.recording.Attempt` is for who brings a good token, one that takes an `api.documents.sender.Sender` also for
who is signed in.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

import domain.access
from api.auth import authenticate
from api.documents.sender import sender
from api.recording import ToRecord
from api.sign_in.session import signed_in


class RouteWithoutAccessRule(Exception):
    """A route does not say who may ask it; the message names it."""


async def anybody() -> None:
    """Let anybody ask: what the log holds is public."""


PUBLIC = Depends(anybody)
"""Anybody may ask."""

Caller = Annotated[domain.access.Caller, Depends(authenticate)]
"""Only who brings a good token; `domain.access.authorise` says what it may do, once it is known where."""


async def reach_of(request: Request) -> str | None:
    """Return the territory whose cases a reader may see whole; None for who brings no token.

    Raises a 401 `Problem` for a token that is not good, so that nobody takes what anyone sees for all there is.
    """
    if "authorization" not in request.headers:
        return None
    return reach_held_by(await authenticate(request))


def reach_held_by(caller: domain.access.Caller) -> str | None:
    """Return the territory whose cases a caller may see whole; None where it holds none of its own."""
    return next((held.territory for held in caller.authorities if held.process is None), None)


Reach = Annotated[str | None, Depends(reach_of)]
"""Anybody may ask; who brings a good token is also shown the cases of its territory that are not public."""


def refuse_routes_without_access_rule(app: FastAPI) -> None:
    """Raise `RouteWithoutAccessRule` where a route is neither `PUBLIC` nor looks at a token or at who is signed in."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if dependant is None or not _declares(dependant):
            methods = ", ".join(sorted(route.methods or ()))
            raise RouteWithoutAccessRule(
                f"{methods} {route.path} does not say who may ask it: "
                "put dependencies=[PUBLIC] on its router, or take a Reach, a Caller, a Sender, an Attempt "
                "or a StaffOnly"
            )


def _declares(dependant: Dependant) -> bool:
    rule = dependant.call
    if rule in {anybody, authenticate, reach_of, sender, signed_in} or isinstance(rule, ToRecord):
        return True
    return any(_declares(one) for one in dependant.dependencies)
