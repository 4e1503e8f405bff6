"""Checkpoints (C2SP tlog-checkpoint): how many entries a log had, and the root over them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import NamedTuple

from bitacora_verifier.merkle import EMPTY_ROOT, HASH_BYTES
from bitacora_verifier.note import Key, parse_note, signers
from bitacora_verifier.refusal import Kind, Refused

LARGEST_SIZE = 2**63 - 1
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(NamedTuple):
    """What a log was at one moment."""

    origin: str
    size: int
    root: bytes
    signed_by: Sequence[Key] = ()


def number(text: str) -> int:
    """Read a number that is written in its one way: decimal, without leading zeros. Raises ``ValueError``."""
    if not _NUMBER.fullmatch(text) or int(text) > LARGEST_SIZE:
        raise ValueError(text)
    return int(text)


def parse_hash(text: str) -> bytes:
    """Read a hash in base64, written in its one way. Raises ``ValueError``."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if len(found) != HASH_BYTES or base64.b64encode(found).decode() != text:
        raise ValueError(text)
    return found


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read the text of a note as a checkpoint; lines of extensions are passed over. Raises `Refused`."""
    lines = text.decode().removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise _bad(
            "it is not an origin, a size and a root, each on a line",
            "no es origen, tamaño y raíz, uno por renglón",
        )
    try:
        found = Checkpoint(lines[0], number(lines[1]), parse_hash(lines[2]))
    except ValueError as error:
        raise _bad(
            f"{str(error)[:60]!r} is no size or root as it has to be written",
            f"{str(error)[:60]!r} no es un tamaño o una raíz como debe escribirse",
        ) from error
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise _bad("a log without entries has another root", "una bitácora sin asientos tiene otra raíz")
    return found


def claimed_origin(file: bytes) -> str:
    """Return which log a checkpoint's file says it is of, before anything of it is believed. Raises `Refused`."""
    return parse_checkpoint(parse_note(file).text).origin


def open_checkpoint(file: bytes, keys: Sequence[Key]) -> Checkpoint:
    """Read a checkpoint that one of these keys has signed, of the log that key is named for. Raises `Refused`."""
    note = parse_note(file)
    known = signers(note, keys)
    found = parse_checkpoint(note.text)
    if any(key.name != found.origin for key in known):
        raise _bad(
            f"it is of '{found.origin}', and the key is of '{known[0].name}'",
            f"es de «{found.origin}», y la clave es de «{known[0].name}»",
        )
    return found._replace(signed_by=tuple(known))


def _bad(en: str, es: str) -> Refused:
    return Refused(
        Kind.CHECKPOINT, f"The checkpoint is not good: {en}.", f"El sello de integridad no es bueno: {es}."
    )
