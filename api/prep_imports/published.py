"""A published file as text: its encoding, its three sections, and its rows with the line each begins on.

The layout is that of the authorities' own description (LEEME of the PREP): the election and the moment of the cut, the
summary, and one row for each sheet.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from domain.text import without_accents

MAX_BYTES = 32 * 1024 * 1024
"""The largest state's file has some 10 MiB."""
MAX_ROWS = 50_000
MAX_COLUMNS = 400
MAX_CELL_CHARACTERS = 1_024
PREAMBLE_LINES = 40
"""Within so many lines the three sections have to begin."""
MOST_COMPLAINTS = 20
"""How many are told; of the others, how many there are."""

KEY = "CLAVE_ACTA"
STATE = "ID_ENTIDAD"
AREAS = (("ID_DISTRITO", "DISTRITO"), ("ID_DISTRITO_LOCAL", "DISTRITO_LOCAL"), ("ID_MUNICIPIO", "MUNICIPIO"))
"""Where a row says in which district or municipality its sheet is counted: an id and a name."""
SHEET_KIND = "TIPO_ACTA"
OBSERVATION, COUNTED, CODE = "OBSERVACIONES", "CONTABILIZADA", "CODIGO_INTEGRIDAD"
COLLECTED, CAPTURED, VERIFIED = "FECHA_HORA_ACOPIO", "FECHA_HORA_CAPTURA", "FECHA_HORA_VERIFICACION"
ORIGIN, DEVICE, DOCUMENT = "ORIGEN", "DIGITALIZACION", "TIPO_DOCUMENTO"
NEEDED = (KEY, STATE, OBSERVATION, COUNTED, CODE, COLLECTED, CAPTURED, VERIFIED)
LOOKED_AT = {*NEEDED, SHEET_KIND, ORIGIN, DEVICE, DOCUMENT, *(name for pair in AREAS for name in pair)}
"""The columns that are read; those of votes are not."""


class Complaint(NamedTuple):
    """What is wrong with a file, and on which line; 0 where it is the whole."""

    line: int
    es: str
    en: str


class UnusableFile(Exception):
    """A published file that is not taken: nothing of it was recorded."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("; ".join(f"line {one.line}: {one.en}" for one in complaints[:MOST_COMPLAINTS]))
        self.complaints = tuple(complaints)


class SheetRow(NamedTuple):
    """A row of the third section: where it is, and its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """The three sections as they are written; apostrophes before numbers are left out."""

    election: str
    cut: str
    figures: Mapping[str, str]
    columns: Sequence[str]
    rows: Sequence[SheetRow]
    ends_in_a_line: bool
    """Whether its last line has an end."""


def read_published(raw: bytes) -> PublishedFile:
    """Return the sections of a file. Raises `UnusableFile`."""
    if len(raw) > MAX_BYTES:
        es, en = f"pesa más de {MAX_BYTES:,} bytes", f"it has more than {MAX_BYTES:,} bytes"
        raise UnusableFile([Complaint(0, es, en)])
    text = _decoded(raw)
    lines = _lines(text)
    preamble = _preamble(lines)
    at_figures = next((place for place, (_, cells) in enumerate(preamble) if _begins_figures(cells)), 0)
    words = [cells[0] for _, cells in preamble[:at_figures] if any(cells)]
    number, heading = preamble[-1] if preamble else (1, [])
    columns = [_name(cell) for cell in heading]
    if len(words) < 2 or KEY not in columns:
        raise UnusableFile([Complaint(
            1, "no tiene el encabezado de un archivo del PREP: elección, corte, ACTAS_ESPERADAS y CLAVE_ACTA",
            "it has no header of a PREP file: election, cut, ACTAS_ESPERADAS and CLAVE_ACTA")])  # fmt: skip
    if repeated := sorted({name for name in columns if columns.count(name) > 1}):
        listed = ", ".join(repeated)
        raise UnusableFile(
            [Complaint(number, f"columnas repetidas: {listed}", f"repeated columns: {listed}")]
        )
    names = [_name(cell) for cell in preamble[at_figures][1]]
    values = next((cells for _, cells in preamble[at_figures + 1 : -1] if any(cells)), [])
    return PublishedFile(
        election=words[0], cut=words[1], figures=dict(zip(names, values, strict=False)), columns=columns,
        rows=_rows(columns, lines, last=text.rstrip("\n").count("\n") + 1), ends_in_a_line=text.endswith("\n"),
    )  # fmt: skip


