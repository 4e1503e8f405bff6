"""Makes the test vectors in ``tests/vectors``: what a verifier has to accept or to refuse, and at which step.

    python -m tests.verifier.make_vectors

Each is one JSON file that other people's verifiers can read; ``docs/VERIFY.md`` says what is in it. Made with the
server's own functions, from a key that everybody knows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.checkpoint import Checkpoint
from ledger.merkle import EMPTY_ROOT, leaf_hash, root
from ledger.note import PublicKey, SigningKey, signed
from tests.verifier.published import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    checkpoint_of,
    hashes_of,
    receipt_of,
    sample_entries,
)
from tests.verifier.vector_logs import log_vectors
from tests.verifier.vector_witnesses import witness_vectors

FOLDER = Path(__file__).parent.parent / "vectors"
LARGEST_TREE = 600

Vector = dict[str, Any]

ENTRIES = sample_entries(7)
NOTE = checkpoint_of(ENTRIES)
TEXT, _, LINE = NOTE.decode().strip().partition("\n\n")
SEVEN = root(7, hashes_of(ENTRIES))
WITNESS = SigningKey("witness.example/w1", bytes(32))


def packed(content: bytes) -> str:
    """Bytes as they stand in a vector."""
    return base64.b64encode(content).decode()


def vector(
    step: int, name: str, what: str, check: str, given: dict[str, Any], expected: Any = None
) -> Vector:
    """A vector; ``expected`` is None where it has to be refused."""
    return {
        "name": name, "about": what, "step": step, "check": check, "given": given,
        "expected": "refused" if expected is None else expected,
    }  # fmt: skip


def key_vectors() -> Iterator[Vector]:
    """Step 1: the pinned key."""
    vkey = KEY.public.vkey
    name, number, key = vkey.split("+", 2)
    short = PublicKey(ORIGIN, KEY.public.key[:-1]).vkey
    of_other_type = PublicKey(ORIGIN, KEY.public.key, 2).vkey
    good = {"name": name, "number": number, "key": packed(KEY.public.key)}
    yield vector(1, "vkey", "a key as it is pinned", "vkey", {"vkey": vkey}, good)
    for name_, what, wrong in (
        (
            "vkey-of-another-number",
            "the number is not that of this name and key",
            vkey.replace(number, "00000000"),
        ),
        ("vkey-of-another-name", "the number belongs to the name, too", vkey.replace("2027", "2028", 1)),
        ("vkey-of-31-bytes", "an Ed25519 key has 32 bytes", short),
        ("vkey-of-another-type", "the first byte is 1: Ed25519", of_other_type),
        (
            "vkey-with-spare-bits",
            "base64 is written in its one way",
            f"{name}+{number}+{key[:-2]}{chr(ord(key[-2]) + 1)}=",
        ),
        ("vkey-without-a-key", "there are three parts", f"{name}+{number}"),
    ):
        yield vector(1, name_, what, "vkey", {"vkey": wrong})


def named(bad: dict[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Names, what is told of them, and the bytes."""
    for words, content in bad.items():
        name, _, what = words.partition(": ")
        yield name, what, content


def written(text: str) -> bytes:
    """A checkpoint of this text, signed in order."""
    return signed(text, [KEY]).file


def checkpoint_vectors() -> Iterator[Vector]:
    """Steps 2 to 4: the checkpoint."""

    def of(step: int, name: str, what: str, file: bytes, size: int | None = None, top: bytes = b"") -> Vector:
        given = {"vkeys": [KEY.public.vkey], "file": packed(file)}
        expected = None if size is None else {"origin": ORIGIN, "size": size, "root": packed(top)}
        return vector(step, f"checkpoint-{name}", what, "checkpoint", given, expected)

    beside = checkpoint_of(ENTRIES, [WITNESS, KEY, OTHER_KEY])
    extended = written(f"{TEXT}\nan extension\n")
    empty = written(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text)
    yield of(4, "good", "seven entries, signed by the pinned key", NOTE, 7, SEVEN)
    yield of(3, "also-signed-by-others", "keys that are not pinned are passed over", beside, 7, SEVEN)
    yield of(4, "with-an-extension", "lines after the root are passed over", extended, 7, SEVEN)
    yield of(4, "of-no-entries", "the empty tree's root is SHA-256 of nothing", empty, 0, EMPTY_ROOT)
    for step, bad in ((2, no_notes()), (3, not_signed()), (4, no_checkpoints())):
        for name, what, file in named(bad):
            yield of(step, name, what, file)


