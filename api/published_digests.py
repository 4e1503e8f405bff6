"""What the site's tables come to, published beside the log, so that anybody can tell them again and compare.

A digest is of one position of one log: the root of the tree over the entries up to there says of which history. It is
no signature: whoever replays the log needs none, and whoever wants to hold the site to it keeps the file.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode

from pydantic import ValidationError

from api.checkpoint_state import last_signed
from api.database import Resources
from api.problems import Problem
from ledger.checkpoint import parse_checkpoint
from ledger.note import parse_note
from projections.digests import Digests, digests

FILE = "digests.json"
"""Where it is, from the log's address on."""

SHARE = 100
"""They are told again at the earliest after so many times as long as it took: it costs a hundredth of a processor."""
SHORTEST_SECONDS = 5.0
SIGNED_WITHIN_SECONDS = 10.0
LOOK_SECONDS = 0.2


class PublishedDigests(Digests):
    """What the tables come to, and of which history."""

    origin: str = ""
    """The log's name; empty where it is not said."""
    root: str = ""
    """The root of the tree over the entries up to the position, in base64; empty where it is not said."""


class NotDigests(ValueError):
    """A file is not what a site says of its tables. The message says what is wrong."""


def read_digests(file: bytes) -> PublishedDigests:
    """Read such a file. Raises `NotDigests`."""
    try:
        return PublishedDigests.model_validate_json(file)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        raise NotDigests(f"{FILE} is not what a site says of its tables: {where} is wrong.") from error


class KeptDigests:
    """The digests a server gives: made by one request at a time, and given again for a while."""

    def __init__(self) -> None:
        self._making = threading.Lock()
        self._made: tuple[float, bytes] | None = None

    def file(self, resources: Resources) -> bytes:
        """Return the file. Raises a `Problem` as `published_digests` does, or (503) while the first is being made."""
        kept = self._made
        if kept and time.monotonic() < kept[0]:
            return kept[1]
        if not self._making.acquire(blocking=False):
            if kept:
                return kept[1]
            raise _not_yet(5)
        try:
            began = time.monotonic()
            file = published_digests(resources).model_dump_json(indent=1).encode()
            now = time.monotonic()
            self._made = (now + max(SHORTEST_SECONDS, SHARE * (now - began)), file)
        finally:
            self._making.release()
        return file


def published_digests(resources: Resources) -> PublishedDigests:
    """Return what the tables come to, once the log is signed as far as they tell.

    Raises a `Problem`: 404 while nothing is signed, 503 where signing does not come that far within seconds.
    """
    last_signed(resources)
    with resources.readers.connection() as connection:
        found = digests(connection)
    until = time.monotonic() + SIGNED_WITHIN_SECONDS
    while (signed := last_signed(resources)).size < found.position:
        if time.monotonic() > until:
            raise _not_yet(60)
        time.sleep(LOOK_SECONDS)
    root = resources.signed_log.root(found.position)
    origin = parse_checkpoint(parse_note(signed.note).text).origin
    return PublishedDigests(**dict(found), origin=origin, root=b64encode(root).decode())


def _not_yet(seconds: int) -> Problem:
    return Problem(
        503,
        "digests-not-made",
        es="Las huellas de las tablas se están calculando, o la firma va atrasada. Pídelas otra vez en un momento.",
        en="The digests of the tables are being made, or the log's signing is behind. Ask for them in a moment.",
        headers={"Retry-After": str(seconds)},
    )
