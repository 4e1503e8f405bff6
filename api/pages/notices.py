"""How the signed-in person is told of their deadlines: a calendar of their own, and letters."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api.database import Resources
from api.letters.follower import letterhead
from api.letters.letter import code_letter
from api.letters.mail import FAILING, deliver
from api.problems import Problem
from api.settings import Language
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.feeds import site_address
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from ledger.desk.calendars import calendar_made_at, new_calendar_address, remove_calendar_address
from ledger.desk.codes import codes_of, keep_code, readable_code, use_code
from ledger.desk.letters import MatterKind, Pace, Wish, confirm_address, keep_wish, remove_wish, wish_of

router = APIRouter(tags=["pages"])

PAGE = "/cuenta/avisos"
CODE_GOOD_FOR = timedelta(hours=1)
MOST_CODES = 5
"""How many a person may have sent in that time: they go to an address that may be somebody else's."""
PURPOSE = "letters"
KINDS: tuple[MatterKind, ...] = get_args(MatterKind)


class WishForm(BaseModel):
    """What the form of letters says."""

    model_config = ConfigDict(extra="ignore")

    form_key: Annotated[str, Field(max_length=100)] = ""
    address: Annotated[str, Field(max_length=254)]
    pace: Pace
    matters: list[MatterKind] = []
    due_days: Annotated[int, Field(ge=1, le=60)] = 7
    quiet_from: Annotated[int, Field(ge=0, le=23)] = 22
    quiet_to: Annotated[int, Field(ge=0, le=23)] = 7


FormKey = Annotated[str, Form(max_length=100)]


@router.get(PAGE, response_class=HTMLResponse)
def notices_page(visit: Asked, staff: StaffOnly) -> Response:
    """Avisos: mi calendario y mi correo."""
    return _page(visit, staff)


@router.post(f"{PAGE}/calendario", response_class=HTMLResponse)
def make_calendar_address(
    request: Request, visit: Asked, staff: StaffOnly, form_key: FormKey = ""
) -> Response:
    """Crear la dirección de mi calendario, o cambiarla por otra."""
    refuse_foreign_form(request, staff, form_key)
    with visit.resources.desk.connection() as connection:
        secret = new_calendar_address(connection, staff.caller.actor, visit.resources.clock())
    return _page(visit, staff, calendar=f"{site_address(visit)}/calendarios/personas/{secret}.ics")


@router.post(f"{PAGE}/calendario/quitar", response_class=HTMLResponse)
def remove_calendar(request: Request, visit: Asked, staff: StaffOnly, form_key: FormKey = "") -> Response:
    """Quitar la dirección de mi calendario."""
    refuse_foreign_form(request, staff, form_key)
    with visit.resources.desk.connection() as connection:
        remove_calendar_address(connection, staff.caller.actor)
    return _back(visit)


@router.post(f"{PAGE}/correo", response_class=HTMLResponse)
async def keep_letters(
    request: Request, visit: Asked, staff: StaffOnly, form: Annotated[WishForm, Form()]
) -> Response:
    """Guardar qué quiero recibir por correo; a una dirección nueva se envía primero un código."""
    refuse_foreign_form(request, staff, form.form_key)
    resources: Resources = request.app.state.resources
    if not resources.settings.smtp_host:
        raise Problem(
            404, "not-found", es="Este servicio no envía correo.", en="This service sends no e-mail."
        )
    wish = Wish(
        person=staff.caller.actor, address=_address(form.address), confirmed_at=None, pace=form.pace,
        matters=form.matters, due_days=form.due_days, quiet_from=form.quiet_from, quiet_to=form.quiet_to,
        language=visit.language,
    )  # fmt: skip
    await asyncio.to_thread(_keep, resources, wish)
    return _back(visit)


