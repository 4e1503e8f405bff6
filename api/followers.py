"""Those who follow the log to tell others of it: which there are, and how they do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from psycopg import Connection
from pydantic import BaseModel, ConfigDict

from api.database import Resources
from api.letters.follower import NAME as LETTERS
from api.letters.follower import LetterFollower
from api.webhooks.follower import NAME as WEBHOOKS
from api.webhooks.follower import WebhookFollower
from ledger.desk.deliveries import DeliveryCounts, count_deliveries
from ledger.desk.followers import follower_at
from ledger.desk.leaders import is_led

Follower = Callable[[threading.Event], None]
"""Follows until the event is set."""


def followers_of(resources: Resources) -> dict[str, Follower]:
    """Return what is to be run beside the API, by name: nothing where it is run apart."""
    if not resources.settings.followers:
        return {}
    followers: dict[str, Follower] = {WEBHOOKS: WebhookFollower(resources).run}
    if resources.settings.smtp_host:
        followers[LETTERS] = LetterFollower(resources).run
    return followers


class FollowerHealth(BaseModel):
    """How one follower does."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """What it tells others by."""
    leader_alive: bool
    """Whether one is at work."""
    position: int
    """The last position it has dealt with."""
    lag_events: int
    """How many events are recorded that it has not dealt with."""
    looked_at: datetime | None
    """When it last looked; null where it never did."""
    waiting: int = 0
    """How much is to be delivered."""
    oldest_waiting_seconds: float = 0.0
    """How long the oldest of it has waited."""
    given_up: int = 0
    """How much was given up: dead letters."""
    disabled: int = 0
    """How many receivers are told no more because nothing arrived."""


def followers_health(resources: Resources) -> list[FollowerHealth]:
    """Return how the followers do: webhooks, and letters where there is a mail server. Raises ``psycopg.Error``."""
    with resources.desk.connection() as connection:
        counts = count_deliveries(connection)
        found = [_health(resources, connection, WEBHOOKS)]
        if resources.settings.smtp_host:
            found.append(_health(resources, connection, LETTERS))
    waiting = {
        "waiting": counts.waiting, "given_up": counts.given_up, "disabled": counts.disabled,
        "oldest_waiting_seconds": _seconds_since(counts, resources.clock()),
    }  # fmt: skip
    return [found[0].model_copy(update=waiting), *found[1:]]


def _health(resources: Resources, connection: Connection[Any], name: str) -> FollowerHealth:
    at = follower_at(connection, name)
    position = at.position if at else 0
    return FollowerHealth(
        name=name,
        leader_alive=is_led(connection, name),
        position=position,
        lag_events=max(resources.log_end.position - position, 0),
        looked_at=at.looked_at if at else None,
    )


def _seconds_since(counts: DeliveryCounts, now: datetime) -> float:
    if counts.oldest_waiting_at is None:
        return 0.0
    return max((now - counts.oldest_waiting_at).total_seconds(), 0.0)
