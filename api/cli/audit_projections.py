"""``bitacora audit projections`` and ``digests``: the tables pages are read from, told again and compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.ceremony import KeyFile, RecordFolder, conclude, signing_key


def digests_command() -> None:
    """Print what every table comes to.

    Of those the pages are read from, for an auditor to compare with their own replay.
    """
    from api.cli.resources import opened_resources
    from projections.digests import digests

    with opened_resources() as resources, resources.readers.connection() as connection:
        typer.echo(digests(connection).model_dump_json(indent=1))


def projections_command(
    folder: Annotated[
        Path, typer.Argument(help="A published log, already verified with 'bitacora audit log'.")
    ],
    digests: Annotated[Path, typer.Option(help="What the site says its tables come to ('audit digests').")],
    record: RecordFolder = None,
    key: KeyFile = None,
) -> None:
    """Tell every table again, and compare.

    It replays a published log in a scratch database, and compares every table with what the site says of its own. The
    scratch server is this machine's own and is gone afterwards. It takes the same version of the program as the
    site's. Ends with code 1 and names every table that differs.
    """
    from api.ceremonies.projections import projections

    signer = signing_key(record, key)
    outcome = projections(folder, digests.read_bytes(), lambda line: typer.echo(line, err=True))
    conclude(outcome, record, signer)
    if not outcome.passed:
        raise typer.Exit(1)
    told = outcome.listing.rows
    typer.echo(f"All {len(told)} tables are what {outcome.facts[0].value:,} entries come to.")
