"""Cosignatures (C2SP tlog-cosignature, ``cosignature/v1``): a witness says that it saw a checkpoint, and when.

It signs an hour together with the checkpoint's text. Who has seen one of a witness knows that up to that hour the log
showed that witness one history, without a cut.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.note import COSIGNATURE, BadNote, PublicKey, Signature, SigningKey

_TIME_BYTES = 8
_SIGNATURE_BYTES = 64


def cosign(key: SigningKey, text: str, at: datetime) -> Signature:
    """Return a witness's line under a checkpoint's text. ``key`` is of the kind `ledger.note.COSIGNATURE`."""
    seconds = int(at.timestamp())
    signature = key.signature_of(_message(text, seconds))
    return Signature(key.name, key.public.key_id, seconds.to_bytes(_TIME_BYTES) + signature)


def cosigned_at(key: PublicKey, text: str, line: Signature) -> datetime:
    """Return when a witness signed a checkpoint's text. Raises `ledger.note.BadNote` where it did not."""
    if key.kind != COSIGNATURE or not key.made(line):
        raise BadNote(f"this is no cosignature of {key.name}")
    if len(line.signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        raise BadNote(f"the cosignature of {key.name} is an hour and a signature: 72 bytes")
    seconds = int.from_bytes(line.signature[:_TIME_BYTES])
    if not key.has_signed(_message(text, seconds), line.signature[_TIME_BYTES:]):
        raise BadNote(f"the cosignature of {key.name} is not good")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadNote(f"the cosignature of {key.name} says no hour") from error


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
