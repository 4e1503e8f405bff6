"""The race: many processes append while a reader follows by position. Does it see everything, in order?

    python -m tests.torture.race [--seconds 30] [--without-lock]

Each process has its own committer and sixteen writers, each on its own stream and on one it shares with the writer
of the same number in every other process. The reader only ever asks for what lies beyond the last position it saw,
as projections do: an event that appears behind it is missed for ever.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

import psycopg

from domain.event import Author
from ledger.committer import Committer
from ledger.log import Commit, Committed, Conflict, LogError, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from tests.database import programs_of_18, running_cluster
from tests.torture.size import sized

PROCESSES = 8
WRITERS = 16
AUTHOR = Author("racer", "", "", "")

SECONDS = sized(4.0, 60.0)


@dataclass(frozen=True, slots=True)
class Finish:
    """How a race ended. All but the first two should be nothing."""

    recorded: int
    refused: int
    missed: int
    reordered: int
    gaps: int
    acknowledged_but_lost: int
    doubled: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.missed or self.reordered or self.gaps or self.acknowledged_but_lost or self.doubled)

    def __str__(self) -> str:
        return (
            f"{PROCESSES} processes × {WRITERS} writers: {self.recorded:,} recorded, {self.refused:,} conflicts, "
            f"{self.missed} missed, {self.reordered} reordered, {self.gaps} gaps, "
            f"{self.acknowledged_but_lost} acknowledged but lost, {self.doubled} doubled"
        )


def race(url: str, seconds: float) -> Finish:
    """Run the race on a migrated, empty log."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES + 1)
    reports: Queue[tuple[dict[UUID, int], int]] = context.Queue()
    racers = [
        context.Process(target=append_for, args=(url, seconds, start, reports), daemon=True)
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        racer.start()
    log = PostgresLog(url)
    start.wait(120)
    seen: list[int] = []
    acknowledged: dict[UUID, int] = {}
    refused = reported = 0
    deadline = time.monotonic() + seconds + 60
    while time.monotonic() < deadline:
        all_done = reported == PROCESSES
        page = log.read(seen[-1] if seen else 0, 1000)
        seen += [event.position for event in page]
        if all_done and not page:
            break
        while not reports.empty():
            acks, conflicts = reports.get()
            acknowledged |= acks
            refused += conflicts
            reported += 1
    for racer in racers:
        racer.join(10)
    log.close()
    if reported != PROCESSES:
        raise TimeoutError(f"{PROCESSES - reported} of {PROCESSES} processes never reported")
    return judge(url, seen, acknowledged, refused)


def judge(url: str, seen: list[int], acknowledged: dict[UUID, int], refused: int) -> Finish:
    """Compare what the reader saw and what the writers were told with what is in the table."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT position, command_id, stream, version FROM ledger.events ORDER BY position"
        ).fetchall()
    positions = [row[0] for row in rows]
    places = {row[1]: row[0] for row in rows}
    last_version: dict[str, int] = {}
    reordered = sum(1 for before, after in pairwise(seen) if after <= before)
    for _, _, stream, version in rows:
        reordered += version != last_version.get(stream, 0) + 1
        last_version[stream] = version
    return Finish(
        recorded=len(rows),
        refused=refused,
        missed=len(set(positions) - set(seen)),
        reordered=reordered,
        gaps=(positions[-1] if positions else 0) - len(positions),
        acknowledged_but_lost=sum(
            1 for command, position in acknowledged.items() if places.get(command) != position
        ),
        doubled=len(rows) - len(places),
    )


def append_for(url: str, seconds: float, start: Barrier, reports: Queue[tuple[dict[UUID, int], int]]) -> None:
    """Be one process: append from sixteen writers for so long, and report what was acknowledged."""
    log = PostgresLog(url)
    committer = Committer(log)
    acknowledged: dict[UUID, int] = {}
    conflicts = 0

    async def write(number: int, until: float) -> None:
        nonlocal conflicts
        mine, shared = f"own/{uuid4()}", f"shared/{number}"
        versions = {mine: 0, shared: 0}
        turn = 0
        while time.monotonic() < until:
            turn += 1
            stream = shared if turn % 4 == 0 else mine
            event = NewEvent(stream, versions[stream] + 1, "Raced.v1", b'{"n":1}')
            commit = Commit(uuid4(), AUTHOR, datetime.now(UTC), [event])
            try:
                outcome = await committer.append(commit)
            except LogError:
                # Without its lock, the append may collide with another where it should have said "conflict".
                conflicts += 1
                continue
            if isinstance(outcome, Committed):
                acknowledged[commit.command_id] = outcome.first_position
                versions[stream] += 1
            else:
                conflicts += 1
                versions[stream] = outcome.actual or 0 if isinstance(outcome, Conflict) else 0

    async def write_all() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*[write(number, until) for number in range(WRITERS)])

    start.wait(120)
    asyncio.run(write_all())
    committer.close()
    log.close()
    reports.put((acknowledged, conflicts))


def take_away_the_lock(url: str) -> None:
    """Turn the append into what many stores do: positions from a sequence, and no lock held to commit."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(source,)] = connection.execute("SELECT pg_get_functiondef('ledger.append'::regproc)").fetchall()
        [update] = [line for line in source.splitlines() if line.strip().startswith("UPDATE ledger.head")]
        changes: dict[str, str] = {
            " FOR UPDATE": "",
            "head.position + i,": "nextval('ledger.unlocked'),",
            update: "",
        }
        for old, new in changes.items():
            assert old in source, f"the append has changed: {old!r} is not in it"
            source = source.replace(old, new)
        connection.execute("CREATE SEQUENCE ledger.unlocked")
        connection.execute(source)
        connection.execute("GRANT USAGE ON SEQUENCE ledger.unlocked TO bitacora_owner")


def main() -> None:
    """Race once on a server of its own and say how it ended."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--without-lock", action="store_true")
    arguments = parser.parse_args()
    with running_cluster(programs_of_18(), {"max_connections": "100"}) as cluster:
        url = cluster.dsn()
        migrate(url)
        if arguments.without_lock:
            take_away_the_lock(url)
        finish = race(url, arguments.seconds)
    print(finish)
    raise SystemExit(0 if finish.is_clean else 1)


if __name__ == "__main__":
    main()
