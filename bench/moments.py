"""How fast is the past? A state's page at any moment of a long log, by one clock and by both, and what changed.

    python -m bench.moments [--events 100000] [--moments 20]

The 33 real plans are opened once, and then their milestones are reported on, in random order, until the log is as long
as is asked for: figures for the most part, of which one in fifty is of an act before one told earlier and one in fifty
is restated. Pages and comparisons are asked for by HTTP of one server, each at moments of its own, so that none was
made before; beside them the rows they are made from, copied by the database to nowhere.
"""

from __future__ import annotations

import asyncio
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from random import Random
from statistics import median
from urllib.parse import urlencode
from uuid import UUID

import psycopg
from psycopg import Connection, sql

from api.opening import processes_of_the_cycle, record_opening, start_log
from bench.machine import durable_server, machine, new_database, percentile_99, print_table
from bench.served import served
from domain.event import Author, Event
from domain.milestone_events import MilestoneCorrected, MilestoneProgressed
from ledger.codec import encode
from ledger.ledger import Ledger
from ledger.log import Commit, Log, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from projections.runner import Runner
from projections.schema import current_schema

AUTHOR = Author("u-17", "Vocal Ejecutiva", "INE-JAL", "grant/u-17/1")
OPENED_AT = datetime(2026, 9, 1, tzinfo=UTC)
APPENDED_TOGETHER = 500
STATE = "MX-JAL"
PAGE_MS, CHANGES_MS = 100, 300
"""What a state's page and a comparison may take."""


@dataclass(slots=True)
class Stream:
    """A milestone being reported on."""

    name: str
    version: int = 1
    last_report: int = 0


@dataclass(slots=True)
class Reports:
    """Reports without end, the same at every run; ``number`` is how many there were."""

    streams: list[Stream]
    dice: Random = field(default_factory=lambda: Random(2027))
    number: int = 0

    def next(self) -> Commit:
        """Return the next report."""
        self.number += 1
        stream, luck = self.dice.choice(self.streams), self.dice.random()
        act_at = OPENED_AT + timedelta(seconds=self.number)
        done = self.dice.randint(1, 500)
        event: Event = MilestoneProgressed(done=done, note="Corte semanal.")
        if luck < 0.02 and stream.last_report:
            event = MilestoneCorrected(
                report="progress", corrects=stream.last_report, reason="Se sumó mal.", done=done
            )
        elif luck < 0.04:
            act_at -= timedelta(days=self.dice.randint(1, 5))
        stream.version += 1
        stream.last_report = stream.version
        new = NewEvent(stream.name, stream.version, event.type, encode(event))
        return Commit(UUID(int=self.number), AUTHOR, act_at, [new])


def generate(url: str, events: int) -> int:
    """Record a log of so many events and tell it; return where it ends."""
    migrate(url)
    log = PostgresLog(url)
    with closing(Ledger(log)) as ledger:
        asyncio.run(_open(ledger))
        reports = Reports([Stream(name) for name in _milestones(log)])
        while (left := events - log.head().position) > 0:
            log.append([reports.next() for _ in range(min(left, APPENDED_TOGETHER))])
        Runner(url, log).rebuild()
        return log.head().position


async def _open(ledger: Ledger) -> None:
    await start_log(ledger, "bench.invalid/moments", OPENED_AT, simulated=True)
    for command in processes_of_the_cycle():
        await record_opening(ledger, "bench.invalid/moments", command, OPENED_AT)


def _milestones(log: Log) -> Iterator[str]:
    after = 0
    while page := log.read(after, 5_000):
        yield from (event.stream for event in page if event.stream.startswith("milestone/"))
        after = page[-1].position


