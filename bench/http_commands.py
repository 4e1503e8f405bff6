"""Commands by HTTP from end to end (load, decide, append, answer), against a stock application behind the same door.

One server process holds both routes: ours, and one with the same middleware, authentication and body checks that
calls ``eventsourcing``'s own ``Application.save`` on PostgreSQL. Its aggregates are kept in memory, so it need not
even load. One client process keeps 64 connections busy; each reports the progress of an activity of its own, and
sends the next command when the one before was answered.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, cast
from uuid import UUID, uuid4

import uvicorn
import uvloop
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from fastapi import APIRouter, Depends
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from starlette.responses import Response

from api.app import create_app
from api.auth import new_token
from api.database import open_resources
from api.logs import configure
from api.opening import CONSOLE, record_opening, start_log
from api.parameters import MilestoneId
from api.recording import Attempt, ToRecord
from api.settings import Settings
from bench.machine import durable_server, machine, new_database, percentile_99, print_table, ratio
from domain.milestone_commands import ReportProgress
from domain.plan import OpenProcess
from domain.token import TokenIssued, token_stream
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import View
from ledger.migrate import migrate

CONNECTIONS = 64
TARGET = 4
FEDERAL = "pef-2026-2027"


class StockMilestone(Aggregate):
    """The same activity as a stock aggregate."""

    @event("Created")
    def __init__(self) -> None:
        self.done = 0

    @event("Progressed")
    def report(self, done: int, note: str | None) -> None:
        """Report progress."""
        self.done = done
        self.note = note


def stock_routes(url: str) -> APIRouter:
    """Return the route to compare with: everything as ours, but the stock application beneath."""
    settings = conninfo_to_dict(url)
    application = Application[UUID](
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(settings["dbname"]),
            "POSTGRES_HOST": str(settings["host"]),
            "POSTGRES_PORT": str(settings.get("port") or "5432"),
            "POSTGRES_USER": str(settings["user"]),
            "POSTGRES_PASSWORD": "",
            "POSTGRES_POOL_SIZE": str(CONNECTIONS),
        }
    )
    kept: dict[str, StockMilestone] = {}
    router = APIRouter()

    @router.post("/stock/{milestone}/progress")
    def report(
        milestone: MilestoneId,
        asked: Annotated[Attempt[ReportProgress], Depends(ToRecord(ReportProgress))],
    ) -> Response:
        aggregate = kept.setdefault(milestone, StockMilestone())
        aggregate.report(done=asked.command.done, note=asked.command.note)
        application.save(aggregate)
        body = json.dumps({"version": aggregate.version}).encode()
        return Response(body, media_type="application/json", headers={"ETag": f'"{aggregate.version}"'})

    return router


def serve(url: str, stock_url: str, port: int) -> None:
    """Serve both, in this process, until killed."""
    configure("json")
    resources = open_resources(Settings(database_url=SecretStr(url), log_format="json"))
    app = create_app(resources)
    app.include_router(stock_routes(stock_url))
    uvicorn.run(app, port=port, access_log=False, log_config=None, ws="none", proxy_headers=False)


@dataclass(slots=True)
class Client(asyncio.Protocol):
    """One connection that sends a command as soon as the one before was answered."""

    prefix: str
    token: str
    etag: str
    until: float
    waits: list[float]
    finished: asyncio.Future[None]
    number: int = 0
    sent_at: float = 0.0
    received: bytes = b""
    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first command."""
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        """Send the next command."""
        assert self.transport is not None
        self.number += 1
        body = json.dumps(
            {
                "done": self.number,
                "note": "Avance reportado desde la junta distrital. " * 5,
                "occurred_at": "2026-11-20T12:30:00-06:00",
            }
        )
        self.sent_at = time.perf_counter()
        self.transport.write(
            f"POST {self.prefix}/progress HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
            f"Idempotency-Key: {UUID(int=random.getrandbits(128), version=4)}\r\nIf-Match: {self.etag}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Note the answer and send the next."""
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        now = time.perf_counter()
        assert head.startswith(b"HTTP/1.1 200"), self.received.decode()
        place = lower.index(b"etag: ") + 6
        self.etag = head[place : head.index(b"\r\n", place)].decode()
        self.received = b""
        self.waits.append(now - self.sent_at)
        if now < self.until:
            self.send()
        elif not self.finished.done():
            self.finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail loudly if the server hung up."""
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server hung up"))


@dataclass(frozen=True, slots=True)
class Measured:
    """Commands answered in a second, and the 99th percentile of the wait for one, in seconds."""

    commands_per_second: float
    wait_99_seconds: float


async def load(port: int, prefixes: Sequence[tuple[str, str]], token: str, seconds: float) -> Measured:
    """Keep a connection for each (path, ETag) busy."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    started = time.perf_counter()
    clients = [
        Client(prefix, token, etag, started + seconds, waits, loop.create_future())
        for prefix, etag in prefixes
    ]
    transports = [
        (await loop.create_connection(partial(lambda client: client, client), "127.0.0.1", port))[0]
        for client in clients
    ]
    await asyncio.gather(*(client.finished for client in clients))
    elapsed = time.perf_counter() - started
    for transport in transports:
        transport.close()
    return Measured(len(waits) / elapsed, percentile_99(waits))


async def begin(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Open the federal process and return a token and the paths and ETags of as many activities as connections."""
    resources = open_resources(Settings(database_url=SecretStr(url)))
    ledger, made, at = resources.ledger, new_token(), datetime.now(UTC)
    await start_log(ledger, "localhost/bench", at)
    opening = OpenProcess(kind="federal_election", territory="MX", cycle="2026-2027")
    recorded = await record_opening(ledger, "localhost/bench", opening, at)
    issued = TokenIssued(
        role="administrator", territory="MX", post="Vocal", body="INE",
        digest=made.digest, expires_at=at + timedelta(days=1),
    )  # fmt: skip

    async def issue(view: View) -> None:
        view.write(token_stream(made.id), [issued])

    await ledger.execute(issue, command_id=uuid4(), author=CONSOLE, occurred_at=at)
    streams = [
        (envelope.stream.rpartition("/")[2], envelope.position)
        for planned, envelope in recorded.events
        if getattr(planned, "kind", "") == "act" and getattr(planned, "target", 0) is None
    ]
    resources.close()
    return made.text, [(name, f'"{position}"') for name, position in streams[: 8 * CONNECTIONS]]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int) -> None:
    """Wait until the server answers."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not open")


def measure(server: EmbeddedPostgres, seconds: float, repetitions: int) -> None:
    """Measure both in turn, several times, and print the ratio."""
    url, stock_url = new_database(server, "bench_http"), new_database(server, "bench_http_stock")
    migrate(url)
    token, activities = asyncio.run(begin(url))
    port = free_port()
    command = [sys.executable, "-m", "bench.http_commands", "--serve", url, stock_url, str(port)]
    ours: list[Measured] = []
    stock: list[Measured] = []
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."}
    ) as process:
        try:
            wait_until_open(port)
            for repetition in range(repetitions + 1):
                # The first round makes connections and plans, and is thrown away.
                chosen = activities[repetition * CONNECTIONS :][:CONNECTIONS]
                mine = [(f"/api/v1/processes/{FEDERAL}/milestones/{name}", etag) for name, etag in chosen]
                theirs = [(f"/stock/{name}", '"0"') for name, _ in chosen]
                spell = seconds if repetition else 1.0
                ours.append(uvloop.run(load(port, mine, token, spell)))
                stock.append(uvloop.run(load(port, theirs, token, spell)))
        finally:
            process.terminate()
    ours, stock = ours[1:], stock[1:]
    rates = [one.commands_per_second for one in ours]
    stock_rates = [one.commands_per_second for one in stock]
    print_table(
        f"Commands by HTTP, {CONNECTIONS} connections, one server process, median ratio\n{machine(server)}",
        ["", "ours /s", "stock save /s", "ratio", "p99 ms", "stock p99 ms"],
        [[
            "load, decide, append, answer",
            " ".join(f"{rate:,.0f}" for rate in rates),
            " ".join(f"{rate:,.0f}" for rate in stock_rates),
            f"{ratio(rates, stock_rates):.1f} × (≥ {TARGET})",
            " ".join(f"{1000 * one.wait_99_seconds:.0f}" for one in ours),
            " ".join(f"{1000 * one.wait_99_seconds:.0f}" for one in stock),
        ]],
    )  # fmt: skip


def main() -> None:
    """Read the arguments and measure, or serve."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--serve", nargs=3, metavar=("URL", "STOCK_URL", "PORT"))
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve[0], arguments.serve[1], int(arguments.serve[2]))
        return
    with durable_server() as server:
        measure(server, arguments.seconds, arguments.repetitions)


if __name__ == "__main__":
    main()
