"""From settings to a running database, and what the program needs of it: the one place where all is put together.

The application, the command line and the tests build their `Resources` here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from api.log_end import LogEnd
from api.logs import log
from api.settings import Settings
from domain.log import LOG, LOG_STREAM, Log
from ledger.connect import connect
from ledger.desk import Desk
from ledger.documents import DocumentFolder
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger, recorded_event
from ledger.log import Tail
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.server import require_durability
from ledger.signed_log import SignedLog
from projections.reading import ReaderPool, reader_pool
from projections.runner import Runner

Clock = Callable[[], datetime]


class NotMigrated(Exception):
    """The database has no log yet: run ``bitacora migrate`` first, once."""


def now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Resources:
    """What a request or a command works with. `close` gives it all back."""

    settings: Settings
    database_url: str
    ledger: Ledger
    readers: ReaderPool
    desk: Desk
    log_end: LogEnd
    documents: DocumentFolder
    signed_log: SignedLog
    clock: Clock = now
    _identity: Log = field(default_factory=Log)

    def identity(self) -> Log:
        """Return what the log is called and whether it is simulated; not ``started`` while it is empty."""
        if not self._identity.started:
            state = LOG.initial
            for stored in self.ledger.log.read_streams([Tail(LOG_STREAM)])[0]:
                state = LOG.evolve(state, *recorded_event(stored))
            self._identity = state
        return self._identity

    @property
    def desk_url(self) -> str:
        """Where the desk is."""
        own = self.settings.desk_database_url
        return own.get_secret_value() if own else self.database_url

    def projector(self) -> Runner:
        """Return a projector of this log."""
        own = self.settings.projector_database_url
        url = own.get_secret_value() if own else self.database_url
        return Runner(url, self.ledger.log, roles=self.settings.roles)

    def close(self) -> None:
        """Record what is waiting, then give back threads and connections."""
        self.log_end.close()
        self.desk.close()
        self.signed_log.close()
        self.readers.close()
        self.ledger.close()


def open_resources(settings: Settings, *, clock: Clock = now) -> Resources:
    """Return everything, working.

    Raises `ledger.binaries.ClusterError`, `ledger.server.UnsafeServer`, `NotMigrated` and
    ``psycopg.OperationalError``, each in a sentence that says what to do.
    """
    database_url = running_database(settings)
    _refuse_unfit(database_url, settings)
    own = settings.reader_database_url
    reader_url = own.get_secret_value() if own else database_url
    own = settings.desk_database_url
    desk_url = own.get_secret_value() if own else database_url
    recorded = PostgresLog(
        database_url,
        reader_url=reader_url,
        roles=settings.roles,
        unsafe_durability=settings.unsafe_durability,
    )
    resources = Resources(
        settings=settings,
        database_url=database_url,
        ledger=Ledger(recorded),
        readers=reader_pool(reader_url, settings.roles, max_size=settings.reader_pool_size),
        desk=Desk(desk_url, settings.people_folder, settings.roles),
        log_end=LogEnd(recorded),
        documents=DocumentFolder(settings.documents_folder),
        signed_log=SignedLog(reader_url, settings.roles),
        clock=clock,
    )
    try:
        resources.log_end.start()
        resources.documents.clean()
    except BaseException:
        resources.close()
        raise
    return resources


def running_database(settings: Settings) -> str:
    """Return the address of the database: the one that is set, or the embedded one, started and migrated."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    cluster = EmbeddedPostgres(settings.home)
    cluster.start()
    address = cluster.dsn()
    # Nobody but this program looks after the embedded database. A server of somebody's is migrated on purpose.
    migrate(address, settings.roles)
    return address


def _refuse_unfit(database_url: str, settings: Settings) -> None:
    """Refuse a server that may lose what is acknowledged, and a database without a log."""
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute("SELECT to_regprocedure('ledger.refuse_to_change_the_past()')").fetchone()
        if row is None or row[0] is None:
            raise NotMigrated(NotMigrated.__doc__)
    with connect(database_url, settings.roles.committer, "readiness") as connection:
        for warning in require_durability(connection, unsafe=settings.unsafe_durability):
            log.warning("unsafe_durability", warning=warning)
