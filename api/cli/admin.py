"""``bitacora admin``: letting the first administrator in, who lets in everybody else."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

admin_app = typer.Typer(
    name="admin",
    help="Who administers the log. There is no account to begin with, and no password ever.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@admin_app.callback()
def about() -> None:
    """Keep `bootstrap` a word of its own."""


@admin_app.command(epilog='\b\nExample:\n  bitacora admin bootstrap --name "Ana Ruiz" --body INE')
def bootstrap(
    *,
    name: Annotated[
        str, typer.Option(help="What colleagues call the person; can be erased, never in the log.")
    ],
    body: Annotated[
        str, typer.Option(help="The institution the person belongs to; stays in the log.")
    ] = "INE",
    port: Annotated[int, typer.Option(help="The port 'bitacora serve' listens on here.")] = 0,
) -> None:
    """Print an address that enrols the first administrator: once, within 15 minutes, on this machine.

    It goes to the terminal alone: never to a file, a pipe or a log. That somebody was enrolled is in the log.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.opening import start_log
    from api.settings import Settings
    from api.sign_in.enrolment import invite

    if not sys.stdout.isatty():
        typer.echo(
            "The address is only printed to a terminal: run this in one, not into a file or a pipe.", err=True
        )
        raise typer.Exit(2)
    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    try:
        if not resources.identity().started:
            asyncio.run(start_log(resources.ledger, settings.origin, resources.clock()))
            typer.echo(f"The log '{settings.origin}' begins with this.", err=True)
        code = invite(resources, name, body)
    finally:
        resources.close()
    typer.echo("Open this on this machine within 15 minutes, while 'bitacora serve' runs. It is good once:\n")
    typer.echo(f"  http://localhost:{port or settings.port}/inscripcion?codigo={code}\n")
