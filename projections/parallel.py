"""A long log is told anew by several processes, each a share of it: one process folds on one core.

They write one generation, which nobody reads before all of them have come to the same position.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from typing import Any

from psycopg import Connection

from ledger.log import Log, LogError
from ledger.roles import RoleNames
from projections.follower import BATCH_EVENTS, Follower, Progress, garbage_collection_paused
from projections.generation import use, writing_connection
from projections.share import LOG_NAME, Share

WORTH_IT_EVENTS = 50_000
"""A shorter log is told before another process would have started."""

MOST_PROCESSES = 2
"""With two, PostgreSQL's work and theirs take two cores whole. More were not measured, and each takes memory."""

PROGRESS_SECONDS = 0.2

_spawning = multiprocessing.get_context("spawn")


class ShareLost(LogError):
    """A process that told a share of the log ended before it was done. Nothing that is read was touched."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told, where to and how far. ``log`` has to be one that can be sent to another process."""

    database_url: str
    log: Log
    roles: RoleNames
    schema: str
    position: int


def processes_for(events: int) -> int:
    """Return how many processes should tell a log of this length."""
    return min(MOST_PROCESSES, os.cpu_count() or 1) if events >= WORTH_IT_EVENTS else 1


def tell_in_shares(
    connection: Connection[Any], telling: Telling, count: int, progress: Progress | None = None
) -> None:
    """Tell an empty generation, which the connection uses, everything up to a position.

    Raises what one of the processes raised, or `ShareLost`: the generation has to be made again then.
    """
    shares = [Share(number, count) for number in range(count)]
    for share in shares:
        connection.execute("INSERT INTO tracking VALUES (%s, 0)", [share.name])
    started = [_start(telling, share) for share in shares]
    try:
        working = [pipe for _, pipe in started]
        while working:
            for pipe in wait(working, PROGRESS_SECONDS):
                working.remove(pipe)  # type: ignore[arg-type]  # only pipes are waited for
                _raise_failure(pipe)  # type: ignore[arg-type]  # likewise
            if progress:
                progress(_reached(connection), telling.position)
    finally:
        for process, _ in started:
            process.terminate()
            process.join()
    with connection.transaction():
        connection.execute(
            "UPDATE tracking SET notification_id = %s WHERE application_name = %s",
            [telling.position, LOG_NAME],
        )
        connection.execute("DELETE FROM tracking WHERE application_name <> %s", [LOG_NAME])


def _start(telling: Telling, share: Share) -> tuple[Any, Pipe]:
    """Start a process, and return it with the pipe in which it says how it ended."""
    ours, theirs = _spawning.Pipe(duplex=False)
    process = _spawning.Process(
        target=_tell_share, args=(telling, share, theirs), name=share.name, daemon=True
    )
    process.start()
    theirs.close()
    return process, ours


def _tell_share(telling: Telling, share: Share, pipe: Pipe) -> None:
    """Tell one share, in a process of its own."""
    # An interrupt from the terminal reaches all of us: the process that started this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    try:
        with (
            writing_connection(telling.database_url, telling.roles) as connection,
            garbage_collection_paused(),
        ):
            use(connection, telling.schema)
            connection.execute("SET synchronous_commit = off")
            follower = Follower(connection, telling.log, share=share)
            while follower.position < telling.position and parent and parent.is_alive():
                follower.tell_up_to(min(follower.position + BATCH_EVENTS, telling.position))
    except Exception as failure:  # noqa: BLE001 - it is raised where the result is waited for
        pipe.send(failure)
    else:
        pipe.send(None)


def _raise_failure(pipe: Pipe) -> None:
    """Raise what a process ended with, if it failed."""
    try:
        failure = pipe.recv()
    except EOFError as end:
        raise ShareLost(ShareLost.__doc__) from end
    if failure is not None:
        raise failure


def _reached(connection: Connection[Any]) -> int:
    """Return how far the slowest has come."""
    row = connection.execute(
        "SELECT min(notification_id) FROM tracking WHERE application_name <> %s", [LOG_NAME]
    ).fetchone()
    return int(row[0]) if row else 0
