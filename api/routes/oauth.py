"""Where a system gets its token for some minutes (RFC 6749, 4.4, with RFC 7523)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.database import Resources
from api.oauth import ASSERTION_TYPE, access_for
from api.problems import Problem
from api.sign_in.door import DOOR
from api.sign_in.site import site_of

router = APIRouter(prefix="/api/v1/oauth", tags=["people"], dependencies=[PUBLIC])

Field = Annotated[str, Form()]


# It speaks OAuth's own way, with a form: the description is of requests that are all alike.
@router.post("/token", include_in_schema=False, dependencies=[DOOR])
async def token(
    request: Request, grant_type: Field = "", client_assertion_type: Field = "", client_assertion: Field = ""
) -> Response:
    """Give a token of ten minutes to a system that proves with its key who it is."""
    if grant_type != "client_credentials":
        raise _not_offered("unsupported_grant_type", "grant_type=client_credentials")
    if client_assertion_type != ASSERTION_TYPE:
        raise _not_offered("invalid_request", f"client_assertion_type={ASSERTION_TYPE}")
    resources: Resources = request.app.state.resources
    access = await access_for(resources, client_assertion, site_of(request).origin)
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(access.model_dump_json(), media_type="application/json", headers=headers)


def _not_offered(error: str, needed: str) -> Problem:
    return Problem(
        400,
        "grant-not-offered",
        es=f"Aquí sólo se da un token a un sistema con su llave: envía {needed}.",
        en=f"A token is given here only to a system with its key: send {needed}.",
        error=error,
    )
