"""Two servers over one database: whoever was answered by one is known to the other, and nothing is recorded twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import JALISCO, Api, milestone, opened, running_api
from tests.api.test_staff_and_cases import ask, signed_in
from tests.api.test_uploads import CONTENT, append, begun, offset_of
from tests.database import fresh_database
from tests.waiting import eventually

STEP = f"/procesos/{JALISCO}/actividades/L012"


@pytest.fixture(scope="module")
def servers(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[tuple[Api, Api]]:
    """Two applications; the first has the projector."""
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as first:
        resources = opened(url)
        app = create_app(resources)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield first, replace(first, app=app, client=client, resources=resources)
        resources.close()


def test_who_signed_in_at_one_is_known_at_the_other(servers: tuple[Api, Api]) -> None:
    one, other = servers
    cookie = signed_in(one, "MX-JAL")

    assert ask(other, f"{STEP}/reportar?que=start", cookie).status_code == 200


def test_a_report_to_one_is_seen_at_the_other_with_its_receipt(servers: tuple[Api, Api]) -> None:
    one, other = servers
    key = str(uuid4())
    answer = one.write(f"{milestone('L012')}/start", key=key)
    position = answer.json()["position"]

    assert answer.status_code == 200, answer.text
    assert other.client.get(f"/api/v1/receipts/{key}").json()["folio"] == position
    assert other.client.get(f"/acuses/{key}", headers={"Accept": "text/html"}).status_code == 200
    assert other.read(milestone("L012")).json()["status"] == "in_progress"


def test_what_one_recorded_is_what_the_other_decides_upon(servers: tuple[Api, Api]) -> None:
    one, other = servers
    seen = other.etag(milestone("L013"))
    assert one.write(f"{milestone('L013')}/start", etag=seen).status_code == 200

    late = other.write(f"{milestone('L013')}/start", etag=seen)
    assert late.status_code == 412, late.text
    assert other.write(f"{milestone('L013')}/progress", {"done": 1}).status_code == 200


def test_the_same_command_sent_to_both_at_once_is_recorded_once(servers: tuple[Api, Api]) -> None:
    one, _ = servers
    path, key, etag, token = (
        f"{milestone('L040')}/start",
        str(uuid4()),
        one.etag(milestone("L040")),
        one.token(),
    )
    before = one.head()
    with ThreadPoolExecutor(20) as senders:
        answers = list(
            senders.map(
                lambda turn: servers[turn % 2].write(path, key=key, etag=etag, token=token), range(20)
            )
        )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert one.head() == before + 1


def test_a_token_revoked_at_one_is_worth_nothing_at_the_other_within_five_seconds(
    servers: tuple[Api, Api],
) -> None:
    one, other = servers
    token = one.issue("coordinator", "MX-JAL")
    path, mine = f"{milestone('L017')}/start", {"Authorization": f"Bearer {token}"}

    def status() -> int:
        """Ask with nothing but the token, which records nothing."""
        return other.client.post(path, json={}, headers=mine).status_code

    assert status() == 428
    one.revoke(token)
    eventually(lambda: status() == 401, seconds=5)


def test_an_upload_begun_at_one_goes_on_at_the_other(servers: tuple[Api, Api]) -> None:
    one, other = servers
    address = begun(one, name="acta.pdf")
    append(one, address, 0, CONTENT[:100_000])

    assert offset_of(other, address) == 100_000
    assert append(other, address, 100_000, CONTENT[100_000:], last=True).status_code in {200, 201}
