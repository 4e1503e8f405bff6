"""Documents for the tests: good ones of each kind, and those that somebody made to do harm."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import xlsxwriter

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
)


def pdf(words: str = "Acta de la sesión") -> bytes:
    """Return a small PDF."""
    return b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n% " + words.encode() + b"\ntrailer\n<<>>\n%%EOF\n"


def large_pdf(size_bytes: int) -> bytes:
    """Return a PDF of this size."""
    ends = b"%PDF-1.7\n", b"\n%%EOF\n"
    return ends[0] + b"x" * (size_bytes - len(ends[0]) - len(ends[1])) + ends[1]


def png() -> bytes:
    """Return a PNG of one pixel."""
    pixel = _chunk(b"IDAT", zlib.compress(b"\0\0"))
    frame = _chunk(b"IHDR", struct.pack(">2L5B", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + frame + pixel + _chunk(b"IEND", b"")


def xlsx() -> bytes:
    """Return a sheet as an office program writes it."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["actividad", "fecha"])
    return written.getvalue()


def package(entries: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP of these entries."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return written.getvalue()


def docx(**more: bytes) -> bytes:
    """Return a text of an office program, with more entries in it."""
    entries = {"[Content_Types].xml": CONTENT_TYPES.encode(), "word/document.xml": b"<document/>"}
    return package({**entries, **{name.replace("__", "."): content for name, content in more.items()}})


def odt() -> bytes:
    """Return an OpenDocument text."""
    kind = b"application/vnd.oasis.opendocument.text"
    return package({"mimetype": kind, "content.xml": b"<office/>"}, compression=zipfile.ZIP_STORED)


def bomb() -> bytes:
    """Return a text of 100 KB that unpacks to 100 MB."""
    return docx(word_media=b"\0" * 100_000_000)


def overlapping() -> bytes:
    """Return a package whose two entries are the same bytes: the table of contents points twice to one place."""
    whole = bytearray(docx(a__xml=b"a" * 50, b__xml=b"b" * 50))
    table = whole.find(b"PK\x01\x02")
    places = []
    at = table
    while whole[at : at + 4] == b"PK\x01\x02":
        places.append(at + 42)
        name, extra, comment = struct.unpack("<3H", whole[at + 28 : at + 34])
        at += 46 + name + extra + comment
    whole[places[-1] : places[-1] + 4] = whole[places[-2] : places[-2] + 4]
    return bytes(whole)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))
