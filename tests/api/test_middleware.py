"""What every request passes through: numbers, lines in the log, limits, and the last resort."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import structlog
from fastapi import APIRouter
from httpx2 import ASGITransport, AsyncClient
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from api.access import PUBLIC
from api.app import create_app
from api.logs import ALLOWED, configure, failure
from api.settings import Settings
from tests.api.harness import Api, milestone, opened

CANARY = "Guadalupe Victoria Hernández"


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Iterator[list[dict[str, object]]]:
    """The lines that were logged, read when the list is used."""

    class Lines(list[dict[str, object]]):
        def __iter__(self) -> Iterator[dict[str, object]]:
            return iter([json.loads(line) for line in capfd.readouterr().err.splitlines()])

    configure("json")
    yield Lines()
    structlog.reset_defaults()


def test_a_line_is_written_about_each_request_and_holds_nothing_that_was_sent(
    api: Api, said: list[dict[str, object]]
) -> None:
    answer = api.write(f"{milestone('L001')}/progress", {"done": 7, "note": CANARY})
    api.client.get(f"/api/v1/processes?cursor={CANARY}", headers={"User-Agent": "canary"})
    api.client.post("/api/v1/processes", content=CANARY.encode())

    lines = list(said)
    requests = [line for line in lines if line["event"] == "request"]
    text = json.dumps(lines, ensure_ascii=False)
    assert all(set(line) <= ALLOWED for line in lines)
    assert "Guadalupe" not in text
    assert "canary" not in text
    assert "bit_" not in text
    written = next(line for line in requests if line["path"] == f"{milestone('L001')}/progress")
    assert (written["status"], written["method"]) == (200, "POST")
    assert written["command_id"] == answer.json()["command_id"]
    assert written["position"] == answer.json()["position"]
    assert written["request_id"] == answer.headers["X-Request-ID"]


def test_nobody_writes_a_line_of_their_own(api: Api, said: list[dict[str, object]]) -> None:
    api.client.get("/a%0a%1b[31m%0d%c2%85level=info%e2%80%a8x")

    lines = list(said)
    assert len(lines) == 1
    assert lines[0]["path"] == "/a\\n\\x1b[31m\\r\\x85level=info\\u2028x"


def test_a_failure_says_where_and_not_what(said: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=CANARY) as raised:
        int(CANARY)
    told = failure(raised.value)

    assert told["error"] == "ValueError"
    assert "test_middleware.py" in told["where"]
    assert CANARY not in str(told)
    assert list(said) == []


def test_a_mistake_of_ours_is_a_problem_too(api: Api, said: list[dict[str, object]]) -> None:
    app = create_app(api.resources)
    broken = APIRouter(dependencies=[PUBLIC])

    @broken.get("/broken")
    def fail() -> None:
        raise RuntimeError(CANARY)

    app.include_router(broken)
    answer = TestClient(app, raise_server_exceptions=False).get("/broken")

    assert (answer.status_code, answer.json()["rule"]) == (500, "internal-error")
    assert answer.headers["Content-Security-Policy"]
    assert CANARY not in answer.text
    failed = next(line for line in said if line["event"] == "request_failed")
    assert failed["error"] == "RuntimeError"
    assert failed["request_id"] == answer.headers["X-Request-ID"]


def test_one_request_too_many_is_asked_to_come_back(api: Api) -> None:
    app = create_app(api.resources)
    limit = api.resources.settings.max_requests
    full, gate = asyncio.Event(), asyncio.Event()
    slow = APIRouter(dependencies=[PUBLIC])

    @slow.get("/slow")
    async def wait() -> None:
        if app.state.traffic.under_way == limit:
            full.set()
        await gate.wait()

    app.include_router(slow)

    async def crowd() -> tuple[int, int, str, int]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://testserver") as client:
            waiting = [asyncio.create_task(client.get("/slow")) for _ in range(limit)]
            await asyncio.wait_for(full.wait(), timeout=10)
            shed = await client.get("/api/v1/entities/MX-JAL")
            alive = await client.get("/livez")
            gate.set()
            served = await asyncio.gather(*waiting)
            return shed.status_code, alive.status_code, shed.headers["Retry-After"], len(served)

    assert asyncio.run(crowd()) == (503, 200, "1", limit)
    assert app.state.traffic.shed == 1


def test_a_setting_never_shows_a_password() -> None:
    settings = Settings.model_validate({"DATABASE_URL": "postgresql://ana:secreto@host/log"})

    assert "secreto" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_it_is_ready_when_it_can_record_and_tell(api: Api) -> None:
    ready = api.client.get("/readyz")
    figures = api.client.get("/metrics").text

    assert ready.status_code == 200
    assert ready.json()["can_record"]
    assert ready.json()["projections"]["quarantined"] == 0
    assert any("roles are no boundary" in warning for warning in ready.json()["warnings"])
    assert f"bitacora_log_size {float(api.head())}" in figures
    assert 'bitacora_requests_total{status="200"}' in figures


def test_a_log_that_cannot_tell_is_not_ready(database_url: str) -> None:
    from ledger.migrate import migrate

    migrate(database_url)
    resources = opened(database_url)
    with TestClient(create_app(resources)) as client:
        answer = client.get("/readyz")
        read = client.get("/api/v1/entities")
    resources.close()

    assert (answer.status_code, answer.json()["can_tell"], answer.json()["can_record"]) == (503, False, True)
    assert (read.status_code, read.json()["rule"]) == (503, "not-told-yet")


def test_head_has_the_headers_of_get_and_costs_no_body(api: Api) -> None:
    made = 0

    def parts() -> Iterator[bytes]:
        nonlocal made
        for _ in range(1_000):
            made += 1
            yield b"x"

    router = APIRouter(dependencies=[PUBLIC])
    router.get("/long")(lambda: StreamingResponse(parts(), headers={"X-Whole": "yes"}))
    app = create_app(api.resources)
    app.include_router(router)
    with TestClient(app) as client:
        head = client.head("/long")
        assert (head.status_code, head.headers["X-Whole"], head.content) == (200, "yes", b"")
        assert made < 10
        assert len(client.get("/long").content) == 1_000
