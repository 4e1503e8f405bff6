"""Backups: consistent while the log is written to, believed once restored, restored only into nothing."""

from __future__ import annotations

import stat
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from domain.event import Author
from ledger.backup import BACKUP_STEPS, RESTORE_STEPS, BackupError, BackupReport, backup, restore
from ledger.embedded import EmbeddedPostgres
from ledger.log import Commit, Committed, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from tests.database import fresh_database, running_cluster

AUTHOR = Author("a1", "vocal", "INE", "g1")


def silent(_: str) -> None:
    """Say nothing of the progress."""


def append(url: str, *numbers: int) -> None:
    """Record one event for each number, each in a commit of its own."""
    log = PostgresLog(url)
    for number in numbers:
        event = NewEvent(f"thing/{number}", 1, "ThingHappened.v1", f'{{"n":{number},"señal":"ñ"}}'.encode())
        (outcome,) = log.append([Commit(uuid.uuid4(), AUTHOR, datetime.now(UTC), [event])])
        assert isinstance(outcome, Committed)
    log.close()


def history(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT * FROM ledger.events ORDER BY position").fetchall()


@pytest.fixture
def log(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """A log of five events."""
    with fresh_database(postgres_18, template=migrated_template) as url:
        append(url, *range(5))
        yield url


@pytest.fixture
def unwritten(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """A log that was made and never written to."""
    with fresh_database(postgres_18, template=migrated_template) as url:
        yield url


@pytest.fixture
def empty(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """A second, empty database."""
    with fresh_database(postgres_18) as url:
        yield url


def take(log: str, cluster: EmbeddedPostgres, file: Path) -> BackupReport:
    return backup(log, file, binaries=cluster.binaries, progress=silent)


def test_a_backup_restores_to_the_same_events(
    log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    taken = take(log, postgres_18, tmp_path / "log.dump")

    restored = restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    assert taken.events == 5
    assert (restored.events, restored.digest) == (taken.events, taken.digest)
    assert history(empty) == history(log)


def test_a_restored_log_is_migrated_and_continued(
    log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")
    restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    migrate(empty)

    append(empty, 5)
    assert [row[0] for row in history(empty)] == [1, 2, 3, 4, 5, 6]


def test_a_backup_restores_on_a_server_that_does_not_know_our_roles(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")

    with running_cluster(postgres_18.binaries) as elsewhere:
        restore(elsewhere.dsn(), tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)
        migrate(elsewhere.dsn())
        append(elsewhere.dsn(), 5)
        with psycopg.connect(elsewhere.dsn()) as connection:
            connection.execute("SET ROLE bitacora_committer")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DELETE FROM ledger.events")


def test_a_backup_taken_while_a_writer_writes_is_a_prefix_of_the_log(
    log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    enough, wrote = threading.Event(), threading.Event()
    written = []

    def write() -> None:
        number = 5
        while not enough.is_set():
            append(log, *range(number, number + 10))
            number += 10
            wrote.set()
        written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wrote.wait(10)
        taken = take(log, postgres_18, tmp_path / "log.dump")
    finally:
        enough.set()
        writer.join()
    restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    whole = history(log)
    assert 5 < taken.events < written[0] == len(whole)
    assert history(empty) == whole[: taken.events]


def test_projections_are_left_out(
    log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    with psycopg.connect(log) as connection:
        connection.execute("CREATE SCHEMA projection_milestones_1")
        connection.execute("CREATE TABLE projection_milestones_1.rows (id integer)")
        connection.execute("CREATE SCHEMA people")
        connection.execute("CREATE TABLE people.names (name text)")
    take(log, postgres_18, tmp_path / "log.dump")

    restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    with psycopg.connect(empty) as connection:
        tables = "SELECT to_regclass('people.names')::text, to_regclass('projection_milestones_1.rows')::text"
        assert connection.execute(tables).fetchone() == ("people.names", None)


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_else_behind(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "log.dump"

    report = take(log, postgres_18, file)

    assert list(tmp_path.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert report.size_bytes == file.stat().st_size > 0
    with psycopg.connect(postgres_18.dsn("postgres")) as connection:
        assert (
            connection.execute("SELECT FROM pg_database WHERE datname LIKE 'bitacora_check_%'").rowcount == 0
        )


def test_a_file_that_exists_is_never_overwritten(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "log.dump"
    file.write_text("last year's")

    with pytest.raises(BackupError, match="exists"):
        take(log, postgres_18, file)

    assert file.read_text() == "last year's"


def test_a_backup_that_comes_out_different_is_thrown_away(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the check itself: a dump that lacks one event is caught."""

    def dump_without_the_snapshot(dsn: str, file: Path, snapshot: str, binaries: object) -> None:
        append(dsn, 99)
        original(dsn, file, later_snapshot(dsn), postgres_18.binaries)

    held: list[psycopg.Connection[tuple[object, ...]]] = []

    def later_snapshot(dsn: str) -> str:
        connection = psycopg.connect(dsn)
        held.append(connection)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        return str(row[0])

    from ledger import backup as module

    original = module._dump
    monkeypatch.setattr(module, "_dump", dump_without_the_snapshot)

    with pytest.raises(BackupError, match="not what went in"):
        take(log, postgres_18, tmp_path / "log.dump")

    assert list(tmp_path.iterdir()) == []
    held[0].close()


def test_a_restore_over_a_log_with_events_is_refused_and_changes_nothing(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")
    before = history(log)

    with pytest.raises(BackupError, match="already holds a ledger with events"):
        restore(log, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    assert history(log) == before


def test_a_ledger_that_was_made_and_never_written_to_makes_room(
    log: str, unwritten: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")

    assert (
        restore(unwritten, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent).events == 5
    )


def test_a_restore_that_fails_leaves_the_database_as_it_was(
    log: str, unwritten: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")
    (tmp_path / "torn.dump").write_bytes((tmp_path / "log.dump").read_bytes()[:-60])
    with psycopg.connect(unwritten) as connection:
        before = connection.execute("SELECT 'ledger.events'::regclass::oid").fetchone()

    with pytest.raises(BackupError, match="as it was before"):
        restore(unwritten, tmp_path / "torn.dump", binaries=postgres_18.binaries, progress=silent)

    with psycopg.connect(unwritten) as connection:
        assert connection.execute("SELECT 'ledger.events'::regclass::oid").fetchone() == before


def test_a_log_that_got_its_first_event_during_the_restore_is_not_cleared_away(
    log: str, unwritten: str, postgres_18: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(log, postgres_18, tmp_path / "log.dump")

    def look_and_write(dsn: str) -> None:
        append(dsn, 1)

    monkeypatch.setattr("ledger.backup._refuse_a_log_with_events", look_and_write)

    with pytest.raises(BackupError, match="first event meanwhile"):
        restore(unwritten, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    assert len(history(unwritten)) == 1


def test_a_log_that_is_being_written_to_is_waited_for_and_then_not_cleared_away(
    log: str, unwritten: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    """An event not committed yet is seen by nobody, and would be lost with the table it is in."""
    take(log, postgres_18, tmp_path / "log.dump")
    refusals: list[BaseException] = []

    def bring_back() -> None:
        try:
            restore(unwritten, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)
        except BackupError as refusal:
            refusals.append(refusal)

    restoring = threading.Thread(target=bring_back)
    with psycopg.connect(unwritten) as writer:
        writer.execute(
            "INSERT INTO ledger.events VALUES"
            " (1, now(), now(), gen_random_uuid(), 1, 's', 't', 'a', 'p', 'b', 'g', NULL, '')"
        )
        restoring.start()
        wait_for_a_lock(unwritten)
    restoring.join(20)

    assert len(history(unwritten)) == 1
    assert "first event meanwhile" in str(refusals[0])


def wait_for_a_lock(url: str) -> None:
    """Wait until somebody in this database waits for somebody else."""
    until = time.monotonic() + 20
    with psycopg.connect(url, autocommit=True) as connection:
        waiting = (
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while connection.execute(waiting).rowcount == 0:
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.02)


def test_a_file_that_came_to_be_during_the_backup_is_not_overwritten(
    log: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "log.dump"

    def write_at_the_end(step: str) -> None:
        if step.startswith("Comparing"):
            file.write_text("somebody else's")

    with pytest.raises(BackupError, match="no backup is ever overwritten"):
        backup(log, file, binaries=postgres_18.binaries, progress=write_at_the_end)

    assert file.read_text() == "somebody else's"
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_of_something_else_is_refused_by_what_it_is(
    empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "people.dump"
    with psycopg.connect(empty) as connection:
        connection.execute("CREATE TABLE people (name text)")
    subprocess.run(
        [postgres_18.binaries.program("pg_dump"), "--format=custom", f"--file={file}", f"--dbname={empty}"],
        check=True,
    )

    with pytest.raises(BackupError, match=r"not of a ledger. Choose a file of 'bitacora db backup'"):
        restore(empty, file, binaries=postgres_18.binaries, progress=silent)


def test_a_folder_that_is_not_there_is_named(log: str, postgres_18: EmbeddedPostgres, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"nowhere cannot be written to: No such file or directory"):
        take(log, postgres_18, tmp_path / "nowhere" / "log.dump")


def test_a_file_that_is_no_backup_of_a_ledger_is_refused(
    log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    torn, foreign = tmp_path / "torn.dump", tmp_path / "foreign.dump"
    take(log, postgres_18, tmp_path / "log.dump")
    torn.write_bytes((tmp_path / "log.dump").read_bytes()[:-2000])
    foreign.write_text("SELECT 1;")

    for file in (torn, foreign):
        with pytest.raises(BackupError, match="pg_restore: error"):
            restore(empty, file, binaries=postgres_18.binaries, progress=silent)

    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('ledger.events')::text").fetchone() == (None,)


def test_a_database_without_a_ledger_has_nothing_to_back_up(
    empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="bitacora migrate"):
        take(empty, postgres_18, tmp_path / "log.dump")

    assert list(tmp_path.iterdir()) == []


def test_postgresql_15_is_backed_up_and_its_backup_restores_on_18(
    database_url_15: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    migrate(database_url_15)
    append(database_url_15, 1)

    take(database_url_15, postgres_18, tmp_path / "log.dump")
    restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=silent)

    assert history(empty) == history(database_url_15)


def test_every_step_is_told(log: str, empty: str, postgres_18: EmbeddedPostgres, tmp_path: Path) -> None:
    told: list[str] = []

    backup(log, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=told.append)
    assert len(told) == BACKUP_STEPS
    told.clear()
    restore(empty, tmp_path / "log.dump", binaries=postgres_18.binaries, progress=told.append)
    assert len(told) == RESTORE_STEPS
