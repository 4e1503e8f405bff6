"""A log recorded again from what was published is the same log, and nothing less is taken for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.entry import entry
from ledger.entry_reading import BadEntry, read_entry
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.log import StoredEvent
from ledger.postgres import PostgresLog
from ledger.publishing import publish
from ledger.rebuilding import NotRebuilt, published_events, rebuild
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer
from ledger.tiles import bundle as pack
from ledger.tiles import entries_of
from tests.database import fresh_database
from tests.ledger.logs import ORIGIN, grow, started_log

AT = datetime(2027, 6, 6, 18, tzinfo=UTC)
PLAIN = StoredEvent(1, "s", 1, "T", b"{}", AT, AT, UUID(int=1), "", "", "", "", None)
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@given(
    body=st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [b'{"a":1}', b' {"a": [1.50, -0, 1e400]} \n', b"[]", b'"\xc3\xb1"', b"12", b'{"data":{"data":"}"}}']
        ),
    ),
    words=st.tuples(LINE, LINE, LINE),
    behalf=st.none() | LINE,
)  # fmt: skip
def test_an_entry_is_read_back_as_it_was_stored(
    body: bytes, words: tuple[str, str, str], behalf: str | None
) -> None:
    event = StoredEvent(
        7,
        "milestone/x/F001",
        3,
        "Sampled.v1",
        body,
        AT,
        AT,
        UUID(int=9),
        words[0],
        words[1],
        words[2],
        "",
        behalf,
    )

    assert read_entry(entry(event, ORIGIN), 7, ORIGIN) == event


@pytest.mark.parametrize(
    "document",
    [
        b"", b"{}", b"[1]", b"\xff", b'{"a":1}',
        entry(PLAIN, "other.example/1"), entry(PLAIN, ORIGIN) + b" ", entry(PLAIN, ORIGIN).replace(b'"1.0"', b'"1.1"'),
        entry(PLAIN, ORIGIN).replace(b'"streamversion":', b'"streamversion":[1],"x":'),
        re.sub(rb'"streamversion":(\d+)', rb'"streamversion":"\1"', entry(PLAIN, ORIGIN)),
        re.sub(rb'"time":"[^"]+"', b'"time":5', entry(PLAIN, ORIGIN)),
        re.sub(rb'"commandid":"[^"]+"', b'"commandid":{}', entry(PLAIN, ORIGIN)),
    ],
)  # fmt: skip
def test_what_is_no_entry_of_this_log_is_refused_with_its_position(document: bytes) -> None:
    with pytest.raises(BadEntry, match="position 41"):
        read_entry(document, 41, ORIGIN)


@contextmanager
def empty(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    with fresh_database(postgres, template) as url:
        yield url


@pytest.fixture(scope="module")
def published(
    postgres_18: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[StoredEvent]]]:
    """A published log of 600 events, and what is stored of it."""
    folder = tmp_path_factory.mktemp("published")
    with empty(postgres_18, migrated_template) as url, started_log(url, 600) as log:
        Integrator(url).catch_up()
        keys = KeyFolder(folder / "keys", ORIGIN)
        keys.create()
        with connect(url, RoleNames().signer, "test") as connection:
            Signer(connection, keys).sign()
        signed = SignedLog(url)
        publish(signed, folder / "log")
        signed.close()
        yield folder / "log", log.read(0, 1_000)


def test_a_log_recorded_again_is_the_same_and_goes_on(
    published: tuple[Path, list[StoredEvent]], postgres_18: EmbeddedPostgres, migrated_template: str
) -> None:
    folder, stored = published
    heard: list[int] = []
    with empty(postgres_18, migrated_template) as url:
        assert rebuild(url, published_events(folder), progress=heard.append) == 600
        log = PostgresLog(url)
        try:
            assert log.read(0, 1_000) == stored
            assert grow(log, 5) == 605
        finally:
            log.close()
        Integrator(url).catch_up()
        with pytest.raises(NotRebuilt, match="holds a log already"):
            rebuild(url, published_events(folder))
    assert heard[-1] == 600


def test_a_part_of_it_ends_where_it_is_asked_to(published: tuple[Path, list[StoredEvent]]) -> None:
    folder, stored = published
    for end in (1, 255, 256, 257, 512, 600):
        assert list(published_events(folder, end)) == stored[:end]
    with pytest.raises(NotRebuilt, match="holds 600 entries, not 601"):
        list(published_events(folder, 601))


def test_of_a_folder_that_lacks_something_nothing_is_recorded(
    published: tuple[Path, list[StoredEvent]], postgres_18: EmbeddedPostgres, migrated_template: str
) -> None:
    folder, _ = published
    bundle = folder / "tile/entries/001"
    kept = bundle.read_bytes()
    with empty(postgres_18, migrated_template) as url:
        try:
            one_less = pack(entries_of(kept)[:-1])
            for spoilt, says in (
                (kept[:-1], "entries/001 cannot be read"),
                (one_less, "has 255 entries, not 256"),
            ):
                bundle.write_bytes(spoilt)
                with pytest.raises(NotRebuilt, match=says):
                    rebuild(url, published_events(folder))
        finally:
            bundle.write_bytes(kept)
        log = PostgresLog(url)
        try:
            assert log.head().position == 0
        finally:
            log.close()
