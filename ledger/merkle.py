"""The Merkle tree of RFC 6962: hashes, roots, proofs that an entry is in it, and that one tree continues another.

Pure: bytes in, bytes out, with no idea of where hashes are kept. A tree of ``size`` leaves is cut into *perfect
subtrees*: the one at ``(level, number)`` has 2^level leaves, from leaf number × 2^level on (the first leaf is 0), and
its hash never changes once its last leaf is there. Whoever keeps these can make every root and proof (`Subtree`).

Hashing and proofs are RFC 6962, section 2.1; the two verifications are RFC 9162, 2.1.3.2 and 2.1.4.2, which has the
same tree. A proof is judged by its own numbers: whoever verifies knows the sizes and roots from elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

HASH_BYTES = 32
LONGEST_PROOF = 63
"""Hashes a proof may have: a tree of 2^63 leaves has no longer one."""

EMPTY_ROOT = hashlib.sha256().digest()
"""The root of the tree without leaves."""


class Subtree(NamedTuple):
    """A perfect subtree: 2^level leaves, from leaf number × 2^level on."""

    level: int
    number: int


class Span(NamedTuple):
    """The leaves from ``start`` up to, and not with, ``end``: what one hash of a proof stands for."""

    start: int
    end: int


Hashes = Callable[[Subtree], bytes]
"""Where the hash of a perfect subtree is had from."""


class BadProof(Exception):
    """A proof does not prove what it was given for; the message says what is wrong with it."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over 2^n hashes of one level, at least one. Raises ``ValueError`` for another number."""
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"{len(hashes)} hashes are no perfect subtree")
    sha256 = hashlib.sha256
    level = list(hashes)
    while len(level) > 1:
        level = [sha256(b"\x01" + level[n] + level[n + 1]).digest() for n in range(0, len(level), 2)]
    return level[0]


def perfect_subtrees(span: Span) -> list[Subtree]:
    """Return the perfect subtrees that a span of RFC 6962 consists of, from left to right, the largest first."""
    found, start = [], span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        found.append(Subtree(level, start >> level))
        start += 1 << level
    return found


def span_hash(span: Span, hashes: Hashes) -> bytes:
    """Return the hash over a span: MTH of RFC 6962."""
    parts = [hashes(subtree) for subtree in perfect_subtrees(span)]
    return joined(parts)


def joined(parts: Iterable[bytes]) -> bytes:
    """Return the hash over neighbouring perfect subtrees, each smaller than the one before it."""
    reverse = list(parts)[::-1]
    if not reverse:
        return EMPTY_ROOT
    whole = reverse[0]
    for left in reverse[1:]:
        whole = node_hash(left, whole)
    return whole


def root(size: int, hashes: Hashes) -> bytes:
    """Return the root of the tree of the first ``size`` leaves."""
    return span_hash(Span(0, size), hashes)


def inclusion_spans(index: int, size: int) -> list[Span]:
    """Return what the hashes of an inclusion proof stand for, from the leaf's sibling up (PATH of RFC 6962).

    Raises ``ValueError`` where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    spans, whole = [], Span(0, size)
    while whole.end - whole.start > 1:
        left, right = _halves(whole)
        inside, beside = (left, right) if index < left.end else (right, left)
        spans.append(beside)
        whole = inside
    return spans[::-1]


def consistency_spans(old_size: int, size: int) -> list[Span]:
    """Return what the hashes of a consistency proof stand for (PROOF of RFC 6962); none for equal sizes or from 0.

    Raises ``ValueError`` where the newer tree is smaller.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"a tree of {size} leaves does not continue one of {old_size}")
    if old_size in {0, size}:
        return []
    spans, whole, is_old_tree = [], Span(0, size), True
    while whole.end != old_size:
        left, right = _halves(whole)
        if old_size <= left.end:
            spans.append(right)
            whole = left
        else:
            spans.append(left)
            whole, is_old_tree = right, False
    return [*([] if is_old_tree else [whole]), *spans[::-1]]


def proof(spans: Iterable[Span], hashes: Hashes) -> list[bytes]:
    """Return the hashes of a proof."""
    return [span_hash(span, hashes) for span in spans]


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, path: Sequence[bytes]) -> None:
    """Check that the leaf of this hash is number ``index`` of the tree of this size and root. Raises `BadProof`."""
    if not 0 <= index < size:
        raise BadProof(f"a tree of {size} leaves has no leaf {index}")
    _check_shape(path, len(inclusion_spans(index, size)))
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if found != root:
        raise BadProof(f"leaf {index} with this proof does not lead to the root of {size} leaves")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of one size and root continues that of another. Raises `BadProof`."""
    if not 0 <= old_size <= size:
        raise BadProof(f"a tree of {size} leaves does not continue one of {old_size}")
    _check_shape(path, len(consistency_spans(old_size, size)))
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise BadProof("the older tree has no leaves, and another root than the one of none")
    if old_size == size and old_root != root:
        raise BadProof(f"two trees of {size} leaves have different roots")
    if old_size in {0, size}:
        return
    # A tree of 2^n leaves stands whole in the newer one: its root is the first hash, and is not sent.
    whole = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = whole[0]
    for sibling in whole[1:]:
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    if older != old_root:
        raise BadProof(f"the proof does not lead to the root of the older tree of {old_size} leaves")
    if newer != root:
        raise BadProof(f"the proof does not lead to the root of the newer tree of {size} leaves")


class Frontier:
    """The right edge of a tree that grows: all it takes to add leaves and to say the root, and nothing more."""

    def __init__(self, size: int, hashes: Iterable[bytes]) -> None:
        """Begin at a tree of ``size`` leaves, with the hashes of its perfect subtrees from left to right."""
        self.size = size
        self._hashes = list(hashes)

    def append(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        whole, rest = leaf, self.size
        while rest & 1:
            whole = node_hash(self._hashes.pop(), whole)
            rest >>= 1
        self._hashes.append(whole)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        return joined(self._hashes)


def _halves(span: Span) -> tuple[Span, Span]:
    """Split a span of more than one leaf where RFC 6962 does: at the largest power of two that is less than it."""
    middle = span.start + (1 << ((span.end - span.start - 1).bit_length() - 1))
    return Span(span.start, middle), Span(middle, span.end)


def _check_shape(path: Sequence[bytes], hashes: int) -> None:
    """Refuse a proof of another length than its numbers need, or whose hashes are none."""
    if len(path) != hashes:
        raise BadProof(f"the proof has {len(path)} hashes and needs {hashes}")
    if any(len(each) != HASH_BYTES for each in path):
        raise BadProof(f"a hash of the proof is not {HASH_BYTES} bytes long")
