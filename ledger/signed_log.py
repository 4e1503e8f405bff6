"""The signed log as anybody may have it: its checkpoint, its tiles and entries, and the proof of any one of them.

Nothing is answered beyond the last checkpoint: what is recorded and not signed yet is not in the signed log.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from ledger.checkpoint import Proof
from ledger.connect import Pool, prepare_connection
from ledger.log import Unavailable
from ledger.roles import RoleNames
from ledger.tiles import Tile
from ledger.tree import (
    SignedTree,
    Signing,
    Tree,
    checkpoint_covering,
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

    def proof(self, position: int) -> Proof | None:
        """Return the proof that a position stands in the log; None while no checkpoint covers it.

        It is kept with a checkpoint that enough witnesses signed, where one covers the position.
        """

        def read(connection: Connection[Any]) -> Proof | None:
            signed = witnessed_checkpoint(connection)
            if signed is None or position > signed.size:
                signed = latest_checkpoint(connection)
            if signed is None or not 0 < position <= signed.size:
                return None
            path = self._tree(connection).inclusion(position - 1, signed.size)
            return Proof(position - 1, path, signed.note)

        return self._read(read)

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
