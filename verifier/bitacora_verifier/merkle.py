"""The Merkle tree of RFC 6962, section 2.1."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
LONGEST_PROOF = 63
EMPTY_ROOT = hashlib.sha256().digest()


class BadProof(Exception):
    """A proof is of the wrong length."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def half_of(size: int) -> int:
    """Return where a tree of more than one leaf is split: the largest power of two that is less than its size."""
    return 1 << ((size - 1).bit_length() - 1)


class Growing:
    """A tree that grows by one leaf, or by one whole subtree of 2^height leaves, at a time."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, found: bytes, height: int = 0) -> None:
        """Add a leaf's hash, or that of a whole subtree; the tree must be a multiple of its size so far."""
        if self.size % (1 << height):
            raise ValueError(f"a subtree of 2^{height} leaves does not fit behind {self.size}")
        self.size += 1 << height
        while self._parts and self._parts[-1][0] == height:
            found = node_hash(self._parts.pop()[1], found)
            height += 1
        self._parts.append((height, found))

    def root(self, more: Iterable[bytes] = ()) -> bytes:
        """Return the root as it is, or as it would be with more leaves."""
        tree = self
        for leaf in more:
            if tree is self:
                tree = Growing()
                tree._parts, tree.size = list(self._parts), self.size
            tree.add(leaf)
        if not tree._parts:
            return EMPTY_ROOT
        found = tree._parts[-1][1]
        for _, left in reversed(tree._parts[:-1]):
            found = node_hash(left, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over these hashes, level by level; one without a neighbour goes up as it is."""
    sha256 = hashlib.sha256
    level = list(leaves)
    while len(level) > 1:
        alone = level[len(level) & ~1 :]
        level = [
            sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level) - 1, 2)
        ] + alone
    return level[0] if level else EMPTY_ROOT


def root_by_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root an inclusion proof leads to (RFC 6962, 2.1.1). Raises `BadProof` for one of another length."""
    if not 0 <= index < size:
        raise BadProof(f"a tree of {size} leaves has no leaf {index}")
    if size == 1:
        if path:
            raise BadProof(f"{len(path)} hashes too many")
        return leaf
    if not path:
        raise BadProof("too few hashes")
    half = half_of(size)
    *below, beside = path
    if index < half:
        return node_hash(root_by_inclusion(index, half, leaf, below), beside)
    return node_hash(beside, root_by_inclusion(index - half, size - half, leaf, below))
