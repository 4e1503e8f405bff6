"""A log recorded again from its published entries: same positions, same bytes, in an empty database.

For who has nothing but what was published: an auditor who replays it, or an authority whose database is lost. What was
never published does not come back: the desk (who an id is, sessions, tokens) and the digests of requests, so a command
that is sent again is not known to be the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from psycopg import Connection

from ledger.checkpoint import parse_checkpoint
from ledger.connect import connect
from ledger.entry_reading import read_entry
from ledger.log import LogError, StoredEvent
from ledger.note import parse_note
from ledger.publishing import CHECKPOINT, TILES
from ledger.roles import RoleNames
from ledger.tiles import WIDTH, Tile, entries_of

Progress = Callable[[int], None]
"""Hears how many entries were recorded again, as that grows."""


class NotRebuilt(LogError):
    """The log was not recorded again; the message says why. The database is as it was."""


def published_events(folder: Path, end: int | None = None) -> Iterator[StoredEvent]:
    """Yield the events of a published folder up to a position, or all it has.

    It reads, and verifies nothing: `bitacora audit log` does. Raises `NotRebuilt`, `ledger.entry_reading.BadEntry` and
    `ledger.note.BadNote`.
    """
    checkpoint = parse_checkpoint(parse_note((folder / CHECKPOINT).read_bytes()).text)
    wanted = checkpoint.size if end is None else end
    if wanted > checkpoint.size:
        raise NotRebuilt(f"{folder} holds {checkpoint.size:,} entries, not {wanted:,}: publish it again.")
    positions = count(1)
    for first in range(0, wanted, WIDTH):
        tile = Tile("entries", first // WIDTH, min(WIDTH, checkpoint.size - first))
        try:
            entries = entries_of((folder / TILES / tile.path).read_bytes())
        except (OSError, ValueError) as error:
            raise NotRebuilt(f"{tile.path} cannot be read: {error}") from error
        if len(entries) != tile.width:
            raise NotRebuilt(f"{tile.path} has {len(entries)} entries, not {tile.width}: it is not whole")
        for document in entries[: wanted - first]:
            yield read_entry(document, next(positions), checkpoint.origin)


def rebuild(
    database_url: str, events: Iterable[StoredEvent], roles: RoleNames | None = None,
    progress: Progress = lambda _: None,
) -> int:  # fmt: skip
    """Record events as they were, in a migrated database without any, all or none; return how many.

    The login has to be able to act as the owner. Raises `NotRebuilt` where there are events already.
    """
    with (
        connect(database_url, (roles or RoleNames()).owner, "rebuild") as connection,
        connection.transaction(),
    ):
        # Held to the end, so that nobody records meanwhile.
        row = connection.execute("SELECT position FROM ledger.head FOR UPDATE").fetchone()
        if row != (0,):
            raise NotRebuilt("This database holds a log already: a log is recorded again into an empty one.")
        recorded = _copy(connection, events, progress)
        connection.execute(
            "INSERT INTO ledger.commands SELECT command_id, min(position), max(position), ''"
            " FROM ledger.events GROUP BY command_id"
        )
        connection.execute(
            "UPDATE ledger.head SET position = last.position, recorded_at = last.recorded_at"
            " FROM (SELECT position, recorded_at FROM ledger.events ORDER BY position DESC LIMIT 1) AS last"
        )
    return recorded


def _copy(connection: Connection[Any], events: Iterable[StoredEvent], progress: Progress) -> int:
    recorded = 0
    statement = f"COPY ledger.events ({', '.join(StoredEvent._fields)}) FROM STDIN"
    with connection.cursor().copy(statement.encode()) as copy:
        for event in events:
            copy.write_row(event)
            recorded += 1
            if recorded % 10_000 == 0:
                progress(recorded)
    progress(recorded)
    return recorded
