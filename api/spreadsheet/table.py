"""A file as it was read: its sheets, rows and cells as text, and what a file is refused for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.problems import Problem

MAX_ROWS = 100_000
MAX_COLUMNS = 256
MAX_SHEETS = 64
MAX_CELL_BYTES = 1_024
"""What one cell may hold, in UTF-8."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet, from its first row on; a CSV is one without a name."""

    name: str
    rows: Sequence[Sequence[str]]


def cell_name(row: int, column: int) -> str:
    """Return how a spreadsheet calls a cell, both counted from 0: ``B3``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def file_refused(rule: str, es: str, en: str) -> Problem:
    """Return the problem of a file that is not read."""
    return Problem(422, rule, es=es, en=en)


def checked(sheets: Sequence[Sheet]) -> Sequence[Sheet]:
    """Return sheets that are within the limits. Raises a 422 `Problem`."""
    if sum(len(sheet.rows) for sheet in sheets) > MAX_ROWS:
        raise file_refused(
            "file-too-many-rows", f"El archivo pasa de {MAX_ROWS:,} filas: divídelo.",
            f"The file has more than {MAX_ROWS:,} rows: divide it.",
        )  # fmt: skip
    for sheet in sheets:
        for number, row in enumerate(sheet.rows):
            if len(row) > MAX_COLUMNS:
                raise file_refused(
                    "file-too-wide", f"La fila {number + 1} pasa de {MAX_COLUMNS} columnas.",
                    f"Row {number + 1} has more than {MAX_COLUMNS} columns.",
                )  # fmt: skip
            for column, cell in enumerate(row):
                if cell:
                    _check_cell(cell, cell_name(number, column))
    return sheets


def _check_cell(cell: str, name: str) -> None:
    if len(cell) * 4 > MAX_CELL_BYTES and len(cell.encode()) > MAX_CELL_BYTES:
        raise file_refused(
            "file-cell-too-long", f"La celda {name} pasa de {MAX_CELL_BYTES:,} bytes: acórtala.",
            f"Cell {name} is over {MAX_CELL_BYTES:,} bytes: shorten it.",
        )  # fmt: skip
    if "\0" in cell:
        raise file_refused(
            "file-holds-nul",
            f"La celda {name} contiene un carácter NUL.",
            f"Cell {name} holds a NUL character.",
        )
    if cell.startswith("="):
        raise formula(name)


def formula(name: str) -> Problem:
    """Return the problem of a cell that computes: what it would come to elsewhere is not known."""
    return file_refused(
        "file-holds-formula",
        f"La celda {name} contiene una fórmula: pega su valor («pegado especial, sólo valores») y vuelve a enviarlo.",
        f"Cell {name} holds a formula: paste its value ('paste special, values only') and send the file again.",
    )
