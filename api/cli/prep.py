"""``bitacora import prep``: a published file of tally sheets on its way into the log."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from api.database import Resources
    from api.prep_imports.judging import JudgedFile

PROCESS = re.compile(r"[a-z][a-z0-9_-]{2,80}")


def import_prep(path: Path, process: str, election_day: date | None) -> None:
    """Read, judge and record a file. Raises ``typer.Exit`` with 1 where it is not taken, and `typer.BadParameter`."""
    from api.cli.resources import opened_resources
    from api.prep_imports.judging import judge
    from api.prep_imports.published import MAX_BYTES, MOST_COMPLAINTS, UnusableFile, read_published

    if not PROCESS.fullmatch(process):
        raise typer.BadParameter(
            "an id is 3 to 81 small letters, digits and hyphens, such as pel-2023-2024-pue",
            param_hint="--process",
        )
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    try:
        judged = judge(read_published(raw), path.name, raw, datetime.now(UTC), election_day)
    except UnusableFile as unusable:
        for complaint in unusable.complaints[:MOST_COMPLAINTS]:
            where = (
                (f"line {complaint.line}: ", f"renglón {complaint.line}: ") if complaint.line else ("", "")
            )
            typer.echo(f"{path.name}: {where[0]}{complaint.en}\n  {where[1]}{complaint.es}", err=True)
        if (more := len(unusable.complaints) - MOST_COMPLAINTS) > 0:
            typer.echo(f"… and {more:,} more.", err=True)
        typer.echo("Nothing was recorded. No se asentó nada.", err=True)
        raise typer.Exit(1) from unusable
    with opened_resources() as resources:
        events = asyncio.run(_record(resources, judged, process))
    figures = ", ".join(f"{name} {value}" for name, value in judged.accepting.accepted.figures.items())
    typer.echo(f"{events:,} events recorded in {process}." if events else f"{process} has this file already.")
    typer.echo(figures, err=True)


async def _record(resources: Resources, judged: JudgedFile, process: str) -> int:
    from api.opening import start_log
    from api.prep_imports.recording import PrepImport
    from domain.log import LOG, LOG_STREAM

    ledger, now = resources.ledger, resources.clock()
    if not (await ledger.load(LOG, LOG_STREAM)).state.started:
        await start_log(ledger, resources.settings.origin, now)
    origin = (await ledger.load(LOG, LOG_STREAM)).state.origin
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Recording", total=None)
        return await PrepImport(ledger, origin, process, judged, now).run(
            lambda done, of: bar.update(task, completed=done, total=of)
        )
