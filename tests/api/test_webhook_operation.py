"""Webhooks for who runs the service: on the terminal, in the readiness and among the figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.desk.deliveries import failed, next_delivery
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ORIGIN, Api
from tests.api.test_cli import bitacora
from tests.api.webhooks import Clock, sending_api, start, states, subscribed, telling, until
from tests.database import fresh_database
from tests.receiver import Receiver
from tests.resources import people_folder


@pytest.fixture
def api(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application over a database of its own, that may send to this machine."""
    with fresh_database(postgres_18, opened_template) as url, sending_api(url) as running:
        yield running


def test_the_terminal_lists_subscriptions_and_sends_again_what_was_given_up(
    api: Api, receiver: Receiver
) -> None:
    environment = {
        "DATABASE_URL": api.resources.database_url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
        "BITACORA_PEOPLE": str(people_folder(api.resources.database_url)),
    }  # fmt: skip
    clock, made = Clock(), subscribed(api, receiver)
    receiver.answer = lambda _came: 500
    with telling(api, clock):
        position = start(api, "L001")
        receiver.wait_for(1)
        until(api, made["id"], position, "waiting")
    with api.resources.desk.connection() as connection:
        delivery = next_delivery(connection, made["id"])
        assert delivery is not None
        failed(connection, delivery, status=500, failure="said so", next_attempt_at=None, at=clock())
    listed = bitacora("webhooks", "list", "--dead", environment=environment)
    again = bitacora("webhooks", "retry", made["id"], environment=environment)
    nothing = bitacora("webhooks", "retry", made["id"], "1", environment=environment)
    unknown = bitacora("webhooks", "retry", "w-000000000000", environment=environment)

    assert listed.returncode == 0, listed.stderr
    assert f"{made['id']}  failing  MX-JAL  {receiver.address}/avisos" in listed.stdout
    assert f"    {position}  2 attempts  said so" in listed.stdout
    assert made["secret"] not in listed.stdout
    assert again.stdout == "1 to be sent again.\n"
    assert states(api, made["id"])[position]["state"] == "waiting"
    assert (nothing.returncode, "no delivery waits" in " ".join(nothing.stderr.split())) == (2, True)
    assert (unknown.returncode, "no subscription" in " ".join(unknown.stderr.split())) == (2, True)


def test_readiness_and_figures_say_how_far_behind_the_follower_is(api: Api, receiver: Receiver) -> None:
    subscribed(api, receiver)
    receiver.answer = lambda _came: 500
    with telling(api):
        position = start(api, "L001")
        receiver.wait_for(1)
        at_work = _follower(api)
        figures = api.client.get("/metrics").text
    start(api, "L002")
    left = _follower(api)

    assert at_work["leader_alive"]
    assert int(at_work["position"]) >= position
    assert at_work["waiting"] == 1
    assert 'bitacora_follower_leader_alive{follower="webhooks"} 1.0' in figures
    assert 'bitacora_follower_waiting{follower="webhooks"} 1.0' in figures
    assert not left["leader_alive"]
    assert left["lag_events"] == api.head() - int(at_work["position"])


def test_waiting_notices_that_nobody_sends_are_a_warning(api: Api, receiver: Receiver) -> None:
    subscribed(api, receiver)
    receiver.answer = lambda _came: 500
    with telling(api):
        start(api, "L001")
        receiver.wait_for(1)
    api.app.state.readiness = None
    said = api.client.get("/readyz").json()

    assert [one for one in said["warnings"] if "Nobody tells others by webhooks: 1 wait" in one]
    assert said["status"] == "ready"


def _follower(api: Api) -> dict[str, Any]:
    api.app.state.readiness = None
    (found,) = api.client.get("/readyz").json()["followers"]
    return dict(found)
