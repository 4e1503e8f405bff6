"""How fast is the log hashed, signed, published and proven? Beside a `COPY` of the same rows to nowhere.

    python -m bench.signed_log [--events 200000]

Milestone events of about 300 bytes. To integrate is to read, hold against what the log keeps, make the entry, hash it
and keep the tiles; to sign is to read and hash all of it once more and compare, as the signer does of what is new.
"""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg

from bench.machine import durable_server, machine, new_database, percentile_99, print_table
from bench.replay import AUTHOR, fill_ours
from domain.log import LOG_STREAM, LogStarted
from ledger.codec import encode
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.log import Commit, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.publishing import publish
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer

ORIGIN = "bench.invalid/log"
PROOFS = 300


def begin(url: str) -> None:
    """Begin a log under its name."""
    migrate(url)
    log = PostgresLog(url)
    started = encode(LogStarted(origin=ORIGIN, simulated=True, tzdata="bench"))
    log.append(
        [Commit(uuid4(), AUTHOR, datetime.now(UTC), [NewEvent(LOG_STREAM, 1, LogStarted.type, started)])]
    )
    log.close()


@contextmanager
def filled(events: int, name: str) -> Iterator[tuple[EmbeddedPostgres, str, KeyFolder, Path]]:
    """Make a log of so many events, a key and an empty folder: yield the server, the log's address, and both."""
    with durable_server() as server, tempfile.TemporaryDirectory() as kept:
        url = new_database(server, name)
        begin(url)
        fill_ours(url, events)
        keys, folder = KeyFolder(Path(kept) / "keys", ORIGIN), Path(kept) / "log"
        keys.create()
        folder.mkdir()
        yield server, url, keys, folder


def copied(url: str) -> int:
    """Copy every row to nowhere, and return how many there were."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        with cursor.copy(
            "COPY (SELECT * FROM ledger.events ORDER BY position) TO STDOUT (FORMAT binary)"
        ) as rows:
            for _ in rows:
                pass
        return cursor.rowcount


def rate(work: Callable[[], int]) -> str:
    """Do some work and say how many events it did a second."""
    began = time.perf_counter()
    done = work()
    return f"{done / (time.perf_counter() - began):,.0f} events/s"


def proofs(log: SignedLog, size: int) -> tuple[list[float], float]:
    """Return the milliseconds of each of many proofs, from all over the log, and the processor's of one on average.

    The processor's time is this process's; what PostgreSQL does meanwhile is in the first alone.
    """
    taken = []
    used = time.process_time()
    for number in range(PROOFS):
        began = time.perf_counter()
        proof = log.proof(1 + number * size // PROOFS)
        assert proof
        assert proof.file
        taken.append((time.perf_counter() - began) * 1_000)
    return taken, (time.process_time() - used) * 1_000 / PROOFS


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser(prog="python -m bench.signed_log", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with filled(events, "signed_log") as (server, url, keys, folder):
        log = SignedLog(url)
        rows = [["COPY of the rows to nowhere", rate(lambda: copied(url))]]
        rows.append(["integrate", rate(Integrator(url).catch_up)])
        with connect(url, RoleNames().signer, "bench") as connection:
            rows.append(["sign all of it", rate(lambda: Signer(connection, keys).sign().size)])
        rows.append(["publish as files", rate(lambda: publish(log, folder).size)])
        taken, processor = proofs(log, events)
        rows.append(["a proof", f"p50 {median(taken):.1f} ms, p99 {percentile_99(taken):.1f} ms"])
        rows.append(["a proof, of this process's processor", f"{processor:.1f} ms"])
        log.close()
        print(machine(server))
        print_table(f"A signed log of {events:,} events", ["what", "speed"], rows)


if __name__ == "__main__":
    main()
