"""What do the tables of this version come to? One digest a table, the same wherever the same events were told.

A digest is the SHA-256 over the sorted SHA-256s of a table's rows, each written by PostgreSQL as text. So it does not
tell in which order rows were written, nor in which database.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from projections.page import Row
from projections.reading import projected_position
from projections.schema import current_schema

NOT_TOLD = ("tracking", "quarantine")
"""Tables of the telling itself: when and how it was told, not what."""


class TableDigest(Row):
    """What a table comes to."""

    rows: int
    """How many rows it has."""
    sha256: str
    """The digest over them, in hexadecimal."""


class Digests(Row):
    """What the tables of one version come to, when everything up to a position was told."""

    schema_name: str
    """The version of the tables: another version has other tables, and other digests."""
    position: int
    """The last position that was told."""
    tables: dict[str, TableDigest]
    """Every table by its name."""


def digests(connection: Connection[Any]) -> Digests:
    """Return the digests of the tables a connection of `projections.reading.ReaderPool` sees, of one moment."""
    # Instants and days are written in one way, whatever the server or the login is set to. Every row is read, which
    # takes longer than a page may.
    connection.execute(
        "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1;"
        " SET LOCAL statement_timeout = '10min'"
    )
    return Digests(
        schema_name=current_schema(),
        position=projected_position(connection),
        tables={name: _digest(connection, name) for name in _tables(connection)},
    )


def _tables(connection: Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition AND relname <> ALL(%s) ORDER BY relname",
        [current_schema(), list(NOT_TOLD)],
    )
    return [name for (name,) in rows]


def _digest(connection: Connection[Any], table: str) -> TableDigest:
    row = connection.execute(_DIGEST.format(table=sql.Identifier(table))).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return TableDigest(rows=row[0], sha256=row[1])


_DIGEST = sql.SQL("""
    SELECT count(*), encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY hash), ''::bytea)), 'hex')
    FROM (SELECT sha256(convert_to(every::text, 'UTF8')) AS hash FROM {table} AS every) AS hashes""")
