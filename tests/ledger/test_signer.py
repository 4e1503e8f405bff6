"""The signer signs what continues what it signed, and refuses every other log there can be."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict

from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KEY, LAST_SIGNED, KeyFolder, UnusableKeys
from ledger.merkle import EMPTY_ROOT, verify_consistency
from ledger.note import SigningKey, parse_note, parse_vkey, signed, verify_note
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.signer import Signer, SigningRefused, keep_signing
from ledger.tree import SignedTree, Tree, latest_checkpoint
from tests.database import fresh_database
from tests.ledger.logs import ORIGIN, grow, started_log, superuser
from tests.waiting import eventually

ROLES = RoleNames()


@pytest.fixture
def url(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """An empty, migrated database."""
    with fresh_database(postgres_18, migrated_template) as url:
        yield url


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    """The keys of the log, just made."""
    folder = KeyFolder(tmp_path, ORIGIN)
    folder.create()
    return folder


@contextmanager
def signing(url: str, keys: KeyFolder) -> Iterator[Signer]:
    with connect(url, ROLES.signer, "test") as connection:
        yield Signer(connection, keys)


def sign(url: str, keys: KeyFolder) -> Checkpoint:
    Integrator(url).catch_up()
    with signing(url, keys) as signer:
        return signer.sign()


def published(url: str) -> SignedTree:
    with connect(url, ROLES.reader, "test") as connection:
        found = latest_checkpoint(connection)
    assert found is not None
    return found


def test_what_is_signed_covers_the_log_and_each_checkpoint_continues_the_one_before(
    url: str, keys: KeyFolder
) -> None:
    with started_log(url, 1) as log, connect(url, ROLES.reader, "test") as connection:
        tree, last = Tree(connection, ORIGIN), Checkpoint(ORIGIN, 0, EMPTY_ROOT)
        for more in (0, 1, 254, 1, 300, 7):
            if more:
                grow(log, more)
            signed_now = sign(url, keys)
            assert (signed_now.size, signed_now.root) == (log.head().position, tree.root(log.head().position))
            verify_consistency(
                last.size, last.root, signed_now.size, signed_now.root,
                tree.consistency(last.size, signed_now.size),
            )  # fmt: skip
            row = published(url)
            assert open_checkpoint(row.note, ORIGIN, [parse_vkey(row.vkeys.strip())])[0] == signed_now
            last = signed_now
    assert keys.last_signed() == last


def test_what_no_tile_is_kept_of_yet_is_not_signed(url: str, keys: KeyFolder) -> None:
    with started_log(url, 600), signing(url, keys) as signer:
        assert signer.sign().size == 255
        Integrator(url).catch_up()
        assert signer.sign().size == 600


def test_the_same_is_said_again_once_a_minute_and_what_witnesses_added_is_kept(
    url: str, keys: KeyFolder
) -> None:
    with started_log(url, 5), superuser(url) as connection:
        sign(url, keys)
        cosigned = (
            published(url).note + SigningKey("witness.example", bytes(32)).sign("x\n").line.encode() + b"\n"
        )
        connection.execute("UPDATE ledger.checkpoints SET note = %s", [cosigned])
        first = published(url)
        sign(url, keys)
        assert published(url) == first, "nothing new and no minute over"

        connection.execute("UPDATE ledger.checkpoints SET signed_at = signed_at - interval '61 seconds'")
        sign(url, keys)
        again = published(url)
        assert again.note == cosigned
        assert again.signed_at - first.signed_at > timedelta(0)


def test_what_was_signed_and_not_published_because_of_a_crash_is_published_then(
    url: str, keys: KeyFolder
) -> None:
    with started_log(url, 5), superuser(url) as connection:
        signed_before = sign(url, keys)
        connection.execute("DELETE FROM ledger.checkpoints")
        assert sign(url, keys) == signed_before
        assert published(url).size == 5


Tampering = Callable[[Connection[Any], PostgresLog], object]

TAMPERED: dict[str, tuple[Tampering, str]] = {
    "the log is cut": (
        lambda database, _: (
            database.execute("DELETE FROM ledger.events WHERE position > 590"),
            database.execute("UPDATE ledger.head SET position = 590"),
        ),
        "ends at 590, and 600 entries were signed",
    ),
    "events are gone and the head is not moved": (
        lambda database, _: database.execute("DELETE FROM ledger.events WHERE position > 590"),
        "its last event is 590",
    ),
    "another history is recorded over a restored backup": (
        lambda database, log: (
            database.execute("DELETE FROM ledger.events WHERE position > 590"),
            database.execute("UPDATE ledger.head SET position = 590"),
            grow(log, 30),
        ),
        "The first 600 entries are not those that were signed",
    ),
    "an event that was signed is changed, of which no tile is kept": (
        lambda database, log: (
            database.execute("UPDATE ledger.events SET body = '{}' WHERE position = 599"),
            grow(log, 3),
        ),
        "The first 600 entries are not those that were signed",
    ),
    "a kept hash of what was signed is changed": (
        lambda database, log: (
            database.execute(
                "UPDATE ledger.tiles SET root = overlay(root PLACING '\\x00' FROM 32) WHERE number = 1"
            ),
            grow(log, 3),
        ),
        "The first 600 entries are not those that were signed",
    ),
    "a new event is missing": (
        lambda database, log: (
            grow(log, 10),
            database.execute("DELETE FROM ledger.events WHERE position = 605"),
        ),
        "position 605 is missing",
    ),
    "new events are renumbered over a gap": (
        lambda database, log: (
            grow(log, 10),
            database.execute("DELETE FROM ledger.events WHERE position = 605"),
            database.execute("UPDATE ledger.events SET position = 605 WHERE position = 610"),
        ),
        "its last event is 609",
    ),
    "a checkpoint is published that this signer never signed": (
        lambda database, _: database.execute(
            "INSERT INTO ledger.checkpoints SELECT size + 1, note, vkeys, signed_at FROM ledger.checkpoints"
        ),
        "put back from a backup, or somebody else signs",
    ),
    "the published checkpoint is changed": (
        lambda database, _: database.execute("UPDATE ledger.checkpoints SET note = 'nothing'"),
        "The checkpoint of 600 entries was changed",
    ),
    "another tree of the same size is published": (
        lambda database, _: database.execute(
            "UPDATE ledger.checkpoints SET note = %s",
            [signed(Checkpoint(ORIGIN, 600, EMPTY_ROOT).text, [SigningKey(ORIGIN, bytes(32))]).file],
        ),
        "somebody else signs",
    ),
    "the log has another name": (
        lambda database, _: database.execute(
            "UPDATE ledger.events SET body = convert_to(replace(convert_from(body, 'UTF8'), 'bitacora.example.mx',"
            " 'bitacora.example.com'), 'UTF8') WHERE position = 1"
        ),
        "does not hold the log",
    ),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_log_that_does_not_continue_what_was_signed_is_not_signed(
    url: str, keys: KeyFolder, case: str
) -> None:
    tamper, words = TAMPERED[case]
    with started_log(url, 600) as log, superuser(url) as database:
        assert sign(url, keys).size == 600
        before = keys.last_signed()
        tamper(database, log)

        with signing(url, keys) as signer, pytest.raises(SigningRefused, match=words):
            signer.sign()
        assert keys.last_signed() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("hashes = overlay(hashes PLACING '\\x00' FROM 8161)", "kept from position 256 on"),
        ("hashes = overlay(hashes PLACING '\\x00' FROM 8001)", "kept from position 251 on"),
        ("root = overlay(root PLACING '\\x00' FROM 1)", "over the kept tile 0/000 is another"),
    ],
)
def test_a_kept_hash_that_is_not_that_of_the_bytes_is_not_signed(
    url: str, keys: KeyFolder, change: str, words: str
) -> None:
    with started_log(url, 250) as log, superuser(url) as database:
        sign(url, keys)
        grow(log, 300)
        Integrator(url).catch_up()
        database.execute(f"UPDATE ledger.tiles SET {change} WHERE number = 0".encode())  # noqa: S608 - words of this file

        with signing(url, keys) as signer, pytest.raises(SigningRefused, match=words):
            signer.sign()


def test_an_event_changed_after_it_was_integrated_is_not_signed(url: str, keys: KeyFolder) -> None:
    with started_log(url, 250) as log, superuser(url) as database:
        sign(url, keys)
        grow(log, 300)
        Integrator(url).catch_up()
        database.execute("UPDATE ledger.events SET stream = stream || 'x' WHERE position = 400")

        with (
            signing(url, keys) as signer,
            pytest.raises(SigningRefused, match="from position 400 on is not that of the stored"),
        ):
            signer.sign()


def test_a_restored_backup_is_not_signed_until_it_has_grown_back_to_the_same(
    postgres_18: EmbeddedPostgres, url: str, keys: KeyFolder
) -> None:
    with started_log(url, 100) as log:
        sign(url, keys)
        log.close()
        with fresh_database(postgres_18, str(conninfo_to_dict(url)["dbname"])) as backup:
            live = PostgresLog(url)
            grow(live, 20)
            sign(url, keys)
            missing = live.read(100, 20)
            live.close()
            with pytest.raises(SigningRefused, match="restored from a backup"):
                sign(backup, keys)

            # The published entries bring back what is missing, byte for byte, and the log goes on.
            columns = sql.SQL(", ").join(map(sql.Identifier, missing[0]._fields))
            with psycopg.connect(backup) as connection:
                for stored in missing:
                    connection.execute(
                        sql.SQL("INSERT INTO ledger.events ({}) VALUES ({})").format(
                            columns, sql.SQL(", ").join([sql.Placeholder()] * len(stored))
                        ),
                        list(stored),
                    )
                connection.execute("UPDATE ledger.head SET position = 120")
            assert sign(backup, keys).size == 120


def test_a_folder_put_back_from_a_backup_does_not_sign(url: str, keys: KeyFolder) -> None:
    with started_log(url, 10) as log:
        sign(url, keys)
        old = (keys.folder / LAST_SIGNED).read_bytes()
        grow(log, 10)
        sign(url, keys)
        (keys.folder / LAST_SIGNED).write_bytes(old)
        grow(log, 10)

        with pytest.raises(SigningRefused, match="put back from a backup"):
            sign(url, keys)


@pytest.mark.parametrize("name", [KEY, LAST_SIGNED])
def test_without_its_key_or_what_it_signed_last_nothing_is_signed(
    url: str, keys: KeyFolder, name: str
) -> None:
    with started_log(url, 10):
        sign(url, keys)
        (keys.folder / name).unlink()

        with pytest.raises(UnusableKeys, match=name):
            sign(url, keys)


def test_a_new_key_signs_beside_the_old_one_and_then_alone(url: str, keys: KeyFolder) -> None:
    old = keys.signing_keys()[0]
    with started_log(url, 5) as log:
        sign(url, keys)
        announced = keys.next_key()
        assert keys.next_key() == announced, "one that is announced is not made again"
        keys.adopt_next()
        sign(url, keys)
        assert published(url).vkeys.split() == [old.public.vkey, announced.public.vkey]
        assert verify_note(parse_note(published(url).note), [announced.public, old.public])
        assert len(parse_note(published(url).note).signatures) == 2, "also without that the log has grown"

        keys.retire(old.public.vkey)
        grow(log, 1)
        sign(url, keys)
        assert [line.key_id for line in parse_note(published(url).note).signatures] == [
            announced.public.key_id
        ]
        with pytest.raises(UnusableKeys, match="last key"):
            keys.retire(announced.public.vkey)


def test_who_signs_can_neither_record_nor_touch_the_tree(url: str) -> None:
    with connect(url, ROLES.signer, "test") as connection:
        for statement in (
            b"INSERT INTO ledger.tiles VALUES (0, 0, '', '')",
            b"DELETE FROM ledger.checkpoints",
            b"UPDATE ledger.events SET body = ''",
        ):
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(statement)


def test_while_the_log_grows_it_is_signed_within_a_second(url: str, keys: KeyFolder) -> None:
    stop = threading.Event()
    threads = [
        threading.Thread(target=Integrator(url).run, args=[stop]),
        threading.Thread(target=keep_signing, args=[url, keys, stop]),
    ]
    with started_log(url, 10) as log:
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: keys.last_signed().size == 10)
            for _ in range(3):
                grow(log, 200)
                eventually(lambda: keys.last_signed().size == log.head().position, 5)
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)
    assert published(url).size == 610
    assert os.listdir(keys.folder.parent) == [keys.folder.name]  # noqa: PTH208 - names
