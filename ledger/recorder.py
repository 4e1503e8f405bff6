"""The ledger as a persistence module of eventsourcing: any of its applications can live on this log.

    PERSISTENCE_MODULE=ledger.recorder
    DATABASE_URL=postgresql://…        (or ``memory:``, for tests)
    ORIGINATOR_ID_TYPE=text

The log is one: applications that share a database share its positions. A database without the log's schema gets it.
What the library calls a notification id is our position, and an originator id the name of a stream, whose
versions may begin at 0 or at 1. Two things of the library are refused in words: snapshots, because the log keeps
events only, and process applications, because tracking records do not belong in it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DataError,
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    TrackingRecorder,
)
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.utils import Environment, EnvType, resolve_topic

from domain.event import Author
from ledger.committer import Committer
from ledger.connect import connect
from ledger.log import Commit, Committed, Log, LogError, NewEvent, Tail
from ledger.log import StoredEvent as RecordedRow
from ledger.memory import MemoryLog
from ledger.migrate import is_migrated, migrate
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.tracking import PostgresTracking

MEMORY = "memory:"

NOBODY = Author(actor="", post="", body="", grant="")
"""The library does not say who records: its events have no author, and their entries say none."""

PAGE = 1_000
"""Events read at a time while looking for certain topics."""

TRACKING_SCHEMA = "projection_library"
"""Where the positions of the library's own projections are kept; named like what can be rebuilt."""

TRACKING_LOCK = int.from_bytes(b"tracking", "big", signed=True)
"""The advisory lock held while that place is made."""


class LedgerFactory(InfrastructureFactory[TrackingRecorder]):
    """Makes the recorders of one application, on one log with one committer."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._url = self.env.get("DATABASE_URL") or ""
        if not self._url:
            raise InfrastructureFactoryError(
                "DATABASE_URL is not set: give a PostgreSQL address, or 'memory:'"
            )
        if (self.env.get("ORIGINATOR_ID_TYPE") or "text").lower() != "text":
            raise InfrastructureFactoryError("streams have names: set ORIGINATOR_ID_TYPE=text")
        self._log: Log | None = None
        self._committer: Committer | None = None
        self._tracking: list[psycopg.Connection[Any]] = []

    def application_recorder(self) -> ApplicationRecorder:
        """Return a recorder on the log. Raises what opening the database raises."""
        if self._log is None or self._committer is None:
            self._log = MemoryLog() if self._url == MEMORY else self._open()
            self._committer = Committer(self._log)
        return LedgerRecorder(self._log, self._committer)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return the same recorder for events. Raises ``InfrastructureFactoryError`` for snapshots."""
        if purpose != "events":
            raise InfrastructureFactoryError(
                f"the ledger keeps events only, no {purpose}: leave snapshotting off (IS_SNAPSHOTTING_ENABLED)"
            )
        return self.application_recorder()

    def process_recorder(self) -> NoReturn:
        """Raise ``InfrastructureFactoryError``: the log cannot record how far another application was followed."""
        raise InfrastructureFactoryError(
            "the ledger records no tracking beside events: follow the application with a projection instead"
        )

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """Return where a projection keeps its position: a view class that needs nothing, or one on PostgreSQL."""
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        if tracking_recorder_class is None and topic:
            tracking_recorder_class = resolve_topic(topic)
        if tracking_recorder_class is None:
            tracking_recorder_class = POPOTrackingRecorder if self._url == MEMORY else PostgresTracking
        if not issubclass(tracking_recorder_class, PostgresTracking):
            return tracking_recorder_class()
        connection = connect(self._url, RoleNames().projector, "library projection")
        self._tracking.append(connection)
        recorder = tracking_recorder_class(connection)
        with connection.transaction():
            # Of several that start at once, each would find nothing there and make it.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [TRACKING_LOCK])
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {TRACKING_SCHEMA}")
            connection.execute(f"SET search_path = {TRACKING_SCHEMA}")
            if connection.execute("SELECT to_regclass('tracking')").fetchall() == [(None,)]:
                recorder.create_table()
        return recorder

    def close(self) -> None:
        """Record what is waiting and give back threads and connections."""
        if self._committer is not None:
            self._committer.close()
        if self._log is not None:
            self._log.close()
        for connection in self._tracking:
            connection.close()

    def _open(self) -> Log:
        """Open the log in PostgreSQL, making its schema in a database that has none."""
        with psycopg.connect(self._url) as connection:
            ready = is_migrated(connection)
        if not ready:
            migrate(self._url)
        return PostgresLog(self._url)


