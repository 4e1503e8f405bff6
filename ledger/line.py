"""The pinned connection that appends: questions go out in order, answers come back in order, and none is lost.

More than one question may be under way, so that the server need not wait for us between two batches (libpq's
pipeline mode, with a Sync after each question: each is a transaction of its own).

A lost connection is opened again and everything unanswered is asked again. That is how a lost answer is found out:
the append is repeatable. What was recorded is answered as repeated, what was not is recorded now, and a first attempt
that still waits inside the server for its turn will find the ids taken.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections import deque
from typing import Any

import psycopg
from psycopg import Connection, errors, pq
from psycopg.pq.abc import PGconn, PGresult

from ledger.batch import PARAMETER_TYPES, STATEMENT
from ledger.connect import connect
from ledger.log import LogError, OutcomeUnknown, Unavailable

RESOLVE_SECONDS = 2.0
"""How long a lost connection is opened again and asked again, before the outcome is called unknown."""

SILENCE_SECONDS = 40.0
"""How long an append may stay unanswered: a peer that is alive but silent is noticed by no keepalive."""

_PREPARED = b"append"
_FORMATS = [pq.Format.BINARY] * len(PARAMETER_TYPES)


class Question:
    """A batch that was sent: its parameters, and in the end a result or a failure."""

    def __init__(self, values: list[bytes]) -> None:
        self.values = values
        self.times_asked = 0
        self.result: PGresult | None = None
        self.failure: Exception | None = None


class Line:
    """One connection that acts as the committer, opened when it is first needed."""

    def __init__(self, database_url: str, role: str, *, unsafe_durability: bool = False) -> None:
        self._url = database_url
        self._role = role
        self._unsafe_durability = unsafe_durability
        self._in_use = threading.RLock()
        self._connection: Connection[Any] | None = None
        self._unanswered: deque[Question] = deque()
        self._resolve_until = 0.0
        self._is_refused = False
        self._is_cut_short = False

    def ask(self, values: list[bytes]) -> Question:
        """Send a batch. Raises `Unavailable` or `LogError` where it could not be: nothing was recorded."""
        with self._in_use:
            if not self._unanswered:
                self._open_if_needed()
            question = Question(values)
            self._unanswered.append(question)
            # A line that is found dead here is found so again by whoever waits for the answer, and mended.
            with contextlib.suppress(psycopg.OperationalError, TimeoutError):
                self._send(question)
            return question

    def answer(self, question: Question) -> PGresult:
        """Wait for the answer to a question.

        Raises `Unavailable` or `LogError` where the server refused: nothing was recorded; `OutcomeUnknown` where
        the line was lost and could not be mended in time.
        """
        with self._in_use:
            while question.result is None and question.failure is None:
                try:
                    self._receive()
                except (psycopg.OperationalError, TimeoutError) as loss:
                    self._mend(loss)
            if question.failure is not None:
                raise question.failure
            assert question.result is not None  # noqa: S101 - for mypy
            return question.result

    def close(self) -> None:
        """Close the connection. Never a cancel: that would report success for what a replica lacks."""
        with self._in_use:
            if self._connection is not None:
                with contextlib.suppress(psycopg.Error):
                    self._connection.close()
                self._connection = None

    def _send(self, question: Question) -> None:
        """Put a question on the line."""
        pgconn = self._pgconn()
        question.times_asked += 1
        pgconn.send_query_prepared(_PREPARED, question.values, _FORMATS, result_format=pq.Format.BINARY)
        pgconn.pipeline_sync()
        while pgconn.flush():
            _wait(pgconn, select.POLLIN | select.POLLOUT)
            pgconn.consume_input()

    def _receive(self) -> None:
        """Take the answer to the question that waits longest from the line.

        Not before the server says that it is ready for the next: only then has it committed.
        """
        pgconn = self._pgconn()
        answer: PGresult | None = None
        refusal: Exception | None = None
        while True:
            while pgconn.is_busy():
                _wait(pgconn, select.POLLIN)
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                if pgconn.status != pq.ConnStatus.OK:
                    raise psycopg.OperationalError("the server closed the connection")
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                break
            elif result.status == pq.ExecStatus.TUPLES_OK:
                answer = result
            else:
                refusal = _refusal(pgconn, result)
                if isinstance(refusal, psycopg.OperationalError):
                    raise refusal
        self._resolve_until = 0.0
        question = self._unanswered.popleft()
        question.result, question.failure = answer, self._failure(question, refusal)

    def _failure(self, question: Question, refusal: Exception | None) -> Exception | None:
        """Return what is wrong with an answer, if anything is."""
        if self._is_cut_short:
            self._is_cut_short = False
            return OutcomeUnknown("recorded here, but a cancelled wait leaves open whether a replica has it")
        if refusal is not None:
            # Perhaps a server that must not be written to any more: the next batch finds the one that may.
            self._is_refused = True
            if question.times_asked > 1:
                return OutcomeUnknown(
                    f"asked again after the connection was lost, and then refused: {refusal}"
                )
        return refusal

    def _mend(self, loss: Exception) -> None:
        """Open the line again and ask everything unanswered again; after too long, call the outcomes unknown."""
        self._resolve_until = self._resolve_until or time.monotonic() + RESOLVE_SECONDS
        while time.monotonic() < self._resolve_until:
            self.close()
            try:
                self._open_if_needed()
                for question in self._unanswered:
                    self._send(question)
            except (psycopg.OperationalError, TimeoutError, LogError):
                time.sleep(0.05)
            else:
                return
        self.close()
        self._resolve_until = 0.0
        unknown = OutcomeUnknown(
            f"the connection was lost while recording and could not be made again in time ({loss}): "
            "repeat the command with the same id"
        )
        while self._unanswered:
            self._unanswered.popleft().failure = unknown

    def _pgconn(self) -> PGconn:
        """Return libpq's connection. Raises ``psycopg.OperationalError`` where there is none."""
        if self._connection is None:
            raise psycopg.OperationalError("the connection is closed")
        return self._connection.pgconn

    def _open_if_needed(self) -> None:
        """Open the connection and prepare the append, unless that is so."""
        if self._is_refused:
            self._is_refused = False
            self.close()
        if self._connection is not None:
            return
        try:
            connection = connect(self._url, self._role, "committer")
        except psycopg.OperationalError as failure:
            raise Unavailable(f"the log's database cannot be reached: {failure}") from failure
        except psycopg.Error as failure:
            raise LogError(f"nobody may append as {self._role!r} ({failure}): migrate first") from failure
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _prepare(self, connection: Connection[Any]) -> None:
        """Make a fresh connection ready for questions."""
        connection.add_notice_handler(self._notice)
        if self._unsafe_durability:
            connection.execute("SET ledger.unsafe_durability = 'on'")
        prepared = connection.pgconn.prepare(_PREPARED, STATEMENT, PARAMETER_TYPES)
        if prepared.status != pq.ExecStatus.COMMAND_OK:
            failure = _refusal(connection.pgconn, prepared)
            if isinstance(failure, Unavailable | psycopg.OperationalError):
                raise Unavailable(str(failure)) from failure
            raise LogError(f"ledger.append cannot be used ({failure}): migrate with this version")
        connection.pgconn.enter_pipeline_mode()

    def _notice(self, notice: psycopg.errors.Diagnostic) -> None:
        """Note that a commit did not wait for its synchronous replica: PostgreSQL still calls that a success."""
        if "synchronous replication" in (notice.message_primary or ""):
            self._is_cut_short = True


def _wait(pgconn: PGconn, events: int) -> None:
    """Wait until the socket is ready, or raise ``TimeoutError``."""
    poll = select.poll()
    poll.register(pgconn.socket, events)
    if not poll.poll(SILENCE_SECONDS * 1000):
        raise TimeoutError(f"the server has not answered an append for {SILENCE_SECONDS:.0f} seconds")


def _refusal(pgconn: PGconn, result: PGresult) -> Exception:
    """Return what an error of the server means: a lost connection, a server that is busy, or a mistake of ours."""
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    words = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode("utf-8", "replace")
    message = f"{words} [{state}]"
    # 57P0x: the server is going down; whether this batch was committed first is not known.
    if pgconn.status != pq.ConnStatus.OK or not state or state.startswith(("08", "57P")):
        return psycopg.OperationalError(message)
    # 25006: this server became a read-only standby.
    if isinstance(errors.error_from_result(result), psycopg.OperationalError) or state == "25006":
        return Unavailable(f"the log's database did not take the append: {message}")
    return LogError(f"the log's database refused the append: {message}")
