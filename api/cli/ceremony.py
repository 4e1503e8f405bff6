"""What every ceremony shares on the command line: how its outcome is said, recorded and signed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.ceremonies.outcome import Finding, Outcome
    from api.ceremonies.software import LogThen
    from ledger.note import SigningKey

MOST_SAID = 20
"""Findings that are said; a record has all of them."""

RecordFolder = Annotated[
    Path | None, typer.Option("--record", help="A new folder for its signed record, to be printed.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", help="Your key that signs the record ('audit key' makes it); without one it is not signed."
    ),
]


def signing_key(record: Path | None, key: Path | None) -> SigningKey | None:
    """Return the key a record is to be signed with, before the ceremony: what would fail afterwards fails now."""
    from api.ceremonies.auditor_key import read_key
    from api.ceremonies.record import refuse_in_use

    if key and not record:
        raise typer.BadParameter("A key signs a record: --record says where to.", param_hint="'--key'")
    if record:
        refuse_in_use(record)
    return read_key(key) if key else None


def conclude(outcome: Outcome, record: Path | None, key: SigningKey | None) -> None:
    """Say what was found, and write the record that was asked for."""
    typer.echo(f"{outcome.ceremony}: {'PASSED' if outcome.passed else 'FAILED'}")
    for fact in outcome.facts:
        typer.echo(f"  {fact.name.replace('_', ' ') + ':':18} {fact.value}")
    if outcome.digest:
        typer.echo(f"  {'digest:':18} {outcome.digest}")
    say_findings("✗", outcome.findings)
    say_findings("·", outcome.remarks)
    if record is None:
        return
    from api.ceremonies.record import NOTE_FILE, record_of, write_record
    from api.ceremonies.record_page import record_page

    held = record_of(outcome, datetime.now(UTC), key)
    write_record(held, record_page(held), outcome.attachments, record, key)
    if key:
        typer.echo(f"{record} has its record, signed by {key.public.vkey} ({NOTE_FILE}).")
    else:
        typer.echo(f"{record} has its record. NOT SIGNED (no --key): nothing shows that it was not changed.")


def say_findings(mark: str, findings: Iterable[Finding]) -> None:
    """Say findings, in English and Spanish, a line each; not more than a person reads."""
    every = list(findings)
    for found in every[:MOST_SAID]:
        where = _where(found)
        typer.echo(f"{mark} {where}{found.en}\n  {where}{found.es}")
    if len(every) > MOST_SAID:
        typer.echo(f"{mark} … {len(every) - MOST_SAID:,} more; a record (--record) has all of them.")


def _where(found: Finding) -> str:
    if found.first_position is None:
        return ""
    if found.first_position == found.last_position:
        return f"[{found.first_position:,}] "
    return f"[{found.first_position:,}-{found.last_position:,}] "


def log_then() -> tuple[str, LogThen]:
    """Return where the database is, and the log in it as it was last signed."""
    from api.ceremonies.software import LogThen
    from api.cli.resources import opened_resources
    from ledger.checkpoint import parse_checkpoint
    from ledger.note import parse_note

    with opened_resources() as resources:
        identity, signed = resources.identity(), resources.signed_log.checkpoint()
        checkpoint = parse_checkpoint(parse_note(signed.note).text) if signed else None
        origin = identity.origin or resources.settings.origin
        return resources.database_url, LogThen(origin, identity.simulated, checkpoint)
