"""``bitacora db``: the database beneath the log, whether it is the embedded one or a server of yours.

Where the environment names a server (``DATABASE_URL`` or ``PG*``), these commands act on that server.
Otherwise they act on the embedded PostgreSQL under ``BITACORA_HOME`` (default ``./var``).
Exit codes: 0 done, 1 failed, 2 asked wrongly, 3 not running (``status``).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ledger.backup import BACKUP_STEPS, RESTORE_STEPS, BackupError, BackupReport, backup, restore
from ledger.binaries import ClusterError, find_binaries
from ledger.desk.people import erase_person
from ledger.desk.person_keys import PersonKeys, UnusablePersonKeys
from ledger.embedded import EmbeddedPostgres
from ledger.server import connection_string, program_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_RUNNING = 3

db_app = typer.Typer(
    name="db",
    help=(
        "The database beneath the log.\n\nActs on DATABASE_URL or PG* where the environment has them, "
        "else on the embedded PostgreSQL under BITACORA_HOME (default ./var).\n\n"
        "psql, backup and restore run PostgreSQL's own programs. Those of the wheel speak no TLS: for a server "
        "that asks for it (sslmode=require), set BITACORA_PG_BIN to a folder with others, not older than the server "
        "(on Debian /usr/lib/postgresql/15/bin)."
    ),
    no_args_is_help=True,
)

errors = Console(stderr=True, highlight=False)


@db_app.command()
def start() -> None:
    """Start the embedded PostgreSQL, and print its address.

    The first start makes the database. A running server is reused; one that was killed is recovered.
    It keeps running when this command ends.
    """
    with _plain_errors():
        _refuse_foreign_server("start")
        with _steps(1) as progress:
            progress("Starting PostgreSQL")
            cluster = _embedded()
            cluster.start()
        typer.echo(cluster.dsn())


@db_app.command()
def stop() -> None:
    """Stop the embedded PostgreSQL. What was acknowledged is on disk already; open sessions are ended."""
    with _plain_errors():
        _refuse_foreign_server("stop")
        with _steps(1) as progress:
            progress("Stopping PostgreSQL")
            _embedded().stop()


@db_app.command()
def status() -> None:
    """Tell whether the database answers, and where it is. Exits with 3 if it does not."""
    with _plain_errors():
        if (server := connection_string(os.environ)) is not None:
            _status_of_server(server)
            return
        seen = _embedded().status()
        if not seen.running:
            typer.echo(f"Not running: {seen.data_directory}. Start it: bitacora db start.")
            raise typer.Exit(NOT_RUNNING)
        typer.echo(f"PostgreSQL {seen.version} is running, process {seen.pid}.")
        typer.echo(f"Data:   {seen.data_directory}")
        typer.echo(f"Socket: {seen.socket_directory}")


@db_app.command()
def dsn() -> None:
    """Print the address of the database. It is for psql and other programs; starts the embedded server if need be.

    Example: pg_dump "$(bitacora db dsn)". Where PG* variables name the server the address is empty:
    every PostgreSQL program reads them by itself.
    """
    with _plain_errors():
        typer.echo(_address())


@db_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the database; what follows is handed to it. Example: bitacora db psql -c 'SELECT 1'."""
    with _plain_errors():
        address = _address()
        program = find_binaries().program("psql")
    arguments, variables = program_arguments(address)
    # psql takes this process's place, terminal and exit code.
    os.execve(program, [program, *arguments, *context.args], {**os.environ, **variables})  # noqa: S606 - no shell is wanted


@db_app.command("backup")
def backup_command(
    file: Annotated[Path, typer.Argument(help="The new file; an existing one is never overwritten.")],
) -> None:
    """Back up the log while it is in use. The backup is checked by restoring it and comparing every event.

    Projections are left out: they are rebuilt. The folder has to exist. On a server of yours its role needs
    CREATEDB, for the scratch database the check is made in. Documents and the keys of people are apart: copy their
    folders afterwards.
    """
    with _plain_errors():
        address = _address()
        with _steps(BACKUP_STEPS) as progress:
            report = backup(address, file, binaries=find_binaries(), progress=progress)
        _print_report("Backed up", report)
        typer.echo(f"Documents are not in it. Copy their folder too, after this: {_documents()}.")
        typer.echo(
            f"Nor are the keys that open who people are: {_people()}. Of these keep the last copy alone, and elsewhere."
        )


