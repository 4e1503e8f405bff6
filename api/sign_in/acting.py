"""What somebody who is signed in has recorded with a form: once, however often it is sent, and freshly proved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from api.database import Resources
from api.persons import caller_of
from api.problems import Problem
from api.sign_in.session import Staff
from domain.access import Caller
from ledger.ledger import Recorded, View

FormDecision = Callable[[View, Caller, datetime], Awaitable[Any]]
"""What a form asks for, decided with the rights its sender holds as it is decided."""


async def record_form(
    resources: Resources, staff: Staff, form: str, said: str, decide: FormDecision
) -> Recorded:
    """Record what a form asks for: ``form`` is the number its page gave it, ``said`` all it says.

    Sent twice it is recorded once; changed and sent again it is another request. Raises a `Problem`,
    `domain.event.Refused` and what the ledger raises.
    """
    now = resources.clock()
    if not staff.proved_lately(now):
        raise prove_again()

    async def decided(view: View) -> None:
        _, caller = await caller_of(view, staff.caller.actor, now)
        await decide(view, caller, now)

    key = uuid5(number_of(form), f"{staff.caller.actor} {said}")
    recorded = await resources.ledger.execute(decided, command_id=key, occurred_at=now)
    resources.log_end.saw(recorded.position)
    return recorded


def prove_again() -> Problem:
    """Return the problem of an act of legal effect by somebody who proved who they are too long ago."""
    return Problem(
        403,
        "prove-again",
        es="Este acto tiene efecto jurídico: confirma quién eres en /cuenta/confirmar (en otra pestaña), vuelve y "
        "envía otra vez.",
        en="This act has legal effect: confirm who you are at /cuenta/confirmar (on another tab), come back and send "
        "again.",
    )


def number_of(form: str) -> UUID:
    """Return the number a page gave its form. Raises a 422 `Problem`."""
    try:
        return UUID(form)
    except ValueError:
        raise Problem(
            422,
            "form-without-number",
            es="Al formulario le falta su número: abre la página otra vez y envíalo desde ahí.",
            en="The form lacks its number: open the page again and send it from there.",
        ) from None
