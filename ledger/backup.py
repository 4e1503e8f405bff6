"""Backups of the ledger: taken while it is written to, believed only once restored, restored only into nothing.

A backup is one file in ``pg_dump``'s custom format. It holds everything but the projections, which are
rebuilt from the events, and neither owners nor grants, whose roles another server may not have:
after a restore ``bitacora migrate`` sets those again.

The check is the real one: the file is restored into a scratch database beside the original, and every column of
every event is compared with what the dump's own snapshot saw. Only then does the file get its name.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ledger.server import program_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.binaries import Binaries

BACKUP_STEPS = 4
"""How many times `backup` reports progress."""

RESTORE_STEPS = 3
"""How many times `restore` reports progress."""

SCRIPT_HEADER_LINES = 40
"""Within how many lines a restore script has said its settings, and not begun with any data."""

MAKE_ROOM = """
DO $$ BEGIN
    IF to_regclass('ledger.events') IS NOT NULL THEN
        LOCK TABLE ledger.events IN ACCESS EXCLUSIVE MODE;
        IF EXISTS (SELECT FROM ledger.events) THEN
            RAISE EXCEPTION 'the ledger got its first event meanwhile';
        END IF;
    END IF;
END $$;
DROP SCHEMA IF EXISTS ledger CASCADE;
DROP SCHEMA IF EXISTS desk CASCADE;
"""
"""Clear away a ledger that was migrated and never written to, and make sure that it is one."""


class BackupError(Exception):
    """A backup or a restore was not done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds: ``digest`` is the SHA-256 (hex) over every column of every event, by position."""

    file: Path
    size_bytes: int
    events: int
    digest: str


def backup(dsn: str, file: Path, *, binaries: Binaries, progress: Callable[[str], None]) -> BackupReport:
    """Write a checked backup of the ledger at ``dsn`` to ``file``, which must not exist.

    ``progress`` is told each step in words. Writers are not held up. Raises `BackupError`.
    """
    _refuse_existing(file)
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}.unfinished")
    try:
        # Made by us first: it holds what is not public, and pg_dump would let everyone read it.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupError(
            f"{file.parent} cannot be written to: {error.strerror}. Choose another folder."
        ) from error
    try:
        with _snapshot(dsn) as (connection, snapshot):
            progress("Reading the events")
            events, digest = _fingerprint(connection)
            progress("Writing the backup")
            _dump(dsn, unfinished, snapshot, binaries)
        progress("Restoring it into a scratch database")
        with _scratch_database(dsn) as scratch:
            _load(scratch, unfinished, binaries)
            progress("Comparing every event")
            with psycopg.connect(scratch) as connection:
                if _fingerprint(connection) != (events, digest):
                    raise BackupError(
                        "What came out of the backup is not what went in. It was thrown away: try again."
                    )
        _keep(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)
    return BackupReport(file, file.stat().st_size, events, digest)


def restore(dsn: str, file: Path, *, binaries: Binaries, progress: Callable[[str], None]) -> BackupReport:
    """Bring the backup ``file`` into the database at ``dsn``, which must hold no events.

    All or nothing. Owners and grants are not restored: migrate afterwards. Raises `BackupError`.
    """
    progress("Reading the backup")
    contents = _run(binaries, "pg_restore", "--list", str(file))
    if " TABLE ledger events " not in contents:
        raise BackupError(
            f"{file} is a PostgreSQL backup, but not of a ledger. Choose a file of 'bitacora db backup'."
        )
    _refuse_a_log_with_events(dsn)
    progress("Restoring")
    _load(dsn, file, binaries, first=MAKE_ROOM)
    progress("Counting the events")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")
        events, digest = _fingerprint(connection)
    return BackupReport(file, file.stat().st_size, events, digest)


@contextmanager
def _snapshot(dsn: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """Hold still what is seen: the dump and the fingerprint are taken of the same instant."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if _events_table(connection) is None:
            raise BackupError(
                "There is no ledger in this database, so nothing to back up. Make one: bitacora migrate."
            )
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchall()[0]
        yield connection, str(snapshot)


