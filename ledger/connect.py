"""How every connection of the ledger is opened: with limits on all waiting, in UTC, acting as one role.

PostgreSQL's own defaults wait for ever (``lock_timeout`` 0): one hung client would then stop all recording.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection

from ledger.roles import act_as

CONNECT_TIMEOUT_SECONDS = 3

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

_LIMITS = """
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
