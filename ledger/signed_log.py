"""The signed log as anybody may have it: its checkpoint, its tiles and entries, and the proof of any one of them.

Nothing is answered beyond the last checkpoint: what is recorded and not signed yet is not in the signed log.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from ledger.checkpoint import Proof
from ledger.connect import Pool, prepare_connection
from ledger.log import Unavailable
from ledger.roles import RoleNames
from ledger.tiles import Tile
from ledger.time_stamps import (
    TimeStamp,
    latest_time_stamp,
    stamped_sizes,
    time_stamp_covering,
    time_stamp_of,
    unstamped_seconds,
)
from ledger.tree import (
    SignedTree,
    Signing,
    Tree,
    checkpoint_covering,
    checkpoint_of,
    checkpoint_up_to,
    latest_checkpoint,
    origin_of,
    signing,
    witnessed_checkpoint,
)

CONNECTIONS = 3

Answer = TypeVar("Answer")


class SignedLog:
    """The signed log in one database, read as the reader role. Calls block and may come from any thread.

    All raise `ledger.log.Unavailable` while the database cannot be read.
    """

    def __init__(self, database_url: str, roles: RoleNames | None = None) -> None:
        role = (roles or RoleNames()).reader
        self._pool = Pool(
            database_url,
            "signed log",
            max_size=CONNECTIONS,
            configure=lambda connection: prepare_connection(connection, role),
        )
        self._origin = ""

    def checkpoint(self) -> SignedTree | None:
        """Return the largest tree that was signed; None while none was."""
        return self._read(latest_checkpoint)

    def witnessed(self) -> SignedTree | None:
        """Return the largest tree that enough witnesses signed; None while none was."""
        return self._read(witnessed_checkpoint)

    def signing(self) -> Signing:
        """Return how far the log is signed, and how much waits for it."""
        return self._read(signing)

    def checkpoint_up_to(self, position: int) -> SignedTree | None:
        """Return the largest tree that was signed and ends at a position or before it; None while none was."""
        return self._read(lambda connection: checkpoint_up_to(connection, position))

    def checkpoint_covering(self, position: int) -> SignedTree | None:
        """Return the smallest tree that was signed and holds a position; None while none does."""
        return self._read(lambda connection: checkpoint_covering(connection, position))

    def tile(self, tile: Tile) -> bytes | None:
        """Return a tile or a bundle; None where the signed log has none there."""

        def read(connection: Connection[Any]) -> bytes | None:
            signed = latest_checkpoint(connection)
            return self._tree(connection).tile(tile) if signed and tile.is_in(signed.size) else None

        return self._read(read)

    def proof(self, position: int, size: int | None = None) -> Proof | None:
        """Return the proof that a position stands in the log; None while no checkpoint covers it.

        It is kept with the checkpoint of ``size``, where that is given; otherwise with one that enough witnesses
        signed, where one covers the position, and with the last where none does.
        """

        def read(connection: Connection[Any]) -> Proof | None:
            signed = _kept_with(connection, position, size)
            if signed is None or not 0 < position <= signed.size:
                return None
            path = self._tree(connection).inclusion(position - 1, signed.size)
            return Proof(position - 1, path, signed.note)

        return self._read(read)

    def checkpoint_of(self, size: int) -> SignedTree | None:
        """Return the tree of a size as it was signed; None where none of that size was."""
        return self._read(lambda connection: checkpoint_of(connection, size))

    def time_stamp(self, size: int) -> TimeStamp | None:
        """Return the time stamp over the checkpoint of a size; None where there is none."""
        return self._read(lambda connection: time_stamp_of(connection, size))

    def time_stamp_covering(self, position: int) -> TimeStamp | None:
        """Return the first time stamp that covers a position; None while none does."""
        return self._read(lambda connection: time_stamp_covering(connection, position))

    def latest_time_stamp(self) -> TimeStamp | None:
        """Return the time stamp over the largest tree; None while there is none."""
        return self._read(latest_time_stamp)

    def stamped_sizes(self) -> list[tuple[int, datetime]]:
        """Return the sizes that are time-stamped, ascending, each with the hour its stamp says."""
        return self._read(lambda connection: list(stamped_sizes(connection)))

    def unstamped_seconds(self) -> float:
        """Return how long the oldest event that is signed and not time-stamped has waited."""
        return self._read(unstamped_seconds)

    def root(self, size: int) -> bytes:
        """Return the root of the tree of the first entries. Raises `ledger.tree.NotInTree`."""
        return self._read(lambda connection: self._tree(connection).root(size))

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """Return the proof that one tree continues another. Raises `ledger.tree.NotInTree` and ``ValueError``."""
        return self._read(lambda connection: self._tree(connection).consistency(old_size, size))

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()

    def _tree(self, connection: Connection[Any]) -> Tree:
        if not self._origin:
            self._origin = origin_of(connection)
        return Tree(connection, self._origin)

    def _read(self, ask: Callable[[Connection[Any]], Answer]) -> Answer:
        """Ask something, once more if the connection had died while idle."""
        for attempt in (1, 2):
            try:
                with self._lent() as connection:
                    return ask(connection)
            except psycopg.OperationalError as failure:
                if attempt == 2:
                    raise Unavailable(f"the log's database cannot be read: {failure}") from failure
                self._pool.check()
        raise AssertionError

    @contextlib.contextmanager
    def _lent(self) -> Iterator[Connection[Any]]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as failure:
            raise Unavailable("no connection to the log's database became free") from failure


def _kept_with(connection: Connection[Any], position: int, size: int | None) -> SignedTree | None:
    if size is not None:
        return checkpoint_of(connection, size)
    witnessed = witnessed_checkpoint(connection)
    return witnessed if witnessed and position <= witnessed.size else latest_checkpoint(connection)
