"""A sheet of updates as the rows of a batch: which heading is which field, in Spanish and in English.

| Spanish | English | holds |
|---|---|---|
| proceso | process | the process or case |
| actividad | milestone | the activity's id |
| reporte | report | what is reported, in Spanish or in the API's word |
| ocurrió | occurred_at | the moment of the act; without a zone, central Mexico's; a day alone, its noon |
| asiento | read | the position it was read at |
| clave | key | a name for the row |

| soporte, soporte número … dirección … sha256 | evidence, evidence number … | a document, by what is known of it |
| cifra *cantidad*, cifra *cantidad.grupo* | figure *quantity*, figure *quantity.group* | one of several figures |

Every other heading is a field of the report's own body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.batches.request import ROUTES
from api.spreadsheet.table import Sheet, file_refused
from domain.entity import CENTRAL_ZONE
from domain.text import without_accents

HEADINGS: Mapping[str, str] = {
    "proceso": "process", "actividad": "milestone", "reporte": "report", "ocurrio": "occurred_at",
    "asiento": "read", "clave": "key", "hechos": "done", "meta": "target", "nota": "note",
    "resultado": "outcome", "instrumento": "instrument", "motivo": "reason", "declara": "declare",
    "inicio": "starts", "vence": "due", "base": "basis", "fuente": "source", "donde": "where",
    "facultad": "power", "responsable": "responsible", "organo": "body", "corrige": "corrects",
    "soporte": "evidence", "soporte numero": "evidence number", "soporte direccion": "evidence address",
    "soporte sha256": "evidence sha256", "soporta": "supports", "retira": "withdraws", "lugar": "place",
    "sustituida por": "replaced_by",
}  # fmt: skip
"""The Spanish headings, without accents; the English ones are the API's own words."""

REPORT_WORDS: Mapping[str, str] = {
    "inicio": "start", "avance": "progress", "distrito": "parts",
    "conclusion": "completion", "suspension": "suspension",
    "reanudacion": "resumption", "cancelacion": "cancellation", "sustitucion": "replacement",
    "no aplica": "not-applicable",
    "reapertura": "reopening", "fecha": "date", "reprogramacion": "redating", "correccion": "correction",
    "validacion": "validation", "publicacion": "announcement", "reasignacion": "reassignment",
    "soporte": "evidence", "retiro de soporte": "evidence-withdrawal", "devolucion": "return",
}  # fmt: skip
"""What may be reported, in Spanish without accents."""

NEEDED = ("process", "milestone", "report", "occurred_at")
OF_THE_ROW = {*NEEDED, "read", "key"}
NUMBERS = {"done", "target", "read", "supports", "withdraws"}
EVIDENCE = {name for name in HEADINGS.values() if name.startswith("evidence")}
FIELDS = set(HEADINGS.values()) - OF_THE_ROW
FIGURE = re.compile(r"(cifra|figure) (?P<quantity>\w+)(\.(?P<group>\w+))?")
"""The heading of one of the quantities that an activity measures, by group where it is reported apart."""
TOLD_ONLY = {"name", "nombre", "estado", "status", "vencimiento", "due_now"}
"""Columns of the template that tell where an activity stands: they are not read."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def items_of(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    """Return the rows of the first sheet that has any, as a batch has them. Raises a 422 `Problem`."""
    for sheet in sheets:
        lines = [row for row in sheet.rows if any(row)]
        if lines:
            headings = _headings(lines[0])
            return [_item(cells) for cells in _filled(headings, lines[1:])]
    raise file_refused("file-empty", "El archivo no tiene filas.", "The file has no rows.")


def _headings(cells: Sequence[str]) -> list[str | None]:
    """Return the field of each column, None for one that only tells. Raises a 422 `Problem`."""
    found: list[str | None] = []
    unknown = []
    for cell in cells:
        word = without_accents(cell.strip())
        name = HEADINGS.get(word, word)
        if name in TOLD_ONLY or not word:
            found.append(None)
        elif name in OF_THE_ROW | FIELDS or FIGURE.fullmatch(name):
            found.append(name)
        else:
            unknown.append(cell[:40])
    missing = [name for name in NEEDED if name not in found]
    twice = sorted({name for name in found if name and found.count(name) > 1})
    if unknown or missing or twice:
        spanish = {name: word for word, name in HEADINGS.items()}
        wrong = ", ".join([*unknown, *twice])
        raise file_refused(
            "file-wrong-columns",
            f"Revisa los encabezados. Sobran o se repiten: {wrong or 'ninguno'}. "
            f"Faltan: {', '.join(spanish[name] for name in missing) or 'ninguno'}.",
            f"Check the headings. Unknown or repeated: {wrong or 'none'}. Missing: {', '.join(missing) or 'none'}.",
        )
    return found


def _filled(headings: Sequence[str | None], lines: Sequence[Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield the cells of each row that reports something: in a template most rows are left as they came."""
    for cells in lines:
        named = {name: cell for name, cell in zip(headings, cells, strict=False) if name and cell}
        if "report" in named:
            yield named


def _item(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return a row's cells as an item of a batch: what is no number where one belongs stays text, and is refused."""
    item: dict[str, Any] = {name: _value(name, cells[name]) for name in OF_THE_ROW if name in cells}
    word = without_accents(cells["report"].strip()).replace("_", "-")
    item["report"] = word if word in ROUTES else REPORT_WORDS.get(word.replace("-", " "), cells["report"])
    fields = {name: _value(name, cells[name]) for name in FIELDS - EVIDENCE if name in cells}
    if evidence := _evidence(cells):
        fields["evidence"] = evidence if item["report"] == "evidence" else [evidence]
    if figures := list(_figures(cells)):
        fields["figures"] = figures
    if "corrects" in fields:
        corrected = without_accents(str(fields.pop("corrects")))
        fields["report"] = REPORT_WORDS.get(corrected, corrected)
    return {**item, "fields": fields}


def _evidence(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the document of a row, by what is known of it; without a name of its own it goes by its number."""
    said = {name: _value(name, cells[name]) for name in EVIDENCE if name in cells}
    number = said.pop("evidence number", None)
    evidence = {name.partition(" ")[2] or "name": value for name, value in said.items()}
    if number is not None:
        evidence = {"name": number, **evidence, "reference": {"number": number}}
    return evidence


def _figures(cells: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the figures of a row."""
    for name, cell in cells.items():
        if found := FIGURE.fullmatch(name):
            group = {"by": found["group"]} if found["group"] else {}
            yield {"quantity": found["quantity"], **group, "value": _number(cell)}


def _value(name: str, cell: str) -> Any:
    # A text that an export of ours kept from being a formula comes back as it was.
    cell = cell.removeprefix("'")
    if name in NUMBERS:
        return _number(cell)
    if name == "declare":
        return [part.strip() for part in cell.split(";") if part.strip()]
    return _instant(cell) if name == "occurred_at" else cell


def _number(cell: str) -> int | str:
    """Return a whole number; what is none stays as it was written, and is refused."""
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 19 else cell


def _instant(cell: str) -> str:
    """Return a moment with its zone: one written without is central Mexico's, and a day alone is its noon."""
    if _DAY.fullmatch(cell):
        cell += "T12:00"
    if _LOCAL.fullmatch(cell):
        try:
            return datetime.fromisoformat(cell).replace(tzinfo=ZoneInfo(CENTRAL_ZONE)).isoformat()
        except ValueError:
            return cell
    return cell
