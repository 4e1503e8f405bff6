"""An embedded PostgreSQL: a real server under ``BITACORA_HOME`` for whoever has set up none.

The same SQL, the same durability and the same recovery as any other server: only nobody had to install it.
One folder holds it (``<home>/pg18``, the name carries the major version); it listens on a private unix socket
alone; it outlives the program that started it, is reused by the next one, and recovers after a ``kill -9``.

Three rules keep it from doing harm:

* it changes the owner of the data and socket folders it made itself, and the permissions of nothing else;
* what is alive is decided by the kernel, not by a number in ``postmaster.pid``: every process of the server
  inherits one lock, so the lock is free exactly when the last of them has ended;
* ``initdb`` works in a folder of another name, which is renamed when complete: half a cluster is never opened.

As which account it runs is told in `ledger.binaries`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import psycopg
from psycopg import sql

from ledger.binaries import Account, Binaries, ClusterError, account_for, find_binaries, root_in_a_namespace

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

START_SECONDS = 60
ENDING_SECONDS = 10
SUPERUSER = "bitacora"
SOCKET_PATH_LIMIT = 107
"""Bytes of a unix socket's path that the kernel accepts."""

FOR_THE_SHELL = frozenset('"$`\\')
"""What a shell reads inside double quotes: between these, pg_ctl hands it the paths of the data and the programs."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement's text may quote what people wrote, which does not belong in a log.
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What `EmbeddedPostgres.status` saw; ``running`` means that it accepted a connection."""

    running: bool
    pid: int | None
    version: str | None
    data_directory: Path
    socket_directory: Path | None


