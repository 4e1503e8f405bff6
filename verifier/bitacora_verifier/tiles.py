"""The files of a log (C2SP tlog-tiles): what they are called, which there are, and how a bundle of entries is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

WIDTH = 256
"""Hashes of a full tile, entries of a full bundle."""
HEIGHT = 8
"""Levels of the tree that a tile stands for: 2^8 is 256."""
LONGEST_ENTRY = 65_535
LONGEST_BUNDLE = WIDTH * (2 + LONGEST_ENTRY)
HIGHEST_LEVEL = 7
"""There is no tile above it: 256^8 leaves are more than a log may have."""


class Tile(NamedTuple):
    """A tile of hashes at a level, or a bundle of entries, where the level is None."""

    level: int | None
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where it is, from the log's address on."""
        rest, name = divmod(self.number, 1000)
        path = f"{name:03}"
        while rest:
            rest, name = divmod(rest, 1000)
            path = f"x{name:03}/{path}"
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{'entries' if self.level is None else self.level}/{path}{partial}"


def width_of(level: int, number: int, size: int) -> int:
    """Return how many hashes a tile has in a tree of this size; 0 where the tree has no such tile."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def bundles_of(size: int) -> int:
    """Return how many bundles hold so many entries."""
    return -(-size // WIDTH)


def upper_tiles(size: int) -> Iterator[Tile]:
    """Yield the tiles above the leaves', lowest level first."""
    for level in range(1, HIGHEST_LEVEL + 1):
        for number in range(bundles_of(size >> (HEIGHT * level))):
            yield Tile(level, number, width_of(level, number, size))


class Bundle(NamedTuple):
    """What is in a bundle: its entries, as far as they can be told apart, and whether that is all of it."""

    entries: Sequence[bytes]
    is_whole: bool


def unpack(content: bytes, width: int) -> Bundle:
    """Cut a bundle into its entries: each after its length in two bytes, big-endian, and none empty."""
    entries: list[bytes] = []
    start, end = 0, len(content)
    while start < end and len(entries) < width:
        first = start + 2
        after = first + int.from_bytes(content[start:first], "big")
        if after > end or after <= first:
            break
        entries.append(content[first:after])
        start = after
    return Bundle(entries, is_whole=len(entries) == width and start == end)


def split(content: bytes) -> Sequence[bytes]:
    """Cut a tile into its hashes."""
    return [content[n : n + 32] for n in range(0, len(content), 32)]
