"""What the application works with, over a test database and on the tests' clock: one home for its API and its pages."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from api.database import Resources, open_resources
from api.settings import Settings
from ledger.migrate import migrate

MAX_REQUESTS = 200
"""More at once than any test sends, but for those about too many."""


_FOLDERS = TemporaryDirectory(prefix="bitacora-folders-")
"""Gone when the tests end; two folders in it for each database: its documents, and the keys of its people."""


def people_folder(database_url: str) -> Path:
    """Return where the keys of a database's people are, for a process of its own (``BITACORA_PEOPLE``)."""
    return _folder(database_url, "people")


def _folder(database_url: str, what: str) -> Path:
    return Path(_FOLDERS.name, what, hashlib.sha256(database_url.encode()).hexdigest()[:16])


def resources_at(database_url: str, origin: str, now: datetime) -> Resources:
    """Return resources over a database, whose clock stands still."""
    settings = Settings(
        database_url=SecretStr(database_url),
        unsafe_durability=True,
        origin=origin,
        max_requests=MAX_REQUESTS,
        documents=_folder(database_url, "documents"),
        people=people_folder(database_url),
    )
    return open_resources(settings, clock=lambda: now)


def record_and_tell(
    database_url: str, origin: str, now: datetime, begin: Callable[[Resources], Coroutine[Any, Any, None]]
) -> None:
    """Make the log in an empty database, record what ``begin`` does, and tell it."""
    migrate(database_url)
    resources = resources_at(database_url, origin, now)
    asyncio.run(begin(resources))
    resources.projector().catch_up()
    resources.close()
