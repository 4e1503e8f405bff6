"""Bring a database to the schema of this version: numbered SQL files, each applied once, in order.

What was applied is kept in ``ledger.migrations`` with the SHA-256 of the file. A file that changed after it was
applied is refused by name, because two databases would then differ under one number. Owners and grants are stated
again every time (``sql/owners.sql``, ``sql/grants.sql``). All of it happens in one transaction under an advisory
lock, so any number of processes may start at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import resources
from typing import Any

import psycopg
from psycopg import Connection, sql

from ledger.roles import RoleNames, prepare

LOCK_KEY = int.from_bytes(b"bitacora", "big", signed=True)
"""The advisory lock held while migrating: the letters of the project's name."""

FILE_NAME = re.compile(r"^(?P<number>[0-9]{4})_[a-z0-9_]+\.sql$")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered SQL file."""

    number: int
    name: str
    text: str = field(repr=False)

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


class MigrationChanged(Exception):
    """A migration file is not the one that was applied to this database."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed after it was applied here. Put the original back and write a new, numbered file."
        )


class DatabaseIsNewer(Exception):
    """The database was migrated by a newer version of the program than this one."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"the database has migration {number:04}, which this version does not know. Run the newer version."
        )


def migrate(
    database_url: str, roles: RoleNames | None = None, progress: Callable[[str], None] = lambda _: None
) -> list[Migration]:
    """Apply what is missing and return it; ``progress`` hears each file's name before it runs.

    Raises `MigrationChanged`, `DatabaseIsNewer`, and `ledger.roles.RolesMissing`; the database is then as before.
    """
    roles = roles or RoleNames()
    with psycopg.connect(database_url, autocommit=True, application_name="bitacora migrate") as connection:
        connection.execute("SET client_min_messages = warning")
        # Held by the session, not a transaction: making roles that another database makes too must be able to fail.
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        prepare(connection, roles)
        with connection.transaction():
            if connection.execute("SELECT to_regnamespace('ledger')").fetchall() != [(None,)]:
                connection.execute(_with_names("owners.sql", roles))
            # The owner makes everything, so that what is made belongs to it.
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(roles.owner)))
            applied = _apply(connection, progress)
            connection.execute(_with_names("grants.sql", roles))
        return applied


def is_migrated(connection: Connection[Any]) -> bool:
    """Tell whether the log has a place in this database, whatever its version."""
    # From the catalogue, because naming the table would need rights in its schema.
    found = connection.execute(
        "SELECT FROM pg_class WHERE relname = 'migrations' AND relnamespace ="
        " (SELECT oid FROM pg_namespace WHERE nspname = 'ledger')"
    ).fetchall()
    return bool(found)


def migrations() -> Iterator[Migration]:
    """Return the migrations of this version in order. Raises ``ValueError`` where the numbers have a gap."""
    files = sorted(
        (file for file in resources.files("ledger").joinpath("sql").iterdir() if FILE_NAME.match(file.name)),
        key=lambda file: file.name,
    )
    for number, file in enumerate(files, start=1):
        if int(file.name[:4]) != number:
            raise ValueError(f"ledger/sql/{file.name}: number {number:04} is missing or taken twice")
        yield Migration(number, file.name, file.read_text(encoding="utf-8"))


def _apply(connection: Connection[Any], progress: Callable[[str], None]) -> list[Migration]:
    """Apply the files that were not applied yet, after checking those that were."""
    known = list(migrations())
    checksums: dict[int, str] = {}
    if is_migrated(connection):
        checksums = dict(connection.execute("SELECT number, checksum FROM ledger.migrations").fetchall())
    if checksums and max(checksums) > len(known):
        raise DatabaseIsNewer(max(checksums))
    applied = []
    for migration in known:
        if migration.number in checksums:
            if checksums[migration.number] != migration.checksum:
                raise MigrationChanged(migration.name)
            continue
        progress(migration.name)
        connection.execute(migration.text.encode())
        connection.execute(
            "INSERT INTO ledger.migrations (number, name, checksum) VALUES (%s, %s, %s)",
            [migration.number, migration.name, migration.checksum],
        )
        applied.append(migration)
    return applied


def _with_names(file: str, roles: RoleNames) -> sql.Composed:
    """Return a file of ``sql/`` with the names of the roles filled in."""
    text = resources.files("ledger").joinpath("sql", file).read_text(encoding="utf-8")
    statements = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return sql.SQL(statements).format(
        owner_text=sql.Literal(roles.owner),
        **{role: sql.Identifier(name) for role, name in asdict(roles).items()},
    )
