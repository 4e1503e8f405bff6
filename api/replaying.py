"""The audit of the tables pages are read from: they are told again from what was published, and compared."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.rebuilding import published_events, rebuild
from projections.digests import Digests, TableDigest, digests
from projections.reading import ReaderPool
from projections.runner import Runner
from projections.schema import current_schema

Say = Callable[[str], None]
"""Hears how it goes on."""


class AnotherVersion(Exception):
    """The tables were told by another version of the program: only the same one tells the same."""


class Difference(NamedTuple):
    """A table that is not what it is when it is told again; None where one side has none."""

    name: str
    said: TableDigest | None
    told: TableDigest | None


class Comparison(NamedTuple):
    """What the tables came to when they were told again, and those that are not what the site says."""

    told: Digests
    differences: Sequence[Difference]


def compared(folder: Path, said: Digests, say: Say) -> Comparison:
    """Return what differs between the tables a site has and those told again from a published log.

    Raises `AnotherVersion`, and as `ledger.rebuilding` does.
    """
    if said.schema_name != current_schema():
        raise AnotherVersion(
            f"The site's tables are {said.schema_name}, and this program's are {current_schema()}: "
            "install the version the site runs."
        )
    with _scratch() as url:
        told = _told(url, folder, said.position, say)
    names = sorted({*told.tables, *said.tables})
    return Comparison(
        told,
        [
            Difference(name, said.tables.get(name), told.tables.get(name))
            for name in names
            if told.tables.get(name) != said.tables.get(name)
        ],
    )


def _told(url: str, folder: Path, end: int, say: Say) -> Digests:
    """Return what the tables come to that are told from a published log up to a position."""
    migrate(url)
    began = time.monotonic()
    recorded = rebuild(
        url, published_events(folder, end), progress=lambda n: say(f"{n:,} of {end:,} entries read")
    )
    log = PostgresLog(url)
    try:
        Runner(url, log).rebuild(lambda position, _end: say(f"{position:,} of {end:,} told"))
    finally:
        log.close()
    readers = ReaderPool(url)
    try:
        with readers.connection() as connection:
            found = digests(connection)
    finally:
        readers.close()
    say(f"{recorded / (time.monotonic() - began):,.0f} entries a second, read, recorded, told and compared")
    return found


@contextmanager
def _scratch() -> Iterator[str]:
    """Lend the address of a database of a server that is gone afterwards, with all it wrote."""
    with tempfile.TemporaryDirectory(prefix="bitacora-audit-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder), settings={"fsync": "off", "full_page_writes": "off"})
        server.start()
        try:
            yield server.dsn()
        finally:
            server.stop("immediate")