def no_notes() -> dict[str, bytes]:
    """What is no note."""
    crowd = [SigningKey(f"w{n}.example", bytes(32)) for n in range(16)]
    short = f"— {ORIGIN} {packed(KEY.public.key_id)}\n"
    return {
        "without-an-empty-line: one is between text and signatures": NOTE.replace(b"\n\n", b"\n"),
        "without-signatures: there is at least one": f"{TEXT}\n\n".encode(),
        "with-an-unended-line: the last line ends, too": NOTE[:-1],
        "with-crlf: lines end in LF alone": NOTE.replace(b"\n", b"\r\n"),
        "not-utf-8: a note is UTF-8": NOTE.replace(b"bitacora", b"bit\xe1cora", 1),
        "with-a-hyphen: a signature begins with an em dash, U+2014": NOTE.replace("—".encode(), b"-"),
        "with-two-spaces: one is between the parts": NOTE.replace("— ".encode(), "—  ".encode()),
        "with-bad-base64: a signature is base64": f"{TEXT}\n\n{LINE[:-1]}*\n".encode(),
        "with-a-short-signature: it is longer than its key's number": f"{TEXT}\n\n{short}".encode(),
        "with-17-signatures: there are at most 16": checkpoint_of(ENTRIES, [KEY, *crowd]),
    }


def not_signed() -> dict[str, bytes]:
    """Notes that the pinned key has not signed."""
    spoilt = LINE[:-6] + ("A" if LINE[-6] != "A" else "B") + LINE[-5:]
    return {
        "with-a-bad-signature: a letter of it is another": f"{TEXT}\n\n{spoilt}\n".encode(),
        "with-a-bad-signature-and-a-good-one: each has to be good": f"{TEXT}\n\n{spoilt}\n{LINE}\n".encode(),
        "of-unknown-keys: no pinned key has signed": checkpoint_of(ENTRIES, [OTHER_KEY, WITNESS]),
        "changed-after-it-was-signed: every byte is signed": NOTE.replace(b"\n7\n", b"\n8\n"),
    }


def no_checkpoints() -> dict[str, bytes]:
    """Texts that are signed in order and no checkpoint of this log."""

    def of_size(size: str) -> bytes:
        return written(TEXT.replace("\n7\n", f"\n{size}\n") + "\n")

    return {
        "with-a-zero-before-its-size: a number is written in its one way": of_size("07"),
        "with-a-plus-before-its-size: a number is written in its one way": of_size("+7"),
        "of-2-to-the-63: no log has 2^63 entries": of_size(str(2**63)),
        "with-a-root-of-31-bytes: a root has 32": written(f"{ORIGIN}\n7\n{packed(SEVEN[:-1])}\n"),
        "with-an-unpadded-root: base64 has its padding": written(f"{ORIGIN}\n7\n{packed(SEVEN)[:-1]}\n"),
        "of-no-entries-with-a-root: an empty log has one root": of_size("0"),
        "of-another-log: a key signs for the log it is named for": written(
            f"other/log\n7\n{packed(SEVEN)}\n"
        ),
        "without-a-root: there are three lines": written(f"{ORIGIN}\n7\n"),
        "with-an-empty-line-more: no line of the text is empty": written(f"{TEXT}\n\n"),
    }


