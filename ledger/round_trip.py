"""One prepared statement, sent and answered: the only conversation of the pinned connection, at libpq's own level.

Not a cursor, because a cursor would wait for ever on a server that is alive but silent, and costs a tenth of a
millisecond each time.
"""

from __future__ import annotations

import select
import time
from collections.abc import Sequence

import psycopg
from psycopg import errors, pq
from psycopg.pq.abc import PGconn, PGresult

from ledger.log import LogError, Unavailable

SILENCE_SECONDS = 40.0
"""How long an append may stay unanswered: a peer that is alive but silent is noticed by no keepalive."""


def prepare(pgconn: PGconn, name: bytes, statement: bytes, types: Sequence[int]) -> None:
    """Prepare a statement on a connection. Raises `LogError` with the server's words."""
    result = pgconn.prepare(name, statement, types)
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise _refusal(pgconn, result)


def round_trip(pgconn: PGconn, name: bytes, values: Sequence[bytes]) -> PGresult:
    """Send the parameters of a prepared statement and wait for its answer, at most `SILENCE_SECONDS`.

    Parameters and answer are in binary. Raises ``psycopg.OperationalError`` or ``TimeoutError`` where the answer
    is lost, `LogError` where the server refused: nothing was recorded then.
    """
    pgconn.send_query_prepared(name, values, [pq.Format.BINARY] * len(values), result_format=pq.Format.BINARY)
    deadline = time.monotonic() + SILENCE_SECONDS
    poll = select.poll()
    while pgconn.flush():
        _wait(poll, pgconn.socket, select.POLLIN | select.POLLOUT, deadline)
        pgconn.consume_input()
    while pgconn.is_busy():
        _wait(poll, pgconn.socket, select.POLLIN, deadline)
        pgconn.consume_input()
    result = pgconn.get_result()
    while pgconn.get_result() is not None:
        pass
    if result is None:
        raise psycopg.OperationalError("the server closed the connection")
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise _refusal(pgconn, result)
    return result


def _wait(poll: select.poll, socket: int, events: int, deadline: float) -> None:
    """Wait until the socket is ready, or raise ``TimeoutError``."""
    poll.register(socket, events)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("the server has not answered an append")


def _refusal(pgconn: PGconn, result: PGresult) -> Exception:
    """Return what an error of the server means: a lost connection, a server that is busy, or a mistake of ours."""
    state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
    message = f"{_message(result)} [{state}]"
    # 57P0x: the server is going down; whether this batch was committed first is not known.
    if pgconn.status != pq.ConnStatus.OK or not state or state.startswith(("08", "57P")):
        return psycopg.OperationalError(message)
    # 25006: this server became a read-only standby.
    if isinstance(errors.error_from_result(result), psycopg.OperationalError) or state == "25006":
        return Unavailable(f"the log's database did not take the append: {message}")
    return LogError(f"the log's database refused the append: {message}")


def _message(result: PGresult) -> str:
    """Return the server's words for an error."""
    return (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode("utf-8", "replace")
