"""Which server is meant, and which one is refused because it may lose what it acknowledged."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ledger.embedded import EmbeddedPostgres
from ledger.server import UnsafeServer, connection_string, program_arguments, require_durability
from tests.database import copied_home, fresh_database, programs_of_18


@pytest.fixture(scope="module")
def durable(stopped_home: Path) -> Iterator[EmbeddedPostgres]:
    """A server as durable as in earnest, which the tests here ask and do not kill."""
    with copied_home(stopped_home) as home:
        cluster = EmbeddedPostgres(home, binaries=programs_of_18())
        cluster.start()
        yield cluster


def test_a_durable_server_is_accepted_without_a_word(durable: EmbeddedPostgres) -> None:
    with psycopg.connect(durable.dsn()) as connection:
        assert require_durability(connection) == []


def test_a_server_that_does_not_wait_for_the_disk_is_refused_by_setting_and_value(database_url: str) -> None:
    with psycopg.connect(database_url) as connection, pytest.raises(UnsafeServer) as refusal:
        require_durability(connection)

    assert "fsync is 'off' and must be 'on'" in str(refusal.value)
    assert "full_page_writes is 'off'" in str(refusal.value)
    assert "synchronous_commit" not in str(refusal.value)
    assert "BITACORA_UNSAFE_DURABILITY=1" in str(refusal.value)


def test_whoever_insists_gets_warnings_instead(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        warnings = require_durability(connection, unsafe=True)

    assert [warning.split(" is ")[0] for warning in warnings] == [
        "Acknowledged events may be lost: fsync",
        "Acknowledged events may be lost: full_page_writes",
    ]


@pytest.mark.parametrize("value", ["off", "local"])
def test_a_database_whose_commits_do_not_wait_is_refused(durable: EmbeddedPostgres, value: str) -> None:
    with fresh_database(durable) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}").format(name, value))

        with (
            psycopg.connect(url) as connection,
            pytest.raises(UnsafeServer, match=f"synchronous_commit is '{value}'"),
        ):
            require_durability(connection)


@pytest.mark.parametrize("value", ["on", "remote_write", "remote_apply"])
def test_commits_that_wait_for_at_least_the_disk_are_accepted(durable: EmbeddedPostgres, value: str) -> None:
    with psycopg.connect(durable.dsn(), options=f"-c synchronous_commit={value}") as connection:
        assert require_durability(connection) == []


def test_a_server_without_checksums_is_warned_about_and_not_refused(
    durable: EmbeddedPostgres,
) -> None:
    durable.stop()
    owner = durable.data_directory.stat().st_uid
    subprocess.run(
        [durable.binaries.program("pg_checksums"), "--disable", "-D", durable.data_directory],
        check=True,
        capture_output=True,
        user=owner if os.geteuid() == 0 else None,
    )
    durable.start()

    with psycopg.connect(durable.dsn()) as connection:
        assert require_durability(connection) == [
            "data_checksums is off: PostgreSQL will not notice a page the disk has altered."
        ]


@pytest.mark.parametrize(
    ("environment", "meant"),
    [
        ({}, None),
        ({"DATABASE_URL": ""}, None),
        ({"PGPASSWORD": "secret", "PGUSER": "ana"}, None),
        ({"DATABASE_URL": "postgresql://one"}, "postgresql://one"),
        ({"DATABASE_URL": "postgresql://one", "PGHOST": "two"}, "postgresql://one"),
        ({"PGHOST": "two"}, ""),
        ({"PGSERVICE": "ledger"}, ""),
        ({"PGDATABASE": "ledger"}, ""),
    ],
)
def test_the_environment_names_the_server(environment: dict[str, str], meant: str | None) -> None:
    assert connection_string(environment) == meant


def test_a_password_does_not_show_in_a_list_of_processes() -> None:
    arguments, variables = program_arguments("postgresql://ana:secret@db/ledger?sslmode=require")

    assert variables == {"PGPASSWORD": "secret"}
    assert "secret" not in " ".join(arguments)
    assert {"user=ana", "host=db", "dbname=ledger", "sslmode=require"} <= set(
        arguments[0][len("--dbname=") :].split()
    )


def test_where_libpq_reads_its_own_variables_nothing_is_said_in_its_stead() -> None:
    assert program_arguments("") == ([], {})