def _preamble(lines: Iterator[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return the lines up to the one that names the columns of the sheets."""
    found: list[tuple[int, list[str]]] = []
    for number, cells in islice(lines, PREAMBLE_LINES):
        found.append((number, cells))
        if KEY in map(_name, cells):
            break
    return found


def _begins_figures(cells: Sequence[str]) -> bool:
    return "ACTAS_ESPERADAS" in map(_name, cells)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = raw.count(b"\n", 0, failure.start) + 1
        looks = "UTF-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "Windows-1252 o Latin-1"
        byte = f"0x{raw[failure.start]:02X}"
        raise UnusableFile([Complaint(
            line, f"no está en UTF-8 (byte {byte}): parece {looks}; guárdalo como lo publica la autoridad, en UTF-8",
            f"it is not in UTF-8 (byte {byte}): it looks like {looks.replace(' o ', ' or ')}; save it as the "
            "authority publishes it, in UTF-8")]) from failure  # fmt: skip


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of its line. Raises `UnusableFile`."""
    # A quoted cell does not go over a line here: one that does is a quote that was never closed.
    for number, line in enumerate(text.split("\n"), 1):
        try:
            cells = next(csv.reader([line.rstrip("\r")], strict=True), [])
        except csv.Error as failure:
            raise UnusableFile(
                [Complaint(number, f"no se puede leer: {failure}", f"cannot be read: {failure}")]
            ) from failure
        if "\0" in line or len(cells) > MAX_COLUMNS or any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
            es = f"más de {MAX_COLUMNS} columnas, celdas de más de {MAX_CELL_CHARACTERS} caracteres, o un NUL"
            en = f"more than {MAX_COLUMNS} columns, cells of more than {MAX_CELL_CHARACTERS} characters, or a NUL"
            raise UnusableFile([Complaint(number, es, en)])
        yield number, [cell.strip().removeprefix("'").strip() for cell in cells]


def _name(cell: str) -> str:
    return without_accents(cell).upper()


def _rows(columns: Sequence[str], lines: Iterator[tuple[int, list[str]]], last: int) -> list[SheetRow]:
    """Return the rows of the sheets with the columns that are looked at. Raises `UnusableFile`."""
    complaints: list[Complaint] = []
    rows: list[SheetRow] = []
    kept = [(place, name) for place, name in enumerate(columns) if name in LOOKED_AT]
    for number, cells in lines:
        if len(cells) == len(columns):
            rows.append(SheetRow(number, {name: cells[place] for place, name in kept}))
        elif any(cells):
            complaints.append(_misshapen(number, cells, len(columns), is_last=number == last))
        if len(rows) > MAX_ROWS:
            es, en = f"tiene más de {MAX_ROWS:,} renglones", f"it has more than {MAX_ROWS:,} rows"
            raise UnusableFile([Complaint(number, es, en)])
    if complaints:
        raise UnusableFile(complaints)
    return rows


def _misshapen(number: int, cells: Sequence[str], columns: int, *, is_last: bool) -> Complaint:
    if not is_last and (len(cells) == 1 or _begins_figures(cells)):
        return Complaint(
            number, f"aquí empieza otra cosa («{cells[0][:40]}»): ¿son dos elecciones en un archivo?",
            f"something else begins here ('{cells[0][:40]}'): are these two elections in one file?")  # fmt: skip
    return Complaint(
        number, f"tiene {len(cells)} celdas y no {columns}" + (": el archivo está cortado" if is_last else ""),
        f"it has {len(cells)} cells, not {columns}" + (": the file is cut off" if is_last else ""))  # fmt: skip