class LedgerRecorder(ApplicationRecorder):
    """The library's view of a log."""

    def __init__(self, log: Log, committer: Committer) -> None:
        self._log = log
        self._committer = committer

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Record events, all or none, and return their positions.

        Raises ``IntegrityError`` where a version is taken or does not follow, ``DataError`` for what cannot be stored,
        ``OperationalError`` where the log cannot be reached or the outcome is not known.
        """
        if kwargs.get("tracking") is not None:
            raise ProgrammingError("the ledger records no tracking beside events")
        if not stored_events:
            return []
        events = [
            NewEvent(str(event.originator_id), event.originator_version, event.topic, event.state)
            for event in stored_events
        ]
        try:
            commit = Commit(uuid4(), NOBODY, datetime.now(UTC), events)
        except ValueError as mistake:
            does_not_follow = "does not follow" in str(mistake)
            raise (IntegrityError if does_not_follow else DataError)(str(mistake)) from mistake
        try:
            outcome = self._committer.append_and_wait(commit)
        except LogError as failure:
            raise OperationalError(str(failure)) from failure
        if not isinstance(outcome, Committed):
            raise IntegrityError(f"not recorded: {outcome}")
        return list(range(outcome.first_position, outcome.last_position + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return the events of a stream, between two versions, forwards or backwards."""
        [rows] = self._log.read_streams([Tail(str(originator_id), -1 if gt is None else gt)])
        events = [
            StoredEvent(row.stream, row.version, row.type, row.body)
            for row in rows
            if lte is None or row.version <= lte
        ]
        return (events[::-1] if desc else events)[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return events in the order of the log, from a position or after it, of certain topics or of all."""
        after = max(0, (start or 0) - (1 if inclusive_of_start and start else 0))
        found: list[Notification] = []
        while len(found) < limit:
            count = PAGE if topics else limit
            if stop is not None:
                count = min(count, stop - after)
            rows = self._log.read(after, count) if count > 0 else []
            found += [_notification(row) for row in rows if not topics or row.type in topics]
            if len(rows) < count or not rows:
                break
            after = rows[-1].position
        return found[:limit]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None while the log is empty."""
        return self._log.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> LedgerSubscription:
        """Return an iterator over everything beyond a position, which waits for more at the end."""
        return LedgerSubscription(self, self._log, gt, topics)


class LedgerSubscription(ListenNotifySubscription[LedgerRecorder]):
    """A subscription that is woken when the log grows."""

    def __init__(self, recorder: LedgerRecorder, log: Log, gt: int | None, topics: Sequence[str]) -> None:
        self._log = log
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listening = threading.Thread(target=self._listen, name="subscription", daemon=True)
        self._listening.start()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listening.join()

    def _listen(self) -> None:
        """Wake the puller whenever the log has grown, which is looked at whether or not it was announced."""
        seen = 0
        try:
            while not self._has_been_stopped:
                last = self._log.wait_beyond(seen, timeout_seconds=0.2)
                if last > seen:
                    seen = last
                    self._has_been_notified.set()
        except BaseException as failure:  # noqa: BLE001 - it is raised to whoever iterates
            self._thread_error = failure
            self.stop()


def _notification(row: RecordedRow) -> Notification:
    """Return a recorded event as the library knows it."""
    return Notification(
        id=row.position,
        originator_id=row.stream,
        originator_version=row.version,
        topic=row.type,
        state=row.body,
    )
