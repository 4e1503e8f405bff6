"""A receipt (C2SP tlog-proof), verified offline: that an entry stands at a place of a log that was signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bitacora_verifier.checkpoint import Checkpoint, number, open_checkpoint, parse_hash
from bitacora_verifier.entries import NotAsItMustBe, read_entry
from bitacora_verifier.merkle import LONGEST_PROOF, BadProof, leaf_hash, root_by_inclusion
from bitacora_verifier.note import LONGEST_NOTE, Key
from bitacora_verifier.refusal import Kind, Refused

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LONGEST_RECEIPT = LONGEST_NOTE + 100_000


class Receipt(NamedTuple):
    """What a receipt's file says."""

    leaf: int
    """The place of the entry, from 0: its position less one."""
    path: Sequence[bytes]
    checkpoint: bytes


def is_receipt(file: bytes) -> bool:
    """Tell whether a file is a receipt and not a checkpoint alone."""
    return file.startswith(FIRST_LINE.encode() + b"\n")


def parse_receipt(file: bytes) -> Receipt:
    """Read a receipt, believing nothing it says; extra data is passed over. Raises `Refused`."""
    before, found, checkpoint = file.partition(b"\n\n")
    bad = _bad("it is not written as receipts are", "no está escrito como los acuses")
    if len(file) > LONGEST_RECEIPT or not found or not is_receipt(file):
        raise bad
    try:
        lines = before.decode("ascii").split("\n")[1:]
        if lines[0].startswith("extra "):
            lines.pop(0)
        place, *hashes = lines
        if len(hashes) > LONGEST_PROOF or not place.startswith("index "):
            raise bad
        return Receipt(
            number(place.removeprefix("index ")), [parse_hash(line) for line in hashes], checkpoint
        )
    except (ValueError, IndexError) as error:
        raise bad from error


def verify_receipt(file: bytes, entry: bytes, keys: Sequence[Key]) -> tuple[Receipt, Checkpoint]:
    """Verify that a receipt proves this entry, with one of these keys. Raises `Refused`."""
    receipt = parse_receipt(file)
    checkpoint = open_checkpoint(receipt.checkpoint, keys)
    if receipt.leaf >= checkpoint.size:
        raise _bad(
            f"it is of position {receipt.leaf + 1:,}, and its checkpoint covers {checkpoint.size:,}",
            f"es de la posición {receipt.leaf + 1:,}, y su sello cubre {checkpoint.size:,}",
        )
    try:
        root = root_by_inclusion(receipt.leaf, checkpoint.size, leaf_hash(entry), receipt.path)
    except BadProof as error:
        raise _bad(
            "it has another number of hashes than it needs", "tiene otra cantidad de huellas"
        ) from error
    if root != checkpoint.root:
        raise _bad(
            f"this entry does not stand at position {receipt.leaf + 1:,} of the log that was signed",
            f"este asiento no está en la posición {receipt.leaf + 1:,} de la bitácora firmada",
        )
    try:
        read_entry(entry, checkpoint.origin)
    except NotAsItMustBe as error:
        raise Refused(
            Kind.CLAIMS, f"The entry: {error.en}.", f"El asiento: {error.es}.", receipt.leaf + 1
        ) from error
    return receipt, checkpoint


def _bad(en: str, es: str) -> Refused:
    return Refused(Kind.RECEIPT, f"The receipt is not good: {en}.", f"El acuse no es bueno: {es}.")
