"""``bitacora open``: begin the real log with the real calendar, or open one more process in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from domain.plan import OpenProcess

ONE = "One process"


def open_command(
    kind: Annotated[
        str | None, typer.Option(help="Open this plan alone: federal_election …", rich_help_panel=ONE)
    ] = None,
    territory: Annotated[str, typer.Option(help="MX, or a state: MX-JAL.", rich_help_panel=ONE)] = "MX",
    cycle: Annotated[
        str | None,
        typer.Option(help="Its years: 2029-2030; 2027 where a call sets the day.", rich_help_panel=ONE),
    ] = None,
    instrument: Annotated[str | None, typer.Option(help="What calls it.", rich_help_panel=ONE)] = None,
    election_day: Annotated[
        str | None, typer.Option(help="The day the call sets.", rich_help_panel=ONE)
    ] = None,
    matter: Annotated[
        str | None, typer.Option(help="What is elected and where.", rich_help_panel=ONE)
    ] = None,
    number: Annotated[int, typer.Option(help="Which of that state and year it is.", rich_help_panel=ONE)] = 1,
) -> None:
    """Begin the real log. Opens the federal process and the 32 local ones of 2026-2027.

    Every activity is dated from the law or from a loaded calendar; what has neither stays without a date, with the
    reason. Running it again changes nothing, not even where the catalogue has changed since. The log's name is
    BITACORA_ORIGIN; choose it before the first time. A database that holds a demonstration is refused.

    With --kind and --cycle it opens that one process: a presidential year, or an election that an instrument calls.
    """
    from api.opening import processes_of_the_cycle

    call = {"instrument": instrument, "election_day": election_day, "matter": matter, "number": number}
    if kind is None and (cycle or instrument or election_day or matter):
        raise typer.BadParameter("--kind says which plan to open")
    _record([_asked(kind, territory, cycle, call)] if kind else list(processes_of_the_cycle()))


def _record(commands: Sequence[OpenProcess]) -> None:
    """Begin the log, where it has not begun, and open these processes in it."""
    from api.database import open_resources
    from api.logs import configure
    from api.opening import record_opening, start_log
    from api.settings import Settings

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
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


def _asked(kind: str, territory: str, cycle: str | None, call: dict[str, str | int | None]) -> OpenProcess:
    """Return the one opening that was asked for. Raises `typer.BadParameter` where its words have no such shape."""
    from pydantic import ValidationError

    from domain.plan import OpenProcess

    calls = any(call[word] for word in ("instrument", "election_day", "matter"))
    asked = {"kind": kind, "territory": territory, "cycle": cycle, "call": call if calls else None}
    try:
        return OpenProcess.model_validate(asked)
    except ValidationError as error:
        reasons = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise typer.BadParameter(reasons) from error
