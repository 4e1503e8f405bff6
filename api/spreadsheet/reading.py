"""Which kind of file it is, by its bytes and never by its name, and its sheets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from api.middleware import MAX_FILE_BYTES
from api.problems import Problem
from api.spreadsheet.comma_separated import sheet_of
from api.spreadsheet.table import Sheet, checked, file_refused
from api.spreadsheet.workbook import sheets_of


class ReadFile(NamedTuple):
    """A file that was read, and the SHA-256 of its bytes."""

    sha256: str
    sheets: Sequence[Sheet]


KINDS: Sequence[tuple[bytes, str, str]] = (
    (b"%PDF", "un PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "un Excel antiguo (.xls) o cifrado", "an old (.xls) or encrypted Excel file"),
    (b"\x1f\x8b", "un archivo comprimido con gzip", "a gzip archive"),
    (b"7z\xbc\xaf", "un archivo 7z", "a 7z archive"),
    (b"Rar!", "un archivo RAR", "a RAR archive"),
    (b"\x89PNG", "una imagen PNG", "a PNG image"),
    (b"\xff\xd8\xff", "una imagen JPEG", "a JPEG image"),
    (b"MZ", "un programa", "a program"),
    (b"\x7fELF", "un programa", "a program"),
    (b"<!DOCTYPE", "una página HTML", "an HTML page"),
    (b"<html", "una página HTML", "an HTML page"),
    (b"<?xml", "un documento XML", "an XML document"),
    (b"{", "un documento JSON", "a JSON document"),
)
"""What files are taken for XLSX or CSV though they are not, by how they begin."""


def read_file(raw: bytes) -> ReadFile:
    """Return a file's sheets. Blocks, for 10 seconds at most. Raises a 413 or 422 `Problem` that says what it is."""
    if not raw:
        raise file_refused("file-empty", "El archivo está vacío.", "The file is empty.")
    if len(raw) > MAX_FILE_BYTES:
        size = f"{MAX_FILE_BYTES // 1024 // 1024} MiB"
        raise Problem(413, "body-too-large", es=f"El archivo pasa de {size}.", en=f"The file is over {size}.")
    start = raw[:16].lstrip()
    for magic, es, en in KINDS:
        if raw.startswith(magic) or start.startswith(magic):
            raise file_refused(
                "file-of-another-kind",
                f"El archivo es {es}, no XLSX ni CSV, sea cual sea su nombre: guárdalo como XLSX o CSV.",
                f"The file is {en}, neither XLSX nor CSV, whatever its name: save it as XLSX or CSV.",
            )
    sheets = sheets_of(raw) if raw.startswith(b"PK") else [sheet_of(raw)]
    return ReadFile(hashlib.sha256(raw).hexdigest(), checked(sheets))
