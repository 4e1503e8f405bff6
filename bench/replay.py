"""How fast is the log read? Ours in pages and decoded, and the library's notification loop that only decodes.

    python -m bench.replay [--events 100000] [--repetitions 3]

The same milestone events on both sides, about 300 bytes each. The library's loop: ``select_notifications`` in pages
of 500 and its mapper. Ours: pages of 5,000 from the ledger, as stored, and with the codec's pydantic events.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import DatetimeAsISO, JSONTranscoder, Mapper, StoredEvent, UUIDAsHex
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.machine import durable_server, machine, new_database, print_table, ratio
from domain.event import Author, Event
from ledger.codec import encode
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import recorded_event
from ledger.log import Commit, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog

PAGE = 5_000
LIBRARY_PAGE = 500
NOTE = "n" * 200
AUTHOR = Author("u-17", "Vocal Ejecutiva", "INE-JAL", "grant/u-17/1")


class ReplayMeasured(Event, type="ReplayMeasured.v1"):
    """What is replayed here: as large as a milestone's event, and of no meaning."""

    milestone: str
    note: str
    count: int


class Milestone(Aggregate):
    """The same as an aggregate of the library."""

    @event("Measured")
    def measure(self, milestone: str, note: str, count: int) -> None:
        """Note a measurement."""
        self.milestone, self.note, self.count = milestone, note, count


def fill_ours(url: str, events: int) -> None:
    """Record as many events of ours."""
    migrate(url)
    log = PostgresLog(url)
    for first in range(0, events, PAGE):
        new = [
            NewEvent(
                f"milestone/{number}",
                1,
                ReplayMeasured.type,
                encode(ReplayMeasured(milestone=f"F{number}", note=NOTE, count=number)),
            )
            for number in range(first, min(first + PAGE, events))
        ]
        log.append([Commit(uuid4(), AUTHOR, datetime.now(UTC), new)])
    log.close()


def library(url: str) -> tuple[PostgresDatastore, PostgresApplicationRecorder, Mapper[UUID]]:
    """Return the library's recorder and mapper on a database."""
    settings = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        dbname=str(settings["dbname"]),
        host=str(settings["host"]),
        port=str(settings.get("port") or "5432"),
        user=str(settings["user"]),
        password="",
    )
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    transcoder = JSONTranscoder()
    transcoder.register(UUIDAsHex())
    transcoder.register(DatetimeAsISO())
    return datastore, recorder, Mapper[UUID](transcoder)


def fill_library(url: str, events: int) -> None:
    """Record as many events of the library's."""
    datastore, recorder, mapper = library(url)
    milestone = Milestone()
    milestone.collect_events()
    milestone.measure("F1", NOTE, 1)
    [measured] = milestone.collect_events()
    stored = mapper.to_stored_event(measured)
    for first in range(0, events, LIBRARY_PAGE):
        size = min(LIBRARY_PAGE, events - first)
        recorder.insert_events([StoredEvent(uuid4(), 1, stored.topic, stored.state) for _ in range(size)])
    datastore.close()


def timed(events: Iterator[int]) -> float:
    """Exhaust the pages and return how many events came in a second."""
    started = time.perf_counter()
    return sum(events) / (time.perf_counter() - started)


def read_ours(url: str, *, decode: bool) -> Iterator[int]:
    """Read our log to its end, page by page."""
    log = PostgresLog(url)
    position = 0
    while page := log.read(position, PAGE):
        if decode:
            for stored in page:
                recorded_event(stored)
        position = page[-1].position
        yield len(page)
    log.close()


def read_library(url: str) -> Iterator[int]:
    """Read the library's notifications to their end, page by page, decoding each."""
    datastore, recorder, mapper = library(url)
    position = 0
    while page := recorder.select_notifications(position, LIBRARY_PAGE, inclusive_of_start=False):
        for notification in page:
            mapper.to_domain_event(notification)
        position = page[-1].id
        yield len(page)
    datastore.close()


def measure(server: EmbeddedPostgres, events: int, repetitions: int) -> None:
    """Measure each in turn, several times, and print the ratios."""
    our_url, library_url = new_database(server, "bench_ours"), new_database(server, "bench_library")
    fill_ours(our_url, events)
    fill_library(library_url, events)
    stored, decoded, theirs = [], [], []
    for _ in range(repetitions):
        stored.append(timed(read_ours(our_url, decode=False)))
        decoded.append(timed(read_ours(our_url, decode=True)))
        theirs.append(timed(read_library(library_url)))
    print_table(
        f"Reading {events:,} events, events/s of each repetition, median ratio\n{machine(server)}",
        ["", "events/s", "ratio"],
        [
            [
                "ours, as stored",
                " ".join(f"{rate:,.0f}" for rate in stored),
                f"{ratio(stored, theirs):.1f} ×",
            ],
            [
                "ours, decoded",
                " ".join(f"{rate:,.0f}" for rate in decoded),
                f"{ratio(decoded, theirs):.1f} ×",
            ],
            ["library, decoded", " ".join(f"{rate:,.0f}" for rate in theirs), "1"],
        ],
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    with durable_server() as server:
        measure(server, arguments.events, arguments.repetitions)


if __name__ == "__main__":
    main()
