"""``python -m bench.openings``: opening whole elections, against copying the same rows.

The 33 processes of 2026-2027 are opened as ``bitacora open`` does: dated, encoded and recorded through the ledger,
each in one commit. Beside them a generated set with the size of the national plan of 2023-2024: 612 federal and 7,248
local activities. They are those of the catalogue over again under other ids, and no plan of anybody.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from api.opening import CONSOLE, CYCLE, processes_of_the_cycle, record_opening, start_log
from bench.machine import copied_rows, durable_server, machine, new_database, print_table, ratio
from domain.entity import FEDERATION
from domain.milestone import milestone_stream
from domain.plan import Opening, opening
from domain.process import process_stream
from domain.variant import plan_for
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger, View
from ledger.migrate import migrate
from ledger.postgres import PostgresLog

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
ORIGIN = "bench.invalid/openings"
FEDERAL_ACTIVITIES, LOCAL_ACTIVITIES = 612, 7_248
"""As many as the national plan of 2023-2024 had (INE/CG441/2023, INE/CG446/2023)."""

LIMIT_SECONDS = 10


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m bench.openings", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    with durable_server() as server:
        real, generated = [], []
        for number in range(1, repetitions + 1):
            print(f"repetition {number} of {repetitions} …", flush=True)
            real.append(measured(server, _open_real))
            generated.append(measured(server, _open_generated))
        print_table(
            f"Opening whole elections, seconds of each repetition (≤ {LIMIT_SECONDS})\n{machine(server)}",
            ("", "events", "opened", "copied", "ratio"),
            [
                _line("the 33 processes of 2026-2027", real),
                _line("generated: 612 federal and 7,248 local activities", generated),
            ],
        )


def _line(name: str, runs: list[tuple[int, float, float]]) -> list[str]:
    events, opened, copied = ([run[column] for run in runs] for column in range(3))
    return [
        name,
        f"{events[0]:,.0f}",
        " ".join(f"{seconds:.2f}" for seconds in opened),
        " ".join(f"{seconds:.2f}" for seconds in copied),
        f"{ratio(opened, copied):.1f} ×",
    ]


def measured(server: EmbeddedPostgres, open_all: Callable[[Ledger], None]) -> tuple[int, float, float]:
    """Return how many events opening recorded, how long it took, and how long it takes to COPY the same rows."""
    url = new_database(server, "openings")
    migrate(url)
    ledger = Ledger(PostgresLog(url))
    asyncio.run(start_log(ledger, ORIGIN, AT, simulated=True))
    began = time.perf_counter()
    open_all(ledger)
    opened = time.perf_counter() - began
    events = ledger.log.read(0, 100_000)
    ledger.close()
    return len(events), opened, copied_rows(server, events)


def _open_real(ledger: Ledger) -> None:
    async def every() -> None:
        for command in processes_of_the_cycle():
            await record_opening(ledger, ORIGIN, command, AT)

    asyncio.run(every())


def _open_generated(ledger: Ledger) -> None:
    """Open processes of the generated size: each activity of the catalogue comes again until there are enough."""

    async def every() -> None:
        sizes = {FEDERATION: FEDERAL_ACTIVITIES}
        states = [
            command.territory for command in processes_of_the_cycle() if command.territory != FEDERATION
        ]
        sizes |= {territory: LOCAL_ACTIVITIES // len(states) for territory in states}
        sizes[states[0]] += LOCAL_ACTIVITIES % len(states)
        for territory, size in sizes.items():
            kind = "federal_election" if territory == FEDERATION else "local_election"
            await _record(ledger, opening(plan_for(kind, territory, CYCLE), territory, CYCLE), size)

    asyncio.run(every())


async def _record(ledger: Ledger, opened: Opening, size: int) -> None:
    async def decide(view: View) -> None:
        view.write(process_stream(opened.process), [opened.opened])
        rows = itertools.islice(itertools.cycle(opened.milestones.items()), size)
        for number, (id_, planned) in enumerate(rows):
            view.write(milestone_stream(opened.process, f"{id_}.{number}"), [planned])

    await ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=AT)


if __name__ == "__main__":
    main()
