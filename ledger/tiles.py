"""Tiles (C2SP tlog-tiles): the tree cut into files of up to 256 hashes, and the entries into bundles beside them.

The hashes in tile N of level L are those of the perfect subtrees of 256^L leaves, from number 256 × N on. A tile that
is not full is *partial*: it is named with its width and hashed into nothing. Nothing here changes once published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from ledger.merkle import HASH_BYTES, Hashes, Subtree, perfect_root

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes of a full tile."""

Kind = int | Literal["entries"]
"""The level of a tile of hashes, or a bundle of entries."""

_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")
_LEVEL = re.compile(r"entries|0|[1-9][0-9]?")
_WIDTH = re.compile(r"[1-9][0-9]{0,2}")


class Tile(NamedTuple):
    """One tile or bundle, by its place; a full one is 256 wide."""

    kind: Kind
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it is found below ``tile/``: ``0/x001/x234/067``, and ``.p/17`` after it where it is partial."""
        digits = f"{self.number:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[n : n + 3] for n in range(0, len(digits), 3)]
        name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return f"{self.kind}/{name}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def level(self) -> int:
        """The level its hashes are of: a bundle stands beside the tile of leaves."""
        return 0 if self.kind == "entries" else self.kind

    def is_in(self, size: int) -> bool:
        """Tell whether a tree of this size has it."""
        return self.number * WIDTH + self.width <= size >> (HEIGHT * self.level)


def parse_path(path: str) -> Tile | None:
    """Return the tile at a path below ``tile/``; None where no tile is ever found there."""
    kind, _, rest = path.partition("/")
    name, partial, width = rest.partition(".p/")
    if not _LEVEL.fullmatch(kind) or not _NUMBER.fullmatch(name) or len(name) > 40:
        return None
    if partial and not (_WIDTH.fullmatch(width) and int(width) < WIDTH):
        return None
    level: Kind = "entries" if kind == "entries" else int(kind)
    tile = Tile(level, int(name.replace("/", "").replace("x", "")), int(width) if partial else WIDTH)
    # Written with no more zeros than it needs: one tile has one address.
    return tile if tile.path == path and tile.level < 64 else None


def tiles_of(size: int, beyond: int = 0) -> Iterator[Tile]:
    """Yield the tiles of hashes of a tree, and the bundles of its entries; only what a tree of ``beyond`` has not."""
    for kind in ("entries", 0, *range(1, 8)):
        shift = HEIGHT * (0 if kind == "entries" else int(kind))
        hashes, known = size >> shift, beyond >> shift
        for number in range(known // WIDTH, -(-hashes // WIDTH)):
            tile = Tile(kind, number, min(WIDTH, hashes - number * WIDTH))
            if not tile.is_in(beyond):
                yield tile


def tile_of(subtree: Subtree) -> tuple[Tile, int]:
    """Return the smallest tile that has what a perfect subtree is hashed from, and where in it that begins."""
    level, height = divmod(subtree.level, HEIGHT)
    first = subtree.number << height
    number, start = divmod(first, WIDTH)
    return Tile(level, number, start + (1 << height)), start


def hashes_from(read: Callable[[Tile], bytes]) -> Hashes:
    """Return where the hashes of perfect subtrees are had from, given who reads tiles: at least as wide as asked."""

    def subtree_hash(subtree: Subtree) -> bytes:
        tile, start = tile_of(subtree)
        return perfect_root(split(read(tile))[start : tile.width])

    return subtree_hash


def split(hashes: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [hashes[n : n + HASH_BYTES] for n in range(0, len(hashes), HASH_BYTES)]


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return a bundle of entries: each after its length in two bytes. Raises ``OverflowError`` for a longer one."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def entries_of(packed: bytes) -> Sequence[bytes]:
    """Return the entries of a bundle. Raises ``ValueError`` where it is cut short."""
    entries, at = [], 0
    while at < len(packed):
        end = at + 2 + int.from_bytes(packed[at : at + 2], "big")
        if end > len(packed) or len(packed) - at < 2:
            raise ValueError(f"the bundle is cut short at byte {at}")
        entries.append(packed[at + 2 : end])
        at = end
    return entries
