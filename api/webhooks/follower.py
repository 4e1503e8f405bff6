"""The follower that tells webhooks what is recorded: it notes what is to be delivered, and delivers it.

What is to be delivered is noted in the transaction that moves the follower on, so nothing is left out whatever breaks
off; an event is marked as delivered after the receiver said so, so it may arrive twice and never not at all. Each
webhook has its events in the order of the log: one that fails holds up those behind it, and no other webhook's.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

from psycopg import Connection

from api.database import Clock, Resources, now
from api.leading import lead
from api.logs import log
from api.webhooks.retries import DISABLED_AFTER, wait_after
from api.webhooks.rights import is_told, may_have, owner_of
from api.webhooks.sending import GONE, Attempted, send
from ledger.desk.deliveries import add_deliveries, delivered, failed, next_delivery, webhooks_due
from ledger.desk.followers import begin_following, move_follower
from ledger.desk.webhooks import Webhook, all_webhooks, disable_webhook, webhook_by_id
from ledger.entry import entry
from projections.belonging import Belonging, list_belonging
from projections.reading import projected_position

NAME = "webhooks"
LOOK_SECONDS = 0.5
"""How often it looks whether there is something to do."""
SEEN_SECONDS = 10.0
"""How often it notes that it looked, where there is nothing new."""
GONE_FROM_LOG = "the log has no such position any more"
BATCH_EVENTS = 1_000
MOST_AT_ONCE = 8
"""How many webhooks are being sent to at the same time."""
MOST_IN_A_ROW = 100
"""How many events one webhook is sent before others have their turn."""


class WebhookFollower:
    """One follower. Of any number, one leads and the others stand by."""

    def __init__(self, resources: Resources, *, clock: Clock = now) -> None:
        self._resources = resources
        self._clock = clock
        self._busy: dict[str, Future[None]] = {}

    def run(self, stop: threading.Event) -> None:
        """Lead once nobody else does, and tell webhooks what is recorded until ``stop`` is set."""
        lead(self._resources, NAME, stop, self._follow)

    def _follow(self, connection: Connection[Any], stop: threading.Event) -> None:
        # What is under way is waited for before another may lead, so that no webhook has its events out of order.
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="webhook") as sending:
            while not stop.is_set():
                self.look(connection)
                self._start_deliveries(connection, sending, stop)
                stop.wait(LOOK_SECONDS)

    def look(self, connection: Connection[Any]) -> int:
        """Note what of the next events is to be delivered to whom; return the position reached."""
        at = self._clock()
        known = begin_following(connection, NAME, at)
        events, reached = self._recorded_since(known.position)
        if reached == known.position and (at - known.looked_at).total_seconds() < SEEN_SECONDS:
            return reached
        due: list[tuple[str, int]] = []
        if events:
            due = asyncio.run(self._to_deliver(connection, events, at))
        with connection.transaction():
            if move_follower(connection, NAME, known.position, reached, at):
                add_deliveries(connection, due, at)
        return reached

    def _recorded_since(self, position: int) -> tuple[list[Belonging], int]:
        """Return where the next events belong, and the position that is then dealt with."""
        with self._resources.readers.connection() as connection:
            told = projected_position(connection)
            events = list_belonging(connection, position, BATCH_EVENTS)
        # A log that is shorter than what was told of it was restored: it goes on from there.
        return events, events[-1].position if len(events) == BATCH_EVENTS else told

    async def _to_deliver(
        self, connection: Connection[Any], events: list[Belonging], at: datetime
    ) -> list[tuple[str, int]]:
        """Return which event is to be delivered to which webhook; one whose owner lost the right is told no more."""
        due: list[tuple[str, int]] = []
        with self._resources.desk.connection() as desk:
            working = all_webhooks(desk, only_working=True)
        for webhook in working:
            owner = await owner_of(self._resources, webhook.owner, at)
            if may_have(webhook, owner):
                due += [(webhook.id, event.position) for event in events if is_told(webhook, owner, event)]
            else:
                self._disable(connection, webhook, "its owner may not report there any more", at)
        return due

    def _start_deliveries(
        self, connection: Connection[Any], sending: ThreadPoolExecutor, stop: threading.Event
    ) -> None:
        """Begin to send to those webhooks whose time has come, and that are not being sent to."""
        for webhook in [id_ for id_, under_way in self._busy.items() if under_way.done()]:
            self._busy.pop(webhook).result()
        for webhook in webhooks_due(connection, self._clock()):
            if webhook not in self._busy and len(self._busy) < MOST_AT_ONCE:
                self._busy[webhook] = sending.submit(self._deliver, webhook, stop)

    def _deliver(self, id_: str, stop: threading.Event) -> None:
        """Send a webhook what waits for it, in order, until there is no more or something does not arrive."""
        for _ in range(MOST_IN_A_ROW):
            if stop.is_set() or not self.deliver_next(id_):
                return

    def deliver_next(self, id_: str) -> bool:
        """Send a webhook its next event, where its time has come; tell whether the one behind it may go."""
        desk, log_ = self._resources.desk, self._resources.ledger.log
        with desk.connection() as connection:
            webhook, delivery = webhook_by_id(connection, id_), next_delivery(connection, id_)
        at = self._clock()
        if webhook is None or delivery is None or webhook.disabled_at is not None:
            return False
        if delivery.next_attempt_at is None or delivery.next_attempt_at > at:
            return False
        found = log_.read(delivery.position - 1, 1)
        if not found:
            # The log was restored from before it: there is nothing to send, and those behind it need not wait.
            with desk.connection() as connection:
                failed(connection, delivery, status=None, failure=GONE_FROM_LOG, next_attempt_at=None, at=at)
            return True
        body = entry(found[0], self._resources.identity().origin)
        to_loopback = self._resources.settings.webhooks_to_loopback
        came = asyncio.run(send(webhook, delivery.position, body, at, to_loopback=to_loopback))
        at = self._clock()
        with desk.connection() as connection:
            if came.failure is None and came.status is not None:
                delivered(connection, delivery, came.status, at)
                return True
            wait = wait_after(delivery.attempts + 1)
            failed(
                connection, delivery, status=came.status, failure=came.failure or "",
                next_attempt_at=at + wait if wait else None, at=at,
            )  # fmt: skip
            self._disable_hopeless(connection, webhook, came, at)
        return False

    def _disable_hopeless(
        self, connection: Connection[Any], webhook: Webhook, came: Attempted, at: datetime
    ) -> None:
        """Tell a webhook no more that wants nothing, or where nothing has arrived for days."""
        if came.status == GONE:
            self._disable(connection, webhook, "the receiver answered 410: it wants nothing more", at)
        elif webhook.failing_since is not None and at - webhook.failing_since > DISABLED_AFTER:
            days = DISABLED_AFTER.days
            self._disable(connection, webhook, f"nothing arrived for {days} days: {came.failure}", at)

    def _disable(self, connection: Connection[Any], webhook: Webhook, why: str, at: datetime) -> None:
        disable_webhook(connection, webhook.id, why, at)
        log.warning("webhook_disabled", actor=webhook.owner, warning=f"{webhook.id}: {why}")
