"""How fast is an event recorded? Ours, eventsourcing's own PostgreSQL recorder, and pgbench, in one run.

    python -m bench.appends [--seconds 2] [--repetitions 3] [--writers 64]

Events of about 300 bytes in streams of five, one event a command, each acknowledged when durable, the expected
version checked. Ours: *n* writers are *n* asyncio tasks of one process that await its committer. The library's
recorder (default mode, with its table lock): *n* threads, each with a connection. pgbench: one-row inserts into a
table with the same two unique keys, *n* clients, no lock and nothing checked: what the disk allows one by one.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import uvloop
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.machine import durable_server, machine, new_database, percentile_99, print_table, ratio
from domain.event import Author
from ledger.committer import Committer
from ledger.embedded import EmbeddedPostgres
from ledger.log import Commit, Committed, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog

BODY = b'{"note":"' + b"n" * 280 + b'"}'
STREAM_LENGTH = 5
AUTHOR = Author("u-17", "Vocal Ejecutiva", "INE-JAL", "grant/u-17/1")

TARGETS = {64: 40, 8: 10, 1: 2}
PGBENCH_TARGET = 2
LATENCY_TARGET = 25


@dataclass(frozen=True, slots=True)
class Measured:
    """Events recorded in a second, and the 99th percentile of the wait for one, in seconds."""

    events_per_second: float
    wait_99_seconds: float


def ours(url: str, writers: int, seconds: float) -> Measured:
    """Record through the committer from as many asyncio tasks as there are writers."""
    log = PostgresLog(url)
    committer = Committer(log)
    waits: list[float] = []
    # Ids come from the clients of a command: making them is not recording.
    command_ids = iter([uuid4() for _ in range(round(seconds * 100_000))])

    async def write(name: str, until: float) -> None:
        number = 0
        while (started := time.perf_counter()) < until:
            stream, version = divmod(number, STREAM_LENGTH)
            event = NewEvent(f"milestone/{name}/{stream}", version + 1, "MilestoneCompleted.v1", BODY)
            outcome = await committer.append(Commit(next(command_ids), AUTHOR, datetime.now(UTC), [event]))
            assert isinstance(outcome, Committed), outcome
            waits.append(time.perf_counter() - started)
            number += 1

    async def all_writers() -> float:
        started = time.perf_counter()
        await asyncio.gather(*[write(uuid4().hex, started + seconds) for _ in range(writers)])
        return time.perf_counter() - started

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(committer_warm(committer))
        elapsed = runner.run(all_writers())
    committer.close()
    log.close()
    return Measured(len(waits) / elapsed, percentile_99(waits))


async def committer_warm(committer: Committer) -> None:
    """Open the connection and make the plans before the clock runs."""
    for version in range(1, 11):
        event = NewEvent(f"warm/{uuid4()}", 1, f"Warmed.v{version}", BODY)
        await committer.append(Commit(uuid4(), AUTHOR, datetime.now(UTC), [event]))


def stock(url: str, writers: int, seconds: float) -> Measured:
    """Record through eventsourcing's recorder from as many threads as there are writers."""
    settings = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(settings["dbname"]),
        host=str(settings["host"]),
        port=str(settings.get("port") or "5432"),
        user=str(settings["user"]),
        password="",
        pool_size=writers,
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    waits: list[float] = []

    def write(until: float) -> None:
        stream, version = uuid4(), 1
        while (started := time.perf_counter()) < until:
            recorder.insert_events([StoredEvent(stream, version, "domain:MilestoneCompleted", BODY)])
            waits.append(time.perf_counter() - started)
            version += 1
            if version > STREAM_LENGTH:
                stream, version = uuid4(), 1

    write(time.perf_counter() + 0.1)
    waits.clear()
    started = time.perf_counter()
    threads = [threading.Thread(target=write, args=[started + seconds]) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    datastore.close()
    return Measured(len(waits) / elapsed, percentile_99(waits))


def one_row_inserts(server: EmbeddedPostgres, url: str, writers: int, seconds: float) -> Measured:
    """Insert one row a transaction with pgbench."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            CREATE TABLE IF NOT EXISTS one_row (
                position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text COLLATE "C" NOT NULL,
                version integer NOT NULL, type text NOT NULL, body bytea NOT NULL, recorded_at timestamptz NOT NULL,
                UNIQUE (stream, version)
            )""")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            "\\set stream random(1, 1000000000)\n"
            "INSERT INTO one_row (stream, version, type, body, recorded_at) VALUES ('milestone/0123456789abcdef/' ||"
            f" :stream, 1, 'MilestoneCompleted.v1', '{BODY.decode()}', clock_timestamp()) ON CONFLICT DO NOTHING;\n"
        )
        script.flush()
        Path(script.name).chmod(0o644)
        pgbench = str(server.binaries.folder / "pgbench")
        answer = subprocess.run(
            [pgbench, "-n", "-M", "prepared", "-c", str(writers), "-j", "2", "-T", str(round(seconds) or 1),
             "-f", script.name, url],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", answer.stdout)
    assert found, answer.stdout
    return Measured(float(found[1]), 0.0)


def measure(server: EmbeddedPostgres, seconds: float, repetitions: int, crowds: list[int]) -> None:
    """Measure each in turn, several times, and print the ratios."""
    rates: dict[tuple[str, int], list[Measured]] = defaultdict(list)
    for repetition in range(repetitions):
        for writers in crowds:
            print(f"repetition {repetition + 1} of {repetitions}, {writers} writers …", file=sys.stderr)
            url = new_database(server, "bench_ours")
            migrate(url)
            rates["ours", writers].append(ours(url, writers, seconds))
            rates["stock", writers].append(stock(new_database(server, "bench_stock"), writers, seconds))
            url = new_database(server, "bench_rows")
            rates["pgbench", writers].append(one_row_inserts(server, url, writers, seconds))
    rows = []
    for writers in crowds:
        target = TARGETS[writers]
        our, stocks, rows_ = rates["ours", writers], rates["stock", writers], rates["pgbench", writers]
        speed = [measured.events_per_second for measured in our]
        rows.append([
            f"{writers} writers",
            " ".join(f"{rate:,.0f}" for rate in speed),
            " ".join(f"{measured.events_per_second:,.0f}" for measured in stocks),
            f"{ratio(speed, [measured.events_per_second for measured in stocks]):.1f} × (≥ {target})",
            " ".join(f"{measured.events_per_second:,.0f}" for measured in rows_),
            f"{ratio(speed, [measured.events_per_second for measured in rows_]):.2f} ×"
            + (f" (≥ {PGBENCH_TARGET})" if writers == 64 else ""),
            " ".join(f"{1000 * measured.wait_99_seconds:.1f}" for measured in our),
            " ".join(f"{1000 * measured.wait_99_seconds:.0f}" for measured in stocks),
            f"1/{1 / ratio([m.wait_99_seconds for m in our], [m.wait_99_seconds for m in stocks]):.0f}"
            + (f" (≤ 1/{LATENCY_TARGET})" if writers == 64 else ""),
        ])  # fmt: skip
    print_table(
        f"Durable appends, events/s of each repetition, median ratio\n{machine(server)}",
        ["", "ours (asyncio tasks)", "library (threads)", "ratio", "pgbench rows", "ratio",
         "p99 ms", "library p99 ms", "ratio"],
        rows,
    )  # fmt: skip


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--writers", type=int, choices=TARGETS, nargs="+", default=list(TARGETS))
    arguments = parser.parse_args()
    with durable_server() as server:
        measure(server, arguments.seconds, arguments.repetitions, arguments.writers)


if __name__ == "__main__":
    main()
