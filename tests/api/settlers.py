"""Settlers at work while a test looks on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from api.database import Resources
from api.settling import NAME, Settler
from ledger.place import place_of
from tests.waiting import eventually


@contextmanager
def settling(resources: Resources) -> Iterator[None]:
    """Let a settler run meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=Settler(resources).run, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def settled(resources: Resources) -> None:
    """Wait until a settler has looked through all that is recorded, what it records itself as well."""
    head = resources.ledger.log.head
    # The head is read first: what follows from an event is recorded before the settler goes on past it.
    eventually(lambda: head().position <= (place(resources.database_url) or 0))


def place(database_url: str) -> int | None:
    """Return how far the settler is."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        return place_of(connection, NAME)
