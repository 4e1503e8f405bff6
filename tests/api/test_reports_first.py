"""In a crowd of reports, reads stand in line; alone, nothing waits; and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from api import reports_first
from api.app import create_app
from api.reports_first import CROWD, LET_IN, ReportsFirst
from api.settings import Settings

REPORT = "/procesos/pef-2026-2027/actividades/F047/reportar"
BY_A_PROGRAM = "/api/v1/processes/pef-2026-2027/milestones/F047/completion"
PAGE = "/acuses/0190a5d2-7a70-7b0c-9d3c-1234567890ab"


class Application:
    """Begins what it is asked, and ends it when it is told to."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._ends: list[asyncio.Event] = []
        self._asked: list[asyncio.Task[None]] = []
        self.layer = ReportsFirst(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        end = asyncio.Event()
        self.begun.append(scope["path"])
        self._ends.append(end)
        await end.wait()

    def end(self, path: str) -> None:
        """End the first request of an address that is under way."""
        number = next(
            at
            for at, (begun, end) in enumerate(zip(self.begun, self._ends, strict=True))
            if begun == path and not end.is_set()
        )
        self._ends[number].set()

    def ask(self, path: str, method: str = "GET") -> asyncio.Task[None]:
        """Send a request."""
        scope = {"type": "http", "method": method, "path": path}
        asked: Coroutine[Any, Any, None] = self.layer(scope, None, None)  # type: ignore[arg-type]  # nothing is received or sent
        # Whoever sends a report may not look at what comes of it: it is kept from being thrown away here.
        self._asked.append(asyncio.create_task(asked))
        return self._asked[-1]

    def pages(self) -> int:
        """Tell how many pages were begun."""
        return self.begun.count(PAGE)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def crowded(path: str = REPORT) -> Application:
    """Return an application at which a crowd reports."""
    application = Application()
    for _ in range(CROWD):
        application.ask(path, "POST")
    await settle()
    assert len(application.begun) == CROWD
    return application


@pytest.mark.parametrize("path", [REPORT, BY_A_PROGRAM])
def test_in_a_crowd_one_page_is_let_in_at_a_time(path: str) -> None:
    async def run() -> None:
        application = await crowded(path)
        pages = [application.ask(PAGE) for _ in range(3)]
        for number in (1, 2, 3):
            await settle()
            assert application.pages() == number
            application.end(PAGE)
        await asyncio.gather(*pages)

    asyncio.run(run())


def test_a_report_waits_for_no_page() -> None:
    async def run() -> None:
        application = await crowded()
        pages = [application.ask(PAGE) for _ in range(50)]
        report = application.ask(REPORT, "POST")
        await settle()
        assert application.begun.count(REPORT) == CROWD + 1
        assert [report.done(), *(page.done() for page in pages)] == [False] * 51

    asyncio.run(run())


def test_when_the_reports_are_fewer_a_few_are_let_in_at_a_time_and_in_their_order() -> None:
    async def run() -> None:
        application = await crowded()
        pages = [application.ask(f"{PAGE}{number}") for number in range(3 * LET_IN)]
        await settle()
        application.end(REPORT)
        await settle()
        let_in = application.begun[CROWD:]
        assert let_in == [f"{PAGE}{number}" for number in range(LET_IN)]

        for number in range(3 * LET_IN):
            application.end(f"{PAGE}{number}")
            await settle()
        assert len(application.begun) == CROWD + 3 * LET_IN
        assert all(page.done() for page in pages)

    asyncio.run(run())


def test_without_a_crowd_nothing_waits() -> None:
    async def run() -> None:
        application = Application()
        asked = [application.ask(REPORT, "POST") for _ in range(CROWD - 1)]
        asked += [application.ask(PAGE) for _ in range(100)]
        await settle()
        assert application.pages() == 100
        assert not any(one.done() for one in asked)

    asyncio.run(run())


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports_first, "LONGEST_WAIT_SECONDS", 0.05)

    async def run() -> None:
        application = await crowded()
        slow, asked = application.ask(f"{PAGE}/slow"), application.ask(PAGE)
        await settle()
        assert application.pages() == 0
        await asyncio.sleep(0.2)
        assert application.pages() == 1
        application.end(PAGE)
        await asked

        # Its place in the line is nobody's: the next one has its own turn.
        other = application.ask(PAGE)
        application.end(f"{PAGE}/slow")
        await settle()
        assert application.pages() == 2
        application.end(PAGE)
        await asyncio.gather(slow, other)

    asyncio.run(run())


def test_whoever_hangs_up_while_waiting_keeps_nobody_waiting() -> None:
    async def run() -> None:
        application = await crowded()
        gone = [application.ask(f"{PAGE}/gone") for _ in range(2 * LET_IN)]
        await settle()
        for one in gone:
            one.cancel()
        await settle()
        asked = application.ask(PAGE)
        await settle()
        assert application.pages() == 1
        application.end(PAGE)
        await asked

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "method"), [("/readyz", "GET"), ("/entrar", "POST"), (f"{REPORT[:-8]}soporte", "POST")]
)
def test_who_watches_the_program_and_what_is_no_report_passes(path: str, method: str) -> None:
    async def run() -> None:
        application = await crowded()
        asked = application.ask(path, method)
        await settle()
        assert application.begun[-1] == path
        assert not asked.done()

    asyncio.run(run())


def test_a_document_on_its_way_is_no_report_so_slow_ones_hold_nobody_up() -> None:
    async def run() -> None:
        application = Application()
        asked = [application.ask("/api/v1/documents", "POST") for _ in range(3 * CROWD)]
        asked.append(application.ask(PAGE))
        await settle()
        assert application.pages() == 1
        assert not any(one.done() for one in asked)

    asyncio.run(run())


def test_it_stands_in_the_application() -> None:
    assert "ReportsFirst" in str(create_app(Settings()).user_middleware)
