"""``bitacora audit key`` and ``record``: the auditor's own key, and a record looked at again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.ceremony import say_findings


def key_command(
    file: Annotated[Path, typer.Argument(help="The new file; keep it off the server.")],
    name: Annotated[
        str, typer.Argument(help="Whose it is, as a schema-less address: auditoria.uni.example.mx.")
    ],
) -> None:
    """Make your own key for signing records.

    Prints what is published of it: whoever checks your records pins that line, had from you.
    """
    from api.ceremonies.auditor_key import create_key

    typer.echo(create_key(file, name).public.vkey)


def record_command(
    folder: Annotated[Path, typer.Argument(help="A record's folder.")],
    signer: Annotated[
        str | None,
        typer.Option(
            help="The auditor's key, had from the auditor. Without it the record's own word is taken."
        ),
    ] = None,
) -> None:
    """Check that a record is what was signed.

    Ends with code 1 and names what is missing, differs or is not signed. That a record is unchanged does not say that
    its ceremony was passed: both are told.
    """
    from api.ceremonies.checking import checked_record
    from ledger.note import BadNote, parse_vkey

    try:
        key = parse_vkey(signer.strip()) if signer else None
    except BadNote as error:
        raise typer.BadParameter(str(error), param_hint="'--signer'") from error
    checked = checked_record(folder, key)
    record = checked.record
    if checked.findings or record is None:
        typer.echo(f"{folder} is NOT what was signed.", err=True)
        say_findings("✗", checked.findings)
        raise typer.Exit(1)
    typer.echo(f"{folder} is what was signed by {record.signer}.")
    if key is None:
        typer.echo(
            "That key is the record's own word: compare it with the one the auditor gave you, or use --signer."
        )
    stood = f", {record.checkpoint.size:,} entries" if record.checkpoint else ""
    typer.echo(
        f"{record.ceremony}: {'PASSED' if record.passed else 'FAILED'}, {record.held_at}, {record.origin}{stood}"
    )
    typer.echo(f"digest: {record.digest or '-'}")
