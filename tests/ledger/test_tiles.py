"""Tiles against the text of C2SP tlog-tiles, and proofs made from nothing but tiles."""

from __future__ import annotations

import pytest

from ledger.merkle import Span, Subtree, inclusion_spans, leaf_hash, perfect_root, proof, root, span_hash
from ledger.tiles import WIDTH, Tile, bundle, entries_of, hashes_from, parse_path, split, tiles_of

SIZE = 70_000
LEAVES = [leaf_hash(b"%d" % n) for n in range(SIZE)]


def direct(subtree: Subtree) -> bytes:
    """Return a hash straight from the leaves."""
    start = subtree.number << subtree.level
    return perfect_root(LEAVES[start : start + (1 << subtree.level)])


@pytest.fixture(scope="module")
def published() -> dict[str, bytes]:
    """Every tile of hashes of a log of 70,000 entries, by its path."""
    kept: dict[tuple[int, int], list[bytes]] = {(0, n // WIDTH): [] for n in range(0, SIZE, WIDTH)}
    for number in range(len(kept)):
        kept[0, number] = LEAVES[number * WIDTH : (number + 1) * WIDTH]
    for level in (1, 2):
        below = [
            hashes for (of, _), hashes in sorted(kept.items()) if of == level - 1 and len(hashes) == WIDTH
        ]
        for n, hashes in enumerate(below):
            kept.setdefault((level, n // WIDTH), []).append(perfect_root(hashes))
    return {
        Tile(level, number, len(hashes)).path: b"".join(hashes) for (level, number), hashes in kept.items()
    }


def test_a_tree_of_seventy_thousand_has_the_tiles_the_specification_counts(
    published: dict[str, bytes],
) -> None:
    tiles = [tile for tile in tiles_of(SIZE) if tile.kind != "entries"]
    widths = {level: [tile.width for tile in tiles if tile.kind == level] for level in range(3)}

    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert {tile.path for tile in tiles} == set(published)
    assert sum(tile.kind == "entries" for tile in tiles_of(SIZE)) == 274


def test_a_tree_of_one_full_tile_has_a_partial_one_above_it() -> None:
    assert [tile.path for tile in tiles_of(256)] == ["entries/000", "0/000", "1/000.p/1"]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize(("size", "beyond"), [(70_000, 69_999), (65_536, 65_535), (300, 256), (600, 10)])
def test_what_is_new_in_a_larger_tree_is_what_the_smaller_one_has_not(size: int, beyond: int) -> None:
    assert set(tiles_of(size, beyond)) == {tile for tile in tiles_of(size) if not tile.is_in(beyond)}


def test_roots_and_proofs_come_out_of_tiles_alone(published: dict[str, bytes]) -> None:
    def read(tile: Tile) -> bytes:
        hashes = SIZE >> (8 * tile.level)
        whole = tile._replace(width=min(WIDTH, hashes - tile.number * WIDTH))
        return published[whole.path]

    hashes = hashes_from(read)

    assert root(SIZE, hashes) == root(SIZE, direct)
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537):
        assert root(size, hashes) == root(size, direct)
    for index in (0, 255, 256, 4_321, 65_536, 69_999):
        spans = inclusion_spans(index, SIZE)
        assert proof(spans, hashes) == proof(spans, direct)
    assert span_hash(Span(65_536, 70_000), hashes) == span_hash(Span(65_536, 70_000), direct)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(0, 999), "0/999"),
        (Tile(0, 1_000), "0/x001/000"),
        (Tile(3, 1_234_067), "3/x001/x234/067"),
        (Tile("entries", 1_234_067, 17), "entries/x001/x234/067.p/17"),
    ],
)
def test_a_tile_has_the_address_the_specification_gives_it(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/",
        "0/0",
        "0/00",
        "0/0000",
        "00/000",
        "64/000",
        "-1/000",
        "x/000",
        "0/x000/000",
        "0/001/000",
        "0/x01/000",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p/",
        "0/000.p",
        "0/000/",
        "0/000.p/1/",
        "data/000",
        "0/\u0663\u0663\u0663",
        "0/" + "x001/" * 40 + "000",
        "entries/000.p/999",
        "../000",
        "0/000\n",
    ],
)
def test_what_is_no_tiles_address_is_none(path: str) -> None:
    assert parse_path(path) is None


def test_a_bundle_gives_back_its_entries_and_is_not_believed_when_cut() -> None:
    entries = [b"one", b"", b"x" * 65_535]
    packed = bundle(entries)

    assert entries_of(packed) == entries
    assert packed[:5] == b"\x00\x03one"
    for cut in (packed[:-1], packed[:1], packed + b"\0", packed + b"\0\x01"):
        with pytest.raises(ValueError, match="cut short"):
            entries_of(cut)
    with pytest.raises(OverflowError):
        bundle([b"x" * 65_536])


def test_a_tile_splits_into_its_hashes() -> None:
    assert split(b"".join(LEAVES[:3])) == LEAVES[:3]