def _fingerprint(connection: psycopg.Connection[Any]) -> tuple[int, str]:
    """Return the number of events and the SHA-256 over all of them, streamed: memory does not grow with the log."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY (SELECT * FROM ledger.events ORDER BY position) TO STDOUT (FORMAT binary)"
        ) as rows:
            for block in rows:
                digest.update(block)
        return cursor.rowcount, digest.hexdigest()


def _dump(dsn: str, file: Path, snapshot: str, binaries: Binaries) -> None:
    _run(
        binaries,
        "pg_dump",
        *(
            "--format=custom",
            "--no-password",
            "--no-owner",
            "--no-privileges",
            "--exclude-schema=projection_*",
        ),
        *(f"--snapshot={snapshot}", f"--file={file}"),
        dsn=dsn,
    )


def _load(dsn: str, file: Path, binaries: Binaries, *, first: str = "") -> None:
    """Play a backup into a database in one transaction, committed only once the whole file was read.

    ``first`` is SQL that runs in the same transaction before it.
    By way of ``psql``, because ``pg_restore`` itself speaks only to servers of its own version and newer.
    """
    arguments, variables = program_arguments(dsn)
    read = [binaries.program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
    play = [
        binaries.program("psql"),
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        *arguments,
    ]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=complaints) as reader,
        subprocess.Popen(
            play,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env={**os.environ, **variables},
        ) as player,
    ):
        if reader.stdout is None or player.stdin is None:
            raise AssertionError("both are pipes")
        with suppress(BrokenPipeError), player.stdin as script:  # a player that gave up has complained
            script.write(f"BEGIN;\n{first}\n".encode())
            _copy_script(reader.stdout, script)
            if reader.wait() == 0:
                script.write(b"COMMIT;\n")
        reader.stdout.close()
        if reader.wait() != 0 or player.wait() != 0:
            complaints.seek(0)
            reason = complaints.read().decode(errors="replace").strip()
            raise BackupError(f"{file} could not be restored: {reason} The database is as it was before.")


def _copy_script(source: IO[bytes], target: IO[bytes]) -> None:
    for line in itertools.islice(source, SCRIPT_HEADER_LINES):
        # A setting that came with PostgreSQL 17, stated even where the server has no such thing.
        if line.strip() != b"SET transaction_timeout = 0;":
            target.write(line)
    shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _scratch_database(dsn: str) -> Iterator[str]:
    """Make a database on the same server to try the backup in; drop it afterwards."""
    name = sql.Identifier(scratch := f"bitacora_check_{secrets.token_hex(6)}")
    with psycopg.connect(dsn, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError(
                f"The role '{connection.info.user}' may not create the scratch database a backup is checked in. "
                f"Let it (ALTER ROLE {connection.info.user} CREATEDB), or back up as another role."
            ) from error
        try:
            yield make_conninfo(dsn, dbname=scratch)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _refuse_a_log_with_events(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        if _events_table(connection) and connection.execute("SELECT FROM ledger.events LIMIT 1").rowcount:
            raise BackupError(
                f"The database '{connection.info.dbname}' already holds a ledger with events, and nothing is ever "
                "restored over one. Create an empty database and restore into that."
            )


def _events_table(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("SELECT to_regclass('ledger.events')::text").fetchone()
    return row[0] if row else None


def _run(binaries: Binaries, program: str, *options: str, dsn: str | None = None) -> str:
    """Run one of PostgreSQL's client programs; return what it wrote, or raise with what it complained of."""
    environment = {**os.environ, "LC_ALL": "C"}
    command = [binaries.program(program), *options]
    if dsn is not None:
        arguments, variables = program_arguments(dsn)
        command += arguments
        environment |= variables
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        raise BackupError(f"{program} did not succeed: {answer.stderr.strip()} Nothing was changed.")
    return answer.stdout


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise BackupError(f"{file} exists, and no backup is ever overwritten. Choose another name.")


def _keep(unfinished: Path, file: Path) -> None:
    """Give a checked backup its name, once it and then its folder are on disk."""
    _sync(unfinished)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        _refuse_existing(file)
    unfinished.replace(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
