"""The tree against a naive reading of RFC 6962, at every size to 600, and against proofs that were tampered with."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import cache

import pytest

from ledger.merkle import (
    EMPTY_ROOT,
    BadProof,
    Frontier,
    Hashes,
    Span,
    Subtree,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    perfect_root,
    perfect_subtrees,
    proof,
    root,
    span_hash,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 600
ENTRIES = [f"entry {n}".encode() for n in range(LARGEST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]

# The inputs and roots of the Certificate Transparency reference implementation, which RFC 6962 trees are tried with.
KNOWN_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@cache
def naive(start: int, end: int) -> bytes:
    """Return MTH(D[start:end]) as RFC 6962, section 2.1, words it."""
    if start == end:
        return hashlib.sha256().digest()
    if end - start == 1:
        return hashlib.sha256(b"\x00" + ENTRIES[start]).digest()
    half = 1
    while half * 2 < end - start:
        half *= 2
    return hashlib.sha256(b"\x01" + naive(start, start + half) + naive(start + half, end)).digest()


def naive_path(index: int, start: int, end: int) -> list[bytes]:
    """Return PATH(m, D[n]) of section 2.1.1."""
    if end - start == 1:
        return []
    half = 1
    while half * 2 < end - start:
        half *= 2
    middle = start + half
    if index < middle:
        return [*naive_path(index, start, middle), naive(middle, end)]
    return [*naive_path(index, middle, end), naive(start, middle)]


def naive_consistency(old: int, start: int, end: int, *, known: bool) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b) of section 2.1.2."""
    if old == end:
        return [] if known else [naive(start, end)]
    half = 1
    while half * 2 < end - start:
        half *= 2
    middle = start + half
    if old <= middle:
        return [*naive_consistency(old, start, middle, known=known), naive(middle, end)]
    return [*naive_consistency(old, middle, end, known=False), naive(start, middle)]


def kept(leaves: Sequence[bytes]) -> Hashes:
    """Return the hashes of perfect subtrees over leaves that are kept."""

    @cache
    def subtree_hash(subtree: Subtree) -> bytes:
        start = subtree.number << subtree.level
        return perfect_root(leaves[start : start + (1 << subtree.level)])

    return subtree_hash


HASHES = kept(LEAVES)
SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 255, 256, 257, 511, 512, 513, 600]


def test_the_roots_known_since_certificate_transparency_come_out() -> None:
    hashes = kept([leaf_hash(entry) for entry in KNOWN_ENTRIES])

    assert [root(size, hashes).hex() for size in range(9)] == KNOWN_ROOTS


def test_every_root_to_six_hundred_leaves_is_the_one_of_the_definition() -> None:
    grown = Frontier(0, [])
    for size in range(LARGEST + 1):
        expected = naive(0, size)
        assert root(size, HASHES) == expected
        assert grown.root() == expected, "and so is that of a tree that grows"
        if size < LARGEST:
            grown.append(LEAVES[size])


def test_a_tree_goes_on_growing_from_its_perfect_subtrees() -> None:
    for size in SIZES:
        grown = Frontier(size, map(HASHES, perfect_subtrees(Span(0, size))))
        assert grown.root() == naive(0, size)
        for leaf in LEAVES[size:]:
            grown.append(leaf)
        assert (grown.size, grown.root()) == (LARGEST, naive(0, LARGEST))


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_every_inclusion_proof_is_the_one_of_the_definition_and_verifies(first: int) -> None:
    for size in range(first + 1, first + 101):
        whole = naive(0, size)
        # Of the larger trees, a leaf in each stretch and both ends: all of them would be 180,000 proofs.
        step = 1 if size <= 64 else 23
        for index in {*range(0, size, step), size - 1}:
            path = proof(inclusion_spans(index, size), HASHES)
            assert path == naive_path(index, 0, size)
            verify_inclusion(index, size, LEAVES[index], whole, path)


