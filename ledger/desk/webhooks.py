"""Who is told by webhook of what happens where (Standard Webhooks)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ledger.desk import DeskConnection

PLACE = "webhooks.address"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription."""

    id: str
    owner: str
    """The token or the person whose rights it has."""
    address: str
    territory: str
    process: str | None
    types: list[str]
    """Names of events without their version; empty for all."""
    secret: str
    made_at: datetime
    after_position: int
    failing_since: datetime | None = None
    """Since when nothing arrives; None while the last attempt arrived."""
    disabled_at: datetime | None = None
    why_disabled: str | None = None

    def wants(self, type_: str, process: str, position: int) -> bool:
        """Tell whether it is for this event, wherever that happened."""
        return (
            position > self.after_position
            and self.process in {None, process}
            and (not self.types or type_.partition(".")[0] in self.types)
        )


def add_webhook(connection: DeskConnection, webhook: Webhook) -> None:
    """Keep a subscription."""
    connection.execute(
        "INSERT INTO desk.webhooks (id, owner, address, territory, process, types, secret, made_at, after_position)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            webhook.id, webhook.owner, connection.keys.seal(webhook.owner, webhook.address, PLACE),
            webhook.territory, webhook.process, webhook.types, webhook.secret, webhook.made_at,
            webhook.after_position,
        ],
    )  # fmt: skip


def webhook_by_id(connection: DeskConnection, webhook: str) -> Webhook | None:
    """Return a subscription."""
    found = _webhooks(connection, "id = %s", [webhook])
    return found[0] if found else None


def webhooks_of(connection: DeskConnection, owner: str) -> list[Webhook]:
    """Return the subscriptions of a token or a person, the oldest first."""
    return _webhooks(connection, "owner = %s", [owner])


def all_webhooks(connection: DeskConnection, *, only_working: bool = False) -> list[Webhook]:
    """Return every subscription, or those that are not disabled."""
    return _webhooks(connection, "disabled_at IS NULL OR NOT %s", [only_working])


def disable_webhook(connection: Connection[Any], webhook: str, why: str, at: datetime) -> None:
    """Tell a subscription no more; what waits for it stays."""
    connection.execute(
        "UPDATE desk.webhooks SET disabled_at = %s, why_disabled = %s WHERE id = %s AND disabled_at IS NULL",
        [at, why, webhook],
    )


def enable_webhook(connection: Connection[Any], webhook: str) -> None:
    """Tell a subscription again."""
    connection.execute(
        "UPDATE desk.webhooks SET disabled_at = NULL, why_disabled = NULL, failing_since = NULL WHERE id = %s",
        [webhook],
    )


def remove_webhook(connection: Connection[Any], webhook: str) -> None:
    """Forget a subscription, its secret and its deliveries."""
    connection.execute("DELETE FROM desk.webhooks WHERE id = %s", [webhook])


def _webhooks(connection: DeskConnection, condition: str, values: list[Any]) -> list[Webhook]:
    query = f"SELECT * FROM desk.webhooks WHERE {condition} ORDER BY made_at, id"  # noqa: S608 - the conditions are ours
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, values).fetchall()
    opened = ((row, connection.keys.unseal(row["owner"], row["address"], PLACE)) for row in rows)
    return [
        Webhook(**(row | {"address": address.decode()})) for row, address in opened if address is not None
    ]
