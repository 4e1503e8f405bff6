"""When the database fails: nobody is told that something was recorded when it was not, or the reverse."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from ledger.embedded import EmbeddedPostgres
from tests.api.harness import Api, milestone, running_api
from tests.database import fresh_database
from tests.ledger.proxy import BadLine, bad_line


@pytest.fixture(scope="module")
def line(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[BadLine]:
    with fresh_database(postgres_18, opened_template) as url, bad_line(url) as line:
        yield line


@pytest.fixture(scope="module")
def far_api(line: BadLine) -> Iterator[Api]:
    """The application, with a bad line to its database."""
    with running_api(line.url) as running:
        yield running


def test_a_lost_answer_is_found_out_and_recorded_once(far_api: Api, line: BadLine) -> None:
    path = milestone("L001")
    etag = far_api.etag(path)
    head = far_api.head()
    far_api.token("administrator", "MX")
    issued = far_api.head()

    line.loses_next_answer = True
    answer = far_api.write(f"{path}/start", etag=etag)

    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")
    assert not line.loses_next_answer
    assert (issued, far_api.head()) == (head + 1, head + 2)


def test_an_outcome_that_cannot_be_found_out_is_said_to_be_unknown(far_api: Api, line: BadLine) -> None:
    path, key = milestone("L002"), str(uuid4())
    etag = far_api.etag(path)
    head = far_api.head()

    line.loses_next_answer = line.is_cut_after_next_answer = True
    unknown = far_api.write(f"{path}/start", key=key, etag=etag)
    line.is_cut = line.is_cut_after_next_answer = False
    again = far_api.write(f"{path}/start", key=key, etag=etag)

    problem = unknown.json()
    assert (unknown.status_code, problem["rule"], problem["outcome"]) == (503, "outcome-unknown", "unknown")
    assert unknown.headers["Retry-After"]
    assert (again.status_code, again.json()["status"]) == (200, "in_progress")
    assert far_api.head() == head + 1


def test_without_a_database_every_request_is_answered_and_nothing_recorded(
    far_api: Api, line: BadLine
) -> None:
    path = milestone("L003")
    etag = far_api.etag(path)
    head = far_api.head()

    line.is_cut = True
    line.hang_up()
    with ThreadPoolExecutor() as together:
        asked = [
            together.submit(far_api.client.get, path),
            together.submit(far_api.client.get, "/api/v1/entities"),
            together.submit(far_api.client.get, "/api/v1/events/1"),
            together.submit(far_api.write, f"{path}/start", etag=etag),
        ]
        ready, alive = far_api.client.get("/readyz"), far_api.client.get("/livez")
    line.is_cut = False

    for answer in (one.result() for one in asked):
        assert answer.status_code == 503, answer.text
        assert answer.json()["rule"] == "unavailable"
        assert answer.headers["Retry-After"]
    assert (ready.status_code, ready.json()["can_record"], alive.status_code) == (503, False, 200)
    with psycopg.connect(line.url) as connection:
        assert connection.execute("SELECT position FROM ledger.head").fetchone() == (head,)
