"""Work beside the log that one process does at a time: of any number, one leads and the others stand by."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection
from psycopg_pool import PoolTimeout

from api.database import Resources
from api.logs import failure, log
from ledger.connect import connect
from ledger.desk.leaders import begins_to_lead
from ledger.log import LogError
from projections.reading import NotReady

STANDBY_SECONDS = 1.0
"""How often one that stands by looks whether the leader is gone."""
AGAIN_SECONDS = 2.0
"""How long to wait before beginning again after something failed."""

Work = Callable[[Connection[Any], threading.Event], None]
"""What the leader does until the event is set, with its own connection to the desk."""


def lead(resources: Resources, name: str, stop: threading.Event, work: Work) -> None:
    """Do some work whenever nobody else does, until ``stop`` is set.

    A failing database is waited for. So is a mistake of ours, loudly: telling others must never end the program.
    """
    while not stop.is_set():
        try:
            with connect(resources.desk_url, resources.settings.roles.desk, name) as connection:
                if _leads(connection, name, stop):
                    work(connection, stop)
        except (psycopg.Error, PoolTimeout, LogError, NotReady) as failing:
            log.warning("follower_begins_again", projection=name, error=type(failing).__qualname__)
            stop.wait(AGAIN_SECONDS)
        except Exception as mistake:  # noqa: BLE001 - said with where it arose, and tried again
            log.error("follower_failed", projection=name, **failure(mistake))
            stop.wait(AGAIN_SECONDS)


def _leads(connection: Connection[Any], name: str, stop: threading.Event) -> bool:
    """Wait until this one leads. The lock goes with the connection: who loses one loses both."""
    while not stop.is_set():
        if begins_to_lead(connection, name):
            return True
        stop.wait(STANDBY_SECONDS)
    return False