class EmbeddedPostgres:
    """One PostgreSQL cluster of our own, in the folder ``pg<major>`` of ``home``.

    ``binaries`` are searched for when not given (`find_binaries`).
    ``settings`` replace entries of `SETTINGS`; whoever runs the server changes them with ``ALTER SYSTEM``.
    """

    def __init__(
        self, home: Path, *, binaries: Binaries | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.resolve()
        self.binaries = binaries or find_binaries()
        self.settings = {**SETTINGS, **(settings or {})}
        self.data_directory = self.home / f"pg{self.binaries.major}"

    def start(self) -> None:
        """Have the server running: made if there is none, reused if it runs, recovered if it was killed.

        Safe to call from many processes at once. Raises `ClusterError`.
        """
        self._refuse_names_a_shell_would_read()
        with self._only_one_at_a_time() as turn:
            self._refuse_another_major()
            if not (self.data_directory / "PG_VERSION").exists():
                self._initialise(turn)
            if not self._answers():
                self._launch()
            self._create_database("bitacora")

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server if it runs; ``fast`` ends open sessions, what they committed is on disk already."""
        if not self.data_directory.exists():
            return
        self._account()  # refuses what is another's
        with self._only_one_at_a_time():
            # Asked first, because pg_ctl would signal whoever bears the number of a server that is gone.
            if self._answers() or self._alive():
                answer = self._control("stop", "-m", mode, "-t", str(START_SECONDS))
                # A process lives a moment longer than its number, and than pg_ctl waits.
                until = time.monotonic() + (ENDING_SECONDS if answer.returncode == 0 else 0)
                while self._alive() and time.monotonic() < until:
                    time.sleep(0.02)
                if self._alive():
                    raise ClusterError(
                        f"The server in {self.data_directory} did not stop: {_last_line(answer.stderr)} "
                        "Wait for its sessions to end, or stop it with mode 'immediate' (it recovers at next start)."
                    )
            folder = self._socket_directory()
            if folder is not None:
                with suppress(OSError):
                    folder.rmdir()

    def status(self) -> Status:
        """Look at the server without changing anything."""
        running = self._answers()
        pid = version = None
        if running:
            with psycopg.connect(self.dsn("postgres")) as connection:
                version = connection.info.parameter_status("server_version")
            pid = int((self.data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
        return Status(running, pid, version, self.data_directory, self._socket_directory())

    def dsn(self, database: str = "bitacora") -> str:
        """Return the address of one database, for psycopg, ``psql`` and every other libpq program."""
        folder = self._socket_directory()
        if folder is None:
            raise ClusterError(f"There is no server in {self.home} yet. Start it: bitacora db start.")
        # The port is spelled out because PGPORT in the environment would otherwise change it.
        host, port = quote(str(folder), safe=""), self.settings["port"]
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port={port}"

    # Making it

    def _refuse_names_a_shell_would_read(self) -> None:
        for path in (str(self.data_directory), str(self.binaries.folder)):
            if not FOR_THE_SHELL.isdisjoint(path):
                raise ClusterError(
                    f"{path} has one of {' '.join(sorted(FOR_THE_SHELL))} in its name, with which PostgreSQL cannot "
                    "be started. Set BITACORA_HOME (data) or BITACORA_PG_BIN (programs) to a folder without."
                )

    def _refuse_another_major(self) -> None:
        if self.data_directory.exists():
            self._account()  # refuses what is another's
        ours = self.data_directory / "PG_VERSION"
        newest = sorted(self.home.glob("pg[0-9][0-9]/PG_VERSION"))[-1:]
        # An older folder beside ours is an upgrade that was completed; a newer one has what was recorded after it.
        for version in [ours, *newest] if ours.exists() else newest:
            found = version.read_text().strip()
            if found != str(self.binaries.major):
                raise ClusterError(
                    f"{version.parent} was made by PostgreSQL {found}, and these programs are PostgreSQL "
                    f"{self.binaries.major} ({self.binaries.folder}). Either set BITACORA_PG_BIN to the programs of "
                    f"PostgreSQL {found}; or back up with those ('bitacora db backup FILE'), move that folder away "
                    "and bring the backup into this version ('bitacora db restore FILE')."
                )

    def _initialise(self, turn: int) -> None:
        unfinished = self.home / f"{self.data_directory.name}.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        account = account_for(unfinished, self.binaries)
        if self.binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            locale = ["--locale=C.UTF-8"]
        answer = account.run(
            self.binaries.program("initdb"),
            *("-D", str(unfinished), "-U", SUPERUSER, "-E", "UTF8"),
            # Trust is safe here: the only way in is a socket in a folder that nobody else can enter.
            *("--auth=trust", "--data-checksums", *locale),
            # Interrupted, we may end before initdb, which goes on writing: the next has to wait for it, too.
            inherited=(turn,),
        )
        if answer.returncode != 0:
            raise ClusterError(
                f"initdb could not make a cluster in {self.home}: {_last_line(answer.stderr)} "
                "Check free space and permissions there, or set BITACORA_HOME to another folder."
            )
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write("\ninclude 'bitacora.conf'\n")
        try:
            unfinished.rename(self.data_directory)
        except OSError as error:
            raise ClusterError(
                f"{self.data_directory} exists, is not empty and is no PostgreSQL cluster. "
                "Move it away, or set BITACORA_HOME to another folder."
            ) from error
        _sync_folder(self.home)

    def _account(self) -> Account:
        """Return the account that runs this cluster: the owner of its folder."""
        owner = self.data_directory.stat()
        if owner.st_uid == os.geteuid():
            return root_in_a_namespace() if owner.st_uid == 0 else Account(owner.st_uid, owner.st_gid)
        if os.geteuid() == 0:
            return Account(owner.st_uid, owner.st_gid)
        raise ClusterError(
            f"{self.data_directory} belongs to another account (number {owner.st_uid}). "
            "Run as that account, or set BITACORA_HOME to a folder of your own."
        )

    # Running it

    def _answers(self) -> bool:
        """Tell whether a connection succeeds: the only proof that a server runs."""
        if self._socket_directory() is None:
            return False
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _alive(self) -> bool:
        """Tell whether any process of the server exists, answering or not."""
        with self._life_lock() as lock:
            return not _taken(lock)

    def _launch(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        socket = self._socket_directory()
        if self._alive() and (socket is None or not any(socket.glob(".s.PGSQL.*"))):
            # Somebody swept its socket away: it runs and cannot be reached.
            self._control("stop", "-m", "fast")
        with self._life_lock() as lock:
            while not _taken(lock):
                # Processes of a killed server are still ending, or one started earlier is still recovering.
                if self._answers():
                    return
                self._wait(deadline)
            # Nothing of this server is alive, so the numbers it left are stale, whoever bears them now.
            (self.data_directory / "postmaster.pid").unlink(missing_ok=True)
            for leftover in self._configure().glob(".s.PGSQL.*"):
                leftover.unlink()
            log = self.data_directory / "server.log"
            written = log.stat().st_size if log.exists() else 0
            self._control("start", "-W", "-l", str(log), inherited=(lock,))
        while not self._answers():
            if not self._alive():
                said = log.read_bytes()[written:].decode(errors="replace") if log.exists() else ""
                raise ClusterError(
                    f"The server in {self.data_directory} ended while starting: {_last_line(said)} Its log is {log}."
                )
            self._wait(deadline)

    def _wait(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise ClusterError(
                f"The server in {self.data_directory} did not answer within {START_SECONDS} seconds. "
                f"It may still be recovering: look at {self.data_directory / 'server.log'} and start it again."
            )
        time.sleep(0.05)

    def _configure(self) -> Path:
        """Write the settings of the next start beside PostgreSQL's own; return the folder of the socket."""
        owner = self.data_directory.stat()
        folder = self._socket_directory()
        if folder is None or not _make_private(folder, owner):
            folder = _new_socket_directory(owner)
        record = self.data_directory / "bitacora-socket"
        record.write_text(str(folder))
        lines = ["# Written at every start; to change a setting, use ALTER SYSTEM."]
        for name, value in {**self.settings, "unix_socket_directories": str(folder)}.items():
            quoted = value.replace("'", "''")
            lines.append(f"{name} = '{quoted}'")
        configuration = self.data_directory / "bitacora.conf"
        configuration.write_text("\n".join(lines) + "\n")
        for file in (record, configuration):
            os.chown(file, owner.st_uid, owner.st_gid)
        return folder

    def _control(
        self, action: str, *options: str, inherited: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        command = (self.binaries.program("pg_ctl"), action, "-D", str(self.data_directory), *options)
        return self._account().run(*command, inherited=inherited)

    def _create_database(self, name: str) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount == 0:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _socket_directory(self) -> Path | None:
        try:
            recorded = (self.data_directory / "bitacora-socket").read_text()
        except FileNotFoundError:
            return None
        except PermissionError:
            self._account()  # says whose it is
            raise
        return Path(recorded) if recorded else None  # empty after a power failure at the wrong moment

    @contextmanager
    def _only_one_at_a_time(self) -> Iterator[int]:
        """Let one process at a time make, start or stop the server; yield the lock that says whose turn it is."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.home / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ClusterError(
                f"{self.home} cannot be written to ({error.strerror}). Set BITACORA_HOME to a folder of your own."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock
        finally:
            os.close(lock)

    @contextmanager
    def _life_lock(self) -> Iterator[int]:
        """Open the lock that every process of a running server holds, inherited from its start."""
        owner = self.data_directory.stat()
        lock = os.open(self.data_directory / "bitacora-alive", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # PostgreSQL's own tools read every file in its folder.
            os.fchown(lock, owner.st_uid, owner.st_gid)
            yield lock
        finally:
            os.close(lock)


def _taken(lock: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _new_socket_directory(owner: os.stat_result) -> Path:
    """Make a folder for the socket, short enough for the kernel and closed to everyone but ``owner``."""
    places = [tempfile.gettempdir(), "/tmp"]  # noqa: S108 - mkdtemp makes the folder, with mode 0700
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir() and owner.st_uid == os.geteuid():
        places.insert(0, runtime)
    for place in places:
        if len(os.fsencode(f"{place}/bitacora-12345678/.s.PGSQL.65535")) > SOCKET_PATH_LIMIT:
            continue
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="bitacora-", dir=place))
            os.chown(folder, owner.st_uid, owner.st_gid)
            return folder
    raise ClusterError(
        f"None of {places} is writable and short enough for a socket. Set TMPDIR to a folder that is."
    )


def _make_private(folder: Path, owner: os.stat_result) -> bool:
    """Have ``folder`` exist for ``owner`` alone; false where somebody else has taken its name."""
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.st_uid, owner.st_gid)
    except FileExistsError:
        pass
    except OSError:
        return False
    seen = folder.lstat()
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == owner.st_uid and stat.S_IMODE(seen.st_mode) == 0o700


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["no message was given."])[-1].strip()
