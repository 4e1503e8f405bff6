"""Databases with the log's tables in them, and the connections projections use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import Connection

from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections.generation import writing_connection
from projections.reading import ReaderPool, reader_pool
from tests.database import fresh_database
from tests.projections.asking import Asked

if TYPE_CHECKING:
    from ledger.embedded import EmbeddedPostgres

TEMPLATE = "projections_template"


@pytest.fixture(scope="session")
def migrated(postgres_18: EmbeddedPostgres) -> EmbeddedPostgres:
    """A server with a migrated database to copy: migrating one for each test would take longer than the tests."""
    with psycopg.connect(postgres_18.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    migrate(postgres_18.dsn(TEMPLATE))
    return postgres_18


@contextmanager
def migrated_database(server: EmbeddedPostgres) -> Iterator[str]:
    """Make a database of one's own with an empty log in it."""
    with fresh_database(server, TEMPLATE) as url:
        # A copy has the tables, but not what was granted on the database.
        migrate(url)
        yield url


@pytest.fixture
def url(migrated: EmbeddedPostgres) -> Iterator[str]:
    """The address of a migrated database with an empty log."""
    with migrated_database(migrated) as url:
        yield url


@pytest.fixture
def log(url: str) -> Iterator[PostgresLog]:
    """An empty log."""
    log = PostgresLog(url)
    yield log
    log.close()


@pytest.fixture
def writer(url: str) -> Iterator[Connection[Any]]:
    """A connection that may make and write generations."""
    with writing_connection(url, RoleNames()) as connection:
        yield connection


@pytest.fixture
def readers(url: str) -> Iterator[ReaderPool]:
    """Connections that read this version's tables."""
    pool = reader_pool(url)
    yield pool
    pool.close()


@pytest.fixture
def asked(url: str, log: PostgresLog, readers: ReaderPool) -> Asked:
    """The small plan, opened, to be written on and asked about."""
    return Asked(url, log, readers)