def receipt_vectors() -> Iterator[Vector]:
    """Step 14: receipts."""

    def of(name: str, what: str, file: bytes, entry: bytes, position: int | None = None) -> Vector:
        given = {"vkeys": [KEY.public.vkey], "receipt": packed(file), "entry": packed(entry)}
        expected = None if position is None else {"position": position, "size": 7}
        return vector(14, f"receipt-{name}", what, "receipt", given, expected)

    for position in (1, 4, 7):
        index = position - 1
        file = receipt_of(ENTRIES, index)
        yield of(f"of-position-{position}", f"position {position} of 7", file, ENTRIES[index], position)
    file, entry = receipt_of(ENTRIES, 3), ENTRIES[3]
    first, rest = file.split(b"\n", 1)
    extra = first + b"\nextra aGVsbG8=\n" + rest
    yield of("with-extra-data", "extra data is passed over", extra, entry, 4)
    for name, what, wrong in named(bad_receipts(file)):
        yield of(name, what, wrong, entry)
    yield of("of-another-entry", "the entry beside it is another", file, ENTRIES[4])
    yield of("of-an-entry-a-bit-off", "every byte of the entry is hashed", file, entry[:-1] + b" ")
    unknown = receipt_of(ENTRIES, 3, [OTHER_KEY])
    yield of("of-an-unknown-key", "its checkpoint is not signed by a pinned key", unknown, entry)
    smaller = receipt_of(ENTRIES[:6], 3).partition(b"\n\n")[0] + b"\n\n" + NOTE
    yield of("of-another-size", "the proof is of a tree of 6", smaller, entry)


def bad_receipts(file: bytes) -> dict[str, bytes]:
    """Receipts of the fourth entry that prove nothing."""
    first, index, *rest = file.split(b"\n")
    short = packed(bytes(31)).encode()
    bad = {
        "with-a-hash-too-many: as many as its numbers need": [first, index, rest[0], *rest],
        "with-a-hash-too-few: as many as its numbers need": [first, index, *rest[1:]],
        "with-hashes-swapped: they go from the leaf up": [first, index, rest[1], rest[0], *rest[2:]],
        "of-another-place: the place is part of the proof": [first, b"index 2", *rest],
        "beyond-its-checkpoint: the index is less than the size": [first, b"index 7", *rest],
        "with-a-zero-before-its-index: a number is written in its one way": [first, b"index 03", *rest],
        "without-an-index: the index is there": [first, *rest],
        "of-another-version: the first line says version 1": [b"c2sp.org/tlog-proof@v2", index, *rest],
        "with-a-hash-of-31-bytes: a hash has 32": [first, index, short, *rest[1:]],
        "without-a-checkpoint: the checkpoint is part of it": [first, index, *rest[: rest.index(b"") + 1]],
    }
    return {words: b"\n".join(lines) for words, lines in bad.items()}


def trees() -> Vector:
    """The root of every tree to 600 leaves, and those of the eight entries Certificate Transparency is tried with."""
    known = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]

    def roots(entries: list[bytes]) -> list[str]:
        hashes = hashes_of(entries)
        return [root(size, hashes).hex() for size in range(len(entries) + 1)]

    numbered = [f"entry {n}".encode() for n in range(LARGEST_TREE)]
    return {
        "about": "Steps 8 and 10: the roots of the trees of the first 0, 1, 2 … entries, in hexadecimal.",
        "leaf_of_no_bytes": leaf_hash(b"").hex(),
        "certificate_transparency": {
            "entries": known,
            "roots": roots([bytes.fromhex(each) for each in known]),
        },
        "numbered": {"entries": "'entry 0', 'entry 1' … in ASCII", "roots": roots(numbered)},
    }


def every_file() -> dict[str, str]:
    """Every file of the vectors, by its name."""
    found = {"trees.json": trees()}
    for each in (
        *key_vectors(),
        *checkpoint_vectors(),
        *log_vectors(),
        *receipt_vectors(),
        *witness_vectors(),
    ):
        found[f"{each['step']:02}-{each['name']}.json"] = each
    return {name: json.dumps(each, indent=1, ensure_ascii=False) + "\n" for name, each in found.items()}


if __name__ == "__main__":
    for kept in FOLDER.glob("*.json"):
        kept.unlink()
    for name, text in every_file().items():
        (FOLDER / name).write_text(text)
