"""Checkpoints (C2SP tlog-checkpoint) and proofs that are kept with one (C2SP tlog-proof).

A checkpoint is a signed note that says how many entries a log had and what its tree's root was. Here is what it says;
who signed it is `ledger.note`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.merkle import EMPTY_ROOT, HASH_BYTES, LONGEST_PROOF
from ledger.note import BadNote, Note, PublicKey, from_base64, parse_note, verify_note

LARGEST_SIZE = 2**63 - 1

PROOF_LINE = "c2sp.org/tlog-proof@v1"
"""The first line of a proof's file."""

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How a log stood: its name, the number of its entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint; lines of extensions are passed over. Raises `ledger.note.BadNote`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadNote("a checkpoint is an origin, a size and a root, each on a line, and no line is empty")
    origin, size, root = lines[:3]
    checkpoint = Checkpoint(origin, read_number(size), from_base64(root))
    if len(checkpoint.root) != HASH_BYTES:
        raise BadNote(f"the root of a checkpoint is {HASH_BYTES} bytes, not {len(checkpoint.root)}")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise BadNote("a log without entries has another root")
    return checkpoint


def open_checkpoint(file: bytes, origin: str, keys: Sequence[PublicKey]) -> tuple[Checkpoint, Note]:
    """Read a checkpoint of the log of this name that one of these keys has signed. Raises `ledger.note.BadNote`."""
    note = parse_note(file)
    verify_note(note, keys)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise BadNote(f"this is a checkpoint of '{checkpoint.origin}', not of '{origin}'")
    return checkpoint, note


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands at a place of a log, with the checkpoint it is shown by: all it takes, offline."""

    index: int
    """The place of the entry, from 0: its position in the log less one."""
    path: Sequence[bytes]
    checkpoint: bytes
    """The checkpoint's file."""

    @property
    def file(self) -> bytes:
        """The proof as it is sent and kept."""
        hashes = [base64.b64encode(each).decode() for each in self.path]
        return "\n".join([PROOF_LINE, f"index {self.index}", *hashes, "", ""]).encode() + self.checkpoint


def parse_proof(file: bytes) -> Proof:
    """Read a proof's file, believing nothing it says; extra data is passed over. Raises `ledger.note.BadNote`."""
    before, separator, checkpoint = file.partition(b"\n\n")
    try:
        lines = before.decode().split("\n")
    except UnicodeDecodeError as error:
        raise BadNote("a proof is UTF-8, and this is not") from error
    if not separator or lines.pop(0) != PROOF_LINE:
        raise BadNote(f"a proof begins with '{PROOF_LINE}' and has an empty line before its checkpoint")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise BadNote("a proof says which entry it is of: 'index' and a number")
    index = read_number(lines.pop(0).removeprefix("index "))
    if len(lines) > LONGEST_PROOF:
        raise BadNote(f"{len(lines)} hashes are over the {LONGEST_PROOF} a proof may have")
    path = [from_base64(line) for line in lines]
    if any(len(each) != HASH_BYTES for each in path):
        raise BadNote(f"a hash of the proof is not {HASH_BYTES} bytes long")
    parse_note(checkpoint)
    return Proof(index, path, checkpoint)


def read_number(text: str) -> int:
    """Read a number as it is written in these files. Raises `ledger.note.BadNote`."""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_SIZE:
        raise BadNote(f"{text[:40]!r} is no number as it has to be written: decimal, without leading zeros")
    return int(text)
