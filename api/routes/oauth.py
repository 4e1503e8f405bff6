"""Where a system gets its token for some minutes (RFC 6749, 4.4, with RFC 7523)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.access import PUBLIC
from api.database import Resources
from api.oauth import ASSERTION_TYPE, AccessToken, access_for
from api.openapi import TOKEN_PROBLEMS
from api.problems import Problem
from api.sign_in.door import DOOR
from api.sign_in.site import site_of

router = APIRouter(prefix="/api/v1/oauth", tags=["people"], dependencies=[PUBLIC])

GRANT_TYPE = "client_credentials"


def _required(schema: dict[str, Any]) -> None:
    """Describe every field as required: what is left out is answered in OAuth's words, not in the framework's."""
    for described in schema["properties"].values():
        del described["default"]
    schema["required"] = list(schema["properties"])


class TokenRequest(BaseModel):
    """A system asks for its token, with an assertion it signed in place of a secret (RFC 7523, 2.2)."""

    model_config = ConfigDict(use_attribute_docstrings=True, json_schema_extra=_required)

    grant_type: Annotated[str, Field(json_schema_extra={"const": GRANT_TYPE})] = ""
    """RFC 6749, 4.4.2."""
    client_assertion_type: Annotated[str, Field(json_schema_extra={"const": ASSERTION_TYPE})] = ""
    """RFC 7523, 2.2."""
    client_assertion: Annotated[
        str, Field(examples=["eyJhbGciOiJFZERTQSIsImtpZCI6IjIwMjYifQ.eyJpc3MiOiJjLTBmM2E.c2ln"])
    ] = ""
    """A JWT (RFC 7519) whose `iss` and `sub` are the client's id and whose `aud` is this service's address, with a new
    `jti`, good for two minutes at most, signed with one of the client's keys."""


@router.post("/token", response_model=AccessToken, responses=TOKEN_PROBLEMS, dependencies=[DOOR])
async def token(request: Request, asked: Annotated[TokenRequest, Form()]) -> Response:
    """Give a token of ten minutes to a system that proves with its key who it is (RFC 6749, 4.4; RFC 7523).

    It is asked for with a form, and refused in OAuth's words beside ours: `error` is `invalid_client`,
    `invalid_request` or `unsupported_grant_type`.
    """
    if asked.grant_type != GRANT_TYPE:
        raise _not_offered("unsupported_grant_type", f"grant_type={GRANT_TYPE}")
    if asked.client_assertion_type != ASSERTION_TYPE:
        raise _not_offered("invalid_request", f"client_assertion_type={ASSERTION_TYPE}")
    resources: Resources = request.app.state.resources
    access = await access_for(resources, asked.client_assertion, site_of(request).origin)
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
