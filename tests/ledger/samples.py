"""Commits for the tests of the ledger: short to write, easy to tell apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from domain.event import Author
from ledger.log import Commit, NewEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHOR = Author(
    actor="u-17", post="Vocal Ejecutiva", body="INE-JAL", grant="grant/u-17/1", on_behalf_of="OPL-JAL"
)
NOON = datetime(2027, 6, 6, 18, 0, tzinfo=UTC)


def new(stream: str, version: int = 1, body: bytes = b'{"n":1}') -> NewEvent:
    """An event."""
    return NewEvent(stream, version, "Sampled.v1", body)


def commit(
    *events: NewEvent,
    command_id: UUID | None = None,
    reads: Mapping[str, int] | None = None,
    digest: bytes = b"",
    author: Author = AUTHOR,
) -> Commit:
    """A commit of these events, under a command id of its own unless one is given."""
    return Commit(command_id or uuid4(), author, NOON, events, reads or {}, digest)
