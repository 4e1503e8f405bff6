"""How fast is a published log replayed with all projections and compared? Beside a `COPY` of the same rows to nowhere.

    python -m bench.audit [--copies 4]

The sample log (`bench.sample_log`, 23,600 real events a copy) published as files; then what `bitacora audit` does once
the log is verified: read the entries, record them in a scratch server, tell every table, and digest every row. The
seconds of a processor are those of all processes that take part, PostgreSQL's among them: they hold on a busy machine.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

from api.replaying import scratch_server, told_again
from bench import sample_log
from bench.machine import durable_server, machine, new_database, print_table
from bench.signed_log import ORIGIN, begin, copied, rate
from bench.verify import publish_all
from ledger.embedded import EmbeddedPostgres
from ledger.key_folder import KeyFolder
from ledger.postgres import PostgresLog


def processor_seconds(server: EmbeddedPostgres) -> float:
    """How long this process, those it started and a server have kept a processor busy."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = sum(each.ru_utime + each.ru_stime for each in used)
    postmaster = int(server.status().pid or 0)
    ticks = sum(_ticks(postmaster)[:4])
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        ticks += sum(_ticks(int(child))[:2])
    return own + ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> list[int]:
    """Its own time, user and system, and that of its children that have ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return [int(each) for each in fields[11:15]]


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser(prog="python -m bench.audit", description=__doc__)
    parser.add_argument("--copies", type=int, default=4)
    copies = parser.parse_args().copies
    with durable_server() as server, tempfile.TemporaryDirectory() as kept:
        url = new_database(server, "audit")
        begin(url)
        log = PostgresLog(url)
        events = 1 + sample_log.record(log, copies)
        log.close()
        keys, folder = KeyFolder(Path(kept) / "keys", ORIGIN), Path(kept) / "log"
        keys.create()
        publish_all(url, keys, folder)
        rows = [["COPY of the rows to nowhere", rate(lambda: copied(url)), ""]]
        with scratch_server() as scratch:
            began, before = time.perf_counter(), processor_seconds(scratch)
            told_again(scratch.dsn(), folder, events, lambda line: print(line, file=sys.stderr))
            taken, worked = time.perf_counter() - began, processor_seconds(scratch) - before
        speed = [f"{events / taken:,.0f} events/s", f"{events / worked:,.0f} events"]
        rows.append(["replayed with every projection, and digested", *speed])
        print(machine(server))
        print_table(f"A published log of {events:,} events", ["what", "speed", "a processor's second"], rows)


if __name__ == "__main__":
    main()
