"""``bitacora log``: the signed log, for others to have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log_app = typer.Typer(
    name="log",
    help="The signed log, for those who mirror and verify it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@log_app.callback()
def _group() -> None:
    """Keep the name of the one command there is so far."""


@log_app.command("publish", epilog="\b\nExample:\n  bitacora log publish /srv/www/log")
def publish_command(
    folder: Annotated[Path, typer.Argument(help="The folder a web server shows at …/log.")],
) -> None:
    """Write the signed log to a folder. They are the same files as at /log, for a web server or a mirror.

    Only what is missing is written, and the checkpoint last: readers always find a log that verifies. Run it again
    as often as you like. It refuses a folder that holds what this log does not continue.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings
    from ledger.publishing import publish

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        signed = resources.signed_log.checkpoint()
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Entries", total=signed.size if signed else None)
            done = publish(resources.signed_log, folder, lambda entries: bar.update(task, completed=entries))
    finally:
        resources.close()
    typer.echo(f"{folder} holds {done.size:,} entries.")
