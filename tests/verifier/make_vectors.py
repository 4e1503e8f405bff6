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

FOLDER = Path(__file__).parent.parent / "vectors"
LARGEST_TREE = 600

Vector = dict[str, Any]

ENTRIES = sample_entries(7)
NOTE = checkpoint_of(ENTRIES)
TEXT, _, SIGNATURES = NOTE.decode().partition("\n\n")
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


def checkpoint_vectors() -> Iterator[Vector]:
    """Steps 2 to 4: the checkpoint."""

    def of(
        step: int, name: str, what: str, file: bytes, size: int | None = None, root_: bytes = b""
    ) -> Vector:
        given = {"vkeys": [KEY.public.vkey], "file": packed(file)}
        expected = None if size is None else {"origin": ORIGIN, "size": size, "root": packed(root_)}
        return vector(step, f"checkpoint-{name}", what, "checkpoint", given, expected)

    def written(text: str) -> bytes:
        return signed(text, [KEY]).file

    seven = root(7, hashes_of(ENTRIES))
    yield of(4, "good", "seven entries, signed by the pinned key", NOTE, 7, seven)
    yield of(
        3,
        "also-signed-by-others",
        "signatures of keys that are not pinned are passed over",
        checkpoint_of(ENTRIES, [WITNESS, KEY, OTHER_KEY]),
        7,
        seven,
    )
    yield of(
        4,
        "with-an-extension",
        "lines after the root are passed over",
        written(f"{TEXT}\nan extension\n"),
        7,
        seven,
    )
    yield of(
        4,
        "of-no-entries",
        "the root of an empty tree is SHA-256 of nothing",
        written(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text),
        0,
        EMPTY_ROOT,
    )
    line = SIGNATURES.strip()
    spoilt = line[:-6] + ("A" if line[-6] != "A" else "B") + line[-5:]
    for step, name, what, file in (
        (
            2,
            "without-an-empty-line",
            "an empty line is between text and signatures",
            NOTE.replace(b"\n\n", b"\n"),
        ),
        (2, "without-signatures", "there is at least one signature", f"{TEXT}\n\n".encode()),
        (2, "with-an-unended-line", "the last line ends, too", NOTE[:-1]),
        (2, "with-crlf", "lines end in LF alone", NOTE.replace(b"\n", b"\r\n")),
        (2, "not-utf-8", "a note is UTF-8", NOTE.replace(b"bitacora", b"bit\xe1cora", 1)),
        (
            2,
            "with-a-hyphen",
            "a signature's line begins with an em dash, U+2014",
            NOTE.replace("—".encode(), b"-"),
        ),
        (2, "with-two-spaces", "one space is between the parts", NOTE.replace("— ".encode(), "—  ".encode())),
        (
            2,
            "with-bad-base64",
            "a signature is base64",
            NOTE.replace(line.encode(), line[:-1].encode() + b"*"),
        ),
        (
            2,
            "with-a-short-signature",
            "a signature is longer than its key's number",
            f"{TEXT}\n\n— {ORIGIN} {packed(KEY.public.key_id)}\n".encode(),
        ),
        (
            2,
            "with-17-signatures",
            "there are at most 16 signatures",
            checkpoint_of(ENTRIES, [KEY, *[SigningKey(f"w{n}.example", bytes(32)) for n in range(16)]]),
        ),
        (3, "with-a-bad-signature", "the signature is one bit off", f"{TEXT}\n\n{spoilt}\n".encode()),
        (
            3,
            "with-a-bad-signature-and-a-good-one",
            "every signature of a pinned key has to be good",
            f"{TEXT}\n\n{spoilt}\n{line}\n".encode(),
        ),
        (3, "of-unknown-keys", "no pinned key has signed", checkpoint_of(ENTRIES, [OTHER_KEY, WITNESS])),
        (
            3,
            "changed-after-it-was-signed",
            "the signature is over every byte of the text",
            NOTE.replace(b"\n7\n", b"\n8\n"),
        ),
        (
            4,
            "with-a-zero-before-its-size",
            "a number is written in its one way",
            written(TEXT.replace("\n7\n", "\n07\n") + "\n"),
        ),
        (
            4,
            "with-a-plus-before-its-size",
            "a number is written in its one way",
            written(TEXT.replace("\n7\n", "\n+7\n") + "\n"),
        ),
        (
            4,
            "of-2-to-the-63",
            "no log has 2^63 entries",
            written(TEXT.replace("\n7\n", f"\n{2**63}\n") + "\n"),
        ),
        (
            4,
            "with-a-root-of-31-bytes",
            "a root has 32 bytes",
            written(f"{ORIGIN}\n7\n{packed(seven[:-1])}\n"),
        ),
        (
            4,
            "with-an-unpadded-root",
            "base64 is written in its one way",
            written(f"{ORIGIN}\n7\n{packed(seven)[:-1]}\n"),
        ),
        (
            4,
            "of-no-entries-with-a-root",
            "an empty log has one root",
            written(f"{ORIGIN}\n0\n{packed(seven)}\n"),
        ),
        (
            4,
            "of-another-log",
            "a key signs for the log it is named for",
            written(f"another.example/log\n7\n{packed(seven)}\n"),
        ),
        (4, "without-a-root", "there are three lines", written(f"{ORIGIN}\n7\n")),
        (4, "with-an-empty-line-more", "no line of the text is empty", written(f"{TEXT}\n\n")),
    ):
        yield of(step, name, what, file)


