"""Receiving a document: a piece at a time from the network to the disk, judged once it is whole."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request

from api.documents.kinds import kind_of, refuse_another_name
from api.problems import Problem
from domain.document import Document, usable_name
from domain.event import Refused
from ledger.documents import PIECE_BYTES, DocumentFolder, Kept, Part, digest_of

CONTENT_DIGEST = "Content-Digest"
"""Of the bytes of one message (RFC 9530, section 2)."""
REPR_DIGEST = "Repr-Digest"
"""Of the whole document (RFC 9530, section 3)."""

_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:(?P<value>[A-Za-z0-9+/=]*):\s*(?=,|$)")


async def receive(request: Request, part: Part, *, most_bytes: int) -> None:
    """Write a request's body to a part. What came before it broke off is written, too.

    Raises a 413 and a 422 `Problem`, and ``ClientDisconnect`` where it did not come whole.
    """
    expected = digest_given(request, CONTENT_DIGEST)
    room = most_bytes - await asyncio.to_thread(lambda: part.size_bytes)
    seen = hashlib.sha256()
    async for piece in _in_pieces(request):
        room -= len(piece)
        if room < 0:
            raise document_too_large(most_bytes)
        seen.update(piece)
        await asyncio.to_thread(part.append, piece)
    if expected is not None and seen.hexdigest() != expected:
        raise _digest_differs(CONTENT_DIGEST, seen.hexdigest())


async def _in_pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces worth writing; where it breaks off, what was there comes first."""
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= PIECE_BYTES:
                yield bytes(waiting)
                waiting.clear()
    except ClientDisconnect:
        if waiting:
            yield bytes(waiting)
        raise
    if waiting:
        yield bytes(waiting)


class Received(NamedTuple):
    """A document that came, and whether it was not here before."""

    document: Document
    is_new: bool


def keep(folder: DocumentFolder, part: Part, name: str = "", expected: str | None = None) -> Received:
    """Return a whole part as the document it is now. Raises `domain.event.Refused` and a 422 `Problem`."""
    kind = kind_of(part.path, part.size_bytes)
    if name:
        refuse_another_name(usable_name(name), kind)
    if expected is not None and (seen := digest_of(part.path)) != expected:
        raise _digest_differs(REPR_DIGEST, seen)
    kept = folder.keep(part)
    return Received(Document(kept.sha256, kept.size_bytes, kind.media_type), kept.is_new)


def document_of(kept: Kept) -> Document:
    """Return what a document that is kept is; one that is no longer of any known kind is bytes."""
    try:
        media_type = kind_of(kept.path, kept.size_bytes).media_type
    except Refused:
        media_type = "application/octet-stream"
    return Document(kept.sha256, kept.size_bytes, media_type)


def kept_document(folder: DocumentFolder, sha256: str | None) -> Document | None:
    """Return the document of a digest, None where none is kept."""
    kept = folder.find(sha256) if sha256 else None
    return document_of(kept) if kept else None


def digest_given(request: Request, header: str) -> str | None:
    """Return the SHA-256 that a header brings, in hexadecimal, None where it brings none. Raises a 400 `Problem`."""
    given = ", ".join(request.headers.getlist(header))
    found = _SHA256.search(given)
    if found is None:
        if "sha-256" in given:
            raise _digest_unreadable(header)
        return None
    try:
        digest = base64.b64decode(found["value"], validate=True)
    except binascii.Error:
        raise _digest_unreadable(header) from None
    if len(digest) != hashlib.sha256().digest_size:
        raise _digest_unreadable(header)
    return digest.hex()


def digest_written(sha256: str) -> str:
    """Return a digest as a header writes it: ``sha-256=:…:``."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def cut_off() -> Problem:
    """Return the problem of a document that did not arrive whole."""
    return Problem(
        400,
        "document-cut-off",
        es="La carga se interrumpió y no se guardó ningún documento: envíalo otra vez, o reanuda la carga.",
        en="The upload broke off and no document was kept: send it again, or resume the upload.",
    )


def document_too_large(most_bytes: int) -> Problem:
    """Return the problem of a document over the limit."""
    size = f"{most_bytes // (1024 * 1024):,} MiB"
    return Problem(
        413,
        "document-too-large",
        es=f"El documento pasa de {size}: divídelo o guárdalo con menos resolución.",
        en=f"The document is over {size}: split it, or save it at a lower resolution.",
    )


def _digest_differs(header: str, said: str) -> Problem:
    return Problem(
        422,
        "digest-differs",
        es=f"Lo que llegó no es lo que anuncia «{header}» (su SHA-256 es {said}): envíalo otra vez.",
        en=f"What arrived is not what '{header}' announces (its SHA-256 is {said}): send it again.",
        errors=[{"field": f"header.{header}", "es": "No coincide.", "en": "Does not match."}],
    )


def _digest_unreadable(header: str) -> Problem:
    return Problem(
        400,
        "digest-unreadable",
        es=f"«{header}» se escribe «sha-256=:…:», con el SHA-256 en base 64.",
        en=f"'{header}' is written 'sha-256=:…:', with the SHA-256 in base 64.",
    )