@router.post(f"{PAGE}/correo/codigo", response_class=HTMLResponse)
def confirm(
    request: Request, visit: Asked, staff: StaffOnly, form_key: FormKey = "", code: FormKey = ""
) -> Response:
    """Mostrar que la dirección es mía con el código que llegó a ella."""
    refuse_foreign_form(request, staff, form_key)
    now, person = visit.resources.clock(), staff.caller.actor
    with visit.resources.desk.connection() as connection:
        about = use_code(connection, code, purpose=PURPOSE, now=now) or ""
        owner, _, address = about.partition(" ")
        if owner != person or not confirm_address(connection, person, address, now):
            raise Problem(
                403,
                "letter-code-refused",
                es="El código no sirve: está mal escrito, ya se usó o venció. Guarda otra vez para recibir otro.",
                en="The code is not good: mistyped, used already or over. Save again to be sent another.",
            )
    return _back(visit)


@router.post(f"{PAGE}/correo/quitar", response_class=HTMLResponse)
def remove_letters(request: Request, visit: Asked, staff: StaffOnly, form_key: FormKey = "") -> Response:
    """Quitar mi dirección de correo."""
    refuse_foreign_form(request, staff, form_key)
    with visit.resources.desk.connection() as connection:
        remove_wish(connection, staff.caller.actor)
    return _back(visit)


def _keep(resources: Resources, wish: Wish) -> None:
    """Keep a wish; where its address is not known to be the person's, send a code there. Raises a `Problem`."""
    now = resources.clock()
    with resources.desk.connection() as connection:
        before = wish_of(connection, wish.person)
        if before is not None and before.address == wish.address and before.confirmed_at is not None:
            keep_wish(connection, replace(wish, confirmed_at=before.confirmed_at))
            return
        if len(waiting := codes_of(connection, wish.person, purpose=PURPOSE, now=now)) >= MOST_CODES:
            raise _too_many_codes(waiting[0] - now)
        code = readable_code()
        keep_wish(connection, wish)
        keep_code(
            connection, code, purpose=PURPOSE, about=f"{wish.person} {wish.address}", person=wish.person,
            expires_at=now + CODE_GOOD_FOR, now=now,
        )  # fmt: skip
    language: Language = "en" if wish.language == "en" else "es"
    try:
        deliver(resources.settings, code_letter(letterhead(resources), wish.address, code, language, now))
    except FAILING:
        raise Problem(
            503,
            "letter-not-sent",
            es="El correo no salió: inténtalo en unos minutos.",
            en="The letter did not go out: try again in a few minutes.",
        ) from None


def _too_many_codes(wait: timedelta) -> Problem:
    minutes = math.ceil(wait / timedelta(minutes=1))
    return Problem(
        429,
        "too-many-codes",
        es=f"Ya se te enviaron {MOST_CODES} códigos: escribe uno de ellos, o espera {minutes} minutos para otro.",
        en=f"You were sent {MOST_CODES} codes already: type one of them, or wait {minutes} minutes for another.",
        headers={"Retry-After": str(60 * minutes)},
    )


def _address(text: str) -> str:
    """Return an address as it was written. Raises a 422 `Problem` where it is none."""
    try:
        address = Address(addr_spec=text.strip())
    except (ValueError, IndexError, MessageError):
        address = Address()
    if not address.username or "." not in address.domain or not text.isascii():
        raise Problem(
            422,
            "not-an-address",
            es="Escribe una dirección de correo completa, como ana@iepc.example.mx.",
            en="Write a whole e-mail address, such as ana@iepc.example.mx.",
        )
    return address.addr_spec


def _back(visit: Visit) -> Response:
    return RedirectResponse(visit.link(PAGE, al=""), 303)


def _page(visit: Visit, staff: Staff, **more: Any) -> Response:
    with visit.resources.desk.connection() as connection:
        wish = wish_of(connection, staff.caller.actor)
        made_at = calendar_made_at(connection, staff.caller.actor)
    content = {
        "calendar": None, "calendar_made_at": made_at, "wish": wish, "kinds": KINDS, "paces": get_args(Pace),
        "has_mail": bool(visit.resources.settings.smtp_host), **more,
    }  # fmt: skip
    return private_page(visit, staff, "notices.html", content)
