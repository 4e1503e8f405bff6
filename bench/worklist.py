"""How fast is a page of the worklist of somebody with ten thousand open milestones?

    python -m bench.worklist [--open 10000] [--repetitions 100]

The 33 real plans are opened and, beside them, the federal one over again under other ids until so many milestones are
open and INE's; some are started, completed or suspended. They are nobody's plan. Who asks administers the country.
"""

from __future__ import annotations

import asyncio
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from statistics import median
from uuid import uuid4

from api.opening import CONSOLE, processes_of_the_cycle, record_opening, start_log
from bench.machine import durable_server, machine, new_database, percentile_99, print_table
from domain.access import Authority, Caller
from domain.entity import FEDERATION
from domain.event import Event
from domain.milestone import milestone_stream
from domain.milestone_events import MilestoneCompleted, MilestoneStarted, MilestoneSuspended
from domain.plan import opening
from domain.procedure import procedures
from domain.process import process_stream
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger, View
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from projections.reading import reader_pool
from projections.runner import Runner
from projections.worklist import WorkFilter, list_work, not_theirs

OPENED_AT, AT = datetime(2026, 9, 1, 12, tzinfo=UTC), datetime(2027, 3, 1, 18, tzinfo=UTC)
ORIGIN = "bench.invalid/worklist"
LIMIT_MS = 50
PAGE = 50
MINE = Authority("person/p-0#g1", "administrator", FEDERATION, "Enlace de seguimiento", "INE")

QUESTIONS: Mapping[str, WorkFilter] = {
    "the first page": WorkFilter(),
    "due without a report": WorkFilter(group="silent"),
    "due soon": WorkFilter(group="soon"),
    "waiting for others": WorkFilter(group="waiting"),
    "waiting for my validation": WorkFilter(group="validation"),
    "further off": WorkFilter(group="later"),
    "of one process": WorkFilter(process="pef-2026-2027"),
    "of a stage": WorkFilter(stage="close"),
    "by words": WorkFilter(search="jalisco consejo"),
    "by words nothing has": WorkFilter(search="ninguna con estas palabras"),
}


def generate(url: str, open_milestones: int) -> int:
    """Record and tell the plans; return how many open milestones are the coordinator's."""
    migrate(url)
    ledger = Ledger(PostgresLog(url))
    opened = asyncio.run(_record(ledger, open_milestones))
    Runner(url, ledger.log).catch_up()
    ledger.close()
    return opened


async def _record(ledger: Ledger, open_milestones: int) -> int:
    dice = Random(50)
    await start_log(ledger, ORIGIN, OPENED_AT, simulated=True)
    for command in processes_of_the_cycle():
        await record_opening(ledger, ORIGIN, command, OPENED_AT)
    plan = opening(procedures()["federal_election"], FEDERATION, "2026-2027")
    opened, copy = 0, 0
    while opened < open_milestones:
        copy += 1
        process = f"{plan.process}-{copy:03}"
        events: dict[str, list[Event]] = {process_stream(process): [plan.opened]}
        for id_, planned in plan.milestones.items():
            happened = _happened(dice)
            is_mine = (
                planned.kind == "act" and not planned.same_as and planned.responsible != not_theirs(MINE)
            )
            opened += is_mine and not any(isinstance(event, MilestoneCompleted) for event in happened)
            events[milestone_stream(process, id_)] = [planned, *happened]
        await _write(ledger, events)
    return opened


def _happened(dice: Random) -> list[Event]:
    number = dice.randrange(20)
    if number == 0:
        return [MilestoneCompleted()]
    if number < 4:
        return [MilestoneStarted()]
    return [MilestoneSuspended(instrument="SUP-1", reason="Por sentencia.")] if number == 4 else []


async def _write(ledger: Ledger, events: Mapping[str, list[Event]]) -> None:
    async def decide(view: View) -> None:
        for stream, happened in events.items():
            view.write(stream, happened)

    await ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=OPENED_AT)


def measure(url: str, repetitions: int) -> list[list[str]]:
    """Return a line for each question: how long a page takes, in ms."""
    readers, caller = reader_pool(url, max_size=1), Caller("p-0", (MINE,))
    lines = []
    for name, where in QUESTIONS.items():
        taken, listed = [], 0
        for _ in range(repetitions + 5):
            started = time.perf_counter()
            with readers.connection() as connection:
                listed = len(list_work(connection, caller, where, AT, limit=PAGE).items)
            taken.append((time.perf_counter() - started) * 1000)
        # The first ones plan the queries.
        warm = taken[5:]
        lines.append(
            [name, str(listed), f"{median(warm):.1f}", f"{percentile_99(warm):.1f}", f"< {LIMIT_MS}"]
        )
    readers.close()
    return lines


def run(server: EmbeddedPostgres, open_milestones: int, repetitions: int) -> None:
    """Generate, measure and print."""
    url = new_database(server, "bench_worklist")
    opened = generate(url, open_milestones)
    print_table(
        f"The worklist of somebody with {opened:,} open milestones, ms\n{machine(server)}",
        ["", "rows", "median", "p99", "at most"],
        measure(url, repetitions),
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(prog="python -m bench.worklist", description=__doc__)
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=100)
    arguments = parser.parse_args()
    with durable_server() as server:
        run(server, arguments.open, arguments.repetitions)


if __name__ == "__main__":
    main()
