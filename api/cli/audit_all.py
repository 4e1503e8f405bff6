"""``bitacora audit URL|FOLDER``: all an auditor can do from outside, in one go. The log first, then the tables."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

NAME = "all"
TABLES_DIFFER, MISSING = 11, 3
LARGEST_FILE = 1_000_000
TIMEOUT_SECONDS = 300.0
"""Every row of every table is read for the file, and this may be the request that lets it be made."""

ATTEMPTS, AGAIN_SECONDS = 12, 5.0
"""Somebody else's request may be the one that makes it."""


class AuditGroup(TyperGroup):
    """The commands of ``bitacora audit``. What is no command's name is where a log is, and all of it is audited."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's own context
        """Put the command's name before an address or a folder."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = [NAME, *args]
        return super().parse_args(ctx, args)


def audit_all(
    context: typer.Context,
    place: Annotated[str, typer.Argument(metavar="URL|FOLDER", help="Where 'checkpoint' and 'tile/' are.")],
) -> None:
    """Verify a signed log whole, then replay it and compare.

    'bitacora audit URL' is short for this. The options of 'bitacora audit log' may follow: --vkey, --policy, --state …

    It verifies the log as 'audit log' does, and ends as that does where it is not verified. Then it tells every table
    again from those very entries, in a scratch server of this machine, and compares each with what the site says of
    its own (digests.json beside the log). 11: a table differs; 3: the site says nothing of its tables.
    """
    from api.published_digests import read_digests
    from api.replaying import compared

    with tempfile.TemporaryDirectory(prefix="bitacora-audit-") as scratch:
        # Before the log: what it tells of is then in it.
        file = _digests(place)
        folder = Path(scratch) / "log"
        command = [sys.executable, "-m", "bitacora_verifier", "log", f"--mirror={folder}", *context.args]
        if code := subprocess.run([*command, "--", place], check=False).returncode:
            raise typer.Exit(code)
        if file is None:
            typer.echo("The log is verified. Of its tables the site says nothing: digests.json is missing.")
            raise typer.Exit(MISSING)
        said = read_digests(file)
        comparison = compared(folder, said, lambda line: typer.echo(line, err=True))
    for difference in comparison.differences:
        typer.echo(str(difference))
    if comparison.differences:
        raise typer.Exit(TABLES_DIFFER)
    typer.echo(f"All {len(said.tables)} tables are what {said.position:,} entries come to.")


def _digests(place: str) -> bytes | None:
    """Return what the site says of its tables; None where it says nothing. Raises ``OSError``."""
    from api.published_digests import FILE

    if not place.startswith(("http://", "https://")):
        file = Path(place) / FILE
        return file.read_bytes() if file.is_file() else None
    import httpx2

    for _ in range(ATTEMPTS):
        try:
            answer = httpx2.get(f"{place.rstrip('/')}/{FILE}", timeout=TIMEOUT_SECONDS)
        except httpx2.HTTPError as error:
            raise OSError(f"{place} cannot be reached: {error}") from error
        if answer.status_code == httpx2.codes.OK and len(answer.content) <= LARGEST_FILE:
            return answer.content
        if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            return None
        time.sleep(AGAIN_SECONDS)
    return None
