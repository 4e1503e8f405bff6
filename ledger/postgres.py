"""The log in PostgreSQL: one pinned connection that appends, a small pool that reads, one that listens.

An append is a single statement outside any explicit transaction: one round trip, one commit, one fsync, whatever
the number of commands in it (`ledger/sql/0001_ledger.sql` says what it does).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.batch import PARAMETER_TYPES, STATEMENT, outcomes, parameters
from ledger.connect import OPTIONS, connect, prepare_connection
from ledger.log import (
    Commit,
    Committed,
    Conflict,
    Head,
    LogError,
    Outcome,
    OutcomeUnknown,
    Reused,
    StoredEvent,
    Tail,
    Unavailable,
)
from ledger.roles import RoleNames
from ledger.round_trip import prepare, round_trip
from ledger.waves import number_of, split

RESOLVE_SECONDS = 2.0
"""How long a lost connection is opened again and the batch asked about, before its outcome is called unknown."""

POLL_SECONDS = 0.1
"""How often the end of the log is looked at while waiting: notifications only make it sooner."""

_COLUMNS = ", ".join(StoredEvent._fields)
_PREPARED = b"append"


class PostgresLog:
    """`ledger.log.Log` on one database.

    ``database_url`` may be one for all, each connection then acting as its role; ``reader_url`` is for an own login.
    ``unsafe_durability`` lets it record where an acknowledged event could be lost; the program asks for it loudly.
    """

    def __init__(
        self,
        database_url: str,
        *,
        reader_url: str | None = None,
        roles: RoleNames | None = None,
        unsafe_durability: bool = False,
    ) -> None:
        self._unsafe_durability = unsafe_durability
        self._url = database_url
        self._roles = roles or RoleNames()
        self._reader_url = reader_url or database_url
        self._appending = threading.Lock()
        self._writer: Connection[Any] | None = None
        self._replication_was_cut_short = False
        self._listening = threading.Lock()
        self._listener: Connection[Any] | None = None
        self._pool = ConnectionPool[Connection[Any]](
            self._reader_url,
            min_size=0,
            max_size=4,
            open=True,
            timeout=5,
            max_idle=60,
            kwargs={**OPTIONS, "application_name": "bitacora reader"},
            configure=lambda connection: prepare_connection(connection, self._roles.reader),
        )

    # Appending

    def append(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Record the commits one after the other; see `ledger.log.Log.append`."""
        with self._appending:
            return self._append_in_waves(list(commits))

    def _append_in_waves(self, commits: list[Commit]) -> list[Outcome]:
        """Send together what cannot meet, and the rest after it, so that the outcome is as one by one."""
        answers: dict[int, Outcome] = {}
        known: dict[str, int | None] = {}
        waiting = list(enumerate(commits))
        while waiting:
            wave, later = split(waiting, known)
            answered = self._send([commit for _, commit in wave])
            for index, outcome in answered.items():
                number, commit = wave[index]
                answers[number] = outcome
                if isinstance(outcome, Conflict):
                    known[outcome.stream] = outcome.actual
                elif isinstance(outcome, Committed) and not outcome.replayed and later:
                    known.update(commit.reached)
            # Where some could not be recorded none was, and the rest goes again.
            waiting = sorted(
                [pair for index, pair in enumerate(wave) if index not in answered] + later, key=number_of
            )
        return [answers[number] for number in range(len(commits))]

    def _send(self, commits: list[Commit]) -> dict[int, Outcome]:
        """Send one wave; where the answer is lost, send it again.

        That is how a lost answer is found out: the append is repeatable. What was recorded is answered as
        replayed, what was not is recorded now, and a first attempt still waiting inside the server for its
        turn will find the ids taken.
        """
        values = parameters(commits)
        deadline = 0.0
        while True:
            try:
                writer = self._connected_writer()
            except psycopg.OperationalError as failure:
                if deadline == 0.0:
                    raise Unavailable(f"the log's database cannot be reached: {failure}") from failure
                if time.monotonic() > deadline:
                    raise _unknown() from failure
                time.sleep(0.05)
                continue
            try:
                result = round_trip(writer.pgconn, _PREPARED, values)
            except (psycopg.OperationalError, TimeoutError) as failure:
                self._drop_writer()
                deadline = deadline or time.monotonic() + RESOLVE_SECONDS
                if time.monotonic() > deadline:
                    raise _unknown() from failure
                continue
            except LogError:
                self._drop_writer()
                raise
            if self._replication_was_cut_short:
                self._replication_was_cut_short = False
                raise OutcomeUnknown(
                    "recorded here, but a cancelled wait leaves open whether a replica has it"
                )
            return outcomes(result, commits)

    def _connected_writer(self) -> Connection[Any]:
        """Return the pinned connection, opened and prepared if it is not."""
        if self._writer is None:
            try:
                writer = connect(self._url, self._roles.committer, "committer")
            except psycopg.OperationalError:
                raise
            except psycopg.Error as failure:
                committer = self._roles.committer
                raise LogError(f"nobody may append as {committer!r} ({failure}): migrate first") from failure
            writer.add_notice_handler(self._notice)
            if self._unsafe_durability:
                writer.execute("SET ledger.unsafe_durability = 'on'")
            try:
                prepare(writer.pgconn, _PREPARED, STATEMENT, PARAMETER_TYPES)
            except (psycopg.OperationalError, Unavailable):
                writer.close()
                raise
            except LogError as failure:
                writer.close()
                raise LogError(
                    f"ledger.append cannot be used ({failure}): migrate with this version"
                ) from failure
            self._writer = writer
        return self._writer

    def _drop_writer(self) -> None:
        """Forget the pinned connection. Never a cancel: that would report success for what a replica lacks."""
        if self._writer is not None:
            with contextlib.suppress(psycopg.Error):
                self._writer.close()
            self._writer = None

    def _notice(self, notice: psycopg.errors.Diagnostic) -> None:
        """Note that a commit did not wait for its synchronous replica: PostgreSQL still calls that a success."""
        if "synchronous replication" in (notice.message_primary or ""):
            self._replication_was_cut_short = True

    # Reading

    def read(self, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order."""
        return self._select("WHERE position > %s ORDER BY position LIMIT %s", [after_position, limit])

    def read_streams(self, tails: Sequence[Tail]) -> list[list[StoredEvent]]:
        """Return, for each tail, the events of its stream beyond its version, in order."""
        rows = self._query(
            f"SELECT number, {_COLUMNS}"  # noqa: S608 - names of columns
            " FROM unnest(%s::text[], %s::integer[]) WITH ORDINALITY AS tail (name, after_version, number)"
            " JOIN ledger.events ON stream = name AND version > after_version"
            " ORDER BY number, version",
            [[tail.stream for tail in tails], [tail.after_version for tail in tails]],
        )
        answers: list[list[StoredEvent]] = [[] for _ in tails]
        for row in rows:
            answers[row[0] - 1].append(StoredEvent._make(row[1:]))
        return answers

    def head(self) -> Head:
        """Return where the log ends now."""
        return Head._make(self._query("SELECT position, recorded_at FROM ledger.head", [])[0])

    def outcome_of(self, command_id: UUID, request_digest: bytes) -> Committed | Reused | None:
        """Return what an earlier append of this command recorded, or None if it recorded nothing."""
        rows = self._query(
            "SELECT request_digest, first_position, last_position, recorded_at, true"
            " FROM ledger.commands JOIN ledger.events ON position = first_position"
            " WHERE commands.command_id = %s",
            [command_id],
        )
        if not rows:
            return None
        digest, *outcome = rows[0]
        return Committed._make(outcome) if digest == request_digest else Reused(command_id)

    def _select(self, condition: str, values: list[Any]) -> list[StoredEvent]:
        """Return the events a condition names."""
        rows = self._query(f"SELECT {_COLUMNS} FROM ledger.events {condition}", values)  # noqa: S608 - words of this file
        return list(map(StoredEvent._make, rows))

    def _query(self, statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query in binary, asked once more if the connection had died while idle."""
        for attempt in (1, 2):
            try:
                with self._reading() as connection, connection.cursor(binary=True) as cursor:
                    return cursor.execute(cast("Any", statement), values, prepare=True).fetchall()
            except psycopg.OperationalError as failure:
                if attempt == 2:
                    raise Unavailable(f"the log's database cannot be read: {failure}") from failure
        raise AssertionError

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection[Any]]:
        """Lend a connection that reads."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except PoolTimeout as failure:
            raise Unavailable("no connection to the log's database became free") from failure

    # Waiting

    def wait_beyond(self, position: int, timeout_seconds: float) -> int:
        """Return the last position as soon as it is beyond ``position``, or when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            last = self.head().position
            remaining = deadline - time.monotonic()
            if last > position or remaining <= 0:
                return last
            self._sleep_until_notified(min(remaining, POLL_SECONDS))

    def _sleep_until_notified(self, seconds: float) -> None:
        """Sleep until an append is announced, but no longer than this. Only a comfort: the caller looks anyway."""
        if not self._listening.acquire(blocking=False):
            # Somebody listens already: its waking is ours too.
            if self._listening.acquire(timeout=seconds):
                self._listening.release()
            return
        started = time.monotonic()
        try:
            if self._listener is None:
                self._listener = connect(self._reader_url, self._roles.reader, "listener")
                self._listener.execute("LISTEN ledger")
            for _ in self._listener.notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.Error:
            if self._listener is not None:
                self._listener.close()
            self._listener = None
            time.sleep(max(0.0, seconds - (time.monotonic() - started)))
        finally:
            self._listening.release()

    def close(self) -> None:
        """Give back the connections."""
        with self._appending:
            self._drop_writer()
        with self._listening:
            if self._listener is not None:
                self._listener.close()
                self._listener = None
        self._pool.close()


def _unknown() -> OutcomeUnknown:
    """Return the error for a batch that could not be asked about in time."""
    return OutcomeUnknown(
        "the connection was lost while recording and could not be made again in time: "
        "repeat the command with the same id"
    )
