"""The keys and what they signed last: for their user alone, believed as they were written, exchanged one at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint
from ledger.key_folder import KEY, LAST_SIGNED, KeyFolder, SignedMeanwhile, UnusableKeys
from ledger.merkle import EMPTY_ROOT
from ledger.note import SigningKey, signed
from tests.ledger.logs import ORIGIN


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    """The keys of the log, just made."""
    folder = KeyFolder(tmp_path, ORIGIN)
    folder.create()
    return folder


def test_where_no_key_was_made_the_answer_says_how(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path, ORIGIN)

    for ask in (keys.signing_keys, keys.last_signed, keys.next_key):
        with pytest.raises(UnusableKeys, match="bitacora key create"):
            ask()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_not_used(keys: KeyFolder, mode: int) -> None:
    (keys.folder / KEY).chmod(mode)

    with pytest.raises(UnusableKeys, match="open to others"):
        keys.signing_keys()


def test_a_file_of_keys_that_says_something_else_is_not_used_and_not_quoted(keys: KeyFolder) -> None:
    for content in (b"", b"secret", b"\xff", f"{SigningKey('another/log', bytes(32)).secret}\n".encode()):
        (keys.folder / KEY).write_bytes(content)
        with pytest.raises(UnusableKeys) as refusal:
            keys.signing_keys()
        assert "secret" not in str(refusal.value)


def test_a_state_that_was_edited_is_not_believed(keys: KeyFolder) -> None:
    file = keys.folder / LAST_SIGNED
    file.write_bytes(file.read_bytes().replace(b"\n0\n", b"\n7\n"))

    with pytest.raises(UnusableKeys, match="not as it was written"):
        keys.last_signed()


def test_a_key_is_made_once_for_its_user_alone(keys: KeyFolder) -> None:
    assert keys.last_signed() == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert (keys.folder.stat().st_mode & 0o777, (keys.folder / KEY).stat().st_mode & 0o777) == (0o700, 0o600)
    assert [path.name for path in keys.folder.parent.iterdir()] == [keys.folder.name], "nothing half made"
    with pytest.raises(UnusableKeys, match="made once"):
        keys.create()


def test_of_two_who_sign_at_once_one_finds_that_the_other_did(keys: KeyFolder) -> None:
    empty = keys.last_signed()
    notes = [signed(Checkpoint(ORIGIN, size, bytes(32)).text, keys.signing_keys()).file for size in (1, 2)]
    keys.exchange(empty, notes[0])

    with pytest.raises(SignedMeanwhile):
        keys.exchange(empty, notes[1])
    assert keys.last_signed().size == 1


def test_many_who_sign_at_once_make_one_history(keys: KeyFolder) -> None:
    done: list[int] = []

    def sign_often() -> None:
        for _ in range(20):
            last = keys.last_signed()
            note = signed(Checkpoint(ORIGIN, last.size + 1, bytes(32)).text, keys.signing_keys()).file
            try:
                keys.exchange(last, note)
            except SignedMeanwhile:
                continue
            done.append(last.size + 1)

    threads = [threading.Thread(target=sign_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(1, len(done) + 1)), "no size was signed twice"
    assert keys.last_signed().size == len(done)
