"""The signer: it says how the log stands, and never anything that does not continue what it said before.

It trusts the database for nothing. What it signed last is in a file beside its key (`ledger.key_folder`); from there it
hashes every new event from its stored bytes, with the tree it had then as the beginning, and what comes out has to be
what the kept tiles say as well. It refuses, and repairs nothing, where

* the log is shorter than what was signed: it was restored from a backup, or cut;
* the tree at the size that was signed is another: the past was changed;
* a position is missing, or a kept hash is not that of the stored bytes (of what is new: what was signed
  before is looked through by those who verify the log);
* a checkpoint was published that this signer knows nothing of: what it signed last was put back.

What is signed is noted on disk before it is published: after a crash in between it is published then.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import Connection

from ledger.checkpoint import Checkpoint
from ledger.connect import connect
from ledger.entry import entry
from ledger.key_folder import KeyFolder, SignedMeanwhile
from ledger.merkle import Frontier, Span, leaf_hash, perfect_root
from ledger.note import BadNote, SigningKey, parse_note, signed
from ledger.roles import RoleNames
from ledger.tiles import HEIGHT, WIDTH, Tile, split, tiles_of
from ledger.tree import NotInTree, Tree, latest_checkpoint, origin_of, read_events

NAME = "signer"

BATCH_ENTRIES = 1_024
LOOK_SECONDS = 0.3
"""How often it looks whether the log has grown: what is recorded is covered within a second."""
HEARTBEAT = timedelta(minutes=1)
"""How often it says the same again while the log does not grow."""
AGAIN_SECONDS = 1.0
"""How long a lost database is waited for before it is tried again."""


logger = logging.getLogger(__name__)


class SigningRefused(Exception):
    """What would be signed does not continue what was signed before. Nothing is signed until a person has looked."""


class Signer:
    """The signer of the log of one name, with one connection of the signer role."""

    def __init__(self, connection: Connection[Any], keys: KeyFolder) -> None:
        self._connection = connection
        self._keys = keys
        self._tree = Tree(connection, keys.origin)

    def sign(self) -> Checkpoint:
        """Sign the log as far as it is integrated, publish it, and return it; nothing new: say the same once a minute.

        Raises `SigningRefused`, `ledger.key_folder.UnusableKeys`, and ``psycopg.Error``.
        """
        keys, last = self._keys.signing_keys(), self._keys.last_signed()
        if origin_of(self._connection) != self._keys.origin:
            raise SigningRefused(f"This database does not hold the log '{self._keys.origin}'.")
        self._refuse_the_unknown(last)
        size = self._size(last)
        if size == last.size:
            self._publish(last, keys)
            return last
        checkpoint = self._continued(last, size)
        self._keys.exchange(last, signed(checkpoint.text, keys).file)
        self._publish(checkpoint, keys)
        return checkpoint

    def _refuse_the_unknown(self, last: Checkpoint) -> None:
        """Refuse where something was published that is not what this signer signed last, or before."""
        published = latest_checkpoint(self._connection)
        if published is None:
            return
        try:
            text = parse_note(published.note).text
        except BadNote as error:
            raise SigningRefused(
                f"The checkpoint of {published.size:,} entries was changed: {error}."
            ) from error
        if published.size > last.size or (published.size == last.size and text != last.text):
            raise SigningRefused(
                f"A checkpoint of {published.size:,} entries was published, and the last one signed here has "
                f"{last.size:,}: {self._keys.folder} was put back from a backup, or somebody else signs."
            )

    def _size(self, last: Checkpoint) -> int:
        """Return the size of the largest tree that can be signed. Raises `SigningRefused` where it has shrunk."""
        head, reached = self._connection.execute(
            "SELECT position, (SELECT coalesce(max(position), 0) FROM ledger.events) FROM ledger.head"
        ).fetchall()[0]
        if head != reached:
            raise SigningRefused(f"The log says that it ends at {head:,}, and its last event is {reached:,}.")
        if head < last.size:
            raise SigningRefused(
                f"The log ends at {head:,}, and {last.size:,} entries were signed: it was restored from a backup, "
                "or cut. Bring back what is missing from the published entries, or go on under another name and key."
            )
        integrated = self._tree.full_tiles() * WIDTH
        # Up to the next tile that would be full: until that one is kept, nothing could be proven of it.
        return max(last.size, min(int(head), integrated + WIDTH - 1))

    def _continued(self, last: Checkpoint, size: int) -> Checkpoint:
        """Return the checkpoint of a larger tree, worked out from the last one and from stored bytes alone."""
        try:
            tree = Frontier(last.size, self._tree.subtrees(last.size))
            if tree.root() != last.root:
                raise SigningRefused(
                    f"The first {last.size:,} entries are not those that were signed: the past was changed, or another "
                    "history was recorded over a restored backup."
                )
            # From the beginning of its tile, so that each new tile is seen whole.
            for start in range(last.size // WIDTH * WIDTH, size, BATCH_ENTRIES):
                self._add(tree, Span(start, min(start + BATCH_ENTRIES, size)))
            self._check_upper_tiles(last.size, size)
            if tree.root() != self._tree.root(size):
                raise SigningRefused(
                    f"The kept tiles of {size:,} entries do not lead to the root over the events."
                )
        except NotInTree as missing:
            raise SigningRefused(f"The log is not whole: {missing}.") from missing
        return Checkpoint(self._keys.origin, size, tree.root())

    def _add(self, tree: Frontier, span: Span) -> None:
        """Add the new events of a span to a tree, and hold the kept tiles of leaves against all of them."""
        events = read_events(self._connection, span)
        leaves = [leaf_hash(entry(stored, self._keys.origin)) for stored in events]
        for leaf in leaves[tree.size - span.start :]:
            tree.append(leaf)
        for start in range(0, len(leaves) // WIDTH * WIDTH, WIDTH):
            self._check_tile(Tile(0, (span.start + start) // WIDTH), leaves[start : start + WIDTH])

    def _check_upper_tiles(self, last_size: int, size: int) -> None:
        """Hold every new tile above the leaves against the tiles below it."""
        for tile in tiles_of(size, last_size):
            if tile.level > 0 and tile.width == WIDTH:
                self._check_tile(tile, split(self._tree.made(tile)))

    def _check_tile(self, tile: Tile, hashes: list[bytes]) -> None:
        """Refuse a kept tile that is not of these hashes, and say where it is not."""
        kept, root = self._tree.kept(tile)
        for n, (one, other) in enumerate(zip(split(kept), hashes, strict=True)):
            if one != other:
                first = (tile.number * WIDTH + n) << (HEIGHT * tile.level)
                raise SigningRefused(
                    f"The hash that is kept from position {first + 1:,} on is not that of the stored events: one or "
                    "the other was changed."
                )
        if root != perfect_root(hashes):
            raise SigningRefused(f"The hash over the kept tile {tile.path} is another: it was changed.")

    def _publish(self, checkpoint: Checkpoint, keys: list[SigningKey]) -> None:
        """Let everybody read a checkpoint; where it is read already, say once a minute that it still stands."""
        vkeys = "".join(f"{key.public.vkey}\n" for key in keys)
        self._connection.execute(
            "INSERT INTO ledger.checkpoints AS known (size, note, vkeys, signed_at)"
            " VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT (size) DO UPDATE SET"
            # Of the same keys, what is there is kept: witnesses may have signed it since.
            " note = CASE WHEN known.vkeys = excluded.vkeys THEN known.note ELSE excluded.note END,"
            " vkeys = excluded.vkeys, signed_at = excluded.signed_at"
            " WHERE known.vkeys <> excluded.vkeys OR known.signed_at < excluded.signed_at - %s",
            [checkpoint.size, signed(checkpoint.text, keys).file, vkeys, HEARTBEAT],
        )


def keep_signing(
    database_url: str, keys: KeyFolder, stop: threading.Event, roles: RoleNames | None = None
) -> None:
    """Sign whenever the log has grown, and once a minute, until ``stop`` is set; a failing database is waited for.

    Raises `SigningRefused` and `ledger.key_folder.UnusableKeys`: from then on nothing is signed.
    """
    while not stop.is_set():
        try:
            with connect(database_url, (roles or RoleNames()).signer, NAME) as connection:
                signer = Signer(connection, keys)
                while not stop.is_set():
                    signer.sign()
                    stop.wait(LOOK_SECONDS)
        except (psycopg.Error, SignedMeanwhile) as failure:
            logger.warning("nothing is signed for now: %s", failure)
            stop.wait(AGAIN_SECONDS)
