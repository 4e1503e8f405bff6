"""The log's Merkle tree as it is kept: full tiles in a table, and the right edge made from the stored events.

A leaf is the hash of an event's entry (`ledger.entry`): leaf n is position n + 1. Everything here reads; tiles are
added by `ledger.integrator`, and what was signed of them by `ledger.signer`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from domain.log import LOG_STREAM, LogStarted
from ledger.codec import decode
from ledger.entry import entry
from ledger.log import LogError, StoredEvent
from ledger.merkle import (
    Hashes,
    Span,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    perfect_subtrees,
    proof,
    root,
)
from ledger.tiles import WIDTH, Tile, bundle, hashes_from

EVENTS = (
    f"SELECT {', '.join(StoredEvent._fields)} FROM ledger.events"  # noqa: S608 - names of columns
    " WHERE position > %s AND position <= %s ORDER BY position"
)
"""The events of a span of the tree."""


class NotInTree(LogError):
    """A part of the tree that is not there: it is beyond the log's end, or was not integrated yet."""


class SignedTree(NamedTuple):
    """A tree as it was signed: its size, the checkpoint's file, the keys' lines, and when it was last said.

    ``witnessed_at`` is when as many witnesses as are needed had last signed it; None while they have not.
    """

    size: int
    note: bytes
    vkeys: str
    signed_at: datetime
    witnessed_at: datetime | None


class Signing(NamedTuple):
    """How far the log is signed, and how much waits for it."""

    size: int
    """How many entries are signed; 0 while none is."""
    signed_at: datetime | None
    """When that was last said; None while none is."""
    lag_events: int
    """How many events are recorded and not signed yet."""
    lag_seconds: float
    """How long the oldest of them has waited; 0 while there is none, or where a clock was set back since."""


def origin_of(connection: Connection[Any]) -> str:
    """Return what the log is called, as its own first event says; empty while it is not begun."""
    row = connection.execute(
        "SELECT type, body FROM ledger.events WHERE stream = %s ORDER BY version LIMIT 1", [LOG_STREAM]
    ).fetchone()
    started = decode(row[0], row[1]) if row else None
    return started.origin if isinstance(started, LogStarted) else ""


def read_events(connection: Connection[Any], span: Span) -> list[StoredEvent]:
    """Return the events of a span. Raises `NotInTree` where one of them is missing or at another's place."""
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(EVENTS, [span.start, span.end]).fetchall()
    # Positions have no gaps, so the first and the last tell of all between them: the key has each once.
    if len(rows) != span.end - span.start:
        expected = range(span.start + 1, span.end + 1)
        missing = next(
            position for position, row in zip(expected, [*rows, [0]], strict=False) if row[0] != position
        )
        raise NotInTree(f"position {missing:,} is missing from the log")
    return list(map(StoredEvent._make, rows))


_CHECKPOINT = "SELECT size, note, vkeys, signed_at, witnessed_at FROM ledger.checkpoints"


