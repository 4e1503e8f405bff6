"""A whole log is verified from its files alone, and of each way of tampering the first bad position is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bitacora_verifier.checkpoint import open_checkpoint
from bitacora_verifier.log import Question, Verified, verify_log
from bitacora_verifier.note import parse_vkey
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.state import Remembered
from domain.log import LOG_STREAM, LogKeyAnnounced, LogKeyRetired
from ledger.codec import encode
from ledger.entry import entry
from ledger.log import StoredEvent
from ledger.note import SigningKey
from ledger.tiles import bundle, entries_of
from tests.verifier.published import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    Files,
    event,
    published,
    receipt_of,
    sample_entries,
    sample_events,
    tile_path,
    write,
)

PINNED = [parse_vkey(KEY.public.vkey)]
SIZE = 600


def verified(
    files: Files, folder: Path, remembered: Remembered | None = None, processes: int = 1
) -> Verified:
    """Verify a log of these files, with the key pinned."""
    place = str(write(files, folder))
    keys = remembered.keys if remembered else PINNED
    return verify_log(Question(place, keys, remembered, processes=processes))


def refusal(files: Files, folder: Path, remembered: Remembered | None = None) -> Refused:
    """Return why a log of these files is refused."""
    with pytest.raises(Refused) as refused:
        verified(files, folder, remembered)
    assert refused.value.es != refused.value.en
    return refused.value


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, SIZE])
def test_a_log_of_any_size_that_is_as_it_says_is_verified(size: int, tmp_path: Path) -> None:
    found = verified(published(sample_entries(size)), tmp_path)

    assert found.checkpoint.size == size
    assert found.simulated == (size > 0)
    assert found.streams == min(size, 4)
    assert len(found.to_remember.roots) == size // 256


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    files = published(sample_entries(5 * 4_096 + 300))
    alone, together = verified(files, tmp_path / "log"), verified(files, tmp_path / "log", processes=2)
    assert alone == together

    path = tile_path("entries", 50, 5 * 4_096 + 300)
    files[path] = files[path].replace(b'"n":12900', b'"n":12901')
    with pytest.raises(Refused) as refused:
        verified(files, tmp_path / "log", processes=2)
    assert (refused.value.kind, refused.value.first) == (Kind.TREE, 12_900)


Tampering = Callable[[list[StoredEvent]], list[StoredEvent]]


def at(position: int, **changed: object) -> Tampering:
    """Change columns of the event at a position."""
    return lambda events: [
        replace_columns(each, changed) if each.position == position else each for each in events
    ]


def replace_columns(stored: StoredEvent, changed: dict[str, object]) -> StoredEvent:
    return stored._replace(**changed)  # type: ignore[arg-type] # columns by name, of each its own type


def swapped(one: int, other: int) -> Tampering:
    """Let two events change places."""

    def swap(events: list[StoredEvent]) -> list[StoredEvent]:
        events[one - 1], events[other - 1] = events[other - 1], events[one - 1]
        return events

    return swap


def earlier(position: int) -> Tampering:
    """Let an event have been recorded an hour earlier."""
    return lambda events: [
        each._replace(recorded_at=each.recorded_at - timedelta(hours=1))
        if each.position == position
        else each
        for each in events
    ]


SIGNED_ANEW: dict[str, tuple[Tampering, int]] = {
    "an event is gone from its stream": (lambda events: [*events[:99], *events[100:]], 102),
    "an event stands twice": (lambda events: [*events[:100], events[99], *events[100:]], 101),
    "two events of a stream change places": (swapped(300, 303), 300),
    "an event is moved to another stream": (at(400, stream="milestone/JAL/F2", version=1), 400),
    "an event has another version": (at(400, version=9), 400),
    "an event begins a stream in its middle": (at(400, stream="milestone/JAL/F9"), 400),
    "a version is passed over at the edge of a bundle": (at(257, version=999), 257),
    "time runs back": (earlier(290), 290),
    "time runs back at the edge of a bundle": (earlier(257), 257),
    "the first event does not begin this log": (at(1, type="Sampled.v1"), 1),
    "a key of another log is announced": (
        lambda events: [
            *events,
            event(
                SIZE + 1,
                LOG_STREAM,
                2,
                encode(LogKeyAnnounced(vkey=SigningKey("another.example/log", bytes(32)).public.vkey)),
                LogKeyAnnounced.type,
            ),
        ],
        SIZE + 1,
    ),
    "a key is announced that is none": (
        lambda events: [
            *events,
            event(SIZE + 1, LOG_STREAM, 2, b'{"vkey":"x+00000000+AA=="}', "LogKeyAnnounced.v1"),
        ],
        SIZE + 1,
    ),
}


@pytest.mark.parametrize("case", SIGNED_ANEW)
def test_what_contradicts_itself_is_found_though_all_of_it_was_hashed_and_signed_anew(
    case: str, tmp_path: Path
) -> None:
    tamper, position = SIGNED_ANEW[case]
    entries = [entry(each, ORIGIN) for each in tamper(sample_events(SIZE))]
    found = refusal(published(entries), tmp_path)

    assert (found.kind, found.first) == (Kind.CLAIMS, position)


def test_of_two_things_that_are_wrong_the_first_is_named(tmp_path: Path) -> None:
    events = at(1, type="Sampled.v1")(at(40, version=9)(sample_events(SIZE)))
    assert refusal(published([entry(each, ORIGIN) for each in events]), tmp_path / "1").first == 1

    files = published([entry(each, ORIGIN) for each in at(300, version=99)(sample_events(SIZE))])
    for bad, position in ((299, 299), (301, 300)):
        content = files["tile/entries/001"].replace(b'"n":%d}' % bad, b'"n":-1}')
        assert refusal(files | {"tile/entries/001": content}, tmp_path / str(bad)).first == position


def test_an_entry_of_another_log_is_found(tmp_path: Path) -> None:
    entries = sample_entries(5)
    entries[3] = entries[3].replace(b"bitacora.example.mx", b"bitacora.example.com")
    assert refusal(published(entries), tmp_path).first == 4


def change_of(path: str, change: Callable[[bytes], bytes | None]) -> Callable[[Files], None]:
    """Change one file, or remove it."""

    def apply(files: Files) -> None:
        content = change(files.pop(path))
        if content is not None:
            files[path] = content

    return apply


def without_an_entry(content: bytes) -> bytes:
    entries = list(entries_of(content))
    return bundle([*entries[:9], *entries[10:]])


def flipped(byte: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:byte] + bytes([content[byte] ^ 1]) + content[byte + 1 :]


CHANGED_FILES: dict[str, tuple[Callable[[Files], None], Kind, int | None]] = {
    "a bit of an entry": (change_of("tile/entries/001", flipped(2_000)), Kind.TREE, 262),
    "a bit of a kept hash": (change_of("tile/0/001", flipped(32 * 7)), Kind.TREE, 264),
    "a bit of a hash above": (change_of("tile/1/000.p/2", flipped(32)), Kind.TREE, 257),
    "an entry removed from its bundle": (change_of("tile/entries/000", without_an_entry), Kind.TREE, 10),
    "a bundle cut short": (change_of("tile/entries/000", lambda content: content[:-1]), Kind.MISSING, 256),
    "a bundle with a byte more": (
        change_of("tile/entries/002.p/88", lambda content: content + b"\0"), Kind.MISSING, 600,
    ),
    "an empty bundle": (change_of("tile/entries/001", lambda _: b""), Kind.MISSING, 257),
    "an entry of no bytes": (
        change_of("tile/entries/001", lambda content: b"\0\0" + content), Kind.MISSING, 257,
    ),
    "a bundle that is missing": (change_of("tile/entries/001", lambda _: None), Kind.MISSING, 257),
    "the last bundle missing": (change_of("tile/entries/002.p/88", lambda _: None), Kind.MISSING, 513),
    "a tile that is missing": (change_of("tile/0/000", lambda _: None), Kind.MISSING, 1),
    "a tile cut short": (change_of("tile/0/001", lambda content: content[:-32]), Kind.MISSING, 257),
    "a tile with a hash more": (change_of("tile/0/001", lambda content: content + bytes(32)), Kind.MISSING, None),
    "a tile above that is missing": (change_of("tile/1/000.p/2", lambda _: None), Kind.MISSING, 1),
    "no checkpoint": (change_of("checkpoint", lambda _: None), Kind.MISSING, None),
    "an empty checkpoint": (change_of("checkpoint", lambda _: b""), Kind.CHECKPOINT, None),
    "a checkpoint of another size": (
        change_of("checkpoint", lambda note: note.replace(b"\n600\n", b"\n599\n")), Kind.CHECKPOINT, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGED_FILES)
def test_a_file_that_is_changed_or_gone_is_found(case: str, tmp_path: Path) -> None:
    change, kind, position = CHANGED_FILES[case]
    files = published(sample_entries(SIZE))
    change(files)
    found = refusal(files, tmp_path)

    assert (found.kind, found.first) == (kind, position)


def test_files_of_another_log_that_agree_with_each_other_do_not_agree_with_what_was_signed(
    tmp_path: Path,
) -> None:
    events = [entry(each, ORIGIN) for each in at(300, body=b'{"n":0}')(sample_events(SIZE))]
    files = published(events) | {"checkpoint": published(sample_entries(SIZE))["checkpoint"]}
    found = refusal(files, tmp_path)

    assert (found.kind, found.first, found.last) == (Kind.TREE, 1, SIZE)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300, 512, 599, 600])
def test_a_log_that_goes_on_continues_what_was_verified_before(size: int, tmp_path: Path) -> None:
    known = verified(published(sample_entries(size)), tmp_path / "before").to_remember
    found = verified(published(sample_entries(SIZE)), tmp_path / "after", known)

    assert found.held == [size]


@pytest.mark.parametrize(("size", "changed", "first", "last"), [
    (600, 300, 257, 512),
    (600, 3, 1, 256),
    (600, 599, 513, 600),
    (300, 299, 257, 300),
    (512, 512, 257, 512),
])  # fmt: skip
def test_a_changed_past_is_found_though_all_of_it_was_hashed_and_signed_anew(
    size: int, changed: int, first: int, last: int, tmp_path: Path
) -> None:
    known = verified(published(sample_entries(size)), tmp_path / "before").to_remember
    events = [entry(each, ORIGIN) for each in at(changed, body=b'{"n":-1}')(sample_events(SIZE))]
    found = refusal(published(events), tmp_path / "after", known)

    assert (found.kind, found.first, found.last) == (Kind.HISTORY, first, last)


@pytest.mark.parametrize("size", [1, 200, 256, 300, 512])
def test_two_logs_of_one_size_are_one_log_or_a_fork(size: int, tmp_path: Path) -> None:
    place = str(write(published(sample_entries(size)), tmp_path))
    other = [*sample_entries(size - 1), entry(event(size, "other", 1, b"{}"), ORIGIN)]
    fork = open_checkpoint(published(other)["checkpoint"], PINNED)

    with pytest.raises(Refused) as refused:
        verify_log(Question(place, PINNED, held=[fork]))
    assert (refused.value.kind, refused.value.last) == (Kind.HISTORY, size)


def test_a_log_that_went_back_is_found(tmp_path: Path) -> None:
    known = verified(published(sample_entries(SIZE)), tmp_path / "before").to_remember
    found = refusal(published(sample_entries(599)), tmp_path / "after", known)

    assert (found.kind, found.first, found.last) == (Kind.HISTORY, 600, 600)


def test_a_checkpoint_or_receipt_somebody_holds_has_to_be_continued(tmp_path: Path) -> None:
    place = str(write(published(sample_entries(SIZE)), tmp_path))
    events = at(7, body=b'{"n":8}')(sample_events(300))
    other = receipt_of([entry(each, ORIGIN) for each in events], 8).partition(b"\n\n")[2]

    good = open_checkpoint(published(sample_entries(300))["checkpoint"], PINNED)
    assert verify_log(Question(place, PINNED, held=[good])).held == [300]
    with pytest.raises(Refused, match="The past was changed: among positions 1 to 300") as refused:
        verify_log(Question(place, PINNED, held=[open_checkpoint(other, PINNED)]))
    assert refused.value.kind == Kind.HISTORY
    foreign = good._replace(origin="another.example/log")
    with pytest.raises(Refused, match="this log is"):
        verify_log(Question(place, PINNED, held=[foreign]))


@dataclass(frozen=True)
class Rotation:
    """A log that announced another key, and one that retired the first."""

    announced: list[bytes]
    retired: list[bytes]


def rotated() -> Rotation:
    events = sample_events(10)
    second = LogKeyAnnounced(vkey=OTHER_KEY.public.vkey)
    first = LogKeyRetired(vkey=KEY.public.vkey, reason="its term is over")
    events.append(event(11, LOG_STREAM, 2, encode(second), LogKeyAnnounced.type))
    announced = [entry(each, ORIGIN) for each in events]
    events.append(event(12, LOG_STREAM, 3, encode(first), LogKeyRetired.type))
    return Rotation(announced, [entry(each, ORIGIN) for each in events])


def test_a_key_announced_in_the_log_may_sign_next_and_a_retired_one_no_more(tmp_path: Path) -> None:
    rotation = rotated()
    known = verified(published(rotation.announced), tmp_path / "1").to_remember
    assert [key.vkey for key in known.keys] == [KEY.public.vkey, OTHER_KEY.public.vkey]

    after = verified(published(rotation.retired, [OTHER_KEY]), tmp_path / "2", known).to_remember
    assert [key.vkey for key in after.keys] == [OTHER_KEY.public.vkey]
    assert refusal(published(rotation.retired, [KEY]), tmp_path / "3", after).kind == Kind.CHECKPOINT
    assert refusal(published(rotation.retired, [OTHER_KEY]), tmp_path / "4").kind == Kind.CHECKPOINT


def test_what_a_mirror_keeps_of_a_tile_that_is_full_by_now_will_do(tmp_path: Path) -> None:
    files = published(sample_entries(300))
    whole = published(sample_entries(512))
    for path in ("tile/entries/001", "tile/0/001"):
        del files[f"{path}.p/44"]
        files[path] = whole[path]

    assert verified(files, tmp_path).checkpoint.size == 300


def test_a_place_that_is_nothing_is_refused(tmp_path: Path) -> None:
    for place in (str(tmp_path / "none"), "ftp://example.mx/log", ""):
        with pytest.raises(Refused) as refused:
            verify_log(Question(place, PINNED))
        assert refused.value.kind == Kind.MISSING


def test_an_old_checkpoint_is_stale_where_that_is_asked(tmp_path: Path) -> None:
    import os
    import time

    place = write(published(sample_entries(3)), tmp_path)
    assert verify_log(Question(str(place), PINNED, fresh_minutes=1)).checkpoint.size == 3
    old = time.time() - 3_600
    os.utime(place / "checkpoint", (old, old))
    with pytest.raises(Refused, match="60 minutes ago") as refused:
        verify_log(Question(str(place), PINNED, fresh_minutes=59))
    assert refused.value.kind == Kind.STALE
