"""How fast is a published log verified? Beside a `COPY` of the same rows to nowhere.

    python -m bench.verify [--events 200000]

Milestone events of about 300 bytes, published as files. The verifier is the program as people run it, its start
included: fetch from disk, cut, hash, hold against every tile, read what each entry says, the tree, the signature.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

from bench.machine import durable_server, machine, new_database, print_table
from bench.replay import fill_ours
from bench.signed_log import ORIGIN, begin, copied, rate
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


def main() -> None:
    """Measure, and print a table."""
    parser = ArgumentParser(prog="python -m bench.verify", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with durable_server() as server, tempfile.TemporaryDirectory() as kept:
        url = new_database(server, "verify")
        begin(url)
        fill_ours(url, events)
        keys, folder, state = KeyFolder(Path(kept) / "keys", ORIGIN), Path(kept) / "log", Path(kept) / "state"
        keys.create()
        vkey = keys.signing_keys()[0].public.vkey
        publish_all(url, keys, folder)
        cores = os.cpu_count() or 1
        rows = [["COPY of the rows to nowhere", rate(lambda: copied(url))]]
        for processes in sorted({1, cores}):
            speed = rate(partial(verified, folder, vkey, state / str(processes), processes))
            rows.append([f"verify all of it, {processes} process{'es' * (processes > 1)}", speed])
        again = rate(partial(verified, folder, vkey, state / str(cores), cores))
        rows.append(["verify it again, as what was verified before", again])
        print(machine(server))
        print_table(f"A published log of {events:,} events", ["what", "speed"], rows)


if __name__ == "__main__":
    main()
