"""Office documents are ZIP packages: looked through by their table of contents, and hardly unpacked.

A package is refused that unpacks to far more than it is, that holds a package or a program, whose entries lie over
each other or outside, or that begins or ends with something else. References: APPNOTE 6.3, 4.3.16 and 4.4;
ECMA-376 part 2 (OPC); OpenDocument 1.3 part 2, 3.3.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from api.documents.refusals import damaged, not_taken, unsafe_package

END_OF_PACKAGE = b"PK\x05\x06"
"""With it a ZIP ends, wherever it began: programs look for it from behind."""
END_BYTES = 22
MOST_ENTRIES = 2_000
LONGEST_CONTENTS_BYTES = 256 * 1024
"""Of the table of contents, which is read whole."""
MOST_UNPACKED_BYTES = 512 * 1024 * 1024
MOST_TIMES_LARGER = 200
"""How much larger than itself a package may be when it is unpacked; real sheets stay below fifty."""

_OFFICE = (
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
)
_OPEN_DOCUMENT = (
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_PROGRAMS = (
    ".exe",
    ".dll",
    ".js",
    ".vbs",
    ".bat",
    ".cmd",
    ".jar",
    ".ps1",
    ".scr",
    ".zip",
    ".7z",
    ".rar",
    ".gz",
)


def kind_of_package(file: IO[bytes]) -> str:
    """Return the media type of an office document. Raises `domain.event.Refused`."""
    _refuse_wrong_frame(file)
    try:
        with ZipFile(file) as package:
            entries = package.infolist()
            _refuse_unsafe(entries)
            return _office_kind(package, [entry.filename for entry in entries])
    except (BadZipFile, struct.error, UnicodeDecodeError, NotImplementedError, EOFError, OSError):
        raise damaged() from None


def _refuse_wrong_frame(file: IO[bytes]) -> None:
    """Refuse what does not begin with its first entry and end with its table, before the table is read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    begins = file.read(4) == b"PK\x03\x04"
    file.seek(max(0, size - END_BYTES))
    end = file.read(END_BYTES)
    if not begins or len(end) < END_BYTES or not end.startswith(END_OF_PACKAGE):
        raise damaged()
    disk, table_disk, here, entries, table_bytes, table_at, comment = struct.unpack("<4x4H2LH", end)
    if disk or table_disk or here != entries or comment:
        raise unsafe_package("en partes", "in parts")
    if entries > MOST_ENTRIES or table_bytes > LONGEST_CONTENTS_BYTES:
        raise unsafe_package("demasiadas entradas", "too many entries")
    if table_at + table_bytes + END_BYTES != size:
        raise damaged()


def _refuse_unsafe(entries: Sequence[ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len({name.casefold() for name in names}) != len(names):
        raise unsafe_package("dos entradas con el mismo nombre", "two entries of the same name")
    if any(name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name for name in names):
        raise unsafe_package("entradas fuera del paquete", "entries outside of the package")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise unsafe_package("con contraseña", "with a password")
    unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
    if unpacked > MOST_UNPACKED_BYTES or unpacked > max(1, packed) * MOST_TIMES_LARGER:
        raise unsafe_package("se desborda al abrirse", "it bursts when it is opened")
    ends_at = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < ends_at or (ends_at == 0 and entry.header_offset):
            raise unsafe_package("entradas encimadas", "entries over each other")
        ends_at = entry.header_offset + 30 + entry.compress_size
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise not_taken("un documento con macros", "a document with macros")
    if any(name.lower().endswith(_PROGRAMS) for name in names):
        raise unsafe_package("trae un programa u otro paquete", "a program or another package inside")


def _office_kind(package: ZipFile, names: Sequence[str]) -> str:
    if "mimetype" in names and package.getinfo("mimetype").file_size < 200:
        said = package.read("mimetype").decode("ascii", "replace")
        if said in _OPEN_DOCUMENT and "content.xml" in names:
            return said
    if "[Content_Types].xml" in names:
        for part, media_type in _OFFICE:
            if part in names:
                return media_type
    raise not_taken("un paquete ZIP que no es de oficina", "a ZIP package that is no office document")