def latest_checkpoint(connection: Connection[Any]) -> SignedTree | None:
    """Return the largest tree that was signed; None while none was."""
    return _signed_tree(connection.execute(f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1").fetchone())


def witnessed_checkpoint(connection: Connection[Any]) -> SignedTree | None:
    """Return the largest tree that as many witnesses signed as are needed; None while none was."""
    found = connection.execute(f"{_CHECKPOINT} WHERE witnessed_at IS NOT NULL ORDER BY size DESC LIMIT 1")
    return _signed_tree(found.fetchone())


def _signed_tree(row: Any) -> SignedTree | None:
    return SignedTree(row[0], bytes(row[1]), *row[2:]) if row else None


def signing(connection: Connection[Any]) -> Signing:
    """Return how far the log is signed."""
    (row,) = connection.execute(_SIGNING).fetchall()
    return Signing(*row)


_SIGNING = """
    SELECT coalesce(signed.size, 0), signed.signed_at, greatest(head.position - coalesce(signed.size, 0), 0),
           greatest(extract(epoch FROM clock_timestamp() - (
               SELECT recorded_at FROM ledger.events WHERE position = coalesce(signed.size, 0) + 1)), 0)::float
    FROM ledger.head AS head
    LEFT JOIN (SELECT size, signed_at FROM ledger.checkpoints ORDER BY size DESC LIMIT 1) AS signed ON true
"""


def checkpoint_up_to(connection: Connection[Any], position: int) -> SignedTree | None:
    """Return the largest tree that was signed and ends at a position or before it; None while none was."""
    found = connection.execute(f"{_CHECKPOINT} WHERE size <= %s ORDER BY size DESC LIMIT 1", [position])
    return _signed_tree(found.fetchone())


def checkpoint_covering(connection: Connection[Any], position: int) -> SignedTree | None:
    """Return the smallest tree that was signed and holds a position: always the same one, once there is one."""
    found = connection.execute(f"{_CHECKPOINT} WHERE size >= %s ORDER BY size LIMIT 1", [position])
    return _signed_tree(found.fetchone())


def checkpoint_of(connection: Connection[Any], size: int) -> SignedTree | None:
    """Return the tree of a size as it was signed; None where none of that size was."""
    return _signed_tree(connection.execute(f"{_CHECKPOINT} WHERE size = %s", [size]).fetchone())


class Tree:
    """The tree over the log of this origin, read through one connection; no other thread uses that meanwhile."""

    def __init__(self, connection: Connection[Any], origin: str) -> None:
        self._connection = connection
        self._origin = origin

    def full_tiles(self) -> int:
        """Return how many tiles of leaves are kept: 256 entries each."""
        row = self._connection.execute("SELECT max(number) + 1 FROM ledger.tiles WHERE level = 0").fetchone()
        return int(row[0] or 0) if row else 0

    def entries(self, span: Span) -> list[bytes]:
        """Return the entries of a span. Raises `NotInTree`."""
        return [entry(stored, self._origin) for stored in read_events(self._connection, span)]

    def bundle(self, number: int, width: int) -> bytes:
        """Return a bundle of entries. Raises `NotInTree`."""
        return bundle(self.entries(Span(number * WIDTH, number * WIDTH + width)))

    def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile, or a bundle. Raises `NotInTree`."""
        if tile.kind == "entries":
            return self.bundle(tile.number, tile.width)
        row = self._connection.execute(
            "SELECT substr(hashes, 1, %s) FROM ledger.tiles WHERE level = %s AND number = %s",
            [tile.width * 32, tile.level, tile.number],
        ).fetchone()
        return bytes(row[0]) if row else self.made(tile)

    def kept(self, tile: Tile) -> tuple[bytes, bytes]:
        """Return the hashes of a full tile and the hash over them as they are kept. Raises `NotInTree`."""
        row = self._connection.execute(
            "SELECT hashes, root FROM ledger.tiles WHERE level = %s AND number = %s",
            [tile.level, tile.number],
        ).fetchone()
        if row is None:
            raise NotInTree(f"the tile {tile.path} was not integrated yet")
        return bytes(row[0]), bytes(row[1])

    def made(self, tile: Tile) -> bytes:
        """Return the hashes of a tile from what is below it: the stored events, or the kept tiles. Raises as above."""
        first = tile.number * WIDTH
        if tile.level == 0:
            hashes = [leaf_hash(each) for each in self.entries(Span(first, first + tile.width))]
        else:
            rows = self._connection.execute(
                "SELECT root FROM ledger.tiles WHERE level = %s AND number >= %s AND number < %s ORDER BY number",
                [tile.level - 1, first, first + tile.width],
            ).fetchall()
            hashes = [bytes(each) for (each,) in rows]
        if len(hashes) != tile.width:
            raise NotInTree(f"the tile {tile.path} was not integrated yet")
        return b"".join(hashes)

    def root(self, size: int) -> bytes:
        """Return the root of the tree of the first entries. Raises `NotInTree`."""
        return root(size, self._hashes(size))

    def subtrees(self, size: int) -> list[bytes]:
        """Return the hashes of the perfect subtrees of that tree, from left to right. Raises `NotInTree`."""
        return list(map(self._hashes(size), perfect_subtrees(Span(0, size))))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that an entry is in a tree. Raises `NotInTree`, and ``ValueError`` for one beyond it."""
        return proof(inclusion_spans(index, size), self._hashes(size))

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """Return the proof that a tree continues an older one. Raises `NotInTree`, and ``ValueError`` as above."""
        return proof(consistency_spans(old_size, size), self._hashes(size))

    def _hashes(self, size: int) -> Hashes:
        """Return where the hashes of a tree's perfect subtrees are had from: each tile is read once."""
        kept: dict[tuple[int, int], bytes] = {}

        def read(tile: Tile) -> bytes:
            place = (tile.level, tile.number)
            if place not in kept:
                width = min(WIDTH, (size >> (8 * tile.level)) - tile.number * WIDTH)
                kept[place] = self.tile(tile._replace(width=width))
            return kept[place]

        return hashes_from(read)
