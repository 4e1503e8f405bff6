"""``bitacora open``: begin the real log with the real calendar."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def open_command() -> None:
    """Begin the real log. Opens the federal process and the 32 local ones of 2026-2027.

    Every activity is dated from the law or from a loaded calendar; what has neither stays without a date, with the
    reason. Running it again changes nothing, not even where the catalogue has changed since. The log's name is
    BITACORA_ORIGIN; choose it before the first time. A database that holds a demonstration is refused.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.opening import processes_of_the_cycle, record_opening, start_log
    from api.settings import Settings

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    commands = list(processes_of_the_cycle())
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())

    async def run() -> int:
        await start_log(resources.ledger, settings.origin, resources.clock())
        events = 0
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Opening", total=len(commands))
            for command in commands:
                bar.update(task, description=f"Opening {command.territory}")
                recorded = await record_opening(resources.ledger, settings.origin, command, resources.clock())
                events += 0 if recorded.replayed else len(recorded.events)
                bar.advance(task)
        return events

    try:
        events = asyncio.run(run())
    finally:
        resources.close()
    typer.echo(
        f"{events:,} events recorded in '{settings.origin}'."
        if events
        else f"'{settings.origin}' is open already."
    )
