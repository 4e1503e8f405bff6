"""Webhooks: signed notices to another system of what is recorded (Standard Webhooks), asked for with a token.

What is subscribed to is no fact about an election: it is kept at the desk, and can be erased.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from psycopg import errors
from pydantic import Field
from starlette.responses import Response

import domain.access
from api.access import Caller
from api.body import FromBody
from api.database import Resources
from api.openapi import TOKEN_READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery, Position, Question
from api.preconditions import command_id
from api.problems import FieldError, Problem
from api.reading import answer, answer_page
from api.webhooks.rows import DeliveryRow, NewWebhook, Subscription, WebhookRow
from api.webhooks.target import BadTarget, looked_up
from domain.access import authorise
from ledger.desk.deliveries import DeliveryState, list_deliveries, retry_delivery
from ledger.desk.webhooks import (
    Webhook,
    add_webhook,
    enable_webhook,
    remove_webhook,
    webhook_by_id,
    webhooks_of,
)
from projections.page import Page, position_in

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

MOST_OF_AN_OWNER = 20
"""How many subscriptions one token or person may have."""
SECRET_BYTES = 32
LOOK_UP_SECONDS = 5.0

WebhookId = Annotated[
    str,
    Path(
        pattern=r"^w-[0-9a-f]{12}$",
        description="The subscription's id, as it was given.",
        examples=["w-0f3a5b1f4a53"],
    ),
]


class DeliveriesQuestion(Question):
    """Which deliveries to list."""

    state: DeliveryState | None = None
    """Only those that stand so: `given_up` lists the dead letters."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """How many rows at most."""
    cursor: Annotated[str | None, Field(max_length=20)] = None
    """Where the page begins: the `next` of the page before."""


@router.post("", response_model=NewWebhook, status_code=201, responses=WRITE_PROBLEMS)
async def subscribe(
    request: Request,
    caller: Caller,
    key: Annotated[UUID, Depends(command_id)],
    asked: Annotated[Subscription, Depends(FromBody(Subscription))],
) -> Response:
    """Ask to be told by webhook of what is recorded in a place where the token may report.

    Each event is sent as its CloudEvents document, byte for byte that of `/api/v1/events/{position}`, at least once and
    in order, signed by the Standard Webhooks rules. The secret is in this answer alone; the same request with the same
    key has it again.
    """
    resources: Resources = request.app.state.resources
    authorise(caller, "report", asked.territory, asked.process)
    await _check_address(resources, asked.address)
    webhook = _webhook(resources, caller, key, asked)
    kept = await asyncio.to_thread(_keep, resources, webhook)
    row = NewWebhook(secret=kept.secret, **_row(kept).model_dump())
    headers = {"Location": f"/api/v1/webhooks/{kept.id}", "Cache-Control": "no-store"}
    return Response(row.model_dump_json(), 201, headers=headers, media_type="application/json")


@router.get("", response_model=Page[WebhookRow], responses=TOKEN_READ_PROBLEMS)
def list_own(request: Request, caller: Caller, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """List the subscriptions this token made, without their secrets. Also as CSV."""
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        found = webhooks_of(connection, caller.actor)
    return answer_page(request, Page[WebhookRow](items=[_row(webhook) for webhook in found]), WebhookRow)


@router.get("/{webhook}", response_model=WebhookRow, responses=TOKEN_READ_PROBLEMS)
def get(request: Request, caller: Caller, webhook: WebhookId, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read one subscription: whether it works, since when it fails, why it was given up."""
    return answer(request, _row(_known(request, caller, webhook)))


