"""NDJSON: one CloudEvents document a line, the very bytes that are hashed and published."""

from __future__ import annotations

from collections.abc import Iterator

from api.exports import Format
from api.extract import Extract
from ledger.entry import entry


def _pieces(extract: Extract) -> Iterator[bytes]:
    origin = extract.checkpoint.origin
    for page in extract.pages():
        yield b"".join([entry(stored, origin) + b"\n" for stored in page])


FORMAT = Format("ndjson", "application/x-ndjson", "ndjson", 1, _pieces)
"""The events as they are in the log."""
