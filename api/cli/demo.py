"""``bitacora demo``: the real calendar with a simulated history, on a database of its own, in one command."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import urllib.request
import webbrowser
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.ending import apart

if TYPE_CHECKING:
    from api.database import Resources
    from api.settings import Settings

ORIGIN = "demo.invalid/bitacora-simulada"
"""The name of every simulated log: under .invalid, which no real one can use (RFC 2606, section 2)."""


def demo(
    *,
    port: Annotated[int | None, typer.Option(help="Default: BITACORA_PORT or 8000, or a free one.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the pages in a browser.")] = True,
    seed: Annotated[
        int, typer.Option(help="Which story is told; give the same one at every start on a database.")
    ] = 2027,
) -> None:
    """Show a simulated election. The calendar of 2026-2027 is real; nobody sent the reports.

    It prints its address once it answers. Ctrl-C ends it; the embedded PostgreSQL goes on until 'bitacora db stop'.

    Everything is kept under BITACORA_HOME (default ./var), or on the server that DATABASE_URL or PG* names, in a
    database that holds no real log. The next start takes up where this one ended and plays what would have happened
    since. Every page, and the log's name, say that it is simulated.
    """
    from api.cli.serve import run
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings
    from domain.procedure import procedures

    settings = Settings().model_copy(update={"origin": ORIGIN})
    configure(settings.log_format, debug=settings.debug)
    # Dating the calendar, inventing its history and telling it take memory (40 to 80 MB) that serving never gives back.
    # What both need is read once, before there are two.
    import_module("api.app")
    procedures()
    apart(lambda: _prepare(settings, seed))
    chosen = _free_port(settings.host, settings.port) if port is None else port
    if browser:
        address = f"http://{settings.host}:{chosen}"
        threading.Thread(target=_open_when_ready, args=(address,), name="browser", daemon=True).start()
    run(open_resources(settings), settings.host, chosen, signer=True)


def _prepare(settings: Settings, seed: int) -> None:
    """Start the database where it does not run, and record what is new."""
    from api.database import open_resources
    from api.signing import build_and_sign

    console = Console(stderr=True)
    with console.status("Starting PostgreSQL"):
        resources = open_resources(settings)
    try:
        asyncio.run(_record(resources, seed, console))
        with console.status("Telling what was recorded"):
            resources.projector().catch_up()
            build_and_sign(resources)
    finally:
        resources.close()


async def _record(resources: Resources, seed: int, console: Console) -> None:
    """Begin the simulated log, open what is not open, and play what is new in the story."""
    from api.case_playing import play_cases
    from api.opening import processes_of_the_cycle, record_opening, start_log
    from api.playing import not_yet_played, play, story
    from domain.process import PROCESS, process_stream

    ledger, now = resources.ledger, resources.clock()
    await start_log(ledger, ORIGIN, now, simulated=True)
    commands = list(processes_of_the_cycle())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        opened = bar.add_task("Opening the calendar", total=len(commands))
        for command in commands:
            stream = process_stream(command.process)
            if (await ledger.load(PROCESS, stream)).state.opened is None:
                await record_opening(ledger, ORIGIN, command, now)
            bar.advance(opened)
        acts = not_yet_played(ledger, story(commands, now, seed))
        played = bar.add_task("Playing the simulated history", total=len(acts))
        await play(ledger, acts, now, lambda done: bar.update(played, completed=done))
        cases = bar.add_task("Leading the simulated cases", total=None)
        await play_cases(ledger, now, seed, lambda done, of: bar.update(cases, completed=done, total=of))


def _free_port(host: str, wanted: int) -> int:
    """Return the wanted port, or a free one where somebody has it already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError:
            probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _open_when_ready(address: str) -> None:
    """Open the browser once the pages can be asked for; a machine without one is no failure."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=1):  # noqa: S310 - our own address
                webbrowser.open(address)
                return
        except OSError:
            time.sleep(0.1)
