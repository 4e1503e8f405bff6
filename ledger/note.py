"""Signed notes (C2SP signed-note): a text and the Ed25519 signatures under it, each by a key that has a name.

A key is known by its name and a number of four bytes, and pinned as a *vkey*, the line that Go's ``sumdb/note`` reads:
``name+number+key``. Signatures of keys that are not known are passed over; one of a known key has to be good.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

ED25519 = 0x01
"""The type of an Ed25519 signature over the note's text."""
COSIGNATURE = 0x04
"""The type of a witness's, over the text and an hour (`ledger.cosignature`)."""

MOST_SIGNATURES = 16
"""Signatures a note may have: as many as every verifier has to accept."""
LONGEST_NOTE = 100_000
"""Bytes a note may have: room for sixteen signatures of 5 kB, the longest there are."""

_DASH = "— "  # an em dash: what every signature's line begins with
_VKEY = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIGNATURE = re.compile(r"— ([^+\s]+) ([A-Za-z0-9+/=]+)")


class BadNote(Exception):
    """A note or a key is not written as it has to be, or its signature is not good; the message says what is wrong."""


class Signature(NamedTuple):
    """One line under a note: who is said to have signed, and with what."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        """The line, without its end."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its last line's end included, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def file(self) -> bytes:
        """The note as it is sent and kept."""
        return "".join([self.text, "\n", *(f"{each.line}\n" for each in self.signatures)]).encode()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with; ``kind`` is its signature type."""

    name: str
    key: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Its number: enough to find the signature that is its."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.key
        return hashlib.sha256(named).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key in one line, to be pinned."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"

    def made(self, signature: Signature) -> bool:
        """Tell whether a line says that it is this key's."""
        return (signature.name, signature.key_id) == (self.name, self.key_id)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether it signed a message (RFC 8032)."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - 10 MB that only signatures need
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - see above

        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs. The seed is the secret (RFC 8032), and never shows when it is printed."""

    name: str
    seed: bytes = field(repr=False)
    kind: int = ED25519

    @property
    def public(self) -> PublicKey:
        """What is published of it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - see above

        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return PublicKey(self.name, public, self.kind)

    @property
    def secret(self) -> str:
        """The key in one line, as Go's ``sumdb/note`` writes a signer's."""
        kept = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.public.key_id.hex()}+{kept}"

    def sign(self, text: str) -> Signature:
        """Sign a text."""
        return Signature(self.name, self.public.key_id, self.signature_of(text.encode()))

    def signature_of(self, message: bytes) -> bytes:
        """Return the bare signature of a message (RFC 8032)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - see above

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def signed(text: str, keys: Iterable[SigningKey]) -> Note:
    """Return a text signed with each of these keys. Raises `BadNote` for a text that no note may have."""
    _check_text(text)
    return Note(text, tuple(key.sign(text) for key in keys))


def parse_note(file: bytes) -> Note:
    """Read a note, believing nothing it says. Raises `BadNote`."""
    if len(file) > LONGEST_NOTE:
        raise BadNote(f"a note of {len(file):,} bytes is over the {LONGEST_NOTE:,} that are read")
    try:
        whole = file.decode()
    except UnicodeDecodeError as error:
        raise BadNote("a note is UTF-8, and this is not") from error
    text, separator, under = whole.rpartition("\n\n")
    if not separator or not under.endswith("\n"):
        raise BadNote("a note is a text, an empty line and signatures, each on a line that ends")
    _check_text(text + "\n")
    lines = under[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote(f"{len(lines)} signatures are over the {MOST_SIGNATURES} that are read")
    return Note(text + "\n", tuple(map(parse_signature, lines)))


def parse_signature(line: str) -> Signature:
    """Read one line under a note. Raises `BadNote`."""
    found = _SIGNATURE.fullmatch(line)
    if not found:
        raise BadNote(f"{line[:80]!r} is no line of a signature")
    signature = from_base64(found[2])
    if len(signature) <= 4:
        raise BadNote(f"the signature of {found[1]} is cut short")
    return Signature(found[1], signature[:4], signature[4:])


def verify_note(note: Note, keys: Sequence[PublicKey]) -> list[PublicKey]:
    """Return which of these keys signed a note: at least one did.

    Raises `BadNote` where none did, or where a line says that one of them did, and it did not.
    """
    known = [(key, line) for line in note.signatures for key in keys if key.made(line)]
    for key, line in known:
        if not key.has_signed(note.text.encode(), line.signature):
            raise BadNote(f"the signature of {key.name} ({key.key_id.hex()}) is not good")
    if not known:
        raise BadNote("none of the known keys has signed this")
    return list(dict.fromkeys(key for key, _ in known))


def parse_vkey(line: str) -> PublicKey:
    """Read an Ed25519 key as it is pinned, a log's or a witness's (its ``kind`` says which). Raises `BadNote`."""
    found = _VKEY.fullmatch(line)
    if not found:
        raise BadNote(f"{line[:80]!r} is no vkey: name+number+key")
    packed = from_base64(found[3])
    key = PublicKey(found[1], packed[1:], packed[0] if packed else 0)
    if len(key.key) != 32 or key.key_id.hex() != found[2]:
        raise BadNote(f"the vkey of {found[1]} does not fit its number {found[2]}")
    return key


def parse_secret(line: str, kind: int = ED25519) -> SigningKey:
    """Read a key of this type that signs. Raises `BadNote`, which never quotes it."""
    found = _VKEY.fullmatch(line.removeprefix("PRIVATE+KEY+"))
    if not found or not line.startswith("PRIVATE+KEY+"):
        raise BadNote("this is no signing key: PRIVATE+KEY+name+number+key")
    packed = from_base64(found[3])
    if len(packed) != 33 or packed[0] != kind:
        raise BadNote("the signing key is no Ed25519 key for this")
    key = SigningKey(found[1], packed[1:], kind)
    if key.public.key_id.hex() != found[2]:
        raise BadNote(f"the signing key does not fit its number {found[2]}")
    return key


def from_base64(text: str) -> bytes:
    """Return what base64 says (RFC 4648, section 4), written as it has to be. Raises `BadNote`."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("this is no base64") from error
    if base64.b64encode(found).decode() != text:
        raise BadNote("base64 has bits to spare that are not zero")
    return found


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise BadNote("a note's text ends with a line's end, and says something before it")
    if any(character < " " and character != "\n" for character in text):
        raise BadNote("a note has no control characters but the ends of its lines")
