"""A log of each kind: every test that asks for ``log`` runs in memory, on PostgreSQL 15 and on PostgreSQL 18."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.memory import MemoryLog
from ledger.migrate import migrate
from ledger.postgres import PostgresLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.log import Log


@pytest.fixture(params=["memory", "postgres_15", "postgres_18"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    """An empty log."""
    if request.param == "memory":
        yield MemoryLog()
        return
    url = request.getfixturevalue("database_url_15" if request.param == "postgres_15" else "database_url")
    migrate(url)
    log = PostgresLog(url)
    yield log
    log.close()


@pytest.fixture(params=["postgres_15", "postgres_18"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database, on each major."""
    url: str = request.getfixturevalue(
        "database_url_15" if request.param == "postgres_15" else "database_url"
    )
    migrate(url)
    return url
