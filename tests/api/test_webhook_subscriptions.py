"""Webhooks: who may have them, and of whom they are hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.api.harness import JALISCO, Api
from tests.api.webhooks import ADDRESS, asked, sending_api, subscribed
from tests.database import fresh_database
from tests.receiver import Receiver


@pytest.fixture(scope="module")
def api(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application over a database of its own, that may send to this machine."""
    with fresh_database(postgres_18, opened_template) as url, sending_api(url) as running:
        yield running


def test_a_subscription_is_given_with_its_secret_once(api: Api, receiver: Receiver) -> None:
    token = api.issue("coordinator", "MX-JAL")
    made = subscribed(api, receiver, token, types=["MilestoneStarted"])
    answer = asked(api, "GET", f"{ADDRESS}/{made['id']}", token)

    assert made["secret"].startswith("whsec_")
    assert answer.json()["address"] == f"{receiver.address}/avisos"
    assert made["secret"] not in answer.text
    assert made["secret"] not in asked(api, "GET", token=token).text
    assert [row["id"] for row in asked(api, "GET", token=token).json()["items"]] == [made["id"]]


def test_the_same_request_again_is_the_same_subscription(api: Api, receiver: Receiver) -> None:
    body = {"address": receiver.address, "territory": "MX-JAL"}
    headers = {"Authorization": f"Bearer {api.token()}", "Idempotency-Key": str(uuid4())}
    first = api.client.post(ADDRESS, json=body, headers=headers)
    again = api.client.post(ADDRESS, json=body, headers=headers)
    other = api.client.post(ADDRESS, json=body | {"territory": "MX-JAL", "process": JALISCO}, headers=headers)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["rule"]) == (422, "webhook-key-reused")


def test_only_who_may_report_in_a_place_is_told_of_it(api: Api, receiver: Receiver) -> None:
    body = {"address": receiver.address, "territory": "MX-JAL"}
    foreign = asked(api, "POST", token=api.token("coordinator", "MX-COL"), **body)
    reader = asked(api, "POST", token=api.token("auditor", "MX-JAL"), **body)
    wider = asked(api, "POST", **(body | {"territory": "MX"}))

    assert (foreign.status_code, foreign.json()["rule"]) == (403, "another-territory")
    assert (reader.status_code, reader.json()["rule"]) == (403, "role-not-enough")
    assert (wider.status_code, wider.json()["rule"]) == (403, "another-territory")
    assert api.client.post(ADDRESS, json=body).status_code == 401
    assert api.client.get(ADDRESS).status_code == 401


def test_a_receiver_is_tried_out_and_nothing_is_remembered_of_it(api: Api, receiver: Receiver) -> None:
    token = api.issue("coordinator", "MX-JAL")
    made = subscribed(api, receiver, token)
    arrived = asked(api, "POST", f"{ADDRESS}/{made['id']}/trial", token)
    receiver.answer = lambda _: 302
    refused = asked(api, "POST", f"{ADDRESS}/{made['id']}/trial", token)

    assert arrived.json() == {"arrived": True, "status": 204, "failure": None}
    assert refused.json() == {"arrived": False, "status": 302, "failure": "the receiver answered 302"}
    assert receiver.signed(made["secret"]) == [0, 0]
    assert asked(api, "GET", f"{ADDRESS}/{made['id']}/deliveries", token).json()["items"] == []
    assert asked(api, "GET", f"{ADDRESS}/{made['id']}", token).json()["failing_since"] is None


def test_another_s_subscription_is_as_if_it_were_not_there(api: Api, receiver: Receiver) -> None:
    made, foreign = subscribed(api, receiver), api.token("coordinator", "MX-COL")
    nothing = f"{ADDRESS}/w-000000000000"
    for method, below in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/deliveries"),
        ("POST", "/deliveries/9/retry"),
        ("POST", "/trial"),
    ):
        theirs = asked(api, method, f"{ADDRESS}/{made['id']}{below}", foreign)
        none = asked(api, method, f"{nothing}{below}", foreign)
        assert theirs.status_code == none.status_code == 404
        assert theirs.json()["rule"] == none.json()["rule"] == "unknown-webhook"
    administrator = api.token("administrator", "MX")

    assert asked(api, "GET", f"{ADDRESS}/{made['id']}", administrator).status_code == 200


def test_a_subscription_that_is_ended_is_gone(api: Api, receiver: Receiver) -> None:
    token = api.issue("coordinator", "MX-JAL")
    made = subscribed(api, receiver, token)

    assert asked(api, "DELETE", f"{ADDRESS}/{made['id']}", token).status_code == 204
    assert asked(api, "GET", f"{ADDRESS}/{made['id']}", token).status_code == 404
    assert asked(api, "GET", token=token).json()["items"] == []


def test_there_are_only_so_many_subscriptions(api: Api, receiver: Receiver) -> None:
    token = api.issue("coordinator", "MX-JAL")
    for _ in range(20):
        subscribed(api, receiver, token)
    answer = asked(api, "POST", token=token, address=receiver.address, territory="MX-JAL")

    assert (answer.status_code, answer.json()["rule"]) == (422, "too-many-webhooks")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"territory": "MX-JAL", "types": ["NadaPasó"]}, "types"),
        ({"territory": "Jalisco"}, "territory"),
        ({"territory": "MX-JAL", "secret": "whsec_AAAA"}, "secret"),
    ],
)
def test_what_nobody_can_be_told_of_is_refused(api: Api, body: dict[str, Any], field: str) -> None:
    answer = asked(api, "POST", address="https://example.com", **body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field)
