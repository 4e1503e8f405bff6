"""``bitacora migrate``: bring the database to the schema of this version."""

from __future__ import annotations

import typer


def migrate() -> None:
    """Make or update the log's tables and roles. Run it once after installing or updating.

    Safe to run again, and from several machines at once. Where the database user may not make roles, it fails
    and prints the statements an administrator has to run. The embedded database needs it never: every command
    brings that one up to date by itself.
    """
    from api.database import running_database
    from api.settings import Settings
    from ledger.migrate import migrate as migrate_ledger

    settings = Settings()
    address = running_database(settings)
    applied = migrate_ledger(address, settings.roles, progress=lambda name: typer.echo(name, err=True))
    typer.echo(
        f"{len(applied)} migrations applied." if applied else "Nothing to do: the database is up to date."
    )
