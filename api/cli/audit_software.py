"""``bitacora audit software``: what runs, file by file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.ceremony import KeyFile, RecordFolder, conclude, log_then, signing_key


def software_command(
    installation: Annotated[
        Path | None,
        typer.Option(help="The environment to look at, from a trusted one. Default: the one this runs in."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="An earlier record's folder, or its sbom.cdx.json: name what differs.")
    ] = None,
    sbom: Annotated[
        Path | None, typer.Option(help="Write the bill of materials (CycloneDX) to this file.")
    ] = None,
    record: RecordFolder = None,
    key: KeyFile = None,
) -> None:
    """Hash what runs: every installed file, Python, PostgreSQL.

    Each file is held against what its package says it installed, and one digest is over all of it (huella del
    software): the same on two machines with the same installation, so that before, during and after can be compared.
    Ends with code 1 and names each file that is changed, missing, or no package's.
    """
    from api.ceremonies.bill_of_materials import FILE, read_bill
    from api.ceremonies.installation import installation_at, running_installation
    from api.ceremonies.software import software

    signer = signing_key(record, key)
    where = installation_at(installation) if installation else running_installation()
    before = read_bill((compare / FILE if compare.is_dir() else compare).read_bytes()) if compare else None
    database_url, log = log_then()
    console = Console(stderr=True)
    with console.status("Hashing") as status:
        outcome = software(where, database_url, log, before, lambda part: status.update(f"Hashing {part}"))
    if sbom:
        sbom.write_bytes(outcome.attachments[FILE])
    conclude(outcome, record, signer)
    if not outcome.passed:
        raise typer.Exit(1)
