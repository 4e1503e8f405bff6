"""CSV (RFC 4180), in UTF-8 with or without its mark, separated by commas or semicolons as spreadsheets here save it."""

from __future__ import annotations

import csv
import io

from api.spreadsheet.table import MAX_CELL_BYTES, MAX_ROWS, Sheet, file_refused

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def sheet_of(raw: bytes) -> Sheet:
    """Return the rows of a CSV. Raises a 422 `Problem`."""
    text = _text(raw)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[list[str]] = []
    try:
        for row in lines:
            # The reader's own limit is one for the whole program, exports included.
            _refuse_long_cells(row)
            rows.append([cell.strip().replace("\r\n", "\n") for cell in row])
            if len(rows) > MAX_ROWS:
                raise file_refused(
                    "file-too-many-rows", f"El archivo pasa de {MAX_ROWS:,} filas: divídelo.",
                    f"The file has more than {MAX_ROWS:,} rows: divide it.",
                )  # fmt: skip
    except csv.Error as error:
        raise _not_read(lines.line_num, error) from None
    return Sheet("", rows)


def _refuse_long_cells(row: list[str]) -> None:
    if any(len(cell.encode()) > MAX_CELL_BYTES for cell in row):
        raise csv.Error("field larger than field limit")


def _text(raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            raise _wrong_encoding(name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _wrong_encoding("Windows-1252 o Latin-1", line, "Windows-1252 or Latin-1") from None
    if "\0" in text:
        name = "UTF-16" if text.count("\0") > len(text) // 4 else ""
        if name:
            raise _wrong_encoding(name)
        line = text.count("\n", 0, text.index("\0")) + 1
        raise file_refused(
            "file-holds-nul", f"La línea {line} contiene un carácter NUL: no es texto.",
            f"Line {line} holds a NUL character: it is no text.",
        )  # fmt: skip
    return text


def _delimiter(text: str) -> str:
    """Return the separator of the first line that is not empty: what there is more of, outside quotes."""
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    bare = "".join(line.split('"')[::2])
    return ";" if bare.count(";") > bare.count(",") else ","


def _wrong_encoding(es: str, line: int | None = None, en: str = "") -> Exception:
    place_es, place_en = (f" (línea {line})", f" (line {line})") if line else ("", "")
    return file_refused(
        "file-not-utf8",
        f"El archivo está en {es}{place_es} y debe estar en UTF-8: en Excel, «Guardar como», «CSV UTF-8».",
        f"The file is in {en or es}{place_en} and has to be in UTF-8: in Excel, 'Save as', 'CSV UTF-8'.",
    )


def _not_read(line: int, error: csv.Error) -> Exception:
    if "field larger" in str(error):
        return file_refused(
            "file-cell-too-long", f"Un campo de la línea {line} es demasiado largo: quizá falta una comilla.",
            f"A field of line {line} is too long: perhaps a quote is missing.",
        )  # fmt: skip
    return file_refused(
        "file-not-csv", f"La línea {line} no es CSV bien formado: revisa sus comillas.",
        f"Line {line} is not well-formed CSV: check its quotes.",
    )  # fmt: skip
