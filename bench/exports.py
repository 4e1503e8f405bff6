"""How fast is the log taken away? Each form of export of a whole log, beside a `COPY` of the same rows to nowhere.

    python -m bench.exports [--copies 4] [--repetitions 3]

The 33 real plans, and every milestone reported on four times: some 24,000 events a copy, of 770 bytes on average. What
is measured is what ``bitacora export`` does but for the disk: from the question which events there are to the last
byte. The processor time it takes is said as well: a busy machine disturbs that less.
"""

from __future__ import annotations

import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from api.database import Resources, open_resources
from api.exports import Format, formats
from api.extract import extract
from api.logs import configure
from api.settings import Settings
from bench import sample_log
from bench.machine import durable_server, machine, new_database, print_table, ratio
from bench.signed_log import ORIGIN, begin, copied
from ledger.connect import connect
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.signer import Signer
from projections.extent import Part
from projections.moment import AsOf
from projections.runner import Runner

TARGETS = {"ndjson": 100_000}
TARGET = 20_000
"""Events a second."""


def generate(url: str, copies: int, keys: Path) -> int:
    """Record a log, tell it and sign it; return how many events it has."""
    begin(url)
    with closing(PostgresLog(url)) as log:
        recorded = sample_log.record(log, copies) + 1
        Runner(url, log).rebuild()
    folder = KeyFolder(keys, ORIGIN)
    folder.create()
    Integrator(url).catch_up()
    with connect(url, RoleNames().signer, "bench") as connection:
        assert Signer(connection, folder).sign().size == recorded
    return recorded


def exported(resources: Resources, one: Format) -> int:
    """Export the whole log in a form to nowhere, and return how many bytes that was."""
    with resources.readers.connection() as connection:
        found = extract(resources, connection, Part(), AsOf(None, resources.clock()))
    return sum(map(len, one.pieces(found)))


def timed(work: Callable[[], int]) -> tuple[float, float, int]:
    """Return how many seconds some work took, how many of them of this processor's, and what it came to."""
    began, kept_busy = time.perf_counter(), time.process_time()
    done = work()
    return time.perf_counter() - began, time.process_time() - kept_busy, done


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser(prog="python -m bench.exports", description=__doc__)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    configure("json")
    with durable_server() as server, tempfile.TemporaryDirectory() as keys:
        url = new_database(server, "exports")
        events = generate(url, arguments.copies, Path(keys))
        resources = open_resources(Settings(database_url=SecretStr(url), log_format="json"))
        rows = []
        with closing(resources):
            for one in formats().values():
                taken, busy, copies, size = [], [], [], 0
                for _ in range(arguments.repetitions):
                    seconds, processor_seconds, size = timed(partial(exported, resources, one))
                    taken.append(seconds)
                    busy.append(processor_seconds)
                    copies.append(timed(partial(copied, url))[0])
                rows.append([
                    one.name, f"{size / 1e6:,.0f} MB", f"{events / median(taken):,.0f} events/s",
                    f"{events / median(busy):,.0f} events/s",
                    f"≥ {TARGETS.get(one.name, TARGET):,}", f"{events / median(copies):,.0f} events/s",
                    f"{ratio(taken, copies):.1f} ×",
                ])  # fmt: skip
        columns = [
            "form",
            "size",
            "exported",
            "by its processor time",
            "asked for",
            "COPY to nowhere",
            "times as long",
        ]
        print_table(f"A log of {events:,} events, exported whole\n{machine(server)}", columns, rows)


if __name__ == "__main__":
    main()
