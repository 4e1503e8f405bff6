"""The desk: what is remembered beside the log and can be erased. Who an id is, how they sign in, who is signed in now.

One file a table. Nothing here says what anybody may do: that is in the log (`domain.person`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from ledger.connect import Pool, prepare_connection
from ledger.roles import RoleNames


class Desk:
    """Connections to the desk, each statement by itself unless a transaction is begun."""

    def __init__(self, database_url: str, roles: RoleNames | None = None, *, max_size: int = 4) -> None:
        role = (roles or RoleNames()).desk

        def configure(connection: Connection[Any]) -> None:
            prepare_connection(connection, role)

        self._pool = Pool(database_url, "desk", max_size=max_size, configure=configure)

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection. Raises ``psycopg_pool.PoolTimeout``."""
        with self._pool.connection() as connection:
            yield connection

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()
