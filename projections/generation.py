"""Blue and green: tables are built beside those in use and take their place in one transaction.

A reader holds a share lock on ``tracking`` of the generation it reads (`projections.reading`); the swap takes that
table for itself first, so a reader sees the old tables to its end or the new ones from its beginning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from psycopg import Connection, errors, sql

from ledger.connect import connect
from ledger.roles import RoleNames
from ledger.tracking import PostgresTracking
from projections import projections
from projections.schema import NEXT_SUFFIX, PREFIX
from projections.share import LOG_NAME
from projections.telling import QUARANTINE

CONTROL = "projection_control"
OLD_SUFFIX = "_old"
BUILDING_LOCK = int.from_bytes(b"building", "big", signed=True)
"""The advisory lock held while a generation is built: one at a time in a database."""

KEPT_GENERATIONS = 2
"""This version's and the one before it, so that the older program can serve until it is gone, or come back."""

_CONTROL = """
CREATE SCHEMA IF NOT EXISTS projection_control;
CREATE TABLE IF NOT EXISTS projection_control.generations (
    schema   text        PRIMARY KEY,
    ready_at timestamptz NOT NULL
);
"""


def writing_connection(database_url: str, roles: RoleNames) -> Connection[Any]:
    """Open a connection that may make and write generations, as the projector role."""
    connection = connect(database_url, roles.projector, "projector")
    # The ledger's connections only look up; this one joins thousands of rows to tables that no statistics know yet.
    # Without hash joins, one batch in ten was planned as a comparison of all with all.
    connection.execute("SET enable_hashjoin = on")
    return connection


class AlreadyBuilding(Exception):
    """Another process is building projections in this database. Wait for it, or stop it first."""


@contextlib.contextmanager
def building(connection: Connection[Any]) -> Iterator[None]:
    """Hold the right to build. Raises `AlreadyBuilding`."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [BUILDING_LOCK]).fetchone()
    if row != (True,):
        raise AlreadyBuilding(AlreadyBuilding.__doc__)
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock(%s)", [BUILDING_LOCK])


def exists(connection: Connection[Any], schema: str) -> bool:
    """Tell whether a generation is there to be read."""
    row = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", [schema]).fetchone()
    return row == (True,)


def use(connection: Connection[Any], schema: str) -> None:
    """Let a connection mean this generation's tables."""
    connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))


def create(connection: Connection[Any], schema: str, roles: RoleNames) -> None:
    """Make empty tables in a schema of their own, in place of what an interrupted build left there."""
    name = sql.Identifier(schema)
    with connection.transaction():
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
        use(connection, schema)
        PostgresTracking(connection).create_table()
        connection.execute("INSERT INTO tracking VALUES (%s, 0)", [LOG_NAME])
        connection.execute(QUARANTINE)
        for projection in projections():
            connection.execute(projection.tables.encode())
        grant(connection, schema, roles)


def grant(connection: Connection[Any], schema: str, roles: RoleNames) -> None:
    """Let the reader read a generation; said again at every start, because a restored dump brings no grants."""
    for statement in (
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}"),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}"),
    ):
        connection.execute(statement.format(sql.Identifier(schema), sql.Identifier(roles.reader)))


def renew(connection: Connection[Any], schema: str) -> None:
    """Note that a generation is in use again: an older program that came back is among the last, whoever follows."""
    connection.execute(
        "UPDATE projection_control.generations SET ready_at = clock_timestamp() WHERE schema = %s", [schema]
    )


def swap(connection: Connection[Any], schema: str, bring_up_to: Callable[[int], None]) -> None:
    """Put the next generation in the place of the one in use.

    ``bring_up_to`` tells the next generation all up to a position, so that readers never see the log shrink.
    Raises ``psycopg.errors.LockNotAvailable`` where readers hold the old one for long: nothing has changed then.
    """
    name, following, old = (sql.Identifier(schema + suffix) for suffix in ("", NEXT_SUFFIX, OLD_SUFFIX))
    connection.execute(_CONTROL)
    with connection.transaction():
        if exists(connection, schema):
            connection.execute(sql.SQL("LOCK TABLE {}.tracking IN ACCESS EXCLUSIVE MODE").format(name))
            row = connection.execute(
                sql.SQL("SELECT max(notification_id) FROM {}.tracking").format(name)
            ).fetchone()
            bring_up_to(row[0] if row else 0)
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(old))
            connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(name, old))
        connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(following, name))
        connection.execute(
            "INSERT INTO projection_control.generations VALUES (%s, clock_timestamp())"
            " ON CONFLICT (schema) DO UPDATE SET ready_at = excluded.ready_at",
            [schema],
        )
    drop_abandoned(connection)


def drop_abandoned(connection: Connection[Any]) -> None:
    """Drop what was replaced, what an interrupted build left, and all but the last generations."""
    kept = {
        schema
        for (schema,) in connection.execute(
            "SELECT schema FROM projection_control.generations ORDER BY ready_at DESC LIMIT %s",
            [KEPT_GENERATIONS],
        )
    }
    found = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) AND nspname <> %s", [PREFIX, CONTROL]
    ).fetchall()
    for (schema,) in found:
        if schema not in kept:
            # A program of an older version may be reading it: it is dropped another time then.
            with contextlib.suppress(errors.LockNotAvailable):
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
    connection.execute("DELETE FROM projection_control.generations WHERE schema <> ALL(%s)", [list(kept)])


def analyze(connection: Connection[Any]) -> None:
    """Let the planner know the tables of the generation in use by this connection."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
