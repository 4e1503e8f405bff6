"""Who may send a document: a system with its token, or a browser that is signed in, from a page of its own session."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

import domain.access
from api.auth import authenticate
from api.sign_in.session import refuse_foreign_form, staff_of
from domain.access import Action
from domain.event import Refused

FORM_KEY_HEADER = "Bitacora-Form-Key"
"""What a page's own script sends in the place of the form's key."""
_ACTIONS: tuple[Action, ...] = ("report", "validate")


async def sender(request: Request) -> domain.access.Caller:
    """Return who sends a document. Raises a 401 or 403 `Problem`, and `Refused` for who reports nothing anywhere."""
    is_program = "authorization" in request.headers or not request.cookies
    staff = None if is_program else await staff_of(request)
    if staff is None:
        caller = await authenticate(request)
    else:
        refuse_foreign_form(request, staff, request.headers.get(FORM_KEY_HEADER, ""))
        caller = staff.caller
    if not any(held.allows(action) for held in caller.authorities for action in _ACTIONS):
        raise Refused(
            "role-not-enough",
            es="Sólo sube documentos quien reporta o valida: pide a quien le toca que lo haga.",
            en="Only who reports or validates uploads documents: ask who does to upload it.",
        )
    return caller


Sender = Annotated[domain.access.Caller, Depends(sender)]
"""Only who may report or validate somewhere."""
