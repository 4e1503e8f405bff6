"""Asking for webhooks and being told, for the tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx2 import Response

from api.webhooks.follower import WebhookFollower
from tests.api.harness import JALISCO, Api, milestone, running_api
from tests.receiver import Receiver

ADDRESS = "/api/v1/webhooks"


def asked(api: Api, method: str, path: str = ADDRESS, token: str | None = None, **body: Any) -> Response:
    """Ask for something with a token, by default a coordinator's of Jalisco."""
    headers = {"Authorization": f"Bearer {token or api.token()}", "Idempotency-Key": str(uuid4())}
    return api.client.request(method, path, headers=headers, json=body or None)


def subscribed(api: Api, receiver: Receiver, token: str | None = None, **more: Any) -> Any:
    """Return a new subscription, with its secret."""
    answer = asked(
        api, "POST", token=token, address=f"{receiver.address}/avisos", **{"territory": "MX-JAL", **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


class Clock:
    """The time as it is, and as much later as a test says: signatures are judged by the receiver's own clock."""

    def __init__(self) -> None:
        self.later = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@contextmanager
def telling(api: Api, clock: Clock | None = None) -> Iterator[None]:
    """Run a follower."""
    stop = threading.Event()
    running = WebhookFollower(api.resources, clock=clock or Clock())
    thread = threading.Thread(target=running.run, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def start(api: Api, milestone_: str, process: str = JALISCO) -> int:
    """Report that an activity began; return its position."""
    answer = api.write(f"{milestone(milestone_, process)}/start")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["position"])


def states(api: Api, webhook: str, **query: str) -> dict[int, Any]:
    """Return a webhook's deliveries by their positions."""
    answer = api.client.get(
        f"{ADDRESS}/{webhook}/deliveries", params=query, headers={"Authorization": f"Bearer {api.token()}"}
    )
    assert answer.status_code == 200, answer.text
    return {row["position"]: row for row in answer.json()["items"]}


def until(api: Api, webhook: str, position: int, state: str, attempts: int = 0) -> Any:
    """Wait until a delivery stands so, after at least so many attempts."""
    deadline = time.monotonic() + 15
    while (
        (row := states(api, webhook).get(position)) is None
        or row["state"] != state or row["attempts"] < attempts
    ):  # fmt: skip
        assert time.monotonic() < deadline, row
        time.sleep(0.05)
    return row


@contextmanager
def sending_api(database_url: str) -> Iterator[Api]:
    """Run the application over a prepared database, with webhooks that may go to this machine."""
    with running_api(database_url) as running:
        settings = running.resources.settings.model_copy(update={"webhooks_to_loopback": True})
        running.resources.settings = settings
        yield running
