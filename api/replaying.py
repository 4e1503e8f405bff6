"""The audit of the tables pages are read from: they are told again from what was published, and compared."""

from __future__ import annotations

import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from api.published_digests import PublishedDigests
from ledger.checkpoint import parse_checkpoint
from ledger.embedded import EmbeddedPostgres
from ledger.merkle import root
from ledger.migrate import migrate
from ledger.note import parse_note
from ledger.postgres import PostgresLog
from ledger.publishing import CHECKPOINT, TILES
from ledger.rebuilding import published_events, rebuild
from ledger.tiles import WIDTH, Tile, hashes_from
from projections.digests import Digests, TableDigest, digests
from projections.reading import ReaderPool
from projections.runner import Runner
from projections.schema import current_schema

Say = Callable[[str], None]
"""Hears how it goes on."""


class AnotherVersion(Exception):
    """The tables were told by another version of the program: only the same one tells the same."""


class AnotherHistory(Exception):
    """The site says that its tables tell of another log, or of another history of it, than was published."""


class Difference(NamedTuple):
    """A table that is not what it is when it is told again; None where one side has none."""

    name: str
    said: TableDigest | None
    told: TableDigest | None

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name}: {_words(self.said)} at the site, {_words(self.told)} told again"


def _words(table: TableDigest | None) -> str:
    return f"{table.rows:,} rows ({table.sha256[:12]})" if table else "no table"


class Comparison(NamedTuple):
    """What the tables came to when they were told again, and those that are not what the site says."""

    told: Digests
    differences: Sequence[Difference]


def compared(folder: Path, said: PublishedDigests, say: Say) -> Comparison:
    """Return what differs between the tables a site has and those told again from a published log.

    Raises `AnotherVersion`, `AnotherHistory`, and as `ledger.rebuilding` does.
    """
    if said.schema_name != current_schema():
        raise AnotherVersion(
            f"The site's tables are {said.schema_name}, and this program's are {current_schema()}: "
            "install the version the site runs."
        )
    _refuse_another_history(folder, said)
    with scratch_server() as server:
        told = told_again(server.dsn(), folder, said.position, say)
    names = sorted({*told.tables, *said.tables})
    return Comparison(
        told,
        [
            Difference(name, said.tables.get(name), told.tables.get(name))
            for name in names
            if told.tables.get(name) != said.tables.get(name)
        ],
    )


def _refuse_another_history(folder: Path, said: PublishedDigests) -> None:
    """Hold the root a site names with its digests against the published tree. What it does not name is not held."""
    published = parse_checkpoint(parse_note((folder / CHECKPOINT).read_bytes()).text)
    if said.origin and said.origin != published.origin:
        raise AnotherHistory(
            f"The site's tables tell of the log '{said.origin}', and the published one is '{published.origin}'."
        )
    if said.position > published.size:
        raise AnotherHistory(
            f"The site's tables tell of {said.position:,} entries, and {published.size:,} are published"
        )
    if not said.root:
        return

    def read(tile: Tile) -> bytes:
        # As wide as the published log has it: what is asked for is a part of that.
        width = min(WIDTH, (published.size >> (8 * int(tile.kind))) - tile.number * WIDTH)
        return (folder / TILES / Tile(tile.kind, tile.number, width).path).read_bytes()

    if b64encode(root(said.position, hashes_from(read))).decode() != said.root:
        raise AnotherHistory(
            f"The site's tables tell of another history of the first {said.position:,} entries than was published. "
            "Keep both: the site contradicts itself."
        )


def told_again(url: str, folder: Path, end: int, say: Say) -> Digests:
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
def scratch_server() -> Iterator[EmbeddedPostgres]:
    """Lend a server that is gone afterwards, with all it wrote."""
    with tempfile.TemporaryDirectory(prefix="bitacora-audit-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder), settings={"fsync": "off", "full_page_writes": "off"})
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