def receipt_vectors() -> Iterator[Vector]:
    """Step 14: receipts."""

    def of(name: str, what: str, file: bytes, entry: bytes, position: int | None = None) -> Vector:
        given = {"vkeys": [KEY.public.vkey], "receipt": packed(file), "entry": packed(entry)}
        expected = None if position is None else {"position": position, "size": 7}
        return vector(14, f"receipt-{name}", what, "receipt", given, expected)

    for index in (0, 3, 6):
        yield of(
            f"of-position-{index + 1}",
            f"position {index + 1} of 7",
            receipt_of(ENTRIES, index),
            ENTRIES[index],
            index + 1,
        )
    file, entry = receipt_of(ENTRIES, 3), ENTRIES[3]
    lines = file.split(b"\n")
    yield of(
        "with-extra-data",
        "extra data is passed over",
        b"\n".join([lines[0], b"extra aGVsbG8=", *lines[1:]]),
        entry,
        4,
    )
    for name, what, wrong in (
        (
            "with-a-hash-too-many",
            "a proof has as many hashes as its numbers need",
            [*lines[:2], lines[2], *lines[2:]],
        ),
        ("with-a-hash-too-few", "a proof has as many hashes as its numbers need", [*lines[:2], *lines[3:]]),
        ("with-hashes-swapped", "hashes go from the leaf up", [*lines[:2], lines[3], lines[2], *lines[4:]]),
        ("of-another-place", "the place is part of the proof", [lines[0], b"index 2", *lines[2:]]),
        ("beyond-its-checkpoint", "the index is less than the size", [lines[0], b"index 7", *lines[2:]]),
        (
            "with-a-zero-before-its-index",
            "a number is written in its one way",
            [lines[0], b"index 03", *lines[2:]],
        ),
        ("without-an-index", "the index is there", [lines[0], *lines[2:]]),
        ("of-another-version", "the first line is of version 1", [b"c2sp.org/tlog-proof@v2", *lines[1:]]),
        (
            "with-a-hash-of-31-bytes",
            "a hash has 32 bytes",
            [*lines[:2], packed(bytes(31)).encode(), *lines[3:]],
        ),
        ("without-a-checkpoint", "the checkpoint is part of it", lines[: lines.index(b"") + 1]),
    ):
        yield of(name, what, b"\n".join(wrong), entry)
    yield of("of-another-entry", "the entry beside it is another", file, ENTRIES[4])
    yield of("of-an-entry-a-bit-off", "every byte of the entry is hashed", file, entry[:-1] + b" ")
    yield of(
        "of-an-unknown-key",
        "its checkpoint is not signed by a pinned key",
        receipt_of(ENTRIES, 3, [OTHER_KEY]),
        entry,
    )
    yield of(
        "of-another-size",
        "the proof is of a tree of 6",
        b"\n".join(receipt_of(ENTRIES[:6], 3).split(b"\n")[:5]) + b"\n\n" + NOTE,
        entry,
    )


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
    for each in (*key_vectors(), *checkpoint_vectors(), *log_vectors(), *receipt_vectors()):
        found[f"{each['step']:02}-{each['name']}.json"] = each
    return {name: json.dumps(each, indent=1, ensure_ascii=False) + "\n" for name, each in found.items()}


if __name__ == "__main__":
    for kept in FOLDER.glob("*.json"):
        kept.unlink()
    for name, text in every_file().items():
        (FOLDER / name).write_text(text)