@db_app.command("restore")
def restore_command(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file made by 'bitacora db backup'.")
    ],
) -> None:
    """Bring a backup into a database without events. It is done whole or not at all.

    Roles are not in a backup: on a server of yours run 'bitacora migrate' afterwards. What can be asked is built
    again by the next 'bitacora serve' or 'bitacora project'.
    """
    with _plain_errors():
        address = _address()
        with _steps(RESTORE_STEPS) as progress:
            report = restore(address, file, binaries=find_binaries(), progress=progress)
        _print_report("Restored", report)
        _erase_again(address)
        typer.echo(
            "Roles and grants are not in a backup; set them, then rebuild: bitacora migrate, bitacora project."
        )


def _erase_again(address: str) -> None:
    """Erase who was erased since the backup. The log is told at the next start of 'bitacora serve'."""
    noted = PersonKeys(_people()).erased()
    with psycopg.connect(address, autocommit=True) as connection:
        erased = [person for person in noted if erase_person(connection, person)]
    if erased:
        typer.echo(
            f"Erased again who was erased since: {len(erased)} of {len(noted)} the folder of keys knows of."
        )


def _people() -> Path:
    return Path(os.environ.get("BITACORA_PEOPLE") or _embedded_home() / "people").absolute()


def _documents() -> Path:
    return Path(os.environ.get("BITACORA_DOCUMENTS") or _embedded_home() / "documents").absolute()


def _embedded_home() -> Path:
    return Path(os.environ.get("BITACORA_HOME") or "var")


def _embedded() -> EmbeddedPostgres:
    return EmbeddedPostgres(_embedded_home())


def _address() -> str:
    """Return the address to act on, with the embedded server running if it is that one."""
    server = connection_string(os.environ)
    if server is not None:
        return server
    with _steps(1) as progress:
        progress("Starting PostgreSQL")
        cluster = _embedded()
        cluster.start()
    return cluster.dsn()


def _refuse_foreign_server(action: str) -> None:
    if connection_string(os.environ) is not None:
        raise ClusterError(
            f"There is nothing to {action}: DATABASE_URL or PG* names a server that runs without us. "
            "Unset them to use the embedded one."
        )


def _status_of_server(address: str) -> None:
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            information = connection.info
            version = information.parameter_status("server_version")
            typer.echo(
                f"PostgreSQL {version} answers: {information.dbname} on {information.host or 'a local socket'}."
            )
    except psycopg.OperationalError as error:
        typer.echo(f"The server does not answer: {str(error).strip()}")
        raise typer.Exit(NOT_RUNNING) from error


def _print_report(action: str, report: BackupReport) -> None:
    typer.echo(f"{action} {report.events:,} events: {report.file} ({report.size_bytes:,} bytes)")
    typer.echo(f"SHA-256 of the events: {report.digest}")


@contextmanager
def _steps(total: int) -> Iterator[Callable[[str], None]]:
    """Show what is being done and for how long, on standard error, only where a person looks on."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        first = True

        def progress(step: str) -> None:
            nonlocal first
            bar.update(task, description=step, advance=0 if first else 1)
            first = False

        yield progress


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what went wrong in a sentence, and exit with 1."""
    try:
        yield
    except (ClusterError, BackupError, UnusablePersonKeys) as error:
        _fail(str(error))
    except psycopg.OperationalError as error:
        _fail(
            f"The database cannot be reached: {str(error).strip()} Is it running? bitacora db status tells."
        )


def _fail(message: str) -> NoReturn:
    errors.print(message, markup=False, soft_wrap=True)
    raise typer.Exit(1)
