"""The desk: what is remembered beside the log and can be erased. Who an id is, how they sign in, who is signed in now.

One file a table. Nothing here says what anybody may do: that is in the log (`domain.person`). What says who somebody
is, or reaches them, is sealed under a key of their own, which is not in the database (`ledger.desk.person_keys`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from psycopg import Connection

from ledger.connect import Pool, prepare_connection
from ledger.desk.person_keys import PersonKeys
from ledger.roles import RoleNames


class DeskConnection(Connection[Any]):
    """A connection to the desk, with the keys of those it knows."""

    keys: PersonKeys


class Desk:
    """Connections to the desk, each statement by itself unless a transaction is begun."""

    def __init__(
        self, database_url: str, people: Path, roles: RoleNames | None = None, *, max_size: int = 4
    ) -> None:
        role = (roles or RoleNames()).desk
        self.keys = PersonKeys(people, self._has_people)

        def configure(connection: Connection[Any]) -> None:
            prepare_connection(connection, role)
            cast("DeskConnection", connection).keys = self.keys

        self._pool = Pool(
            database_url, "desk", max_size=max_size, configure=configure, connection_class=DeskConnection
        )

    @contextmanager
    def connection(self) -> Iterator[DeskConnection]:
        """Lend a connection. Raises ``psycopg_pool.PoolTimeout``."""
        with self._pool.connection() as connection:
            yield cast("DeskConnection", connection)

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()

    def _has_people(self) -> bool:
        with self.connection() as connection:
            return connection.execute("SELECT FROM desk.people LIMIT 1").rowcount == 1
