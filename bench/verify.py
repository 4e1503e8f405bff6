"""How fast is a published log verified? Beside a `COPY` of the same rows to nowhere.

    python -m bench.verify [--events 200000]

Milestone events of about 300 bytes (entries of 600), published as files. The verifier is the program as people run
it, its start included: fetch from disk, cut, hash, hold against every tile, read what each entry says, the tree, the
signature. What a second of one processor does is said beside it: it holds on a machine that others use, too.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.machine import machine, print_table
from bench.signed_log import copied, filled, rate
from ledger.connect import connect
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.publishing import publish
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer


def publish_all(url: str, keys: KeyFolder, folder: Path) -> int:
    """Sign all there is and write it to a folder; return how much that is."""
    Integrator(url).catch_up()
    with connect(url, RoleNames().signer, "bench") as connection:
        Signer(connection, keys).sign()
    log = SignedLog(url)
    try:
        return publish(log, folder).size
    finally:
        log.close()


def verified(folder: Path, vkey: str, state: Path, processes: int) -> int:
    """Verify a log as a person does, and return how many entries it had."""
    command = [sys.executable, "-m", "bitacora_verifier", "log", str(folder), "--vkey", vkey]
    answer = subprocess.run(
        [*command, "--state", str(state), "--processes", str(processes), "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return int(json.loads(answer.stdout)["size"])


def measured(work: Callable[[], int]) -> list[str]:
    """Do some work in other programs; say how many events it did a second, and in a second of one processor."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = work()
    taken, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [f"{done / taken:,.0f} events/s", f"{done / worked:,.0f} events"]


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser(prog="python -m bench.verify", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with filled(events, "verify") as (server, url, keys, folder):
        state = folder.with_name("state")
        vkey = keys.signing_keys()[0].public.vkey
        publish_all(url, keys, folder)
        cores = os.cpu_count() or 1
        rows = [["COPY of the rows to nowhere", rate(lambda: copied(url)), ""]]
        for processes in sorted({1, cores}):
            speed = measured(partial(verified, folder, vkey, state / str(processes), processes))
            rows.append([f"verify all of it, {processes} process{'es' * (processes > 1)}", *speed])
        again = measured(partial(verified, folder, vkey, state / str(cores), cores))
        rows.append(["verify it again, as what was verified before", *again])
        print(machine(server))
        print_table(f"A published log of {events:,} events", ["what", "speed", "a processor's second"], rows)


if __name__ == "__main__":
    main()
