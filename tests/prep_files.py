"""Small files of tally sheets in the layout the authorities publish, with its awkwardness and with known sums."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from domain.tally_catalogue import as_published
from domain.tally_figures import TallyFigures, is_inconsistent

REAL = "PUE_GUB_2024.csv"
COLUMNS = (
    "CLAVE_CASILLA", "CLAVE_ACTA", "ID_ENTIDAD", "ENTIDAD", "ID_DISTRITO", "DISTRITO", "SECCION", "TIPO_ACTA", "PAN",
    "NULOS", "LISTA_NOMINAL", "OBSERVACIONES", "CONTABILIZADA", "CODIGO_INTEGRIDAD", "FECHA_HORA_ACOPIO",
    "FECHA_HORA_CAPTURA", "FECHA_HORA_VERIFICACION", "ORIGEN", "DIGITALIZACION", "TIPO_DOCUMENTO",
)  # fmt: skip
CUT: Final = "03/06/2024 20:00 (UTC-6)"
Row = dict[str, str]


def real_file() -> bytes:
    """Return Puebla's file of 2024, as published (``tests/data/README.md``)."""
    return gzip.decompress(Path(__file__).parent.joinpath("data", f"{REAL}.gz").read_bytes())


def counted(number: int, minute: str = "21:10", *, key: str = "", observation: str = " - ") -> Row:
    """Return a sheet that was collected, captured and verified within a minute, and counts."""
    return {
        "CLAVE_CASILLA": f"'21{number:04}B0100", "CLAVE_ACTA": f"'{key or f'21{number:04}B01002'}",
        "ID_ENTIDAD": "'21", "ENTIDAD": "PUEBLA", "ID_DISTRITO": "'001", "DISTRITO": "XICOTEPEC DE JUAREZ",
        "SECCION": f"'{number:04}", "TIPO_ACTA": "2", "PAN": "17", "NULOS": "3", "LISTA_NOMINAL": "600",
        "OBSERVACIONES": observation, "CONTABILIZADA": "1",
        "CODIGO_INTEGRIDAD": hashlib.sha256(str(number).encode()).hexdigest(),
        "FECHA_HORA_ACOPIO": f"02/06/2024 {minute}:01", "FECHA_HORA_CAPTURA": f"02/06/2024 {minute}:20",
        "FECHA_HORA_VERIFICACION": f"02/06/2024 {minute}:59",
        "ORIGEN": "CATD", "DIGITALIZACION": "ESCANER", "TIPO_DOCUMENTO": "ACTA PREP",
    }  # fmt: skip


def illegible(number: int, minute: str = "22:30") -> Row:
    """Return a sheet of which nothing can be read: captured, and not counted."""
    return {
        **counted(number, minute, observation="TODOS ILEGIBLES O SIN DATO"), "CONTABILIZADA": "0",
        "ORIGEN": "CASILLA", "DIGITALIZACION": "MOVIL",
    }  # fmt: skip


def without_sheet(number: int, *, key: str = "") -> Row:
    """Return a sheet that did not come with its package: captured as such, without a stamp."""
    nothing = dict.fromkeys(
        ("CODIGO_INTEGRIDAD", "FECHA_HORA_ACOPIO", "FECHA_HORA_CAPTURA", "FECHA_HORA_VERIFICACION"), "N/A"
    )
    row = counted(number, key=key, observation="SIN ACTA POR PAQUETE NO ENTREGADO")
    return {**row, **nothing, "PAN": "SIN ACTA", "CONTABILIZADA": "0", "TIPO_DOCUMENTO": "N/A"}


def never_arrived(number: int) -> Row:
    """Return a sheet that is expected and of which nothing is known."""
    row = counted(number, observation="-")
    said = COLUMNS[COLUMNS.index("OBSERVACIONES") :]
    return {**row, **dict.fromkeys(said, "-"), "PAN": "-"}


def out_of_catalogue(number: int, minute: str = "23:05") -> Row:
    """Return a sheet that could not be matched with any station: it has one stamp and no key."""
    return {
        **dict.fromkeys(COLUMNS, ""), "ID_ENTIDAD": "21", "ENTIDAD": "PUEBLA", "OBSERVACIONES": "FUERA DE CATALOGO",
        "CONTABILIZADA": "2", "CODIGO_INTEGRIDAD": hashlib.sha256(f"out {number}".encode()).hexdigest(),
        "FECHA_HORA_ACOPIO": f"02/06/2024 {minute}:00", "ORIGEN": "CASILLA", "DIGITALIZACION": "MOVIL",
        "TIPO_DOCUMENTO": "ACTA PREP",
    }  # fmt: skip


SAMPLE: tuple[Row, ...] = (
    counted(1), counted(2, "21:15", observation="ALGUN CAMPO ILEGIBLE O SIN DATO"), counted(3, "23:50"), illegible(4),
    without_sheet(5), without_sheet(6, key="210000A01002"), without_sheet(7, key="210000A01002"),
    never_arrived(8), out_of_catalogue(1),
)  # fmt: skip
"""Eight expected, one of which never arrived; three without a sheet, two of them under one key."""


def prep_file(
    rows: Sequence[Mapping[str, str]] = SAMPLE,
    *,
    election: str = "GUBERNATURA",
    cut: str = CUT,
    area: tuple[str, str] = ("ID_DISTRITO", "DISTRITO"),
    figures: Mapping[str, str] | None = None,
) -> bytes:
    """Return a file of these rows; ``figures`` take the place of some of its header's."""
    header = {**as_published(figures_of(rows)), "TOTAL_VOTOS_C_CS": "2658993.0", **(figures or {})}
    named = dict(zip(("ID_DISTRITO", "DISTRITO"), area, strict=True))
    lines = [
        election, cut, "", ",".join(header), ",".join(header.values()), "",
        ",".join(named.get(column, column) for column in COLUMNS),
        *(",".join(row[column] for column in COLUMNS) for row in rows),
    ]  # fmt: skip
    return "\ufeff".encode() + "\n".join(lines).encode() + b"\n"


def figures_of(rows: Sequence[Mapping[str, str]]) -> TallyFigures:
    """Return what the header of a file with these rows says."""
    captured = [row for row in rows if row["CONTABILIZADA"] in {"0", "1"}]
    out = sum(row["CONTABILIZADA"] == "2" for row in rows)
    return TallyFigures(
        expected=len(rows) - out,
        out_of_catalogue=out,
        captured=len(captured),
        counted=sum(row["CONTABILIZADA"] == "1" for row in rows),
        inconsistent=sum(is_inconsistent(row["OBSERVACIONES"].strip(" -") or None) for row in captured),
    )
