"""Asking to be told by webhook, trying it out and having it sent again: once for API, pages and command line.

What is subscribed to is no fact about an election: it is kept at the desk, and can be erased.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg import Connection, errors

from api.database import Resources
from api.problems import FieldError, Problem
from api.webhooks.rows import Subscription
from api.webhooks.target import BadTarget, looked_up
from domain.access import Caller, authorise
from ledger.desk.deliveries import list_deliveries, retry_delivery
from ledger.desk.webhooks import Webhook, add_webhook, enable_webhook, webhook_by_id, webhooks_of
from ledger.entry import instant

if TYPE_CHECKING:
    from api.webhooks.sending import Attempted

MOST_OF_AN_OWNER = 20
"""How many subscriptions one token or person may have."""
SECRET_BYTES = 32
LOOK_UP_SECONDS = 5.0
MOST_AGAIN = 500
"""How many dead letters are sent again at once."""
NO_POSITION = 0
"""What a trial says for the position of its event: it has none."""


async def keep_subscription(resources: Resources, caller: Caller, key: UUID, asked: Subscription) -> Webhook:
    """Keep a subscription with its secret; asked again with the same key, the same one.

    Raises `domain.event.Refused` and a 422 `Problem`.
    """
    authorise(caller, "report", asked.territory, asked.process)
    await _check_address(resources, asked.address)
    return await asyncio.to_thread(_keep, resources, _webhook(resources, caller, key, asked))


def known_webhook(resources: Resources, caller: Caller, id_: str) -> Webhook:
    """Return a subscription of the caller's, or one of a place they administer; to anyone else it is not there.

    Raises a 404 `Problem`.
    """
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


def send_again(resources: Resources, webhook: Webhook, position: int) -> None:
    """Have an event that did not arrive sent at once, and the subscription begin again. Raises a 404 `Problem`."""
    with resources.desk.connection() as connection, connection.transaction():
        if not retry_delivery(connection, webhook.id, position, resources.clock()):
            raise Problem(
                404,
                "unknown-delivery",
                es=f"Del asiento n.º {position} no hay una entrega pendiente ni abandonada: mira la lista de entregas.",
                en=f"Of position {position} no delivery waits or was given up: look at the list of deliveries.",
            )
        enable_webhook(connection, webhook.id)


def send_all_again(connection: Connection[Any], webhook: str, at: datetime) -> int:
    """Have all that was given up sent at once, and the subscription begin again; return how many there are."""
    with connection.transaction():
        given_up = list_deliveries(connection, webhook, state="given_up", limit=MOST_AGAIN)
        sent = [each for each in given_up if retry_delivery(connection, webhook, each.position, at)]
        enable_webhook(connection, webhook)
    return len(sent)


async def try_out(resources: Resources, webhook: Webhook) -> Attempted:
    """Send a receiver one signed message that is about nothing, and return what became of it. Nothing remembers it."""
    from api.webhooks.sending import send  # noqa: PLC0415 - what signs takes a megabyte, and few requests

    now = resources.clock()
    said = {
        "specversion": "1.0", "id": f"{webhook.id}/{instant(now)}", "source": resources.identity().origin,
        "type": "WebhookTried", "time": instant(now), "datacontenttype": "application/json", "data": {},
    }  # fmt: skip
    to_loopback = resources.settings.webhooks_to_loopback
    return await send(webhook, NO_POSITION, json.dumps(said).encode(), now, to_loopback=to_loopback)


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


def _webhook(resources: Resources, caller: Caller, key: UUID, asked: Subscription) -> Webhook:
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
