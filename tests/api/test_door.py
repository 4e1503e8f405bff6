"""The doors cannot be flooded: attempts to sign in are counted by address, and nothing of who has signed in is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.app import create_app
from api.sign_in import door
from api.sign_in.door import Knocks, counted_as, knock
from tests.api.harness import ACT, Api, milestone
from tests.api.matrix import HERE, READS, WRITES

OPTIONS = f"{HERE}/entrar/opciones"
OFFICE, ANOTHER = ("203.0.113.9", 1), ("198.51.100.4", 1)
PER_MINUTE = 3


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def app(api: Api) -> FastAPI:
    """The application with an allowance of its own, of which nothing is used."""
    app = create_app(api.resources)
    app.state.knocks = Knocks(PER_MINUTE)
    return app


@pytest.fixture
def at_the_door(app: FastAPI) -> Iterator[TestClient]:
    """Somebody at an address whose allowance is used up."""
    with TestClient(app, client=OFFICE) as client:
        answers = [client.post(OPTIONS).status_code for _ in range(PER_MINUTE)]
        assert answers == [200] * PER_MINUTE
        yield client


def test_a_minute_s_allowance_is_had_at_once_and_comes_back_evenly() -> None:
    clock = Clock()
    knocks = Knocks(60, clock)

    assert [knocks.wait_seconds("a") for _ in range(60)] == [0.0] * 60
    assert knocks.wait_seconds("a") == pytest.approx(1.0)
    assert knocks.wait_seconds("b") == 0.0
    clock.now += 2
    assert [knocks.wait_seconds("a") > 0 for _ in range(3)] == [False, False, True]
    clock.now += 600
    assert sum(knocks.wait_seconds("a") == 0.0 for _ in range(100)) == 60


def test_to_knock_at_a_shut_door_does_not_keep_it_shut() -> None:
    clock = Clock()
    knocks = Knocks(1, clock)
    knocks.wait_seconds("a")
    for _ in range(100):
        knocks.wait_seconds("a")
    clock.now += 60

    assert knocks.wait_seconds("a") == 0.0


def test_the_addresses_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "KEPT_ADDRESSES", 3)
    knocks = Knocks(1, Clock())
    for address in "abcd":
        knocks.wait_seconds(address)

    assert knocks.wait_seconds("d") > 0, "the last ones are remembered"
    assert knocks.wait_seconds("a") == 0.0


def test_who_holds_a_site_of_version_6_is_one() -> None:
    assert counted_as("2001:db8:1:2::1") == counted_as("2001:db8:1:2:ffff::9")
    assert counted_as("2001:db8:1:2::1") != counted_as("2001:db8:1:3::1")
    assert counted_as("::ffff:203.0.113.9") == counted_as("203.0.113.9") != counted_as("203.0.113.10")


def test_every_write_for_anybody_is_a_door_and_so_is_leaving_for_a_provider(app: FastAPI) -> None:
    doors = {
        route.path
        for route in iter_route_contexts(app.routes)
        if (dependant := getattr(route, "dependant", None)) and _knocks(dependant)
    }

    assert doors == {
        *(path for path, row in WRITES.items() if row["action"] == "public"),
        *(path for path in READS if path.startswith("/entrar/organo/")),
    }


def _knocks(dependant: Dependant) -> bool:
    return dependant.call is knock or any(_knocks(one) for one in dependant.dependencies)


def test_a_flood_is_told_in_words_when_to_come_back(at_the_door: TestClient) -> None:
    refused = at_the_door.post(OPTIONS)
    in_english = at_the_door.post(OPTIONS, headers={"Accept-Language": "en"}).json()

    assert (refused.status_code, refused.json()["rule"]) == (429, "too-many-requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60 / PER_MINUTE
    assert "espera" in refused.json()["detail"]
    assert in_english["detail"].startswith("Too many attempts")
    assert at_the_door.get(f"{HERE}/problemas/too-many-requests").status_code == 200


def test_a_system_s_door_is_the_same(at_the_door: TestClient) -> None:
    assert at_the_door.post(f"{HERE}/api/v1/oauth/token").status_code == 429


def test_another_address_finds_the_door_open(at_the_door: TestClient, app: FastAPI) -> None:
    assert at_the_door.post(OPTIONS).status_code == 429
    with TestClient(app, client=ANOTHER) as other:
        assert other.post(OPTIONS).status_code == 200


def test_who_brings_a_token_reports_and_anybody_reads_while_the_door_is_shut(
    at_the_door: TestClient, api: Api
) -> None:
    headers = {"Authorization": f"Bearer {api.token('coordinator', 'MX-JAL')}", "If-Match": '"1"'}

    def reported(number: int) -> Response:
        key = {"Idempotency-Key": f"00000000-0000-4000-8000-{number:012}"}
        return at_the_door.post(
            f"{milestone('L001')}/start", json={"occurred_at": ACT}, headers=headers | key
        )

    assert {reported(number).status_code for number in range(20)} == {412}, "refused for its tag alone"
    assert at_the_door.get(f"{HERE}/entrar").status_code == 200
    assert at_the_door.post(OPTIONS).status_code == 429, "the control"


@pytest.mark.parametrize(("is_behind_proxy", "expected"), [(True, 200), (False, 429)])
def test_what_a_proxy_says_of_the_client_counts_where_there_is_one_and_is_not_listened_to_elsewhere(
    at_the_door: TestClient, app: FastAPI, is_behind_proxy: bool, expected: int
) -> None:
    served: ASGIApp = ProxyHeadersMiddleware(app, trusted_hosts=OFFICE[0]) if is_behind_proxy else app  # type: ignore[arg-type,assignment]  # uvicorn has types of its own for the same interface
    assert at_the_door.post(OPTIONS).status_code == 429
    with TestClient(served, client=OFFICE) as behind:
        assert behind.post(OPTIONS, headers={"X-Forwarded-For": ANOTHER[0]}).status_code == expected
