"""What every measurement needs: a durable PostgreSQL of its own, the machine's name, and a table to print."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from ledger.embedded import EmbeddedPostgres
from ledger.log import StoredEvent


@contextmanager
def durable_server() -> Iterator[EmbeddedPostgres]:
    """Run a PostgreSQL as in earnest, fsync on, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bitacora-bench-") as folder:
        Path(folder).chmod(0o755)
        settings = {"max_connections": "200", "shared_buffers": "1GB", "max_wal_size": "8GB"}
        server = EmbeddedPostgres(Path(folder), settings=settings)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def new_database(server: EmbeddedPostgres, name: str) -> str:
    """Make an empty database, in place of one of this name, and return its address."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        # Measurements start with no dirty pages of the one before.
        connection.execute("CHECKPOINT")
    return server.dsn(name)


def copied_rows(server: EmbeddedPostgres, events: Sequence[StoredEvent]) -> float:
    """Return how many seconds the database takes to copy these events into a table with the log's two keys."""
    with psycopg.connect(new_database(server, "copied")) as connection:
        connection.execute(
            "CREATE TABLE events (position bigint PRIMARY KEY, stream text, version int, type text, body bytea,"
            " occurred_at timestamptz, actor text, UNIQUE (stream, version))"
        )
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy("COPY events FROM STDIN") as copy:
            for event in events:
                copy.write_row((event.position, event.stream, event.version, event.type, event.body,
                                event.occurred_at, event.author_actor))  # fmt: skip
        connection.commit()
        return time.perf_counter() - began


def machine(server: EmbeddedPostgres) -> str:
    """Say what this was measured on."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        durability = {
            name: connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchall()[0][0]
            for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        }
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, PostgreSQL {durability['server_version']}, "
        f"fsync {durability['fsync']}, synchronous_commit {durability['synchronous_commit']}, "
        f"full_page_writes {durability['full_page_writes']}, load {os.getloadavg()[0]:.1f}"
    )


def percentile_99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of each repetition: what disturbed one side of a pair disturbed the other."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=140).print(table)
