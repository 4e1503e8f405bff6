"""Are the tables what a replay from zero makes of the log? One digest of all of them says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.programs import Program, run_once

UNEXPLAINED = "quarantine"
"""The table of events that could not be told: it must be empty, and its rows hold the clock."""


@dataclass(frozen=True, slots=True)
class Projected:
    """Each table's count of rows and digest, and the position they tell."""

    position: int
    tables: Mapping[str, tuple[int, str]]

    def __str__(self) -> str:
        rows = sum(count for count, _ in self.tables.values())
        return f"{rows:,} rows in {len(self.tables)} tables at position {self.position:,}"


def projected(database_url: str) -> Projected:
    """Return the digests of the generation that is read. Raises ``AssertionError`` where an event was quarantined."""
    with psycopg.connect(database_url) as connection:
        schema = _schema(connection)
        assert schema is not None, "no projection was ever built"
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'tracking'", [schema]
        ).fetchall()
        digests = {
            str(table): connection.execute(
                sql.SQL(
                    """SELECT count(*), md5(coalesce(string_agg(row, E'\\n' ORDER BY row COLLATE "C"), ''))"""
                    " FROM (SELECT told::text AS row FROM {}.{} AS told) AS rows"
                ).format(sql.Identifier(schema), sql.Identifier(table))
            ).fetchall()[0]
            for (table,) in tables
        }
        quarantined = digests.pop(UNEXPLAINED)[0]
        assert quarantined == 0, f"{quarantined} events could not be told"
        return Projected(_position(connection, schema), digests)


def told_position(database_url: str) -> int:
    """Return how far the tables have come; 0 while there are none."""
    with psycopg.connect(database_url) as connection:
        schema = _schema(connection)
        return 0 if schema is None else _position(connection, schema)


def wait_until_told(database_url: str, projector: Program, timeout_seconds: float = 60.0) -> None:
    """Wait until the tables tell the whole log."""
    with psycopg.connect(database_url) as connection:
        head = connection.execute("SELECT position FROM ledger.head").fetchall()[0][0]
    deadline = time.monotonic() + timeout_seconds
    while (told := told_position(database_url)) < head:
        assert projector.running, f"the projector ended: {projector.said()}"
        assert time.monotonic() < deadline, f"the projector is at {told} of {head}: {projector.said()}"
        time.sleep(0.05)


def replayed(database_url: str, output: Path) -> Projected:
    """Build all tables anew from position 1, beside those in use, and return their digest."""
    run_once(["bitacora", "project", "--rebuild"], {"DATABASE_URL": database_url}, output, 120)
    return projected(database_url)


def skip_events(database_url: str, events: int) -> None:
    """Move the position of the tables forward without telling anything: what a wrong projector would do."""
    with psycopg.connect(database_url) as connection:
        schema = _schema(connection)
        assert schema is not None, "no projection was ever built"
        connection.execute(
            sql.SQL("UPDATE {}.tracking SET notification_id = notification_id + %s").format(
                sql.Identifier(schema)
            ),
            [events],
        )


def _schema(connection: psycopg.Connection[tuple[object, ...]]) -> str | None:
    """Return the schema of the generation that was finished last."""
    if connection.execute("SELECT to_regclass('projection_control.generations')").fetchone() == (None,):
        return None
    row = connection.execute(
        "SELECT schema FROM projection_control.generations ORDER BY ready_at DESC LIMIT 1"
    ).fetchone()
    return None if row is None else str(row[0])


def _position(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> int:
    """Return the last position a generation tells."""
    row = connection.execute(
        sql.SQL("SELECT max(notification_id) FROM {}.tracking").format(sql.Identifier(schema))
    ).fetchone()
    assert row is not None
    return int(str(row[0]))
