"""How fast are projections told and rebuilt? Ours and eventsourcing's own ways, in one run.

    python -m bench.projections [--repetitions 3] [--copies 13]

Telling: the same events (`bench.sample_log`, one copy), exactly once, into durable tables, from the first to the last.
Ours in batches, the milestones alone and then everything; the library's `ProjectionRunner` with one equivalent
projection (`bench.stock_milestones`). Rebuilding: all tables of a long log, against the library's loop over its
notifications that only decodes them, in pages of 500 and of the size the library uses itself.
"""

from __future__ import annotations

import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import mean

from bench import sample_log, stock_milestones
from bench.machine import durable_server, machine, new_database, print_table, ratio
from bench.stock_milestones import Milestones, environment
from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections import milestone_versions, projections
from projections.follower import Follower
from projections.generation import create, use, writing_connection
from projections.projection import Projection

DECODED_EVENTS = 50_000
LIBRARY_PAGE = 10
"""The section size of the library's notification log."""

TARGETS = {"alone": 20, "together": 10, "rebuild": 0.4}
MEMORY_TARGET_MB = 512

_REBUILD = """
import resource, sys, time
from ledger.postgres import PostgresLog
from projections.parallel import processes_for
from projections.runner import Runner
log = PostgresLog(sys.argv[1])
started = time.perf_counter()
position = Runner(sys.argv[1], log).rebuild()
speed = position / (time.perf_counter() - started)
own, largest = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(speed, own + processes_for(position) * largest)
"""


def rate(events: int, work: Callable[[], object]) -> float:
    """Return events per second."""
    started = time.perf_counter()
    work()
    return events / (time.perf_counter() - started)


def told(url: str, events: int, questions: Sequence[Projection]) -> float:
    """Tell a log with ours, and return events per second."""
    log = PostgresLog(url)
    with writing_connection(url, RoleNames()) as connection:
        create(connection, "projection_bench", RoleNames())
        use(connection, "projection_bench")
        follower = Follower(connection, log, told=questions)
        speed = rate(events, follower.catch_up)
        assert follower.position == events
    log.close()
    return speed


def decoded(url: str, events: int, page: int) -> float:
    """Read and decode a log with the library's loop, and return events per second."""
    application = Milestones(environment(url))

    def loop() -> None:
        position = 0
        while position < events:
            for notification in application.recorder.select_notifications(position + 1, page):
                application.mapper.to_domain_event(notification)
                position = notification.id

    speed = rate(events, loop)
    application.close()
    return speed


def rebuilt(url: str) -> tuple[float, float]:
    """Rebuild everything; return events per second, and the MB its processes held at most, added up."""
    answer = subprocess.run(
        [sys.executable, "-c", _REBUILD, url], check=True, capture_output=True, text=True
    ).stdout.split()
    return float(answer[0]), float(answer[1])


def recorded(server: EmbeddedPostgres, name: str, copies: int) -> tuple[str, int]:
    """Return the address of a database with one of our logs in it, and the log's length."""
    url = new_database(server, name)
    migrate(url)
    log = PostgresLog(url)
    events = sample_log.record(log, copies)
    log.close()
    return url, events


def measure_telling(server: EmbeddedPostgres, repetitions: int) -> None:
    """Measure telling, and print the ratios."""
    url, events = recorded(server, "bench_telling", 1)
    alone, together, stock = [], [], []
    for repetition in range(repetitions):
        print(f"telling {events:,} events: repetition {repetition + 1} of {repetitions} …", file=sys.stderr)
        alone.append(told(url, events, [milestone_versions.PROJECTION]))
        together.append(told(url, events, projections()))
        stock_url = new_database(server, "bench_stock")
        application = Milestones(environment(stock_url))
        stock_milestones.record(application, sample_log.samples(1))
        application.close()
        stock.append(rate(events, lambda: stock_milestones.follow(stock_url, events)))  # noqa: B023 - called at once
    print_table(
        f"Exactly-once projection of {events:,} events, events/s of each repetition, median ratio\n{machine(server)}",
        ["", "ours", "ProjectionRunner", "ratio"],
        [
            [name, _figures(ours), _figures(stock), f"{ratio(ours, stock):.1f} × (≥ {TARGETS[key]})"]
            for name, key, ours in (
                ("milestones alone", "alone", alone),
                ("all projections", "together", together),
            )
        ],
    )


def measure_rebuilding(server: EmbeddedPostgres, repetitions: int, copies: int) -> None:
    """Measure rebuilding, and print the ratios."""
    url, events = recorded(server, "bench_rebuilding", copies)
    stock_url = new_database(server, "bench_decoding")
    application = Milestones(environment(stock_url))
    stock_milestones.record(application, islice(sample_log.samples(copies), DECODED_EVENTS))
    application.close()
    ours, pages, small_pages, memory = [], [], [], 0.0
    for repetition in range(repetitions):
        print(
            f"rebuilding {events:,} events: repetition {repetition + 1} of {repetitions} …", file=sys.stderr
        )
        # The library's loop is short: before and after, so that a quiet moment of the machine favours neither.
        before = decoded(stock_url, DECODED_EVENTS, 500)
        speed, used = rebuilt(url)
        ours.append(speed)
        memory = max(memory, used)
        pages.append(mean([before, decoded(stock_url, DECODED_EVENTS, 500)]))
        small_pages.append(decoded(stock_url, DECODED_EVENTS // 10, LIBRARY_PAGE))
    print_table(
        f"Rebuild of all projections from {events:,} events, against a loop that only decodes, events/s\n"
        f"{machine(server)}\nlargest memory of the rebuilding processes, added up: "
        f"{memory:.0f} MB (≤ {MEMORY_TARGET_MB})",
        ["", "ours", "library's loop", "ratio"],
        [
            [
                "pages of 500",
                _figures(ours),
                _figures(pages),
                f"{ratio(ours, pages):.2f} × (≥ {TARGETS['rebuild']})",
            ],
            [
                f"pages of {LIBRARY_PAGE}",
                _figures(ours),
                _figures(small_pages),
                f"{ratio(ours, small_pages):.2f} ×",
            ],
        ],
    )


def _figures(rates: Sequence[float]) -> str:
    return " ".join(f"{one:,.0f}" for one in rates)


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--copies", type=int, default=13, help="the length of the rebuilt log, in 23,698 events"
    )
    arguments = parser.parse_args()
    with durable_server() as server:
        measure_telling(server, arguments.repetitions)
        measure_rebuilding(server, arguments.repetitions, arguments.copies)


if __name__ == "__main__":
    main()
