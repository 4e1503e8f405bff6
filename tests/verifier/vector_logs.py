"""The test vectors of whole logs: of tiles, bundles, entries, and of what was known before."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ledger.entry import entry
from ledger.log import StoredEvent
from ledger.tiles import Tile, bundle, entries_of
from tests.verifier.published import (
    KEY,
    ORIGIN,
    Files,
    checkpoint_of,
    event,
    published,
    sample_entries,
    sample_events,
)

SIZE = 260
BUNDLE, LAST_BUNDLE = "tile/entries/000", "tile/entries/001.p/4"
LEAVES, UPPER = "tile/0/000", "tile/1/000.p/1"
BASE = "07-log-of-260-entries"
"""The vector whose files the others change."""

Vector = dict[str, Any]


def path_vectors() -> Iterator[Vector]:
    """Step 6: where tiles and bundles are."""
    for level, number, width in (
        (0, 0, 256),
        (0, 999, 7),
        (1, 1000, 256),
        (2, 1234067, 1),
        ("entries", 67890, 255),
    ):
        kind = "entries" if level == "entries" else int(level)
        yield {
            "name": f"path-of-{level}-{number}-{width}", "about": "where a tile or a bundle is",
            "step": 6, "check": "path",
            "given": {"level": level, "number": number, "width": width},
            "expected": f"tile/{Tile(kind, number, width).path}",  # type: ignore[arg-type] # 'entries' or a number
        }  # fmt: skip


def whole(files: Files, held: bytes | None = None) -> dict[str, Any]:
    """A log that is given whole."""
    return {
        "vkeys": [KEY.public.vkey],
        "held": [base64.b64encode(held).decode()] if held else [],
        "files": {path: base64.b64encode(content).decode() for path, content in files.items()},
    }


def refused(step: int, words: str, given: dict[str, Any], first: int, last: int) -> Vector:
    """A log that has to be refused, and the positions that are in question."""
    name, _, what = words.partition(": ")
    expected = {"refused": True, "first_position": first, "last_position": last}
    return {
        "name": f"log-{name}",
        "about": what,
        "step": step,
        "check": "log",
        "given": given,
        "expected": expected,
    }


def log_vectors() -> Iterator[Vector]:
    """Steps 6 to 13."""
    yield from path_vectors()
    good = {"size": SIZE}
    yield {
        "name": BASE[3:], "about": "a log that is as it says", "step": 7, "check": "log",
        "given": whole(published(sample_entries(SIZE))), "expected": good,
    }  # fmt: skip
    yield {
        "name": "log-continues", "about": "it continues a checkpoint of 100 entries", "step": 11, "check": "log",
        "given": {"base": BASE, "changed": {}, "held": [base64.b64encode(checkpoint_of(sample_entries(100))).decode()]},
        "expected": good,
    }  # fmt: skip
    yield from file_vectors()
    yield from claim_vectors()


def file_vectors() -> Iterator[Vector]:
    """Steps 5 to 11: files that were changed, against what was signed or is held."""
    yield from bundle_vectors()
    files, anew = published(sample_entries(SIZE)), changed_history()
    pair, every = (
        {path: anew[path] for path in (BUNDLE, LEAVES)},
        {path: anew[path] for path in (BUNDLE, LEAVES, UPPER)},
    )
    for step, words, change, first, last in (
        (8, "without-a-tile: every tile has to be there", {LEAVES: None}, 1, 256),
        (8, "with-a-tile-cut-short: a tile is whole", {LEAVES: files[LEAVES][:-32]}, 1, 256),
        (8, "with-a-leaf-a-bit-off: an entry's hash is in the tile", {LEAVES: files[LEAVES][:-1] + b"\0"}, 256, 256),
        (9, "with-a-bundle-and-its-tile-changed: the tile above has another hash", pair, 1, 256),
        (9, "without-an-upper-tile: every tile has to be there", {UPPER: None}, 1, 256),
        (10, "with-all-its-files-changed: the signed root is another", every, 1, SIZE),
    ):  # fmt: skip
        yield of_files(step, words, change, first, last)
    held, short = checkpoint_of(sample_entries(100)), published(sample_entries(20))
    yield refused(11, "with-another-past: it does not continue what is held", whole(anew, held), 1, 100)
    yield refused(5, "that-went-back: it is shorter than what is held", whole(short, held), 21, 100)


def bundle_vectors() -> Iterator[Vector]:
    """Steps 7 and 8: bundles."""
    files = published(sample_entries(SIZE))
    last, first = files[LAST_BUNDLE], files[BUNDLE]
    entries = list(entries_of(first))
    swapped = bundle([*entries[:20], entries[21], entries[20], *entries[22:]])
    less = bundle(entries_of(last)[:-1])
    off = first.replace(b'"n":33}', b'"n":32}')
    yield of_files(7, "without-a-bundle: every bundle has to be there", {LAST_BUNDLE: None}, 257, 260)
    for step, words, change, position in (
        (7, "with-a-bundle-cut-short: a bundle is whole", {LAST_BUNDLE: last[:-1]}, 260),
        (7, "with-a-byte-more: nothing stands after the last entry", {LAST_BUNDLE: last + b"\0"}, 260),
        (7, "with-an-entry-of-no-bytes: no entry is empty", {LAST_BUNDLE: b"\0\0" + last}, 257),
        (7, "with-an-entry-less: a bundle has as many as it says", {LAST_BUNDLE: less}, 260),
        (8, "with-an-entry-a-bit-off: an entry's hash is in the tile", {BUNDLE: off}, 33),
        (8, "with-entries-swapped: an entry's place is part of the tree", {BUNDLE: swapped}, 21),
    ):  # fmt: skip
        yield of_files(step, words, change, position, position)


def of_files(step: int, words: str, change: Mapping[str, bytes | None], first: int, last: int) -> Vector:
    """The good log with some files changed, and those that are None removed."""
    packed = {
        path: None if content is None else base64.b64encode(content).decode()
        for path, content in change.items()
    }
    return refused(step, words, {"base": BASE, "held": [], "changed": packed}, first, last)


def changed_history() -> Files:
    """The files of a log with another entry at position 50, hashed and signed anew."""
    events = sample_events(SIZE)
    events[49] = events[49]._replace(body=b'{"n":51}')
    return published([entry(each, ORIGIN) for each in events])


def claim_vectors() -> Iterator[Vector]:
    """Steps 12 and 13: logs that were hashed and signed in order, whose entries are not as they must be."""
    one = sample_entries(9)[5]
    late = event(6, "late", 1, b"{}")
    late = late._replace(recorded_at=late.recorded_at - timedelta(seconds=2))
    other = b'{"origin":"another.example/log","simulated":true,"tzdata":""}'
    for step, words, position, made in (
        (12, "with-a-space-in-an-entry: an entry has no spaces", 6, one.replace(b',"data"', b', "data"')),
        (12, "with-a-name-twice: no name stands twice", 6, one.replace(b'{"n":6}', b'{"n":5,"n":6}')),
        (12, "with-a-fraction: there are none", 6, one.replace(b'{"n":6}', b'{"n":6.5}')),
        (12, "with-an-entry-of-another-log: its source is this log", 6, one.replace(b"/2027", b"/2028")),
        (12, "with-another-id: it is stream and version", 6, one.replace(b'id":"milestone/J', b'id":"milestone/S')),
        (12, "with-an-instant-that-is-none: instants exist", 6, one.replace(b"-04T15", b"-04T25", 1)),
        (12, "with-a-line-end: nothing stands after an entry", 6, one + b"\n"),
        (12, "with-an-entry-that-is-not-utf-8: an entry is UTF-8", 6, one.replace(b"Vocal", b"Voc\xe1l")),
        (13, "with-a-version-passed-over: they are 1, 2, 3 …", 6, made_of(event(6, "milestone/JAL/F0", 3, b"{}"))),
        (13, "with-a-version-twice: they are 1, 2, 3 …", 6, made_of(event(6, "milestone/JAL/F0", 1, b"{}"))),
        (13, "with-time-that-runs-back: none was recorded before the one it follows", 6, made_of(late)),
        (13, "that-was-not-begun: the first entry begins it", 1, made_of(event(1, "log", 1, other, "LogStarted.v1"))),
    ):  # fmt: skip
        entries = sample_entries(9)
        entries[position - 1] = made
        yield refused(step, words, whole(published(entries)), position, position)


def made_of(stored: StoredEvent) -> bytes:
    """Its entry."""
    return entry(stored, ORIGIN)
