"""Published logs made without a database: the entries, tiles and checkpoints the server would publish, as files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from domain.log import LOG_STREAM, LogStarted
from ledger.checkpoint import Checkpoint, Proof
from ledger.codec import encode
from ledger.entry import entry
from ledger.log import StoredEvent
from ledger.merkle import Hashes, Subtree, inclusion_spans, leaf_hash, perfect_root, proof, root
from ledger.note import SigningKey, signed
from ledger.tiles import WIDTH, Tile, bundle, tiles_of

ORIGIN = "bitacora.example.mx/2027"
KEY = SigningKey(ORIGIN, bytes(range(32)))
OTHER_KEY = SigningKey(ORIGIN, bytes(range(32, 64)))
BEGAN_AT = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
COMMAND = UUID("00000000-0000-4000-8000-000000000001")

Files = dict[str, bytes]


def event(position: int, stream: str, version: int, body: bytes, type_: str = "Sampled.v1") -> StoredEvent:
    """An event recorded so many seconds after the log began."""
    at = BEGAN_AT + timedelta(seconds=position)
    return StoredEvent(
        position, stream, version, type_, body, at, at, COMMAND, "u-17", "Vocal", "INE", "g-1", None
    )


def sample_events(count: int) -> list[StoredEvent]:
    """The log's first event, and then three streams that take turns."""
    started = encode(LogStarted(origin=ORIGIN, simulated=True, tzdata="2026b"))
    first = [event(1, LOG_STREAM, 1, started, LogStarted.type)]
    return (first if count else []) + [
        event(position, f"milestone/JAL/F{position % 3}", (position + 1) // 3, b'{"n":%d}' % position)
        for position in range(2, count + 1)
    ]


def sample_entries(count: int) -> list[bytes]:
    """The entries of those."""
    return [entry(each, ORIGIN) for each in sample_events(count)]


def hashes_of(entries: Sequence[bytes]) -> Hashes:
    """Where the hashes of perfect subtrees over entries are had from."""
    leaves = [leaf_hash(each) for each in entries]

    def subtree_hash(subtree: Subtree) -> bytes:
        start = subtree.number << subtree.level
        return perfect_root(leaves[start : start + (1 << subtree.level)])

    return subtree_hash


def checkpoint_of(entries: Sequence[bytes], keys: Iterable[SigningKey] = (KEY,)) -> bytes:
    """The checkpoint over entries."""
    return signed(Checkpoint(ORIGIN, len(entries), root(len(entries), hashes_of(entries))).text, keys).file


def published(entries: Sequence[bytes], keys: Iterable[SigningKey] = (KEY,)) -> Files:
    """Every file of the log of these entries, by its path."""
    hashes, files = hashes_of(entries), {"checkpoint": checkpoint_of(entries, keys)}
    for tile in tiles_of(len(entries)):
        first = tile.number * WIDTH
        if tile.kind == "entries":
            content = bundle(entries[first : first + tile.width])
        else:
            numbers = range(first, first + tile.width)
            content = b"".join(hashes(Subtree(8 * tile.level, number)) for number in numbers)
        files[f"tile/{tile.path}"] = content
    return files


def receipt_of(entries: Sequence[bytes], index: int, keys: Iterable[SigningKey] = (KEY,)) -> bytes:
    """The receipt of one entry."""
    path = proof(inclusion_spans(index, len(entries)), hashes_of(entries))
    return Proof(index, path, checkpoint_of(entries, keys)).file


def write(files: Files, folder: Path) -> Path:
    """Write files to a folder, and return it."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def tile_path(kind: int | str, number: int, size: int) -> str:
    """The path of a tile in a log of this size."""
    tile = next(each for each in tiles_of(size) if (each.kind, each.number) == (kind, number))
    return f"tile/{Tile(tile.kind, tile.number, tile.width).path}"
