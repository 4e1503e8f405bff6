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


@log_app.command("publish", epilog="\b\nExample:\n  bitacora log publish /srv/www/log")
def publish_command(
    folder: Annotated[Path, typer.Argument(help="The folder a web server shows at …/log.")],
    *,
    digests: Annotated[
        bool, typer.Option("--digests", help="And what every table of the site comes to (digests.json).")
    ] = False,
) -> None:
    """Write the signed log to a folder. They are the same files as at /log, for a web server or a mirror.

    Only what is missing is written, and the checkpoint last: readers always find a log that verifies. Run it again
    as often as you like. It refuses a folder that holds what this log does not continue.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.published_digests import FILE, published_digests
    from api.settings import Settings
    from ledger.publishing import publish, write_file

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        # Before the log, which then goes as far as they tell, and written after it.
        said = published_digests(resources).model_dump_json(indent=1) if digests else ""
        signed = resources.signed_log.checkpoint()
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Entries", total=signed.size if signed else None)
            done = publish(resources.signed_log, folder, lambda entries: bar.update(task, completed=entries))
        if said:
            write_file(folder / FILE, said.encode())
    finally:
        resources.close()
    typer.echo(f"{folder} holds {done.size:,} entries.")


@log_app.command("timestamp")
def timestamp_command(
    *,
    once: Annotated[bool, typer.Option("--once", help="Ask once if its time has come, and end.")] = False,
) -> None:
    """Have the log time-stamped, until stopped.

    The authority at BITACORA_TIMESTAMPS (RFC 3161) stamps the last checkpoint when the log has grown, at most once in
    BITACORA_TIMESTAMP_MINUTES (60). What it answers is kept only if it leads to BITACORA_TIMESTAMP_ROOTS. It acts in
    the database as 'bitacora sign' does (BITACORA_SIGNER_DATABASE_URL), without the key. With the embedded PostgreSQL
    'serve' does this by itself.
    """
    import signal
    import threading

    from api.database import running_database
    from api.logs import configure
    from api.settings import Settings
    from api.time_stamping import NotConfigured, TimeStamping
    from ledger.connect import connect

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    own = settings.signer_database_url
    url = own.get_secret_value() if own else running_database(settings)
    try:
        stamping = TimeStamping(url, settings)
    except NotConfigured as missing:
        raise typer.BadParameter(str(missing)) from missing
    if once:
        with connect(url, settings.roles.signer, "time stamps") as connection:
            stamp = stamping.ask(connection)
        typer.echo(
            f"Stamped: {stamp.size:,} entries, {stamp.stamped_at}." if stamp else "Nothing was stamped."
        )
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stamping.run(stop)


@log_app.command("rebuild", epilog="\b\nExample:\n  bitacora log rebuild /srv/mirror/log")
def rebuild_command(
    folder: Annotated[
        Path, typer.Argument(help="A published log, already verified with 'bitacora audit log'.")
    ],
) -> None:
    """Record a published log again in an empty database.

    The same positions and bytes, all of it or nothing.

    For when the database is lost and no backup is whole. What was never published does not come back: the desk (who an
    id is, sessions, tokens), documents, and which requests were already answered. The signer goes on only if what it
    signed last is there. The login of DATABASE_URL has to be able to act as the owner.
    """
    from api.database import running_database
    from api.logs import configure
    from api.settings import Settings
    from ledger.rebuilding import published_events, rebuild

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), MofNCompleteColumn(), console=console) as bar:
        task = bar.add_task("Entries", total=None)
        done = rebuild(
            running_database(settings), published_events(folder), settings.roles,
            lambda entries: bar.update(task, completed=entries),
        )  # fmt: skip
    typer.echo(f"{done:,} entries were recorded again.")
