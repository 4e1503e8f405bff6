"""Logs with a name and a few hundred events, for the tests of the tree; and how a superuser changes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection

from domain.log import LOG_STREAM, LogStarted
from ledger.codec import encode
from ledger.log import Log, NewEvent
from ledger.postgres import PostgresLog
from tests.ledger.samples import commit, new

ORIGIN = "bitacora.example.mx/2027"


def start(log: Log) -> None:
    """Begin a log under its name: its first event."""
    started = LogStarted(origin=ORIGIN, simulated=False, tzdata="2026b")
    log.append([commit(NewEvent(LOG_STREAM, 1, LogStarted.type, encode(started)))])


def grow(log: Log, events: int) -> int:
    """Record this many more events, alone and together, each in a stream of its own; return where the log ends."""
    head, left = log.head().position, events
    commits = []
    while left:
        size = min(left, 1 + left % 3)
        commits.append(commit(*(new(f"sample/{head + left - n}", body=b'{"n":%d}' % n) for n in range(size))))
        left -= size
    log.append(commits)
    return head + events


@contextmanager
def started_log(url: str, events: int) -> Iterator[PostgresLog]:
    """Open a log and bring it to this many events in all."""
    log = PostgresLog(url)
    try:
        start(log)
        if events > 1:
            grow(log, events - 1)
        yield log
    finally:
        log.close()


@contextmanager
def superuser(url: str) -> Iterator[Connection[Any]]:
    """Be who can do anything: the walls around the past are taken down first."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("events", "commands", "tiles"):
            connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER append_only".encode())
        yield connection


def grow_at_once(url: str, events: int) -> None:
    """Record this many events of one command as a superuser does, past the program: it is a hundred times faster."""
    with superuser(url) as connection, connection.transaction():
        connection.execute(
            "INSERT INTO ledger.events SELECT head.position + n, head.recorded_at, head.recorded_at,"
            " '00000000-0000-4000-8000-000000000001', 1, 'many/' || n, 'Sampled.v1', 'u-17', '', '', '', NULL,"
            " convert_to('{\"n\":' || n || '}', 'UTF8') FROM ledger.head, generate_series(1, %s) AS n",
            [events],
        )
        connection.execute(
            "INSERT INTO ledger.commands SELECT '00000000-0000-4000-8000-000000000001', position + 1, position + %s, ''"
            " FROM ledger.head",
            [events],
        )
        connection.execute("UPDATE ledger.head SET position = position + %s", [events])
