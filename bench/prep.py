"""``python -m bench.prep``: a night of tally sheets imported with its projections, against copying the same rows.

The file is Puebla's of 2024 (``tests/data``): 8,346 rows. What is measured is what ``bitacora import prep`` does, from
the bytes of the file to the last row told: read and judged, recorded, projected. The events recorded are then copied
into a table with the same keys.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from api.database import open_resources
from api.logs import configure
from api.opening import start_log
from api.prep_imports.judging import judge
from api.prep_imports.published import read_published
from api.prep_imports.recording import PrepImport
from api.settings import Settings
from bench.machine import copied_rows, durable_server, machine, new_database, print_table, ratio
from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate

FILE = Path(__file__).parent.parent / "tests/data/PUE_GUB_2024.csv.gz"
ORIGIN = "bench.invalid/prep"
PROCESS = "pel-2023-2024-pue"
LIMIT_SECONDS = 10
AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m bench.prep", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    configure("json")
    logging.disable()
    raw = gzip.decompress(FILE.read_bytes())
    with durable_server() as server:
        runs: list[tuple[float, ...]] = []
        for number in range(1, repetitions + 1):
            print(f"repetition {number} of {repetitions} …", flush=True)
            runs.append(measured(server, raw))
        columns = [list(column) for column in zip(*runs, strict=True)]
        together = [sum(run[:3]) for run in runs]
        names = ("read and judged", "recorded", "projected", "copied")
        title = f"{FILE.stem}, seconds of each repetition (imported and projected < {LIMIT_SECONDS})\n{machine(server)}"
        told = ("8,346 rows", *map(_told, columns), _told(together), f"{ratio(together, columns[3]):.0f} ×")
        print_table(title, ("", *names, "all but the copy", "ratio"), [told])


def _told(seconds: list[float]) -> str:
    return " ".join(f"{one:.2f}" for one in seconds)


def measured(server: EmbeddedPostgres, raw: bytes) -> tuple[float, ...]:
    """Return how long reading, recording, projecting and copying took."""
    url = new_database(server, "prep")
    migrate(url)
    resources = open_resources(Settings(database_url=SecretStr(url), log_format="json"))
    try:
        asyncio.run(start_log(resources.ledger, ORIGIN, AT))
        # The tables are there before: a server that runs has them.
        resources.projector().catch_up()
        began = time.perf_counter()
        file = judge(read_published(raw), FILE.stem, raw, AT)
        judged = time.perf_counter()
        asyncio.run(PrepImport(resources.ledger, ORIGIN, PROCESS, file, AT).run())
        recorded = time.perf_counter()
        resources.projector().catch_up()
        told = time.perf_counter()
        return (
            judged - began,
            recorded - judged,
            told - recorded,
            copied_rows(server, resources.ledger.log.read(1, 1_000_000)),
        )
    finally:
        resources.close()


if __name__ == "__main__":
    main()
