"""The log in PostgreSQL: one pinned connection that appends, a small pool that reads, one that listens.

An append is a single statement outside any explicit transaction: one round trip, one commit, one fsync, whatever
the number of commands in it (`ledger/sql/0001_ledger.sql` says what it does).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from ledger.batch import outcomes, parameters
from ledger.connect import Pool, connect, prepare_connection
from ledger.line import Line, Question
from ledger.log import (
    Commit,
    Committed,
    Conflict,
    Head,
    Outcome,
    OutcomeUnknown,
    Reused,
    StoredEvent,
    Tail,
    Unavailable,
)
from ledger.roles import RoleNames
from ledger.waves import Numbered, number_of, split

POLL_SECONDS = 0.1
"""How often the end of the log is looked at while waiting: notifications only make it sooner."""

_COLUMNS = ", ".join(StoredEvent._fields)

FAMILY = (
    f"SELECT {_COLUMNS} FROM ledger.events"  # noqa: S608 - names of columns
    " WHERE starts_with(stream, %s) AND position > %s ORDER BY position LIMIT %s"
)
"""Events of the streams that begin alike. A rare family is a range of the index on (stream, version); one that fills
the log is read along the positions."""


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
        self._roles = roles or RoleNames()
        self._reader_url = reader_url or database_url
        self._reopened = partial(
            PostgresLog,
            database_url,
            reader_url=reader_url,
            roles=roles,
            unsafe_durability=unsafe_durability,
        )
        self._line = Line(database_url, self._roles.committer, unsafe_durability=unsafe_durability)
        self._listening = threading.Lock()
        self._listener: Connection[Any] | None = None
        self._pool = Pool(
            self._reader_url,
            "reader",
            max_size=4,
            configure=lambda connection: prepare_connection(connection, self._roles.reader),
        )

    def __reduce__(self) -> tuple[Callable[[], PostgresLog], tuple[()]]:
        """Let it be sent to another process, where it opens connections of its own."""
        return self._reopened, ()

    # Appending

    def append(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Record the commits one after the other; see `ledger.log.Log.append`."""
        return self.begin_append(commits)()

    def begin_append(self, commits: Sequence[Commit]) -> Callable[[], list[Outcome]]:
        """Send the commits and return how to wait for their outcomes; see `ledger.log.Log.begin_append`.

        What cannot meet goes together, and the rest after it, so that the outcome is as one by one.
        """
        wave, later = split(list(enumerate(commits)), {})
        question = self._line.ask(parameters([commit for _, commit in wave]))
        return partial(self._finish_append, wave, later, question)

    def _finish_append(
        self, wave: list[Numbered], later: list[Numbered], question: Question
    ) -> list[Outcome]:
        """Wait for the answers to all waves and return them in the order of the commits."""
        answers: dict[int, Outcome] = {}
        try:
            self._answer_waves(wave, later, question, answers)
        except Unavailable as failure:
            if answers:
                raise OutcomeUnknown(
                    f"a part of the batch was recorded; repeat with the same id ({failure})"
                ) from failure
            raise
        return [answers[number] for number in range(len(answers))]

    def _answer_waves(
        self, wave: list[Numbered], later: list[Numbered], question: Question, answers: dict[int, Outcome]
    ) -> None:
        """Fill in the answers, sending what could not be in the first wave until none is missing."""
        known: dict[str, int | None] = {}
        while True:
            answered = outcomes(self._line.answer(question), [commit for _, commit in wave])
            for index, outcome in answered.items():
                number, commit = wave[index]
                answers[number] = outcome
                if isinstance(outcome, Conflict):
                    known[outcome.stream] = outcome.actual
                elif isinstance(outcome, Committed) and not outcome.replayed and later:
                    known.update(commit.reached)
            # Where some could not be recorded none was, and the rest goes again.
            waiting = [pair for index, pair in enumerate(wave) if index not in answered] + later
            if not waiting:
                return
            wave, later = split(sorted(waiting, key=number_of), known)
            question = self._line.ask(parameters([commit for _, commit in wave]))

    # Reading

    def read(self, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order."""
        return self._select("WHERE position > %s ORDER BY position LIMIT %s", [after_position, limit])

    def read_at(self, positions: Sequence[int]) -> list[StoredEvent]:
        """Return the events at these positions, which ascend, in order; what is beyond the end is left out."""
        if positions and positions[-1] - positions[0] + 1 == len(positions):
            # Without a gap it is a range, which takes half the time.
            return self.read(positions[0] - 1, len(positions))
        return self._select("WHERE position = ANY(%s) ORDER BY position", [list(positions)])

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

    def read_family(self, prefix: str, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order, of the streams that begin with ``prefix``."""
        # Planned for each prefix: which index serves depends on how much of the log the family is.
        rows = self._query(FAMILY, [prefix, after_position, limit], prepare=False)
        return list(map(StoredEvent._make, rows))

    def head(self) -> Head:
        """Return where the log ends now."""
        return Head._make(self._query("SELECT position, recorded_at FROM ledger.head", [])[0])

    def outcome_of(self, command_id: UUID, request_digest: bytes) -> Committed | Reused | None:
        """Return what an earlier append of this command recorded, or None if it recorded nothing."""
        return self.outcomes_of([(command_id, request_digest)])[0]

    def outcomes_of(self, commands: Sequence[tuple[UUID, bytes]]) -> list[Committed | Reused | None]:
        """Return for each command id and request digest what `outcome_of` does."""
        found = self._commands([command_id for command_id, _ in commands])
        answers: list[Committed | Reused | None] = []
        for command_id, request_digest in commands:
            digest, outcome = found.get(command_id, (b"", None))
            answers.append(Reused(command_id) if outcome and digest != request_digest else outcome)
        return answers

    def recorded_by(self, command_id: UUID) -> Committed | None:
        """Return where a command stands, whatever it asked for, or None if it recorded nothing."""
        return self._commands([command_id]).get(command_id, (b"", None))[1]

    def _commands(self, command_ids: Sequence[UUID]) -> dict[UUID, tuple[bytes, Committed]]:
        rows = self._query(
            "SELECT commands.command_id, request_digest, first_position, last_position, recorded_at, true"
            " FROM ledger.commands JOIN ledger.events ON position = first_position"
            " WHERE commands.command_id = ANY(%s)",
            [list(command_ids)],
        )
        return {command_id: (digest, Committed._make(outcome)) for command_id, digest, *outcome in rows}

    def _select(self, condition: str, values: list[Any]) -> list[StoredEvent]:
        """Return the events a condition names."""
        rows = self._query(f"SELECT {_COLUMNS} FROM ledger.events {condition}", values)  # noqa: S608 - words of this file
        return list(map(StoredEvent._make, rows))

    def _query(self, statement: str, values: list[Any], *, prepare: bool = True) -> list[tuple[Any, ...]]:
        """Return the rows of a query in binary, asked once more if the connection had died while idle."""
        for attempt in (1, 2):
            try:
                with self._reading() as connection, connection.cursor(binary=True) as cursor:
                    return cursor.execute(cast("Any", statement), values, prepare=prepare).fetchall()
            except psycopg.OperationalError as failure:
                if attempt == 2:
                    raise Unavailable(f"the log's database cannot be read: {failure}") from failure
                # After a restart all idle connections are dead, not only this one.
                self._pool.check()
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
        self._line.close()
        with self._listening:
            if self._listener is not None:
                self._listener.close()
                self._listener = None
        self._pool.close()