@pytest.mark.parametrize("first", range(0, 600, 100))
def test_every_consistency_proof_is_the_one_of_the_definition_and_verifies(first: int) -> None:
    for size in range(first + 1, first + 101):
        step = 1 if size <= 64 else 23
        for old in {*range(1, size, step), size - 1, size} - {0}:
            path = proof(consistency_spans(old, size), HASHES)
            assert path == ([] if old == size else naive_consistency(old, 0, size, known=True))
            verify_consistency(old, naive(0, old), size, naive(0, size), path)


def test_every_tree_continues_the_empty_one() -> None:
    verify_consistency(0, EMPTY_ROOT, 7, naive(0, 7), [])

    with pytest.raises(BadProof, match="no leaves"):
        verify_consistency(0, naive(0, 1), 7, naive(0, 7), [])
    with pytest.raises(BadProof, match="1 hashes and needs 0"):
        verify_consistency(0, EMPTY_ROOT, 7, naive(0, 7), [EMPTY_ROOT])


def tampered(path: list[bytes]) -> list[list[bytes]]:
    """Return proofs that are nearly this one."""
    flipped = [[*path[:n], bytes([path[n][0] ^ 1]) + path[n][1:], *path[n + 1 :]] for n in range(len(path))]
    swapped = [[*path[: n - 1], path[n], path[n - 1], *path[n + 1 :]] for n in range(1, len(path))]
    cut = [path[:-1], path[1:], [path[0][:-1], *path[1:]], [path[0] + b"\0", *path[1:]]] if path else []
    return [*flipped, *swapped, *cut, [*path, EMPTY_ROOT], [EMPTY_ROOT, *path]]


@pytest.mark.parametrize("size", SIZES[2:])
def test_an_inclusion_proof_that_was_tampered_with_proves_nothing(size: int) -> None:
    dice = random.Random(size)
    for index in {0, size - 1, size // 2, dice.randrange(size)}:
        path, whole = proof(inclusion_spans(index, size), HASHES), naive(0, size)
        for wrong in tampered(path):
            with pytest.raises(BadProof):
                verify_inclusion(index, size, LEAVES[index], whole, wrong)
        other = (index + 1) % size
        for its_index, its_size, leaf, its_root in (
            (other, size, LEAVES[index], whole),
            (index, size, LEAVES[other], whole),
            (index, size, LEAVES[index], naive(0, size - 1)),
            (size, size, LEAVES[index], whole),
            (-1, size, LEAVES[index], whole),
            (0, 0, LEAVES[index], EMPTY_ROOT),
        ):
            with pytest.raises(BadProof):
                verify_inclusion(its_index, its_size, leaf, its_root, path)


@pytest.mark.parametrize("size", SIZES[2:])
def test_a_consistency_proof_that_was_tampered_with_proves_nothing(size: int) -> None:
    for old in {1, size // 2, size - 1}:
        path = proof(consistency_spans(old, size), HASHES)
        for wrong in tampered(path):
            with pytest.raises(BadProof):
                verify_consistency(old, naive(0, old), size, naive(0, size), wrong)
        for old_size, old_root, its_size, its_root in (
            (old, naive(1, old + 1), size, naive(0, size)),
            (old, naive(0, old), size, naive(0, size - 1) if old < size - 1 else naive(1, size + 0)),
            (size + 1, naive(0, old), size, naive(0, size)),
            (-1, naive(0, old), size, naive(0, size)),
        ):
            with pytest.raises(BadProof):
                verify_consistency(old_size, old_root, its_size, its_root, path)


def test_two_trees_of_one_size_are_one_tree_or_a_fork() -> None:
    verify_consistency(5, naive(0, 5), 5, naive(0, 5), [])

    with pytest.raises(BadProof, match="two trees of 5 leaves have different roots"):
        verify_consistency(5, naive(0, 5), 5, naive(1, 6), [])


def test_what_is_no_perfect_subtree_and_no_leaf_is_refused() -> None:
    for hashes in ([], LEAVES[:3]):
        with pytest.raises(ValueError, match="no perfect subtree"):
            perfect_root(hashes)
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_spans(3, 3)
    with pytest.raises(ValueError, match="does not continue"):
        consistency_spans(4, 3)
    assert span_hash(Span(4, 6), HASHES) == naive(4, 6)
