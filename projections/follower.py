"""A follower reads the log in order, folds it and tells it, one batch after the other."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from ledger.log import Log, LogError
from ledger.tracking import PostgresTracking
from projections.fold import Folding
from projections.projection import Projection
from projections.share import WHOLE, Share
from projections.telling import tell

BATCH_EVENTS = 5_000
"""How many events are told in one transaction when there are so many; live, there are a few."""


Progress = Callable[[int, int], None]
"""Hears the position that is told and the one to be reached."""


class GapInLog(LogError):
    """The log did not give the position after the last one: it is gapless, so something is badly wrong."""


class Follower:
    """One generation's tables and how far they have come. The connection's first schema is the generation.

    ``share`` is the part of the log it tells; of the rest it only counts the positions.
    """

    def __init__(
        self,
        connection: Connection[Any],
        log: Log,
        *,
        batch_events: int = BATCH_EVENTS,
        told: Sequence[Projection] | None = None,
        share: Share = WHOLE,
    ) -> None:
        self._connection = connection
        self._log = log
        self._batch_events = batch_events
        self._told = told
        self._share = share
        self._folding = Folding(log, share)
        self.position = 0
        """The last position that is told."""
        self.begin()

    def begin(self) -> None:
        """Go on from where the tables are, whatever was believed."""
        self._folding.forget_all()
        self.position = PostgresTracking(self._connection).max_tracking_id(self._share.name) or 0

    def catch_up(self, progress: Progress | None = None) -> int:
        """Tell all that is recorded, and return the position reached."""
        with garbage_collection_paused():
            while self._advance(self._batch_events):
                if progress:
                    progress(self.position, self._log.head().position)
        return self.position

    def tell_next(self) -> int:
        """Tell the next batch, and return of how many commands it was: 0 where nothing more is recorded."""
        with garbage_collection_paused():
            return self._advance(self._batch_events)

    def tell_up_to(self, position: int) -> None:
        """Tell all up to a position or the log's end, within the caller's transaction if there is one."""
        while self.position < position and self._advance(min(self._batch_events, position - self.position)):
            pass

    def _advance(self, limit: int) -> int:
        """Tell the next batch, and return of how many commands it was."""
        events = self._log.read(self.position, limit)
        if not events:
            return 0
        if events[0].position != self.position + 1:
            raise GapInLog(f"the log gives no position {self.position + 1}")
        try:
            batch = self._folding.fold(events)
            tell(self._connection, batch, self.position, self._told, self._share)
        except BaseException:
            # What is folded is not what is written: the next attempt begins with the tables.
            self._folding.forget_all()
            raise
        self.position = batch.position
        return len({stored.command_id for stored in events})


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Let no cycles be searched for while batches make millions of objects that hold none.

    All kept states would be looked through again and again: measured, two thirds of a rebuild's time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
