"""XLSX: the archive is checked before anything is unpacked, and read by a program of its own within limits.

Whatever a file does to its reader, it does to a process that may use 256 MiB and 10 seconds, and knows nothing.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from api.spreadsheet.table import (
    MAX_CELL_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEETS,
    Sheet,
    file_refused,
    formula,
)

MAX_MEMBERS = 100
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_RATIO = 20
"""How many times larger than packed the whole may be: text of a real sheet packs to a tenth."""
SMALL_BYTES = 1024 * 1024
"""What unpacks to less is no bomb, whatever its ratio."""
MAX_MEMORY_BYTES = 256 * 1024 * 1024
MAX_SECONDS = 10
MAX_TOLD_BYTES = 64 * 1024 * 1024

_PROGRAM = Path(__file__).with_name("workbook_reader.py")


def sheets_of(raw: bytes) -> Sequence[Sheet]:
    """Return the sheets of a workbook. Blocks. Raises a 422 `Problem`."""
    _check_archive(raw)
    limits = [str(limit) for limit in (MAX_MEMORY_BYTES, MAX_SECONDS, MAX_SHEETS, MAX_ROWS, MAX_COLUMNS,
                                       MAX_CELL_BYTES, MAX_TOLD_BYTES)]  # fmt: skip
    try:
        read = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM), *limits], input=raw, capture_output=True, check=False,
            timeout=MAX_SECONDS, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_much() from None
    if read.returncode != 0:
        raise _too_much()
    answer = json.loads(read.stdout)
    if answer.get("refused") == "formula":
        raise formula(answer["cell"])
    if "refused" in answer:
        raise _too_much() if answer["refused"] == "too large" else _not_a_workbook()
    return [Sheet(name, rows) for name, rows in answer["sheets"]]


def _check_archive(raw: bytes) -> None:
    """Look at the archive's directory, and unpack nothing. Raises a 422 `Problem`."""
    try:
        members = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError):
        raise file_refused(
            "file-broken", "El archivo XLSX está dañado o incompleto: ábrelo y guárdalo otra vez.",
            "The XLSX file is damaged or incomplete: open it and save it again.",
        ) from None  # fmt: skip
    names = [member.filename for member in members]
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES or _is_bomb(packed, unpacked):
        raise _too_much()
    if any(member.flag_bits & 1 for member in members):
        raise file_refused("file-encrypted", "El archivo está cifrado: quítale la contraseña.",
                      "The file is encrypted: remove its password.")  # fmt: skip
    if len(set(names)) != len(names) or any(_leads_out(name) for name in names):
        raise file_refused("file-broken", "El archivo no es un XLSX como los que guarda una hoja de cálculo.",
                      "The file is no XLSX as a spreadsheet saves it.")  # fmt: skip
    if any(name.lower().endswith(("vbaproject.bin", ".zip", ".xlsx", ".exe", ".bin")) for name in names):
        raise file_refused("file-holds-macros", "El archivo lleva macros u otros archivos: guárdalo sin ellos.",
                      "The file carries macros or other files: save it without.")  # fmt: skip
    if "xl/workbook.xml" not in names:
        raise _not_a_workbook()


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > SMALL_BYTES and unpacked > MAX_RATIO * max(packed, 1)


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name


def _too_much() -> Exception:
    return file_refused(
        "file-too-large-inside",
        "El archivo pide más memoria o tiempo del que se da a una hoja: deja sólo las filas por enviar y guárdalo otra "
        "vez, o envía CSV.",
        "The file asks for more memory or time than a sheet is given: leave only the rows to send and save it again, "
        "or send CSV.",
    )


def _not_a_workbook() -> Exception:
    return file_refused("file-of-another-kind", "El archivo es un ZIP, pero no un libro XLSX.",
                   "The file is a ZIP archive, but no XLSX workbook.")  # fmt: skip
