"""What a log asks a witness (C2SP tlog-witness, ``add-checkpoint``): cosign this, it continues what you have seen."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint, parse_checkpoint, read_number
from ledger.merkle import LONGEST_PROOF
from ledger.note import BadNote, Note, from_base64, parse_note


@dataclass(frozen=True, slots=True)
class Addition:
    """A signed checkpoint, and the proof that it continues the tree of ``old_size`` entries."""

    old_size: int
    path: Sequence[bytes]
    note: Note

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says. Raises `ledger.note.BadNote`."""
        return parse_checkpoint(self.note.text)

    @property
    def file(self) -> bytes:
        """The request as it is sent."""
        hashes = [b64encode(each).decode() for each in self.path]
        return "\n".join([f"old {self.old_size}", *hashes, "", ""]).encode() + self.note.file


def parse_addition(request: bytes) -> Addition:
    """Read a request, believing nothing it says. Raises `ledger.note.BadNote`."""
    before, separator, file = request.partition(b"\n\n")
    try:
        first, *hashes = before.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadNote("a size and hashes are ASCII, and this is not") from error
    if not separator or not first.startswith("old "):
        raise BadNote("a request is 'old' and a size, hashes, an empty line and the checkpoint")
    if len(hashes) > LONGEST_PROOF:
        raise BadNote(f"{len(hashes)} hashes are over the {LONGEST_PROOF} a proof may have")
    addition = Addition(
        read_number(first.removeprefix("old ")), [from_base64(line) for line in hashes], parse_note(file)
    )
    if addition.old_size > addition.checkpoint.size:
        raise BadNote(
            f"a tree of {addition.checkpoint.size} entries does not continue one of {addition.old_size}"
        )
    return addition
