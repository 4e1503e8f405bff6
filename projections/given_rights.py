"""Which event of the log gave the right that something was done under?"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from domain.client import ClientRegistered
from domain.grant import GrantGiven
from domain.token import TokenIssued
from ledger.codec import UnknownEvent, UnreadableEvent, decode
from projections.page import Row


class GivenRight(Row):
    """A right as the log says that it was given: to a person or a system."""

    position: int
    """Where the log says so."""
    type: str
    """``GrantGiven``, ``TokenIssued`` or ``ClientRegistered``."""
    instrument: str | None
    """The appointment, the agreement or the letter that gives it; a system's key has none."""


def find_right(connection: Connection[Any], grant: str) -> GivenRight | None:
    """Return how the right ``grant`` (``person/p-0f3a…#g1``, ``token/0f3a…``) was given; None where no event says it.

    What the console and the settler record, they record under no right that was given.
    """
    stream, _, number = grant.partition("#g")
    rows = connection.execute(
        "SELECT position, type, body FROM ledger.events WHERE stream = %s ORDER BY version", [stream]
    )
    for position, type_, body in rows:
        try:
            event = decode(type_, body)
        except (UnknownEvent, UnreadableEvent):
            continue
        told = type_.partition(".")[0]
        if isinstance(event, TokenIssued | ClientRegistered):
            return GivenRight(position=position, type=told, instrument=None)
        if isinstance(event, GrantGiven) and str(event.number) == number:
            return GivenRight(position=position, type=told, instrument=event.instrument)
    return None
