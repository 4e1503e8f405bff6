"""``bitacora witness``: being a witness of somebody's log, from any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

witness_app = typer.Typer(
    name="witness",
    help=(
        "Being a witness of somebody's log.\n\n"
        "It cosigns checkpoints, and only those that continue what it cosigned before. It needs a folder "
        "(BITACORA_HOME/witness) and an address, and no database. It is of use to others where it is not the log's "
        "own: a party's, a university's, a tribunal's. Only 'ask' is for who runs a log."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[
    Path | None,
    typer.Option(help="Its folder. Default: BITACORA_HOME/witness. Never put back from a backup."),
]


@witness_app.command()
def create(
    name: Annotated[str, typer.Argument(help="Its name, as a schema-less address: testigo.uni.example.mx.")],
    folder: Folder = None,
) -> None:
    """Make the witness's key.

    Prints what is published of it: the log's owner puts that into the policy.
    """
    from ledger.witness import WitnessFolder

    typer.echo(WitnessFolder(_folder(folder)).create(name).public.vkey)


@witness_app.command()
def follow(
    vkey: Annotated[str, typer.Argument(help="A key of the log, had by another way than from its service.")],
    folder: Folder = None,
) -> None:
    """Cosign the log of this key from now on. A log that changes its key is followed again, with the next one."""
    from ledger.witness import WitnessFolder

    typer.echo(f"It cosigns {WitnessFolder(_folder(folder)).follow(vkey).name}.")


@witness_app.command()
def show(folder: Folder = None) -> None:
    """Print its public key, and what it has seen.

    Each log it follows, with the size of the last tree it cosigned.
    """
    from api.witnesses.app import described
    from ledger.witness import WitnessFolder

    typer.echo(described(WitnessFolder(_folder(folder))), nl=False)


@witness_app.command()
def serve(
    folder: Folder = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="And on which port; 0 takes a free one.")] = 8001,
) -> None:
    """Answer what logs ask (C2SP tlog-witness). Put a proxy with https in front for others to reach it."""
    import uvicorn

    from api.cli.serve import run_server
    from api.logs import configure
    from api.settings import Settings
    from api.witnesses.app import witness_app as service
    from ledger.witness import WitnessFolder

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    witness = WitnessFolder(_folder(folder))
    # Before it listens: a folder that cannot be used is told at once.
    witness.key(), witness.logs()
    run_server(
        uvicorn.Config(
            service(witness), host=host, port=port, access_log=False, log_config=None, server_header=False,
            timeout_keep_alive=30, limit_concurrency=200,
        )
    )  # fmt: skip


@witness_app.command()
def ask() -> None:
    """Ask this log's witnesses to cosign, until stopped.

    It asks those of BITACORA_WITNESSES for each checkpoint, and once a minute. It acts in the database as 'bitacora
    sign' does (BITACORA_SIGNER_DATABASE_URL), without the key: so the process that has it speaks to nobody. With the
    embedded PostgreSQL 'serve' does this by itself.
    """
    import signal
    import threading

    from api.database import running_database
    from api.logs import configure
    from api.settings import Settings
    from api.witnesses.asking import Witnessing
    from ledger.connect import connect
    from ledger.tree import origin_of

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    if not settings.witness_policy.witnesses:
        raise typer.BadParameter("This log has no witnesses: BITACORA_WITNESSES is the file that names them.")
    own = settings.signer_database_url
    url = own.get_secret_value() if own else running_database(settings)
    with connect(url, settings.roles.signer, "witnesses") as connection:
        origin = origin_of(connection)
    if not origin:
        raise typer.BadParameter("The log has not been started: 'bitacora open' begins it.")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    Witnessing(url, origin, settings.witness_policy, settings.roles).run(stop)


def _folder(chosen: Path | None) -> Path:
    from api.settings import Settings

    return chosen or Settings().home / "witness"
