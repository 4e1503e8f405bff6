"""The site over a real database: the real calendar with the simulated history, served by a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import uvicorn
from httpx2 import Client, Response

from api.app import create_app
from api.database import Resources
from api.opening import processes_of_the_cycle, record_opening, start_log
from api.playing import play, story
from tests.resources import record_and_tell, resources_at

ORIGIN = "demo.invalid/pages"
FEDERAL = "pef-2026-2027"
JALISCO = "pel-2026-2027-jal"
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
"""What the clock of these tests says: noon in the capital."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running site."""

    address: str
    resources: Resources
    client: Client

    def get(self, path: str, **headers: str) -> Response:
        """Ask for a page as a browser does."""
        sent = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.get(self.address + path, headers=sent)

    def data(self, path: str, **query: str) -> Any:
        """Ask the API."""
        answer = self.client.get(f"{self.address}/api/v1{path}" + (f"?{urlencode(query)}" if query else ""))
        assert answer.status_code == 200, answer.text
        return answer.json()


def prepare(database_url: str) -> None:
    """Open the whole calendar in a simulated log, play its history, and tell it."""
    record_and_tell(database_url, ORIGIN, NOW, _begin)


def opened(database_url: str, now: datetime = NOW) -> Resources:
    """Return resources over a database, on the tests' clock."""
    return resources_at(database_url, ORIGIN, now)


async def _begin(resources: Resources) -> None:
    await start_log(resources.ledger, ORIGIN, NOW, simulated=True)
    commands = list(processes_of_the_cycle())
    for command in commands:
        await record_opening(resources.ledger, ORIGIN, command, NOW)
    await play(resources.ledger, story(commands, NOW), NOW)


@contextmanager
def running_site(
    database_url: str, now: datetime = NOW, *, before: Callable[[Resources], None] = lambda _: None
) -> Iterator[Site]:
    """Serve the pages over a prepared database; ``before`` changes what they are served with."""
    resources = opened(database_url, now)
    before(resources)
    config = uvicorn.Config(create_app(resources), port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="site")
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with Client(timeout=30) as client:
            yield Site(f"http://127.0.0.1:{port}", resources, client)
    finally:
        server.should_exit = True
        thread.join()
        resources.close()


class _Text(HTMLParser):
    """Collects what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(page: str) -> str:
    """Return the words of a page, with single spaces."""
    parser = _Text()
    parser.feed(page)
    return " ".join(" ".join(parser.words).split())
