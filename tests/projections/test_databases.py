"""The same SQL runs on the oldest PostgreSQL we promise, and a reader can only read."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from psycopg import errors

from domain.milestone_events import MilestoneCompleted
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from projections.entities import national_status
from projections.health import health
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.processes import list_processes
from projections.reading import ReaderPool, reader_pool
from projections.runner import Runner
from projections.timeline import TimelineFilter, list_timeline
from tests.projections.asking import AFTER, JAL, Asked
from tests.projections.following import busy, leading
from tests.projections.histories import PLAN
from tests.waiting import eventually


def test_every_question_is_answered_on_postgresql_15(database_url_15: str) -> None:
    migrate(database_url_15)
    with closing(PostgresLog(database_url_15)) as log, closing(reader_pool(database_url_15)) as readers:
        busy(log).record(JAL, [MilestoneCompleted()], AFTER)
        runner = Runner(database_url_15, log)
        runner.rebuild()
        runner.rebuild()
        for as_of in (AsOf(None, AFTER), AsOf(log.head().position - 1, AFTER)):
            with readers.connection() as connection:
                assert len(list_milestones(connection, MilestoneFilter(), as_of).items) == len(PLAN)
                assert list_milestones(connection, MilestoneFilter(blocked=True, search="son"), as_of).items
                assert national_status(connection, as_of).total.total == len(PLAN)
                assert len(list_processes(connection, as_of).items) == 2
                assert list_timeline(connection, TimelineFilter(), as_of, newest_first=True).items
        with leading(runner):
            eventually(lambda: _is_led(readers))


def _is_led(readers: ReaderPool) -> bool:
    with readers.connection() as connection:
        return health(connection).leader_alive


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM milestones",
        "INSERT INTO tracking VALUES ('x', 1)",
        "DROP TABLE timeline",
        "CREATE TABLE mine (a int)",
    ],
)
def test_a_reader_changes_nothing(asked: Asked, statement: str) -> None:
    with (
        pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)),
        asked.reading() as connection,
    ):
        connection.execute(statement)


def test_a_reader_that_lifts_the_first_wall_meets_the_second(
    asked: Asked, readers: ReaderPool, url: str
) -> None:
    """Read-only is a setting; the role is the boundary."""
    with asked.reading() as connection:
        found = connection.execute("SELECT current_schema(), current_user").fetchone()
    assert found is not None
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET ROLE {found[1]}")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"DELETE FROM {found[0]}.milestones")  # noqa: S608 - our own name
