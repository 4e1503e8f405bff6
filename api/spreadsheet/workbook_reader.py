"""The program that reads a workbook: bytes come in, JSON goes out, and it may use only so much memory and time.

It runs by itself (`api.spreadsheet.workbook`) and imports nothing of the rest.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

_FORMULA = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3}[0-9]{1,7})\"[^>]*>\s*<(?:\w+:)?f[\s/>]")
_ANY_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")


class TooLarge(Exception):
    """There are more sheets, rows, columns or characters than are read."""


def main() -> None:
    """Read standard input within the limits given as arguments, and print the sheets or why not."""
    memory, seconds, *limits = (int(word) for word in sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = _read(sys.stdin.buffer.read(), *limits)
    except (MemoryError, TooLarge):
        answer = {"refused": "too large"}
    except Exception:  # noqa: BLE001 - whatever a reader raises over a file, the file cannot be read
        answer = {"refused": "unreadable"}
    sys.stdout.write(json.dumps(answer))


def _read(
    raw: bytes, sheets: int, rows: int, columns: int, cell_bytes: int, told_bytes: int
) -> dict[str, Any]:
    # Here, so that the limits hold for the library too.
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - see above

    if cell := _first_formula(raw):
        return {"refused": "formula", "cell": cell}
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    if len(book.sheet_names) > sheets:
        raise TooLarge
    found, left = [], [rows, told_bytes]
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > rows or sheet.total_width > columns:
            raise TooLarge
        found.append((name[:100], list(_rows(sheet, cell_bytes, left))))
    return {"sheets": found}


def _rows(sheet: Any, cell_bytes: int, left: list[int]) -> Iterator[list[str]]:
    before = [""] * (sheet.start[1] if sheet.start else 0)
    for row in sheet.iter_rows():
        # One more than a cell may hold is enough to see that it is too long.
        cells = before + [_text(cell)[: cell_bytes + 1] for cell in row]
        left[0] -= 1
        left[1] -= sum(map(len, cells))
        if min(left) < 0:
            raise TooLarge
        yield cells


def _text(cell: Any) -> str:
    """Return a cell as people would write it in a CSV."""
    if isinstance(cell, str):
        return cell.strip().replace("\r\n", "\n")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="minutes")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _first_formula(raw: bytes) -> str | None:
    """Return the first cell that computes, ``?`` where its name is not told. The archive's sizes were checked."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                text = archive.read(name)
                if found := _FORMULA.search(text):
                    return found[1].decode()
                if _ANY_FORMULA.search(text):
                    return "?"
    return None


if __name__ == "__main__":
    main()
