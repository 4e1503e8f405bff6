"""Signed notes and the keys they are checked with (C2SP signed-note), Ed25519 alone: a log's and witnesses'."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from bitacora_verifier.refusal import Kind, Refused

ED25519 = 1
"""The type of a log's key."""
COSIGNATURE = 4
"""The type of a witness's key (C2SP tlog-cosignature)."""
LONGEST_NOTE = 100_000
MOST_SIGNATURES = 16


class Key(NamedTuple):
    """A pinned key: the name, the 32 bytes, and what it signs."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def number(self) -> bytes:
        """The four bytes a signature's line names it by."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    @property
    def vkey(self) -> str:
        """The line it is pinned as."""
        packed = base64.b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.number.hex()}+{packed}"

    def has_signed(self, text: bytes, signature: bytes) -> bool:
        """Tell whether it signed this text (RFC 8032)."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - the processes that hash do without
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - see above

        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Line(NamedTuple):
    """A signature under a note: who it is said to be of."""

    name: str
    number: bytes
    signature: bytes


class Note(NamedTuple):
    """A text and the signatures under it."""

    text: bytes
    lines: Sequence[Line]


def parse_vkey(line: str, kind: int = ED25519) -> Key:
    """Read a key of a kind as it is pinned: ``name+number+base64``. Raises `Refused`."""
    name, _, rest = line.partition("+")
    number, _, packed = rest.partition("+")
    raw = _base64(packed)
    if not _is_name(name) or raw is None or len(raw) != 33 or raw[0] != kind:
        whose, de_quien = ("log", "una bitácora") if kind == ED25519 else ("witness", "un testigo")
        raise Refused(
            Kind.ASKED_WRONGLY,
            f"{line[:60]!r} is no Ed25519 key of a {whose} as it is pinned: name+number+base64.",
            f"{line[:60]!r} no es una clave Ed25519 de {de_quien} como se fija: nombre+número+base64.",
        )
    key = Key(name, raw[1:], kind)
    if key.number.hex() != number:
        raise Refused(
            Kind.ASKED_WRONGLY,
            f"The key of {name} does not fit its number {number[:20]}: a letter of it is wrong.",
            f"La clave de {name} no corresponde a su número {number[:20]}: alguna letra está mal.",
        )
    return key


def parse_note(file: bytes) -> Note:
    """Read a note, believing nothing it says. Raises `Refused`."""
    text, found, under = file.rpartition(b"\n\n")
    if len(file) > LONGEST_NOTE or not found or not text.strip(b"\n") or not under.endswith(b"\n"):
        raise _bad(
            "it is not a text, an empty line and signatures on whole lines",
            "no es un texto, un renglón vacío y firmas en renglones completos",
        )
    try:
        whole, lines = text.decode(), under[:-1].decode().split("\n")
    except UnicodeDecodeError as error:
        raise _bad("it is not UTF-8", "no está en UTF-8") from error
    if any(character < " " and character != "\n" for character in whole):
        raise _bad("it has control characters", "tiene caracteres de control")
    if len(lines) > MOST_SIGNATURES:
        raise _bad(f"it has over {MOST_SIGNATURES} signatures", f"tiene más de {MOST_SIGNATURES} firmas")
    return Note(text + b"\n", [_parse_line(line) for line in lines])


def signers(note: Note, keys: Sequence[Key]) -> list[Key]:
    """Return which of these keys signed a note: at least one did, and no line of one of them is bad. Raises `Refused`.

    Lines of keys that are not known are passed over.
    """
    found = []
    for line in note.lines:
        for key in keys:
            if (key.name, key.number) == (line.name, line.number):
                if not key.has_signed(note.text, line.signature):
                    raise _bad(
                        f"the signature of {key.name} ({key.number.hex()}) is not good",
                        f"la firma de {key.name} ({key.number.hex()}) no es buena",
                    )
                found.append(key)
    if not found:
        raise _bad("none of the pinned keys has signed it", "ninguna de las claves fijadas la firmó")
    return list(dict.fromkeys(found))


def _parse_line(line: str) -> Line:
    dash, _, rest = line.partition(" ")
    name, _, packed = rest.partition(" ")
    raw = _base64(packed)
    if dash != "—" or not _is_name(name) or raw is None or len(raw) < 5:
        raise _bad(f"{line[:60]!r} is no signature's line", f"{line[:60]!r} no es el renglón de una firma")
    return Line(name, raw[:4], raw[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(each.isspace() or each < " " for each in name)


def _base64(text: str) -> bytes | None:
    """Return what base64 says (RFC 4648, section 4), or None where it is not written in its one way."""
    try:
        found = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found).decode() == text else None


def _bad(en: str, es: str) -> Refused:
    return Refused(
        Kind.CHECKPOINT, f"The checkpoint is not good: {en}.", f"El sello de integridad no es bueno: {es}."
    )
