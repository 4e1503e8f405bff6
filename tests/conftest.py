"""The database every test may ask for: real servers, started once a run, and a fresh database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate
from tests.database import (
    FAST,
    copied_home,
    fresh_database,
    in_memory,
    programs_of_15,
    programs_of_18,
    running_cluster,
    template_database,
    temporary_home,
)
from tests.no_skips import pytest_runtest_makereport  # noqa: F401 - pytest finds its hooks by their names here


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each operation's test a name of its own: tests are dealt to processes by name, and each name once."""
    for item in items:
        _, _, operation = item.name.removesuffix("]").partition("[")
        if operation and "[" not in item.nodeid:
            # schemathesis lets pytest name them all alike.
            item._id = item.id.with_params(operation)


@pytest.fixture(scope="session")
def postgres_18() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL 18 for the whole run; it does not wait for the disk."""
    with running_cluster(programs_of_18(), FAST) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_15() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL 15 for the whole run; it does not wait for the disk."""
    with running_cluster(programs_of_15(), FAST) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def stopped_home() -> Iterator[Path]:
    """The home of a PostgreSQL 18 that is stopped, to be copied (`copied_home`); it waits for the disk."""
    with temporary_home("stopped", within=in_memory()) as home:
        cluster = EmbeddedPostgres(home, binaries=programs_of_18())
        cluster.start()
        cluster.stop()
        yield home


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """A folder for a server that is not made yet."""
    with temporary_home(within=in_memory()) as home:
        yield home


@pytest.fixture
def made_home(stopped_home: Path) -> Iterator[Path]:
    """A folder whose server was made and stopped before."""
    with copied_home(stopped_home, within=in_memory()) as home:
        yield home


@pytest.fixture
def durable_cluster(stopped_home: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL 18 of the test's own, as durable as in earnest: to be killed at will."""
    with copied_home(stopped_home) as home:
        cluster = EmbeddedPostgres(home, binaries=programs_of_18())
        cluster.start()
        yield cluster


@pytest.fixture(scope="session")
def migrated_template(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """The name of a migrated database on PostgreSQL 18 that holds no events, to be copied (`fresh_database`)."""
    with template_database(postgres_18, migrate) as name:
        yield name


@pytest.fixture
def database_url(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """The address of an empty database on PostgreSQL 18."""
    with fresh_database(postgres_18) as url:
        yield url


@pytest.fixture
def database_url_15(postgres_15: EmbeddedPostgres) -> Iterator[str]:
    """The address of an empty database on PostgreSQL 15."""
    with fresh_database(postgres_15) as url:
        yield url
