"""The follower that builds the log's Merkle tree: it hashes what was recorded and keeps each tile once it is full.

It works from the stored bytes, after the append and outside it: nobody who records waits for it, and it locks nothing.
Before an event is hashed it is held against what the log keeps of it elsewhere: its place in the row of positions, the
command that recorded it, and the log's time, which never runs backwards. What does not fit is never hashed in.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import psycopg
from psycopg import Connection

from ledger.connect import connect
from ledger.desk.leaders import begins_to_lead
from ledger.entry import entry
from ledger.log import LogError, StoredEvent
from ledger.merkle import Span, leaf_hash, perfect_root
from ledger.roles import RoleNames
from ledger.tiles import HEIGHT, WIDTH, split
from ledger.tree import Tree, origin_of, read_events

NAME = "tree"
"""What is led by one of all integrators."""

BATCH_TILES = 4
"""Tiles of leaves that are made and kept in one transaction."""
LOOK_SECONDS = 0.3
"""How often it looks whether a tile has become full: what is not full needs no work."""
STANDBY_SECONDS = 1.0
"""How often one that stands by looks whether the leader is gone, or tries a lost database again."""

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Hears how many entries are integrated, of how many."""


class NotAsRecorded(LogError):
    """An event is not as the log says that it was recorded: somebody changed it. Nothing more is integrated."""


class Integrator:
    """One integrator. Of any number, one leads and the others stand by. Its connection acts as the integrator role."""

    def __init__(self, database_url: str, roles: RoleNames | None = None) -> None:
        self._url = database_url
        self._roles = roles or RoleNames()

    def run(self, stop: threading.Event) -> None:
        """Lead once nobody else does and follow the log until ``stop`` is set; a failing database is waited for.

        Raises `NotAsRecorded` and `ledger.tree.NotInTree`: the log was tampered with, and nothing is done over it.
        """
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    self._follow(connection, stop)
            except psycopg.Error as failure:
                logger.warning("the tree is not built for now: %s", failure)
                stop.wait(STANDBY_SECONDS)

    def catch_up(self, progress: Progress = lambda _done, _all: None) -> int:
        """Keep every tile that is full, once, and return of how many entries. Raises as `run` does."""
        with self._connect() as connection:
            return integrate(connection, progress)

    def _follow(self, connection: Connection[Any], stop: threading.Event) -> None:
        while not stop.is_set() and not begins_to_lead(connection, NAME):
            stop.wait(STANDBY_SECONDS)
        while not stop.is_set():
            integrate(connection)
            stop.wait(LOOK_SECONDS)

    def _connect(self) -> Connection[Any]:
        return connect(self._url, self._roles.integrator, NAME)


def integrate(connection: Connection[Any], progress: Progress = lambda _done, _all: None) -> int:
    """Keep every tile that is full, and return of how many entries there are tiles."""
    origin = origin_of(connection)
    tiles = Tree(connection, origin).full_tiles()
    head = connection.execute("SELECT position FROM ledger.head").fetchall()[0][0]
    last: StoredEvent | None = None
    # A log that has no name yet has no entries: they say it.
    while origin and tiles < head // WIDTH:
        count = min(BATCH_TILES, head // WIDTH - tiles)
        events = read_events(connection, Span(tiles * WIDTH, (tiles + count) * WIDTH))
        _check(connection, events, last)
        last = events[-1]
        leaves = [leaf_hash(entry(stored, origin)) for stored in events]
        with connection.transaction():
            for first in range(0, len(leaves), WIDTH):
                _keep(connection, 0, tiles, leaves[first : first + WIDTH])
                tiles += 1
        progress(tiles * WIDTH, head)
    return tiles * WIDTH


def _check(connection: Connection[Any], events: Sequence[StoredEvent], before: StoredEvent | None) -> None:
    """Hold events against what the log keeps of them elsewhere. Raises `NotAsRecorded`."""
    time = before.recorded_at if before else datetime.min.replace(tzinfo=UTC)
    if events[0].recorded_at < time:
        raise NotAsRecorded(f"position {events[0].position:,} was recorded before the one that precedes it")
    for one, other in pairwise(events):
        if other.recorded_at < one.recorded_at:
            raise NotAsRecorded(f"position {other.position:,} was recorded before the one that precedes it")
    rows = connection.execute(
        "SELECT command_id, first_position, last_position FROM ledger.commands WHERE command_id = ANY(%s)",
        [list({stored.command_id for stored in events})],
        binary=True,
    ).fetchall()
    recorded = {command_id: (first, last) for command_id, first, last in rows}
    for stored in events:
        first, last = recorded.get(stored.command_id, (0, -1))
        if not first <= stored.position <= last:
            raise NotAsRecorded(
                f"position {stored.position:,} was not recorded by command {stored.command_id}"
            )


def _keep(connection: Connection[Any], level: int, number: int, hashes: Sequence[bytes]) -> None:
    """Keep a full tile, and the one above where this is its last."""
    connection.execute(
        "INSERT INTO ledger.tiles (level, number, hashes, root) VALUES (%s, %s, %s, %s)",
        [level, number, b"".join(hashes), perfect_root(hashes)],
        binary=True,
    )
    above, place = divmod(number, WIDTH)
    if place == WIDTH - 1:
        rows = connection.execute(
            "SELECT root FROM ledger.tiles WHERE level = %s AND number >= %s AND number <= %s ORDER BY number",
            [level, above << HEIGHT, number],
        ).fetchall()
        _keep(connection, level + 1, above, split(b"".join(bytes(each) for (each,) in rows)))
