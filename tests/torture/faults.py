"""Every call to the database fails once: the scenario is run again and again, and each time the next call is hit.

Nothing is pretended. The connection is really cut, before the call or after it, or its session is ended by an
administrator; what psycopg and the ledger then see is what they would see of a server that goes away.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any, Literal, get_args

import psycopg
import pytest
from psycopg import pq

import ledger.line
import ledger.postgres
from ledger.connect import connect

Moment = Literal["cut before", "cut after", "ended before"]
"""How a call fails: on a dead connection, with its answer lost, or told by the server that the session is over."""

MOMENTS: tuple[Moment, ...] = get_args(Moment)

NOWHERE = "postgresql:///?host=/nonexistent"

_WATCHED = frozenset(
    {"prepare", "send_query_prepared", "pipeline_sync", "flush", "consume_input", "get_result"}
)
"""The calls of libpq the ledger makes by itself; all others are made by a cursor's ``execute``."""


class Faults:
    """Counts the calls to the database and hits one of them. ``hit`` says which it was, None if there were fewer."""

    def __init__(self, failing: int, moment: Moment, database_url: str) -> None:
        self._failing = failing
        self._moment = moment
        self._url = database_url
        self._lock = threading.Lock()
        self._calls = 0
        self.hit: str | None = None

    def around(self, name: str, pgconn: pq.abc.PGconn, call: Callable[[], Any]) -> Any:
        """Make a call, or hit it."""
        if not self._is_hit(name):
            return call()
        if self._moment == "ended before":
            _end_session(self._url, pgconn.backend_pid)
            return call()
        if self._moment == "cut before":
            _cut(pgconn)
            return call()
        answer = call()
        _cut(pgconn)
        return answer

    def connect(self, database_url: str, role: str, purpose: str) -> Any:
        """Open a connection that is watched, or fail to."""
        if self._is_hit("connect"):
            return connect(NOWHERE, role, purpose)
        return _Watched(connect(database_url, role, purpose), self)

    def _is_hit(self, name: str) -> bool:
        with self._lock:
            self._calls += 1
            if self._calls != self._failing:
                return False
            self.hit = name
            return True

    def apply(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Watch every connection this process opens from now on."""
        execute = psycopg.Cursor.execute

        def watched_execute(cursor: psycopg.Cursor[Any], *given: Any, **named: Any) -> Any:
            return self.around("execute", cursor.connection.pgconn, lambda: execute(cursor, *given, **named))

        monkeypatch.setattr(psycopg.Cursor, "execute", watched_execute)
        for room in (ledger.line, ledger.postgres):
            monkeypatch.setattr(room, "connect", self.connect)


class _Watched:
    """The committer's connection, whose calls of libpq are counted."""

    def __init__(self, watched: Any, faults: Faults, pgconn: pq.abc.PGconn | None = None) -> None:
        self._watched = watched
        self._faults = faults
        self._pgconn = pgconn

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._watched, name)
        if name == "pgconn":
            return _Watched(value, self._faults, value)
        if self._pgconn is None or name not in _WATCHED:
            return value
        pgconn = self._pgconn
        return lambda *given, **named: self._faults.around(name, pgconn, lambda: value(*given, **named))


def _cut(pgconn: pq.abc.PGconn) -> None:
    """Cut a connection as a network does: neither side is told, and nothing passes any more."""
    if pgconn.status == pq.ConnStatus.OK:
        with socket.socket(fileno=os.dup(pgconn.socket)) as end:
            end.shutdown(socket.SHUT_RDWR)


def _end_session(database_url: str, backend_pid: int) -> None:
    """End another session as an administrator does, and wait until it is over."""
    # libpq itself: a cursor's calls are counted.
    administrator = pq.PGconn.connect(database_url.encode())
    administrator.exec_(f"SELECT pg_terminate_backend({backend_pid}, 5000)".encode())
    administrator.finish()
