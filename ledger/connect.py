"""How every connection of the ledger is opened: with limits on all waiting, in UTC, acting as one role.

PostgreSQL's own defaults wait for ever (``lock_timeout`` 0): one hung client would then stop all recording.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.roles import act_as

CONNECT_TIMEOUT_SECONDS = 3

BUSY_SECONDS = 5.0
"""How long a borrower waits while every connection there may be is lent."""
GONE_SECONDS = 1.0
"""How long a borrower waits while the server refuses connections."""
RETRY_SECONDS = 0.5
"""How soon a connection that could not be opened is tried once more."""

OPTIONS: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": CONNECT_TIMEOUT_SECONDS,
    # A host that is gone is noticed after about ten seconds; without these, after hours.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How each connection is opened, as psycopg takes it."""

# The server, too, has to notice a host that is gone: it would let it keep its locks for two hours, and no projector
# could take over from one whose machine lost its power.
_LIMITS = """
    SET tcp_keepalives_idle = 5;
    SET tcp_keepalives_interval = 2;
    SET tcp_keepalives_count = 3;
    SET tcp_user_timeout = '10s';
    SET lock_timeout = '2s';
    SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '5s';
    SET TimeZone = 'UTC';
    SET client_min_messages = 'warning';
"""

# Every look-up of the ledger is by index. A plan made while a table was empty would scan it, and be kept:
# measured, that cost a factor of three to five once the table had grown.
_PLANS = """
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET jit = off;
"""


class Pool(ConnectionPool[Connection[Any]]):
    """Connections that are lent: waited for while they are busy, given up on soon while the server is gone.

    The library's own would wait the same in both cases, and try a lost server again after 1, 2, 4 … seconds, up to
    minutes: measured, after an outage of one minute nothing was answered for another half.
    """

    def __init__(
        self,
        database_url: str,
        purpose: str,
        *,
        max_size: int,
        configure: Callable[[Connection[Any]], None],
        autocommit: bool = True,
        connection_class: type[Connection[Any]] = Connection,
    ) -> None:
        super().__init__(
            database_url,
            connection_class=connection_class,
            min_size=0,
            max_size=max_size,
            open=True,
            timeout=BUSY_SECONDS,
            max_idle=60,
            reconnect_timeout=RETRY_SECONDS,
            kwargs={**OPTIONS, "autocommit": autocommit, "application_name": f"bitacora {purpose}"},
            configure=configure,
        )

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """Lend a connection. Raises ``psycopg_pool.PoolTimeout``, sooner where none can be opened."""
        whole = self.timeout if timeout is None else timeout
        failed = self._failed()
        try:
            return super().getconn(min(whole, GONE_SECONDS))
        except PoolTimeout:
            # A server that refuses is gone; one that has not answered yet is only slow.
            if whole <= GONE_SECONDS or self._failed() > failed:
                raise
        return super().getconn(whole - GONE_SECONDS)

    def _failed(self) -> int:
        """Return how many connections could not be opened so far."""
        return self.get_stats().get("connections_errors", 0)


def connect(database_url: str, role: str, purpose: str) -> Connection[Any]:
    """Open a connection in autocommit that acts as ``role``.

    ``purpose`` is what an administrator reads in ``pg_stat_activity``. Raises ``psycopg.OperationalError``.
    """
    connection = psycopg.connect(
        database_url,
        application_name=f"bitacora {purpose}",
        **OPTIONS,
    )
    try:
        prepare_connection(connection, role)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare_connection(connection: Connection[Any], role: str) -> None:
    """Set limits and plans on a fresh connection and let it act as ``role``."""
    connection.execute(_LIMITS + _PLANS)
    act_as(connection, role)
