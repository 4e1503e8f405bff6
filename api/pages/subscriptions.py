"""Being told by webhook, from a page: asking for it, trying it out, and what did not arrive."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, get_args
from uuid import uuid4

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.problems import Problem, invalid, problem_of
from api.sign_in.acting import number_of
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from api.webhooks.rows import Subscription
from api.webhooks.subscribing import keep_subscription, known_webhook, send_again, send_all_again, try_out
from domain.event import Refused
from domain.milestone_events import MilestoneEvent
from ledger.desk.deliveries import Delivery, list_deliveries
from ledger.desk.webhooks import Webhook, remove_webhook, webhooks_of

router = APIRouter(tags=["pages"])

PAGE = "/cuenta/avisos/sistemas"
SHOWN = 50
"""How many dead letters of a subscription are shown."""
TYPES = tuple(event.type.partition(".")[0] for event in get_args(MilestoneEvent))
"""The events a person chooses from; a program may name any."""
WebhookPath = Annotated[str, Path(pattern=r"^w-[0-9a-f]{12}$")]
FormKey = Annotated[str, Form(max_length=100)]


class SubscriptionForm(BaseModel):
    """What was typed to be told by webhook; what is left empty is left out."""

    model_config = ConfigDict(extra="forbid")

    form_key: Annotated[str, Field(max_length=100)] = ""
    form: Annotated[str, Field(max_length=100)] = ""
    address: Annotated[str, Field(max_length=600)] = ""
    territory: Annotated[str, Field(max_length=100)] = ""
    process: Annotated[str, Field(max_length=100)] = ""
    types: list[Annotated[str, Field(max_length=100)]] = []

    def subscription(self) -> Subscription:
        """Return what it asks for. Raises a 422 `Problem` field by field."""
        said = {
            "address": self.address.strip(),
            "territory": self.territory.strip(),
            "types": tuple(self.types),
        }
        try:
            return Subscription.model_validate(said | {"process": self.process.strip() or None})
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None


@router.get(PAGE, response_class=HTMLResponse)
def subscriptions_page(visit: Asked, staff: StaffOnly) -> Response:
    """Avisos a sistemas: mis suscripciones, y lo que no llegó."""
    return _page(visit, staff)


@router.post(PAGE, response_class=HTMLResponse)
async def ask(
    request: Request, visit: Asked, staff: StaffOnly, form: Annotated[SubscriptionForm, Form()]
) -> Response:
    """Pedir que se avise a un sistema: el secreto con que se firma se muestra una sola vez."""
    refuse_foreign_form(request, staff, form.form_key)
    try:
        made = await keep_subscription(
            visit.resources, staff.caller, number_of(form.form), form.subscription()
        )
    except (Problem, Refused) as refused:
        told = {"typed": form.model_dump(), "refused": problem_of(refused)}
        return await asyncio.to_thread(_page, visit, staff, **told)
    return await asyncio.to_thread(_page, visit, staff, made=made)


@router.post(f"{PAGE}/{{webhook}}/prueba", response_class=HTMLResponse)
async def try_it(
    request: Request, visit: Asked, staff: StaffOnly, webhook: WebhookPath, form_key: FormKey = ""
) -> Response:
    """Probar una suscripción: enviar ahora un mensaje firmado que no trata de nada."""
    refuse_foreign_form(request, staff, form_key)
    known = await asyncio.to_thread(known_webhook, visit.resources, staff.caller, webhook)
    came = await try_out(visit.resources, known)
    return await asyncio.to_thread(_page, visit, staff, tried=known, came=came)


@router.post(f"{PAGE}/{{webhook}}/reenvio", response_class=HTMLResponse)
def send_it_again(
    request: Request, visit: Asked, staff: StaffOnly, webhook: WebhookPath,
    position: Annotated[int | None, Form(ge=1, le=10**15)] = None, form_key: FormKey = "",
) -> Response:  # fmt: skip
    """Enviar otra vez lo que no llegó: un asiento, o todos los abandonados."""
    refuse_foreign_form(request, staff, form_key)
    known = known_webhook(visit.resources, staff.caller, webhook)
    if position is not None:
        send_again(visit.resources, known, position)
    else:
        with visit.resources.desk.connection() as connection:
            send_all_again(connection, known.id, visit.resources.clock())
    return RedirectResponse(visit.link(PAGE), 303)


@router.post(f"{PAGE}/{{webhook}}/quitar", response_class=HTMLResponse)
def end(
    request: Request, visit: Asked, staff: StaffOnly, webhook: WebhookPath, form_key: FormKey = ""
) -> Response:
    """Quitar una suscripción, con su secreto y sus entregas."""
    refuse_foreign_form(request, staff, form_key)
    known = known_webhook(visit.resources, staff.caller, webhook)
    with visit.resources.desk.connection() as connection:
        remove_webhook(connection, known.id)
    return RedirectResponse(visit.link(PAGE), 303)


def _page(visit: Visit, staff: Staff, **told: Any) -> Response:
    listed: list[tuple[Webhook, list[Delivery], bool]] = []
    with visit.resources.desk.connection() as connection:
        for webhook in webhooks_of(connection, staff.caller.actor):
            dead = list_deliveries(connection, webhook.id, state="given_up", limit=SHOWN)
            waits = bool(list_deliveries(connection, webhook.id, state="waiting", limit=1))
            listed.append((webhook, dead, waits))
    places = [each.territory for each in staff.caller.authorities if each.allows("report")]
    content = {
        "listed": listed, "types": TYPES, "place": min(places, key=len, default="")[:6], "form": uuid4(),
        "typed": {}, "refused": None, "made": None, "tried": None, "came": None, **told,
    }  # fmt: skip
    refused = content["refused"]
    return private_page(
        visit, staff, "subscriptions.html", content, status=refused.status if refused else 200
    )
