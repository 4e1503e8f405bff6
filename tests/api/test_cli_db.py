"""``bitacora db`` as a person types it: what it prints, and the code it ends with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from api.cli.db import NOT_RUNNING, db_app
from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate

MAIN = [sys.executable, "-c", "from api.cli.db import db_app; db_app()"]


@pytest.fixture(autouse=True)
def no_server_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment points at a server."""
    for name in [name for name in os.environ if name.startswith("PG") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)


@pytest.fixture
def home(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``BITACORA_HOME`` of the test's own."""
    monkeypatch.setenv("BITACORA_HOME", str(empty_home))
    return empty_home


@pytest.fixture
def made(made_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``BITACORA_HOME`` whose server was made and stopped before."""
    monkeypatch.setenv("BITACORA_HOME", str(made_home))
    return made_home


def bitacora_db(*arguments: str) -> Result:
    return CliRunner().invoke(db_app, arguments)


def test_start_prints_the_address_and_nothing_else(home: Path) -> None:
    started = bitacora_db("start")

    assert started.exit_code == 0
    assert started.stdout.strip() == EmbeddedPostgres(home).dsn()
    with psycopg.connect(started.stdout.strip()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("bitacora",)


def test_status_tells_running_from_not_running_by_its_exit_code(home: Path) -> None:
    before = bitacora_db("status")
    bitacora_db("start")
    running = bitacora_db("status")
    stopped = bitacora_db("stop")
    after = bitacora_db("status")

    assert (before.exit_code, running.exit_code, stopped.exit_code, after.exit_code) == (
        NOT_RUNNING,
        0,
        0,
        NOT_RUNNING,
    )
    assert "bitacora db start" in before.stdout
    assert str(home / "pg18") in running.stdout


def test_dsn_starts_the_server_it_gives_the_address_of(made: Path) -> None:
    answer = bitacora_db("dsn")

    assert answer.exit_code == 0
    with psycopg.connect(answer.stdout.strip()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_psql_gets_what_follows_and_gives_its_exit_code_back(made: Path) -> None:
    good = subprocess.run(
        [*MAIN, "psql", "-Atc", "SELECT 6 * 7"], check=False, capture_output=True, text=True
    )
    bad = subprocess.run([*MAIN, "psql", "-c", "SELEKT"], check=False, capture_output=True, text=True)

    assert (good.returncode, good.stdout) == (0, "42\n")
    assert bad.returncode == 1
    assert "SELEKT" in bad.stderr


def test_a_log_is_backed_up_and_restored_into_an_empty_home(
    made: Path, empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "log.dump"
    migrate(bitacora_db("dsn").stdout.strip())
    with psycopg.connect(EmbeddedPostgres(made).dsn()) as connection:
        connection.execute(
            "INSERT INTO ledger.events SELECT n, now(), now(), gen_random_uuid(), 1, 'thing/' || n,"
            " 'ThingHappened.v1', 'a', 'p', 'b', 'g', NULL, '{}' FROM generate_series(1, 1234) AS n"
        )

    taken = bitacora_db("backup", str(file))
    again = bitacora_db("backup", str(file))
    over = bitacora_db("restore", str(file))
    monkeypatch.setenv("BITACORA_HOME", str(empty_home))
    restored = bitacora_db("restore", str(file))

    assert (taken.exit_code, again.exit_code, over.exit_code, restored.exit_code) == (0, 1, 1, 0)
    assert "Backed up 1,234 events" in taken.stdout
    assert "no backup is ever overwritten" in again.stderr
    assert "already holds a ledger with events" in over.stderr
    assert "bitacora migrate" in restored.stdout
    assert taken.stdout.splitlines()[1] == restored.stdout.splitlines()[1]  # the digest of every event


def test_with_a_server_of_yours_there_is_nothing_to_start_or_stop(
    database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    for action in ("start", "stop"):
        answer = bitacora_db(action)
        assert answer.exit_code == 1
        assert f"nothing to {action}" in answer.stderr
    assert bitacora_db("dsn").stdout.strip() == database_url
    assert bitacora_db("status").exit_code == 0
    assert list(home.iterdir()) == []


def test_the_variables_of_libpq_name_a_server_too(
    database_url: str, postgres_18: EmbeddedPostgres, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url) as connection:
        name = connection.info.dbname
    monkeypatch.setenv("PGHOST", str(postgres_18.status().socket_directory))
    monkeypatch.setenv("PGUSER", "bitacora")
    monkeypatch.setenv("PGDATABASE", name)

    answer = subprocess.run(
        [*MAIN, "psql", "-Atc", "SELECT current_database()"], check=True, capture_output=True, text=True
    )

    assert answer.stdout.strip() == name
    assert bitacora_db("dsn").stdout.strip() == ""
    assert name in bitacora_db("status").stdout
    assert list(home.iterdir()) == []


def test_a_server_that_cannot_be_reached_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://ana@/ledger?host={tmp_path}")

    status = bitacora_db("status")
    backup = bitacora_db("backup", str(tmp_path / "log.dump"))

    assert status.exit_code == NOT_RUNNING
    assert backup.exit_code == 1
    assert "cannot be reached" in backup.stderr
    assert "Traceback" not in backup.stderr


def test_what_was_asked_wrongly_ends_with_two(home: Path, tmp_path: Path) -> None:
    assert bitacora_db("sing").exit_code == 2
    assert bitacora_db("backup").exit_code == 2
    assert bitacora_db("restore", str(tmp_path / "missing.dump")).exit_code == 2
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("command", ["start", "stop", "status", "dsn", "psql", "backup", "restore"])
def test_every_command_explains_itself(command: str) -> None:
    answer = bitacora_db(command, "--help")

    assert answer.exit_code == 0
    assert len(answer.stdout) > 200
