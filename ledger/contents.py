"""What a database holds: every table of every schema, counted at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection, errors, sql

from ledger.entry import entry
from ledger.merkle import Frontier, Span, leaf_hash
from ledger.migrate import is_migrated, migrations
from ledger.tree import origin_of, read_events

OPENING = ("LogStarted.v1", "ProcessOpened.v1", "MilestonePlanned.v1")
"""What is recorded before anybody reports: that the log began, and the plans of elections with their dates."""

EVENTS_AT_A_TIME = 4_096


class CannotLook(Exception):
    """What is in this database cannot be seen: no log, or a login that may not read. The message says what to do."""


class CountedTable(NamedTuple):
    """A table, and how many rows it has."""

    schema: str
    name: str
    rows: int


class Said(NamedTuple):
    """How many events of a kind there are, and the position of the first."""

    type: str
    events: int
    first_position: int


class Contents(NamedTuple):
    """A database as it was at one moment."""

    tables: Sequence[CountedTable]
    """Every table but PostgreSQL's own, by schema and name."""
    size: int
    """How many events the log says it has."""
    commands: int
    """How many commands its events came by."""
    said: Sequence[Said]
    """The kinds of events there are, by their first."""
    signed_size: int
    """The size of the largest checkpoint that was signed; 0 while none was."""
    followed: int
    """The furthest any follower of the log has come."""
    migrations: int
    """How many migrations this version of the program has."""
    origin: str
    """What the log is called by its own first event; empty while it is not begun."""
    simulated: bool
    root: bytes | None
    """The root over its events, hashed anew; None where one of them is missing."""
    missing: int | None
    """The first position that is missing."""


def contents(database_url: str) -> Contents:
    """Return what a database holds. Raises `CannotLook`, and ``psycopg.OperationalError``.

    The login has to be able to read all of it; it acts as no role.
    """
    with psycopg.connect(database_url, connect_timeout=5, application_name="bitacora audit") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if not is_migrated(connection):
            raise CannotLook("This database has no place for a log yet: run 'bitacora migrate' first.")
        try:
            return _contents(connection)
        except errors.InsufficientPrivilege as refusal:
            raise CannotLook(
                f"Not every table can be read by the login of DATABASE_URL: {str(refusal).splitlines()[0]}. "
                "For this, use one that is a member of pg_read_all_data, or the owner."
            ) from refusal


def _contents(connection: Connection[Any]) -> Contents:
    tables = [
        CountedTable(schema, name, _count(connection, schema, name))
        for schema, name in connection.execute(_TABLES).fetchall()
    ]
    said = [Said(*row) for row in connection.execute(_SAID).fetchall()]
    row = connection.execute(_PLACES).fetchone()
    assert row is not None  # noqa: S101 - the head has one row
    size, commands, signed_size, followed, simulated = row
    origin = origin_of(connection)
    missing = _missing(connection, size)
    root = _root(connection, origin, size) if missing is None else None
    return Contents(
        tables, size, commands, said, signed_size, max(followed, _projected(connection, tables)),
        len(list(migrations())), origin, bool(simulated), root, missing,
    )  # fmt: skip


def _missing(connection: Connection[Any], size: int) -> int | None:
    row = connection.execute(
        "SELECT min(place) FROM generate_series(1::bigint, %s) AS place"
        " WHERE NOT EXISTS (SELECT FROM ledger.events WHERE position = place)",
        [size],
    ).fetchone()
    return row[0] if row else None


def _root(connection: Connection[Any], origin: str, size: int) -> bytes:
    """Return the root from the stored events alone: the tree beside them may be behind, or be what was changed."""
    tree = Frontier(0, [])
    for start in range(0, size, EVENTS_AT_A_TIME):
        for event in read_events(connection, Span(start, min(start + EVENTS_AT_A_TIME, size))):
            tree.append(leaf_hash(entry(event, origin)))
    return tree.root()


def _count(connection: Connection[Any], schema: str, name: str) -> int:
    # ONLY: a part of a table is a table of its own in the list.
    query = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(schema, name))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _projected(connection: Connection[Any], tables: Sequence[CountedTable]) -> int:
    """Return the furthest position that was told in tables built from the log."""
    furthest = 0
    for table in tables:
        if table.schema.startswith("projection_") and table.name == "tracking":
            query = sql.SQL("SELECT coalesce(max(notification_id), 0) FROM {}")
            name = sql.Identifier(table.schema, table.name)
            row = connection.execute(query.format(name)).fetchone()
            furthest = max(furthest, row[0] if row else 0)
    return furthest


_TABLES = """
    SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'm', 'f') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    ORDER BY nspname COLLATE "C", relname COLLATE "C"
"""

_SAID = "SELECT type, count(*), min(position) FROM ledger.events GROUP BY type ORDER BY min(position)"

_PLACES = """
    SELECT head.position,
           (SELECT count(DISTINCT command_id) FROM ledger.events),
           coalesce((SELECT max(size) FROM ledger.checkpoints), 0),
           greatest((SELECT coalesce(max(notification_id), 0) FROM ledger.tracking),
                    (SELECT coalesce(max(position), 0) FROM desk.followers)),
           (SELECT convert_from(body, 'UTF8')::json ->> 'simulated' FROM ledger.events WHERE position = 1) = 'true'
    FROM ledger.head AS head
"""
