"""How are projections read? From this version's own tables, one snapshot a request, never half-built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from psycopg import Connection, IsolationLevel, OperationalError, errors, sql

from ledger.connect import Pool
from ledger.roles import RoleNames, act_as
from projections.schema import current_schema

STATEMENT_TIMEOUT_SECONDS = 10

# What is asked for is little and mostly in memory. To start another process for it takes longer than to answer, and
# without the second a few thousand milestones were looked for by reading a million.
_PLANS = "SET max_parallel_workers_per_gather = 0; SET random_page_cost = 1.1"


class NotReady(Exception):
    """What was asked for is recorded, but not told yet: ask again in a moment.

    ``told`` is the last position that is told (0 while this version's tables are being built), ``asked`` the one that
    is needed.
    """

    def __init__(self, told: int, asked: int | None = None) -> None:
        super().__init__(
            "this version's projections are being built"
            if asked is None
            else f"position {asked} is recorded but not told yet: projections are at {told}"
        )
        self.told = told
        self.asked = asked


class ReaderPool:
    """Connections that read projections: read-only, each transaction one snapshot of one generation."""

    def __init__(self, database_url: str, roles: RoleNames | None = None, *, max_size: int = 8) -> None:
        self._roles = roles or RoleNames()
        self._pool = Pool(
            database_url, "projections", max_size=max_size, configure=self._configure, autocommit=False
        )

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection; everything read through it until it is given back is of one moment.

        Raises `NotReady` while this version's tables are being built.
        """
        with ExitStack() as lending:
            try:
                connection = self._begun(lending)
            except errors.UndefinedTable as missing:
                raise NotReady(0) from missing
            yield connection

    def _begun(self, lending: ExitStack) -> Connection[Any]:
        """Return a connection in a transaction; another where it had died while idle, as all do in a restart."""
        try:
            return self._locked(lending)
        except OperationalError:
            lending.close()
            self._pool.check()
            return self._locked(lending)

    def _locked(self, lending: ExitStack) -> Connection[Any]:
        connection = lending.enter_context(self._pool.connection())
        # Before the first SELECT: the snapshot is then taken after any swap of generations this waited for
        # (PostgreSQL manual, LOCK), so that what is seen is whole.
        connection.execute("LOCK TABLE tracking IN ACCESS SHARE MODE")
        return connection

    def close(self) -> None:
        """Give back the connections."""
        self._pool.close()

    def _configure(self, connection: Connection[Any]) -> None:
        connection.execute(
            sql.SQL(
                "SET search_path = {}; SET statement_timeout = '{}s'; SET TimeZone = 'UTC'; SET jit = off; "
                + _PLANS
            ).format(sql.Identifier(current_schema()), sql.SQL(str(STATEMENT_TIMEOUT_SECONDS)))
        )
        act_as(connection, self._roles.reader)
        connection.commit()
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True


def reader_pool(database_url: str, roles: RoleNames | None = None, *, max_size: int = 8) -> ReaderPool:
    """Return connections that read projections as the reader role."""
    return ReaderPool(database_url, roles, max_size=max_size)


def projected_position(connection: Connection[Any]) -> int:
    """Return the last position these tables tell of."""
    row = connection.execute("SELECT max(notification_id) FROM tracking").fetchone()
    return cast("int", row[0] or 0) if row else 0