# Asking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks one server, at moments of a log of so many events."""

    port: int
    events: int
    dice: Random

    def milliseconds(self, path: str) -> float:
        """Return how long it took to be answered. Raises ``RuntimeError`` where the answer is another than 200."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        started = time.perf_counter()
        connection.request("GET", path, headers={"Accept": "text/html, application/json;q=0.9"})
        answer = connection.getresponse()
        answer.read()
        taken = 1000 * (time.perf_counter() - started)
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return taken

    def position(self) -> int:
        """Return any position after the openings."""
        return self.dice.randint(self.events // 10, self.events)

    def instant(self) -> str:
        """Return any instant at which anything happened."""
        at = OPENED_AT + timedelta(seconds=self.dice.randint(1, self.events))
        return at.isoformat()


def _status(asker: Asker) -> str:
    return f"/api/v1/entities/{STATE}/status?as_of={asker.position()}"


def _page(asker: Asker) -> str:
    return f"/entidades/{STATE}?al={asker.position()}"


def _page_now(asker: Asker) -> str:
    # Each asked for in words of its own, so that none was made before.
    return f"/entidades/{STATE}?desde=2026-10-{asker.dice.randint(1, 28):02}&hasta=2027-0{asker.dice.randint(1, 8)}-01"


def _status_by_both(asker: Asker) -> str:
    return f"{_status(asker)}&{urlencode({'happened_by': asker.instant()})}"


def _page_by_both(asker: Asker) -> str:
    return f"{_page(asker)}&{urlencode({'ocurrido': asker.instant()})}"


def _changes_near(asker: Asker) -> str:
    since = asker.dice.randint(asker.events // 10, asker.events - 1_001)
    return f"/api/v1/changes?since={since}&until={since + 1_000}"


def _changes_far(asker: Asker) -> str:
    middle = asker.events // 2
    since = asker.dice.randint(asker.events // 10, middle)
    return f"/api/v1/changes?since={since}&until={asker.dice.randint(middle, asker.events)}"


def _changes_of_state(asker: Asker) -> str:
    return _changes_far(asker).replace("/changes", f"/entities/{STATE}/changes")


def _step_of_the_country(asker: Asker) -> str:
    return f"/auditoria?entidad=pais&paso={asker.position()}"


def _step_of_the_federal_process(asker: Asker) -> str:
    # At least a fifth of all events are its.
    return f"/auditoria?proceso=pef-2026-2027&paso={asker.dice.randint(1, asker.events // 5)}"


def _step_as_data(asker: Asker) -> str:
    return f"/api/v1/replay?process=pef-2026-2027&step={asker.dice.randint(1, asker.events // 5)}"


QUESTIONS: Mapping[str, tuple[Callable[[Asker], str], int]] = {
    "the state's page, now": (_page_now, PAGE_MS),
    "the state's page, as of a moment": (_page, PAGE_MS),
    "the state's status, as of a moment": (_status, PAGE_MS),
    "its page, by both clocks": (_page_by_both, PAGE_MS),
    "its status, by both clocks": (_status_by_both, PAGE_MS),
    "what changed in 1,000 events": (_changes_near, CHANGES_MS),
    "what changed in half the log": (_changes_far, CHANGES_MS),
    "the same of a state": (_changes_of_state, CHANGES_MS),
    "a step of the replay room: the country": (_step_of_the_country, PAGE_MS),
    "a step: the federal process": (_step_of_the_federal_process, PAGE_MS),
    "where that step is, as data": (_step_as_data, PAGE_MS),
}


def copied(connection: Connection[tuple[object, ...]], position: int) -> float:
    """Return how long the database takes to copy to nowhere what was true of the state at a position, in ms."""
    query = sql.SQL("""
        COPY (SELECT v.* FROM milestones AS m JOIN milestone_versions AS v ON v.milestone = m.position
              WHERE m.territory IN ('MX', {state}) AND v.valid_from <= {position} AND v.valid_to > {position})
        TO STDOUT""").format(state=sql.Literal(STATE), position=sql.Literal(position))
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for _ in copy:
            pass
    return 1000 * (time.perf_counter() - started)


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--moments", type=int, default=20)
    arguments = parser.parse_args()
    with durable_server() as server:
        url = new_database(server, "bench_moments")
        print(f"recording and telling {arguments.events:,} events …", file=sys.stderr)
        events = generate(url, arguments.events)
        rows = []
        with served(url, 1) as running:
            asker = Asker(running.ports[0], events, Random(7))
            for name, (path, most) in QUESTIONS.items():
                taken = [asker.milliseconds(path(asker)) for _ in range(arguments.moments + 2)][2:]
                rows.append([name, f"{median(taken):.1f}", f"{percentile_99(taken):.1f}", f"< {most}"])
        with psycopg.connect(url) as connection:
            connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(current_schema())))
            copies = [copied(connection, asker.position()) for _ in range(arguments.moments)]
        rows.append(["COPY of the state's rows to nowhere", f"{median(copies):.1f}", "", ""])
        print_table(
            f"A log of {events:,} events, ms, median and 99th percentile\n{machine(server)}",
            ["", "median", "p99", "target"],
            rows,
        )


if __name__ == "__main__":
    main()
