"""One batch is told in one transaction, exactly once; an event at fault is set aside, and the rest goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection, Cursor

from ledger.log import LogError, StoredEvent
from ledger.tracking import MovedOn, PostgresTracking
from projections import projections
from projections.fold import Batch
from projections.projection import Projection
from projections.share import WHOLE, Share

QUARANTINE = """
CREATE TABLE quarantine (
    projection text        NOT NULL,
    position   bigint      NOT NULL,
    stream     text        NOT NULL,
    type       text        NOT NULL,
    error      text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (position, projection)
);
"""

FOLD = "fold"
"""Named in the quarantine where an event could not be decoded or folded at all: no projection was told of it."""

logger = logging.getLogger(__name__)


def tell(
    connection: Connection[Any],
    batch: Batch,
    believed: int,
    told: Sequence[Projection] | None = None,
    share: Share = WHOLE,
) -> None:
    """Write what a batch changes, and the new position, in one transaction.

    ``believed`` is the position before it. Raises `ledger.tracking.MovedOn` where somebody else has told it,
    and what the database raises when it fails; nothing is written then. ``told`` are the projections, all of them
    unless said otherwise; ``share`` is what the batch is of.
    """
    told = projections() if told is None else told
    try:
        _tell_together(connection, batch, believed, told, share)
    except Exception as failure:
        if not _is_fault_of_an_event(failure):
            raise
        _tell_carefully(connection, batch, believed, told, share)


def _tell_together(
    connection: Connection[Any], batch: Batch, believed: int, told: Sequence[Projection], share: Share
) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        PostgresTracking(connection).advance(share.name, believed, batch.position)
        for failure in batch.failures:
            _set_aside(cursor, FOLD, failure.stored, failure.reason)
        for projection in told:
            projection.tell(cursor, batch)


def _tell_carefully(
    connection: Connection[Any], batch: Batch, believed: int, told: Sequence[Projection], share: Share
) -> None:
    """Write a batch of which some event is at fault: each projection by itself, halved until the event is found."""
    with connection.transaction(), connection.cursor() as cursor:
        PostgresTracking(connection).advance(share.name, believed, batch.position)
        for failure in batch.failures:
            _set_aside(cursor, FOLD, failure.stored, failure.reason)
        for projection in told:
            _bisect(connection, cursor, projection, batch)


def _bisect(connection: Connection[Any], cursor: Cursor[Any], projection: Projection, batch: Batch) -> None:
    """Let one projection write what it can of a batch."""
    try:
        with connection.transaction():
            projection.tell(cursor, batch)
    except Exception as failure:
        if not _is_fault_of_an_event(failure):
            raise
        steps = batch.all_steps()
        if len(steps) > 1:
            for half in batch.halves():
                _bisect(connection, cursor, projection, half)
            return
        _set_aside(cursor, projection.name, steps[0].stored, f"{type(failure).__name__}: {failure}")


def _is_fault_of_an_event(failure: Exception) -> bool:
    """Tell what an event may cause (its values, or our reading of them) from a database or a log that fails."""
    if isinstance(failure, psycopg.Error):
        return isinstance(failure, psycopg.DataError | psycopg.IntegrityError)
    return not isinstance(failure, MovedOn | LogError | OSError | MemoryError)


def _set_aside(cursor: Cursor[Any], projection: str, stored: StoredEvent, reason: str) -> None:
    """Keep what could not be told, and say so loudly."""
    logger.error(
        "event %d (%s of %s) set aside by %s: %s",
        stored.position,
        stored.type,
        stored.stream,
        projection,
        reason,
    )
    cursor.execute(
        "INSERT INTO quarantine (projection, position, stream, type, error) VALUES (%s, %s, %s, %s, %s)",
        [projection, stored.position, stored.stream, stored.type, reason.replace("\0", "�")],
    )
