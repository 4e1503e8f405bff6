"""A history is written and then asked about, as the API would."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from ledger.log import Log
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, get_milestone, list_milestones
from projections.moment import AsOf
from projections.reading import ReaderPool
from projections.runner import Runner
from tests.projections.histories import FEDERAL, History

BEFORE, AFTER = datetime(2027, 3, 11, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)
"""An instant before F001 is due, and one after (its day ends at 24:00 of 12 March, six hours later in UTC)."""

F001 = f"milestone/{FEDERAL}/F001"
JAL = f"milestone/{FEDERAL}/F002-JAL"


class Asked:
    """A written history, and how milestones stand in it."""

    def __init__(self, url: str, log: Log, readers: ReaderPool) -> None:
        self.written = History(log).open()
        self._runner = Runner(url, log)
        self._readers = readers

    def reading(self) -> AbstractContextManager[Connection[Any]]:
        """Lend a connection that has been told everything."""
        self._runner.catch_up()
        return self._readers.connection()

    def milestone(
        self, process: str, id_: str, at: datetime = AFTER, position: int | None = None
    ) -> MilestoneRow:
        """Return a milestone that has to be there."""
        with self.reading() as connection:
            found = get_milestone(connection, process, id_, AsOf(position, at))
        assert found is not None
        return found

    def listed(self, at: datetime = AFTER, **where: Any) -> list[str]:
        """Return the ids of a filtered list."""
        with self.reading() as connection:
            return [
                row.id for row in list_milestones(connection, MilestoneFilter(**where), AsOf(None, at)).items
            ]
