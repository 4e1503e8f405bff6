"""The projector: it follows the log and keeps this version's tables up to it."""

from __future__ import annotations

import logging
import threading
from typing import Any

import psycopg
from psycopg import Connection, errors

from ledger.log import Log, LogError
from ledger.roles import RoleNames
from ledger.tracking import MovedOn
from projections.follower import Follower, Progress
from projections.generation import (
    AlreadyBuilding,
    analyze,
    building,
    create,
    exists,
    grant,
    renew,
    swap,
    use,
    writing_connection,
)
from projections.parallel import Telling, processes_for, tell_in_shares
from projections.schema import NEXT_SUFFIX, current_schema, leader_lock

STANDBY_SECONDS = 0.5
"""How often one that stands by looks whether the leader is gone."""

WAIT_SECONDS = 1.0
"""How long to wait for the log to grow before looking whether to stop."""

REST_SECONDS = 0.1
"""How long it rests in a crowd, when it told of more than one command at once: a batch of one costs nearly what a batch
of ten does. Who reports alone is told of at once."""

RETRY_SECONDS = 1.0
"""How long to wait before trying again after the database failed."""

ANALYZED_EVENTS = 1_000
"""After so many new events the planner's statistics are renewed."""

SWAP_ATTEMPTS = 30

FAILING_FOR_NOW = (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout)
"""What the database raises while it cannot do its work, or when a machine slept in the middle of a transaction."""

logger = logging.getLogger(__name__)


class Runner:
    """One projector. Of any number, one leads and the others stand by.

    ``database_url`` is where the tables are; the connection acts as the projector role.
    """

    def __init__(self, database_url: str, log: Log, *, roles: RoleNames | None = None) -> None:
        self._url = database_url
        self._log = log
        self._roles = roles or RoleNames()

    def run(self, stop: threading.Event) -> None:
        """Lead once nobody else does, build what is missing and follow the log until ``stop`` is set.

        A failing database is waited for, and another that builds; nothing else is: a mistake of ours is raised.
        """
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    if self._leads(connection, stop):
                        self._follow(connection, stop)
            except (*FAILING_FOR_NOW, LogError, MovedOn, AlreadyBuilding) as failure:
                logger.warning("the projector starts again: %s", failure)
                stop.wait(RETRY_SECONDS)

    def catch_up(self, progress: Progress | None = None) -> int:
        """Build or bring the tables up to the log's head, once; return the position reached."""
        with self._connect() as connection:
            if not exists(connection, current_schema()):
                return self._build(connection, progress)
            renew(connection, current_schema())
            use(connection, current_schema())
            return _caught_up(Follower(connection, self._log), progress)

    def rebuild(self, progress: Progress | None = None) -> int:
        """Build all tables anew beside the ones in use, swap them, and return the position reached.

        Raises `projections.generation.AlreadyBuilding`.
        """
        with self._connect() as connection:
            return self._build(connection, progress)

    def _connect(self) -> Connection[Any]:
        return writing_connection(self._url, self._roles)

    def _leads(self, connection: Connection[Any], stop: threading.Event) -> bool:
        """Wait until this one leads. The lock goes with the connection that writes: who loses one loses both."""
        while not stop.is_set():
            if connection.execute("SELECT pg_try_advisory_lock(%s)", [leader_lock()]).fetchone() == (True,):
                return True
            stop.wait(STANDBY_SECONDS)
        return False

    def _follow(self, connection: Connection[Any], stop: threading.Event) -> None:
        if not exists(connection, current_schema()):
            self._build(connection, None)
        grant(connection, current_schema(), self._roles)
        renew(connection, current_schema())
        use(connection, current_schema())
        follower = Follower(connection, self._log)
        if follower.position > self._log.head().position:
            logger.error("the log is shorter than what was told of it: it was restored. Building anew")
            self._build(connection, None)
            follower.begin()
        analyzed = follower.position
        while not stop.is_set():
            commands = _told_next(follower)
            if follower.position - analyzed >= ANALYZED_EVENTS:
                analyze(connection)
                analyzed = follower.position
            if commands > 1:
                stop.wait(REST_SECONDS)
            elif not commands:
                self._log.wait_beyond(follower.position, WAIT_SECONDS)

    def _build(self, connection: Connection[Any], progress: Progress | None) -> int:
        """Build the next generation and swap it in."""
        schema = current_schema()
        with building(connection):
            create(connection, schema + NEXT_SUFFIX, self._roles)
            use(connection, schema + NEXT_SUFFIX)
            # Nobody reads these tables yet, and after a crash they are built again: no batch waits for the disk.
            # The swap does, and with it everything before it.
            connection.execute("SET synchronous_commit = off")
            self._tell_in_shares(connection, progress)
            follower = Follower(connection, self._log)
            follower.catch_up(progress)
            analyze(connection)
            connection.execute("RESET synchronous_commit")
            self._swap(connection, schema, follower)
            use(connection, schema)
            return follower.position

    def _tell_in_shares(self, connection: Connection[Any], progress: Progress | None) -> None:
        """Let several processes tell what there is now, where there is so much that it saves time."""
        position = self._log.head().position
        count = processes_for(position)
        if count > 1:
            schema = current_schema() + NEXT_SUFFIX
            telling = Telling(self._url, self._log, self._roles, schema, position)
            tell_in_shares(connection, telling, count, progress)

    def _swap(self, connection: Connection[Any], schema: str, follower: Follower) -> None:
        """Swap as soon as no reader has held the old generation for longer than a lock is waited for."""
        for attempt in range(SWAP_ATTEMPTS):
            follower.catch_up()
            try:
                swap(connection, schema, follower.tell_up_to)
            except errors.LockNotAvailable:
                if attempt + 1 == SWAP_ATTEMPTS:
                    raise
                follower.begin()
            else:
                return


def _told_next(follower: Follower) -> int:
    """Tell the next batch, from wherever others are, and return of how many commands it was."""
    while True:
        try:
            return follower.tell_next()
        except MovedOn:
            follower.begin()


def _caught_up(follower: Follower, progress: Progress | None = None) -> int:
    """Tell all that is recorded, from wherever others are: a leader, or a rebuild that took the tables' place."""
    while True:
        try:
            return follower.catch_up(progress)
        except MovedOn:
            follower.begin()
