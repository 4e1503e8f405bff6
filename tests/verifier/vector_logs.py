"""The test vectors of whole logs: of tiles, bundles, entries, and of what was known before."""

from __future__ import annotations

import base64
from collections.abc import Iterator
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


def refused(
    step: int, name: str, what: str, given: dict[str, Any], first: int, last: int | None = None
) -> Vector:
    """A log that has to be refused, and the positions that are in question."""
    expected = {"refused": True, "first_position": first, "last_position": last or first}
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
    """Steps 7 to 11: files that were changed, against what was signed or is held."""
    files = published(sample_entries(SIZE))
    entries = list(entries_of(files[BUNDLE]))
    other = [entry(each, ORIGIN) for each in changed(50, body=b'{"n":51}')]
    anew = published(other)
    swapped = bundle([*entries[:20], entries[21], entries[20], *entries[22:]])

    def of(
        step: int, name: str, what: str, change: dict[str, bytes | None], first: int, last: int | None = None
    ) -> Vector:
        given = {"base": BASE, "held": [], "changed": {
            path: None if content is None else base64.b64encode(content).decode() for path, content in change.items()
        }}  # fmt: skip
        return refused(step, name, what, given, first, last)

    yield of(7, "without-a-bundle", "every bundle has to be there", {LAST_BUNDLE: None}, 257, 260)
    yield of(7, "with-a-bundle-cut-short", "a bundle is whole", {LAST_BUNDLE: files[LAST_BUNDLE][:-1]}, 260)
    yield of(
        7,
        "with-a-byte-more",
        "nothing stands after the last entry",
        {LAST_BUNDLE: files[LAST_BUNDLE] + b"\0"},
        260,
    )
    yield of(
        7, "with-an-entry-of-no-bytes", "no entry is empty", {LAST_BUNDLE: b"\0\0" + files[LAST_BUNDLE]}, 257
    )
    yield of(
        7,
        "with-an-entry-less",
        "a partial bundle has as many entries as it says",
        {LAST_BUNDLE: bundle(entries_of(files[LAST_BUNDLE])[:-1])},
        260,
    )
    yield of(8, "without-a-tile", "every tile has to be there", {LEAVES: None}, 1, 256)
    yield of(8, "with-a-tile-cut-short", "a tile is whole", {LEAVES: files[LEAVES][:-32]}, 1, 256)
    yield of(
        8,
        "with-an-entry-a-bit-off",
        "an entry's hash is in the tile",
        {BUNDLE: files[BUNDLE].replace(b'"n":33}', b'"n":32}')},
        33,
    )
    yield of(
        8,
        "with-a-leaf-a-bit-off",
        "an entry's hash is in the tile",
        {LEAVES: files[LEAVES][:-1] + b"\0"},
        256,
    )
    yield of(8, "with-entries-swapped", "an entry's place is part of the tree", {BUNDLE: swapped}, 21)
    yield of(
        9,
        "with-a-bundle-and-its-tile-changed",
        "the tile above has another hash",
        {path: anew[path] for path in (BUNDLE, LEAVES)},
        1,
        256,
    )
    yield of(9, "without-an-upper-tile", "every tile has to be there", {UPPER: None}, 1, 256)
    yield of(
        10,
        "with-all-its-files-changed",
        "the signed root is another",
        {path: anew[path] for path in (BUNDLE, LEAVES, UPPER)},
        1,
        SIZE,
    )
    held = checkpoint_of(sample_entries(100))
    yield refused(
        11,
        "with-another-past",
        "signed anew, it does not continue the checkpoint that is held",
        whole(anew, held),
        1,
        100,
    )
    yield refused(
        5,
        "that-went-back",
        "it is shorter than the checkpoint that is held",
        whole(published(sample_entries(20)), held),
        21,
        100,
    )


def changed(position: int, **columns: object) -> list[StoredEvent]:
    """The sample's events, one of them changed."""
    return [
        each._replace(**columns) if each.position == position else each  # type: ignore[arg-type] # columns by name
        for each in sample_events(SIZE)
    ]


def claim_vectors() -> Iterator[Vector]:
    """Steps 12 and 13: logs that were hashed and signed in order, whose entries are not as they must be."""
    good = sample_entries(9)
    late = event(6, "late", 1, b"{}")

    def of(step: int, name: str, what: str, position: int, made: bytes) -> Vector:
        entries = [*good[: position - 1], made, *good[position:]]
        return refused(step, name, what, whole(published(entries)), position)

    one = good[5]
    yield of(
        12, "with-a-space-in-an-entry", "an entry has no spaces", 6, one.replace(b',"data"', b', "data"')
    )
    yield of(12, "with-a-name-twice", "no name stands twice", 6, one.replace(b'{"n":6}', b'{"n":5,"n":6}'))
    yield of(12, "with-a-fraction", "there are no fractions", 6, one.replace(b'{"n":6}', b'{"n":6.5}'))
    yield of(12, "with-an-entry-of-another-log", "its source is this log", 6, one.replace(b"/2027", b"/2028"))
    yield of(
        12,
        "with-another-id",
        "its id is its stream and version",
        6,
        one.replace(b'"id":"milestone/JAL', b'"id":"milestone/SON'),
    )
    yield of(
        12,
        "with-an-instant-that-is-none",
        "its instants exist",
        6,
        one.replace(b"2027-01-04T15", b"2027-01-04T25", 1),
    )
    yield of(12, "with-a-line-end", "nothing stands after an entry", 6, one + b"\n")
    yield of(
        12, "with-an-entry-that-is-not-utf-8", "an entry is UTF-8", 6, one.replace(b"Vocal", b"Voc\xe1l")
    )
    yield of(
        13,
        "with-a-version-passed-over",
        "versions of a stream are 1, 2, 3 …",
        6,
        entry(event(6, "milestone/JAL/F0", 3, b"{}"), ORIGIN),
    )
    yield of(
        13,
        "with-a-version-twice",
        "versions of a stream are 1, 2, 3 …",
        6,
        entry(event(6, "milestone/JAL/F0", 1, b"{}"), ORIGIN),
    )
    yield of(
        13,
        "with-time-that-runs-back",
        "none was recorded before the one it follows",
        6,
        entry(late._replace(recorded_at=late.recorded_at - timedelta(seconds=2)), ORIGIN),
    )
    yield of(
        13,
        "that-was-not-begun",
        "the first entry begins this log",
        1,
        entry(
            event(
                1, "log", 1, b'{"origin":"another.example/log","simulated":true,"tzdata":""}', "LogStarted.v1"
            ),
            ORIGIN,
        ),
    )