@router.delete("/{webhook}", status_code=204, responses=TOKEN_READ_PROBLEMS, response_class=Response)
def unsubscribe(request: Request, caller: Caller, webhook: WebhookId, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """End a subscription: nothing more is sent, and its secret and its deliveries are erased."""
    known = _known(request, caller, webhook)
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        remove_webhook(connection, known.id)
    return Response(status_code=204)


@router.get("/{webhook}/deliveries", response_model=Page[DeliveryRow], responses=TOKEN_READ_PROBLEMS)
def deliveries(
    request: Request, caller: Caller, webhook: WebhookId, query: Annotated[DeliveriesQuestion, Query()]
) -> Response:
    """List what was and is to be sent, the last event first; what was given up are the dead letters. Also as CSV.

    What arrived is remembered for 30 days.
    """
    known = _known(request, caller, webhook)
    before = position_in(query.cursor, otherwise=0) or None
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        found = list_deliveries(connection, known.id, state=query.state, before=before, limit=query.limit + 1)
    rows = [DeliveryRow.model_validate(each, from_attributes=True) for each in found[: query.limit]]
    more = str(rows[-1].position) if len(found) > query.limit else None
    return answer_page(request, Page[DeliveryRow](items=rows, next=more), DeliveryRow)


@router.post(
    "/{webhook}/deliveries/{position}/retry",
    status_code=202,
    response_class=Response,
    responses=TOKEN_READ_PROBLEMS,
)
def retry(
    request: Request,
    caller: Caller,
    webhook: WebhookId,
    position: Position,
    query: PlainQuery,  # noqa: ARG001 - refuses the rest
) -> Response:
    """Send an event again that did not arrive, at once, with all its attempts before it.

    Where the subscription was given up, it begins again.
    """
    known = _known(request, caller, webhook)
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection, connection.transaction():
        if not retry_delivery(connection, known.id, position, resources.clock()):
            raise Problem(
                404,
                "unknown-delivery",
                es=f"Del asiento n.º {position} no hay una entrega pendiente ni abandonada: mira la lista de entregas.",
                en=f"Of position {position} no delivery waits or was given up: look at the list of deliveries.",
            )
        enable_webhook(connection, known.id)
    return Response(status_code=202)


async def _check_address(resources: Resources, address: str) -> None:
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            await looked_up(address, to_loopback=resources.settings.webhooks_to_loopback)
    except BadTarget as bad:
        raise _bad_address(bad.es, bad.en) from None
    except TimeoutError:
        raise _bad_address("No se pudo buscar la dirección.", "The address could not be looked up.") from None


def _bad_address(es: str, en: str) -> Problem:
    error: FieldError = {"field": "address", "es": es, "en": en}
    return Problem(422, "webhook-address-refused", es=es, en=en, errors=[error])


def _webhook(resources: Resources, caller: domain.access.Caller, key: UUID, asked: Subscription) -> Webhook:
    """Return a new subscription, named by who asks and by the request's key."""
    digest = hashlib.sha256(f"{caller.actor}\0{key}".encode()).hexdigest()
    secret = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return Webhook(
        id=f"w-{digest[:12]}",
        owner=caller.actor,
        address=asked.address,
        territory=asked.territory,
        process=asked.process,
        types=list(asked.types),
        secret=f"whsec_{secret}",
        made_at=resources.clock(),
        after_position=resources.ledger.log.head().position,
    )


def _keep(resources: Resources, webhook: Webhook) -> Webhook:
    """Keep a subscription, or return the one its request made before. Raises a 422 `Problem`."""
    with resources.desk.connection() as connection:
        own = {each.id: each for each in webhooks_of(connection, webhook.owner)}
        if webhook.id not in own:
            if len(own) >= MOST_OF_AN_OWNER:
                raise Problem(
                    422,
                    "too-many-webhooks",
                    es=f"Ya tienes {MOST_OF_AN_OWNER} suscripciones: quita una antes de pedir otra.",
                    en=f"You have {MOST_OF_AN_OWNER} subscriptions already: remove one before asking for another.",
                )
            try:
                add_webhook(connection, webhook)
            except errors.UniqueViolation:
                own[webhook.id] = webhook_by_id(connection, webhook.id) or webhook
            else:
                return webhook
    before = own[webhook.id]
    if _asked(before) != _asked(webhook):
        raise Problem(
            422,
            "webhook-key-reused",
            es="Con esa «Idempotency-Key» se pidió otra suscripción: usa una nueva.",
            en="Another subscription was asked for with that 'Idempotency-Key': use a new one.",
        )
    return before


def _asked(webhook: Webhook) -> tuple[str, str, str | None, list[str]]:
    return webhook.address, webhook.territory, webhook.process, webhook.types


def _known(request: Request, caller: domain.access.Caller, id_: str) -> Webhook:
    """Return a subscription of the caller's, or one of a place they administer; to anyone else it is not there."""
    resources: Resources = request.app.state.resources
    with resources.desk.connection() as connection:
        webhook = webhook_by_id(connection, id_)
    if webhook is None or not (
        webhook.owner == caller.actor or caller.may("administer", webhook.territory, webhook.process)
    ):
        raise Problem(
            404,
            "unknown-webhook",
            es=f"No hay una suscripción «{id_}», o no es tuya.",
            en=f"There is no subscription '{id_}', or it is not yours.",
        )
    return webhook


def _row(webhook: Webhook) -> WebhookRow:
    return WebhookRow.model_validate(webhook, from_attributes=True)
