"""What is to be delivered to a webhook and what was: in order, at least once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row

DeliveryState = Literal["waiting", "delivered", "given_up"]
"""A delivery waits for its next attempt, arrived, or was given up (a *dead letter*)."""

KEPT = timedelta(days=30)
"""How long what arrived is remembered."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook."""

    webhook: str
    position: int
    made_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    last_status: int | None
    """What the receiver last answered (HTTP); None where it never did."""
    last_failure: str | None

    @property
    def state(self) -> DeliveryState:
        """How it stands."""
        if self.delivered_at is not None:
            return "delivered"
        return "given_up" if self.given_up_at is not None else "waiting"


def add_deliveries(connection: Connection[Any], due: Iterable[tuple[str, int]], at: datetime) -> None:
    """Note which events are to be delivered to which webhooks, once each."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO desk.deliveries (webhook, position, made_at, next_attempt_at)"
            # A subscription may have been removed since.
            " SELECT id, %s, %s, %s FROM desk.webhooks WHERE id = %s ON CONFLICT DO NOTHING",
            [(position, at, at, webhook) for webhook, position in due],
        )


def next_delivery(connection: Connection[Any], webhook: str) -> Delivery | None:
    """Return the first event that has not arrived and was not given up: those behind it wait."""
    query = (
        "SELECT * FROM desk.deliveries WHERE webhook = %s AND next_attempt_at IS NOT NULL"
        " ORDER BY position LIMIT 1"
    )
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(query, [webhook]).fetchone()


def webhooks_due(connection: Connection[Any], at: datetime) -> list[str]:
    """Return the webhooks whose next event may be sent now, the one that waits longest first."""
    rows = connection.execute(
        "SELECT webhook FROM (SELECT DISTINCT ON (webhook) webhook, next_attempt_at FROM desk.deliveries"
        " JOIN desk.webhooks ON id = webhook WHERE next_attempt_at IS NOT NULL AND disabled_at IS NULL"
        " ORDER BY webhook, position) AS first WHERE next_attempt_at <= %s ORDER BY next_attempt_at",
        [at],
    )
    return [webhook for (webhook,) in rows.fetchall()]


def list_deliveries(
    connection: Connection[Any],
    webhook: str,
    *,
    state: DeliveryState | None = None,
    before: int | None = None,
    limit: int,
) -> list[Delivery]:
    """Return what was and is to be delivered to a webhook, the last event first."""
    query = (
        "SELECT * FROM desk.deliveries WHERE webhook = %(webhook)s"
        " AND (%(before)s::bigint IS NULL OR position < %(before)s)"
        " AND (%(state)s::text IS NULL OR %(state)s = CASE WHEN delivered_at IS NOT NULL THEN 'delivered'"
        " WHEN given_up_at IS NOT NULL THEN 'given_up' ELSE 'waiting' END) ORDER BY position DESC LIMIT %(limit)s"
    )
    values = {"webhook": webhook, "before": before, "state": state, "limit": limit}
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(query, values).fetchall()


def delivered(connection: Connection[Any], delivery: Delivery, status: int, at: datetime) -> None:
    """Remember that an event arrived, and let go of what arrived long ago."""
    with connection.transaction():
        connection.execute(
            "UPDATE desk.deliveries SET attempts = attempts + 1, next_attempt_at = NULL, delivered_at = %s,"
            " given_up_at = NULL, last_status = %s, last_failure = NULL WHERE webhook = %s AND position = %s",
            [at, status, delivery.webhook, delivery.position],
        )
        connection.execute(
            "UPDATE desk.webhooks SET failing_since = NULL WHERE id = %s AND failing_since IS NOT NULL",
            [delivery.webhook],
        )
        connection.execute(
            "DELETE FROM desk.deliveries WHERE webhook = %s AND delivered_at < %s",
            [delivery.webhook, at - KEPT],
        )


def failed(
    connection: Connection[Any],
    delivery: Delivery,
    *,
    status: int | None,
    failure: str,
    next_attempt_at: datetime | None,
    at: datetime,
) -> None:
    """Remember that an attempt failed, and when there is another; None gives the event up."""
    with connection.transaction():
        connection.execute(
            "UPDATE desk.deliveries SET attempts = attempts + 1, next_attempt_at = %s, given_up_at = %s,"
            " last_status = %s, last_failure = %s WHERE webhook = %s AND position = %s",
            [
                next_attempt_at, None if next_attempt_at else at, status, failure, delivery.webhook,
                delivery.position,
            ],
        )  # fmt: skip
        connection.execute(
            "UPDATE desk.webhooks SET failing_since = %s WHERE id = %s AND failing_since IS NULL",
            [at, delivery.webhook],
        )


def retry_delivery(connection: Connection[Any], webhook: str, position: int, at: datetime) -> bool:
    """Let an event that did not arrive be sent now, with all its attempts before it; False where there is none."""
    found = connection.execute(
        "UPDATE desk.deliveries SET attempts = 0, next_attempt_at = %s, given_up_at = NULL"
        " WHERE webhook = %s AND position = %s AND delivered_at IS NULL",
        [at, webhook, position],
    )
    return found.rowcount == 1


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """How much waits and how much was given up, of all webhooks."""

    waiting: int
    given_up: int
    disabled: int
    """Webhooks that are told no more."""
    oldest_waiting_at: datetime | None


def count_deliveries(connection: Connection[Any]) -> DeliveryCounts:
    """Return how deliveries stand."""
    with connection.cursor(row_factory=class_row(DeliveryCounts)) as cursor:
        found = cursor.execute(
            "SELECT count(*) FILTER (WHERE next_attempt_at IS NOT NULL AND disabled_at IS NULL) AS waiting,"
            " count(*) FILTER (WHERE given_up_at IS NOT NULL) AS given_up,"
            " (SELECT count(*) FROM desk.webhooks WHERE disabled_at IS NOT NULL) AS disabled,"
            " min(desk.deliveries.made_at) FILTER (WHERE next_attempt_at IS NOT NULL AND disabled_at IS NULL)"
            " AS oldest_waiting_at FROM desk.deliveries JOIN desk.webhooks ON id = webhook"
        ).fetchone()
    assert found is not None  # noqa: S101 - a count has one row
    return found
