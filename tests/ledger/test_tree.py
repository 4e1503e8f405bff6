"""The kept tree against one made from the entries anew, at sizes around its tiles, while the log grows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.entry import entry
from ledger.integrator import Integrator, NotAsRecorded, integrate
from ledger.key_folder import KeyFolder
from ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Span,
    leaf_hash,
    perfect_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.signer import Signer, SigningRefused
from ledger.tiles import Tile, entries_of, split
from ledger.tree import NotInTree, Tree, latest_checkpoint, origin_of
from tests.database import fresh_database
from tests.ledger.logs import ORIGIN, grow, grow_at_once, started_log, superuser
from tests.waiting import eventually

ROLES = RoleNames()
SIZE = 1_100


@pytest.fixture(scope="module")
def integrated(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[tuple[str, list[bytes]]]:
    """A log of 1,100 events whose full tiles are kept, and its entries; nobody changes it."""
    with fresh_database(postgres_18, migrated_template) as url, started_log(url, SIZE) as log:
        assert Integrator(url).catch_up() == 1_024
        yield url, [entry(stored, ORIGIN) for stored in log.read(0, SIZE)]


@pytest.fixture
def tree(integrated: tuple[str, list[bytes]]) -> Iterator[Tree]:
    """The tree of that log, as a reader has it."""
    with connect(integrated[0], ROLES.reader, "test") as connection:
        yield Tree(connection, ORIGIN)


@pytest.fixture
def url(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """An empty, migrated database."""
    with fresh_database(postgres_18, migrated_template) as url:
        yield url


def roots(entries: list[bytes]) -> list[bytes]:
    """Return the root of every size."""
    grown, found = Frontier(0, []), [EMPTY_ROOT]
    for each in entries:
        grown.append(leaf_hash(each))
        found.append(grown.root())
    return found


def test_the_kept_tree_has_the_root_of_the_entries_at_every_size(
    integrated: tuple[str, list[bytes]], tree: Tree
) -> None:
    expected = roots(integrated[1])

    for size in (0, 1, 2, 255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_025, SIZE):
        assert tree.root(size) == expected[size]


def test_proofs_out_of_kept_tiles_verify(integrated: tuple[str, list[bytes]], tree: Tree) -> None:
    entries, expected = integrated[1], roots(integrated[1])

    for size in (256, 600, 1_024, SIZE):
        for index in (0, 255, size - 1, size // 2):
            path = tree.inclusion(index, size)
            verify_inclusion(index, size, leaf_hash(entries[index]), expected[size], path)
        for old in (0, 1, 255, size - 1, size):
            verify_consistency(old, expected[old], size, expected[size], tree.consistency(old, size))


def test_tiles_and_bundles_hold_the_hashes_of_the_entries(
    integrated: tuple[str, list[bytes]], tree: Tree
) -> None:
    entries = integrated[1]
    leaves = [leaf_hash(each) for each in entries]

    assert split(tree.tile(Tile(0, 2))) == leaves[512:768]
    assert split(tree.tile(Tile(0, 2, 7))) == leaves[512:519], "a part of a full one"
    assert split(tree.tile(Tile(0, 4, 76))) == leaves[1_024:], "the edge"
    assert split(tree.tile(Tile(1, 0, 4))) == [
        perfect_root(leaves[n : n + 256]) for n in range(0, 1_024, 256)
    ]
    assert entries_of(tree.tile(Tile("entries", 1))) == entries[256:512]
    assert tree.entries(Span(1_099, 1_100)) == entries[-1:]


def test_what_is_beyond_the_log_is_not_in_the_tree(tree: Tree) -> None:
    for ask in (
        lambda: tree.root(SIZE + 1),
        lambda: tree.tile(Tile(0, 4)),
        lambda: tree.tile(Tile(1, 0, 5)),
        lambda: tree.tile(Tile("entries", 5, 1)),
        lambda: tree.inclusion(SIZE, SIZE + 1),
    ):
        with pytest.raises(NotInTree):
            ask()


def test_a_tree_of_many_tiles_has_its_upper_ones_kept_and_is_signed(url: str, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    keys = KeyFolder(tmp_path, ORIGIN)
    keys.create()
    with started_log(url, 1):
        grow_at_once(url, 66_000)

    assert Integrator(url).catch_up(lambda done, of: told.append((done, of))) == 65_792
    assert told[-1] == (65_792, 66_001)
    with connect(url, ROLES.signer, "test") as connection:
        tree = Tree(connection, ORIGIN)
        leaves = [leaf_hash(each) for each in tree.entries(Span(0, 66_001))]
        grown = Frontier(0, [])
        for leaf in leaves:
            grown.append(leaf)
        assert tree.root(66_001) == grown.root()
        assert tree.tile(Tile(2, 0, 1)) == perfect_root(leaves[:65_536])
        assert len(tree.inclusion(4_321, 66_001)) == 17
        with superuser(url) as database:
            kept = database.execute("SELECT hashes, root FROM ledger.tiles WHERE level = 1").fetchall()[0]
            keep = "UPDATE ledger.tiles SET hashes = %s, root = %s WHERE level = 1"
            database.execute(keep, [bytes(32) + kept[0][32:], kept[1]])
            with pytest.raises(SigningRefused, match="kept from position 1 on"):
                Signer(connection, keys).sign()
            database.execute(keep, [kept[0], bytes(32)])
            with pytest.raises(SigningRefused, match="over the kept tile 1/000 is another"):
                Signer(connection, keys).sign()
            database.execute(keep, kept)
        assert Signer(connection, keys).sign() == Checkpoint(ORIGIN, 66_001, grown.root())


def test_an_integrator_goes_on_where_the_one_before_it_ended(url: str) -> None:
    with started_log(url, 300) as log:
        assert Integrator(url).catch_up() == 256
        grow(log, 300)
        assert Integrator(url).catch_up() == 512
        assert Integrator(url).catch_up() == 512


def test_a_log_without_a_name_waits_for_its_name(url: str) -> None:
    log = PostgresLog(url)
    grow(log, 300)
    assert Integrator(url).catch_up() == 0
    log.close()
    with connect(url, ROLES.reader, "test") as connection:
        assert (origin_of(connection), latest_checkpoint(connection)) == ("", None)


def test_one_integrator_follows_the_log_and_another_stands_by(url: str) -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=Integrator(url).run, args=[stop]) for _ in range(2)]
    with started_log(url, 10) as log, connect(url, ROLES.reader, "test") as connection:
        for thread in threads:
            thread.start()
        grow(log, 600)
        eventually(lambda: Tree(connection, ORIGIN).full_tiles() == 2)
        stop.set()
        for thread in threads:
            thread.join(10)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger.events SET command_id = gen_random_uuid() WHERE position = 100",
        "UPDATE ledger.events SET recorded_at = recorded_at - interval '1 day' WHERE position = 100",
        "UPDATE ledger.events SET recorded_at = recorded_at + interval '1 day' WHERE position = 100",
        "UPDATE ledger.commands SET first_position = 101 WHERE first_position <= 100 AND last_position >= 100",
        "DELETE FROM ledger.commands WHERE first_position <= 100 AND last_position >= 100",
    ],
)
def test_an_event_that_is_not_as_it_was_recorded_is_not_hashed_in(url: str, change: str) -> None:
    with started_log(url, 300), superuser(url) as connection:
        connection.execute(change.encode())

        with pytest.raises(NotAsRecorded, match=r"position (98|99|100|101) "):
            Integrator(url).catch_up()
        assert Tree(connection, ORIGIN).full_tiles() == 0


def test_a_missing_event_is_named_and_nothing_is_hashed_over_it(url: str) -> None:
    with started_log(url, 300), superuser(url) as connection:
        connection.execute("DELETE FROM ledger.events WHERE position = 77")

        with pytest.raises(NotInTree, match="position 77 is missing"):
            Integrator(url).catch_up()


def test_who_integrates_can_neither_record_nor_sign_nor_change_a_tile(url: str) -> None:
    with started_log(url, 300), connect(url, ROLES.integrator, "test") as connection:
        integrate(connection)
        for statement in (
            b"UPDATE ledger.tiles SET root = root",
            b"DELETE FROM ledger.tiles",
            b"INSERT INTO ledger.checkpoints VALUES (1, '', '', now())",
            b"DELETE FROM ledger.events",
        ):
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(statement)
