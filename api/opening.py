"""Beginning: the log itself, then each process with its whole plan. Shared by the API and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from uuid import NAMESPACE_URL, uuid5

from domain.access import Authority, Caller
from domain.entity import FEDERATION, entities
from domain.event import Author, Refused
from domain.log import LOG, LOG_STREAM, Log, StartLog
from domain.milestone import milestone_stream
from domain.plan import OpenProcess
from domain.process import PROCESS, Process, process_stream
from ledger.ledger import Folded, Ledger, Recorded, View

CYCLE = "2026-2027"
"""The elections this catalogue was written for."""

CONSOLE = Author(
    actor="console",
    post="Administración de la bitácora",
    body="Operación del servicio",
    grant="console",
)
"""Who acts from the command line of the server itself."""
CONSOLE_CALLER = Caller(
    CONSOLE.actor, (Authority(CONSOLE.grant, "administrator", FEDERATION, CONSOLE.post, CONSOLE.body),)
)
"""The right of whoever runs the server: to administer it."""


def processes_of_the_cycle() -> Iterator[OpenProcess]:
    """Yield the federal process and the 32 local ones, the federal first: local rows name acts of its."""
    yield OpenProcess(kind="federal_election", territory=FEDERATION, cycle=CYCLE)
    for code in entities():
        yield OpenProcess(kind="local_election", territory=code, cycle=CYCLE)


async def start_log(ledger: Ledger, origin: str, at: datetime, *, simulated: bool = False) -> Recorded:
    """Begin the log; nothing happens where it is this one. Raises `Refused` where the database holds another."""
    command = StartLog(origin=origin, simulated=simulated, tzdata=version("tzdata"))

    async def decide(view: View) -> None:
        view.write(LOG_STREAM, command.decide((await view.load(LOG, LOG_STREAM)).state))

    return await ledger.execute(
        decide, command_id=uuid5(NAMESPACE_URL, f"{origin}#start"), author=CONSOLE, occurred_at=at
    )


async def open_process(view: View, command: OpenProcess) -> Folded[Process]:
    """Decide the opening of a process in a view, and return the process as it was before."""
    refuse_before_the_start((await view.load(LOG, LOG_STREAM)).state)
    process = command.process
    before = await view.load(PROCESS, process_stream(process))
    # A plan of 2,500 milestones takes a while to date: other requests go on meanwhile.
    opening = await asyncio.to_thread(command.decide, before.state)
    if opening is not None:
        view.write(process_stream(process), [opening.opened])
        for milestone, planned in opening.milestones.items():
            view.write(milestone_stream(process, milestone), [planned])
    return before


def refuse_before_the_start(log: Log) -> None:
    """Refuse to open anything in a log that has not begun."""
    if not log.started:
        raise Refused(
            "log-not-started",
            es="La bitácora aún no comienza: quien la administra ejecuta «bitacora open».",
            en="The log has not been started yet: its administrator runs 'bitacora open'.",
        )


async def record_opening(ledger: Ledger, origin: str, command: OpenProcess, at: datetime) -> Recorded:
    """Open a process from the command line, once: the same process, called alike, has one command id."""

    async def decide(view: View) -> None:
        await open_process(view, command)

    called = f"#{command.call.model_dump_json()}" if command.call else ""
    key = uuid5(NAMESPACE_URL, f"{origin}#open/{command.process}{called}")
    return await ledger.execute(decide, command_id=key, author=CONSOLE, occurred_at=at)
