"""``bitacora audit``: what an auditor looks at. The log is verified by a program that shares no code with this one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.cli.audit_all import NAME, AuditGroup, audit_all

audit_app = typer.Typer(
    name="audit",
    cls=AuditGroup,
    help="For auditors: verify what is published, trusting nobody.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@audit_app.callback()
def _group() -> None:
    """Keep the names of the commands."""


audit_app.command(
    NAME,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="\b\nExample:\n  bitacora audit https://bitacora.example.mx/log --vkey @pinned --policy witnesses.txt",
)(audit_all)


@audit_app.command(
    "log", epilog="\b\nExample:\n  bitacora audit log https://bitacora.example.mx/log --vkey @pinned"
)
def log_command(
    place: Annotated[str, typer.Argument(metavar="URL|FOLDER", help="Where 'checkpoint' and 'tile/' are.")],
    vkey: Annotated[
        list[str] | None,
        typer.Option(help="A key that signs the log, or @FILE of such lines; remembered from then on."),
    ] = None,
    held: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier checkpoint or a receipt that you hold: the log must continue it."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Which witnesses must have signed, and how many (C2SP tlog-policy).")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="Without --policy: a witness that must have signed, or @FILE of such lines."),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(metavar="N", help="How many of --witness; all, if not said.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="The folder where what was verified is remembered.")
    ] = None,
    fresh: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="Refuse a checkpoint last said to stand longer ago.")
    ] = None,
    lang: Annotated[str | None, typer.Option(metavar="es|en", help="In which language.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Verify a whole signed log: signatures, every entry, every tile, and that it continues what was verified before.

    It is done by the independent verifier in a process of its own ('python -m bitacora_verifier --help' lists what it
    ends with: 0 verified, 3 something is missing, 5 the past was changed, 10 too few witnesses …). The first position
    that is wrong is named.
    """
    given: dict[str, Sequence[object]] = {
        "--vkey": vkey or [],
        "--held": held or [],
        "--policy": [policy] if policy else [],
        "--witness": witness or [],
        "--quorum": [quorum] if quorum is not None else [],
        "--state": [state] if state else [],
        "--fresh": [fresh] if fresh is not None else [],
        "--lang": [lang] if lang else [],
    }
    options = [f"{name}={value}" for name, values in given.items() for value in values]
    command = [sys.executable, "-m", "bitacora_verifier", "log", *options, *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run([*command, "--", place], check=False).returncode)


@audit_app.command("digests", epilog="\b\nExample:\n  bitacora audit digests > /srv/www/log/projections.json")
def digests_command() -> None:
    """Print what every table the pages are read from comes to, for an auditor to compare with their own replay."""
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings
    from projections.digests import digests

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    try:
        with resources.readers.connection() as connection:
            typer.echo(digests(connection).model_dump_json(indent=1))
    finally:
        resources.close()


@audit_app.command(
    "projections",
    epilog="\b\nExample:\n  bitacora audit projections /srv/mirror/log --digests projections.json",
)
def projections_command(
    folder: Annotated[
        Path, typer.Argument(help="A published log, already verified with 'bitacora audit log'.")
    ],
    digests: Annotated[Path, typer.Option(help="What the site says its tables come to ('audit digests').")],
) -> None:
    """Replay a published log in a scratch database, and compare every table with what the site says of its own.

    The scratch server is this machine's own and is gone afterwards. It takes the same version of the program as the
    site's. Ends with code 1 and names every table that differs.
    """
    from api.published_digests import read_digests
    from api.replaying import compared

    said = read_digests(digests.read_bytes())
    differences = compared(folder, said, lambda line: typer.echo(line, err=True))
    for line in differences:
        typer.echo(line)
    if differences:
        raise typer.Exit(1)
    typer.echo(f"All {len(said.tables)} tables are what {said.position:,} entries come to.")
