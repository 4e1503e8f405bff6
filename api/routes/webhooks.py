"""Webhooks: signed notices to another system of what is recorded (Standard Webhooks), asked for with a token.

What is subscribed to is no fact about an election: it is kept at the desk, and can be erased.
"""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

import domain.access
from api.access import Caller
from api.body import FromBody
from api.database import Resources
from api.openapi import TOKEN_READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import PlainQuery, Position, Question
from api.preconditions import command_id
from api.reading import answer, answer_page
from api.webhooks.rows import DeliveryRow, NewWebhook, Subscription, TrialRow, WebhookRow
from api.webhooks.subscribing import keep_subscription, known_webhook, send_again, try_out
from ledger.desk.deliveries import DeliveryState, list_deliveries
from ledger.desk.webhooks import Webhook, remove_webhook, webhooks_of
from projections.page import Page, position_in

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

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
    kept = await keep_subscription(request.app.state.resources, caller, key, asked)
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
    send_again(request.app.state.resources, _known(request, caller, webhook), position)
    return Response(status_code=202)


@router.post("/{webhook}/trial", response_model=TrialRow, responses=TOKEN_READ_PROBLEMS)
async def try_it(request: Request, caller: Caller, webhook: WebhookId, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Send the receiver one signed message that is about nothing, now, and say what became of it.

    It is a CloudEvents document of the type `WebhookTried`, with `Bitacora-Position: 0`, which no event has. It is not
    listed among the deliveries, and neither begins a subscription again nor ends it.
    """
    known = await asyncio.to_thread(_known, request, caller, webhook)
    came = await try_out(request.app.state.resources, known)
    row = TrialRow(arrived=came.failure is None, status=came.status, failure=came.failure)
    return Response(
        row.model_dump_json(), 200, headers={"Cache-Control": "no-store"}, media_type="application/json"
    )


def _known(request: Request, caller: domain.access.Caller, id_: str) -> Webhook:
    return known_webhook(request.app.state.resources, caller, id_)


def _row(webhook: Webhook) -> WebhookRow:
    return WebhookRow.model_validate(webhook, from_attributes=True)
