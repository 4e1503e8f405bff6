"""When the database fails: nobody is told that something was recorded when it was not, or the reverse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool, PoolTimeout

from api.log_end import LogEnd
from ledger.connect import Pool
from ledger.embedded import EmbeddedPostgres
from ledger.memory import MemoryLog
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
    cut_at = time.monotonic()
    with ThreadPoolExecutor() as together:
        asked = [
            together.submit(far_api.client.get, path),
            together.submit(far_api.client.get, "/api/v1/entities"),
            together.submit(far_api.client.get, "/api/v1/events/1"),
            together.submit(far_api.write, f"{path}/start", etag=etag),
        ]
        ready, alive = far_api.client.get("/readyz"), far_api.client.get("/livez")
    answered_after = time.monotonic() - cut_at
    line.is_cut = False

    for answer in (one.result() for one in asked):
        assert answer.status_code == 503, answer.text
        assert answer.json()["rule"] == "unavailable"
        assert answer.headers["Retry-After"]
    assert (ready.status_code, ready.json()["can_record"], alive.status_code) == (503, False, 200)
    assert "The log's database does not answer." in ready.json()["warnings"]
    assert any("projections cannot be read" in warning for warning in ready.json()["warnings"])
    assert "postgres" not in ready.text.lower()
    assert answered_after < 4
    with psycopg.connect(line.url) as connection:
        assert connection.execute("SELECT position FROM ledger.head").fetchone() == (head,)


class RestoredLog(MemoryLog):
    """A log whose database refuses one look, as while it is restored or promoted, and then answers again."""

    refuses_next_look = True

    def wait_beyond(self, position: int, timeout_seconds: float) -> int:
        if self.refuses_next_look:
            self.refuses_next_look = False
            raise psycopg.errors.UndefinedTable("no ledger.head here now")
        return 7


def test_the_end_of_the_log_is_watched_on_whatever_the_database_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api.log_end.WATCH_SECONDS", 0.01)
    end = LogEnd(RestoredLog())
    end.start()
    deadline = time.monotonic() + 10
    while end.position != 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    end.close()

    assert end.position == 7


def first_answer_after(
    line: BadLine, pool: ConnectionPool[Any], outage_seconds: float
) -> tuple[float, float]:
    """Return how long a borrower waits while the line is cut, and how long after it is mended one is served."""
    line.is_cut = True
    cut_at = time.monotonic()
    waits = []
    while time.monotonic() - cut_at < outage_seconds:
        asked_at = time.monotonic()
        with pytest.raises(PoolTimeout):
            pool.getconn()
        waits.append(time.monotonic() - asked_at)
    line.is_cut = False
    mended_at = time.monotonic()
    while True:
        try:
            with pool.connection() as connection:
                connection.execute("SELECT 1")
            return max(waits), time.monotonic() - mended_at
        except PoolTimeout:
            assert time.monotonic() - mended_at < 30


def own_pool(url: str) -> ConnectionPool[Any]:
    return Pool(url, "test", max_size=2, configure=lambda _: None)


def library_pool(url: str) -> ConnectionPool[Any]:
    return ConnectionPool(url, min_size=0, max_size=2, timeout=5, open=True)


@pytest.mark.parametrize(
    ("make", "longest_wait", "longest_return"), [(own_pool, 2.5, 2.5), (library_pool, 30.0, 30.0)]
)
def test_a_lost_database_is_given_up_on_soon_and_found_again_soon(
    line: BadLine, make: Callable[[str], ConnectionPool[Any]], longest_wait: float, longest_return: float
) -> None:
    """The library's own pool is the control: it waits for the whole five seconds."""
    with make(line.url) as pool:
        waited, returned = first_answer_after(line, pool, outage_seconds=4)

    assert waited < longest_wait
    assert returned < longest_return
    assert (waited > 4.5) == (make is library_pool)


def test_a_busy_connection_is_waited_for_longer_than_a_lost_one(line: BadLine) -> None:
    with Pool(line.url, "test", max_size=1, configure=lambda _: None) as pool, ThreadPoolExecutor(1) as other:
        with pool.connection():
            waiting = other.submit(pool.getconn)
            time.sleep(1.5)
            assert not waiting.done()
        pool.putconn(waiting.result(timeout=5))


def test_a_server_that_is_only_slow_to_open_a_connection_is_waited_for(line: BadLine) -> None:
    with (
        Pool(line.url, "test", max_size=2, configure=lambda _: time.sleep(1.5)) as pool,
        pool.connection() as one,
    ):
        assert one.execute("SELECT 1").fetchone() == (1,)
