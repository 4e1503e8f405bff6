"""Published files of tally sheets are read whole and judged: what does not hold together is refused by its lines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api.prep_imports.judging import JudgedFile, judge
from api.prep_imports.published import MAX_BYTES, Complaint, UnusableFile, read_published
from domain.tally_catalogue import as_published
from domain.tally_sheet import SheetArea
from tests.api.harness import NOW
from tests.prep_files import (
    SAMPLE,
    Row,
    counted,
    figures_of,
    illegible,
    out_of_catalogue,
    prep_file,
    real_file,
    without_sheet,
)

FIRST_ROW = 8
"""The line of the first sheet."""


def judged(raw: bytes, election_day: date | None = None) -> JudgedFile:
    return judge(read_published(raw), "prueba.csv", raw, NOW, election_day)


def complaints(raw: bytes, election_day: date | None = None) -> tuple[Complaint, ...]:
    with pytest.raises(UnusableFile) as refused:
        judged(raw, election_day)
    assert str(refused.value)
    return refused.value.complaints


def one(raw: bytes) -> Complaint:
    (found,) = complaints(raw)
    assert found.es != found.en
    return found


def test_the_header_of_puebla_is_what_its_rows_come_to() -> None:
    file = judged(real_file())

    assert file.accepting.accepted.figures == {
        "ACTAS_ESPERADAS": "8334", "ACTAS_REGISTRADAS": "8271", "ACTAS_FUERA_CATALOGO": "12",
        "ACTAS_CAPTURADAS": "8259", "PORCENTAJE_ACTAS_CAPTURADAS": "99.1000", "ACTAS_CONTABILIZADAS": "6848",
        "PORCENTAJE_ACTAS_CONTABILIZADAS": "82.1694", "PORCENTAJE_ACTAS_INCONSISTENCIAS": "18.2385",
        "ACTAS_NO_CONTABILIZADAS": "1411",
    }  # fmt: skip
    assert (file.territory, file.election_day, file.election_day_basis) == ("MX-PUE", date(2024, 6, 2), "law")
    assert len(file.sheets) == 8_271
    assert sum(len(area.keys) for area in file.accepting.expected) == 8_334
    assert sum(taking.captured and taking.captured_at is None for taking in file.sheets.values()) == 943
    repeated = [id_ for id_ in file.sheets if id_.startswith("governor.") and not id_.endswith(".1")]
    assert repeated


def test_a_small_file_with_every_awkwardness_is_read() -> None:
    file = judged(prep_file())

    assert as_published(figures_of(SAMPLE)) == file.accepting.accepted.figures
    assert file.election == "governor"
    assert [area.keys[-1] for area in file.accepting.expected] == ["210008B01002"]
    assert {"governor.001.210000A01002.1", "governor.001.210000A01002.2"} < set(file.sheets)
    outside = [taking.sheet for taking in file.sheets.values() if taking.sheet.out_of_catalogue]
    assert [(sheet.area, sheet.key) for sheet in outside] == [(None, None)]


def test_nothing_is_said_of_votes() -> None:
    other_votes = {**counted(1), "PAN": "599", "NULOS": "1"}

    assert judged(prep_file([other_votes])).sheets == judged(prep_file([counted(1)])).sheets


@pytest.mark.parametrize(
    ("words", "area", "election"),
    [
        ("DIPUTACIONES LOCALES", ("ID_DISTRITO_LOCAL", "DISTRITO_LOCAL"), "district"),
        ("AYUNTAMIENTOS", ("ID_MUNICIPIO", "MUNICIPIO"), "municipal"),
        ("Gubernatura", ("ID_DISTRITO", "DISTRITO"), "governor"),
    ],
)
def test_the_columns_of_other_elections_are_known(words: str, area: tuple[str, str], election: str) -> None:
    file = judged(prep_file(election=words, area=area))

    assert file.election == election
    assert file.accepting.expected[0].area == SheetArea(id="001", name="XICOTEPEC DE JUAREZ")


def test_an_extraordinary_election_has_the_day_that_is_said() -> None:
    row = {name: cell.replace("02/06/2024", "25/08/2024") for name, cell in counted(1).items()}
    raw = prep_file([row], cut="26/08/2024 20:00 (UTC-6)")

    assert "--election-day" in complaints(raw)[0].en
    assert judged(raw, date(2024, 8, 25)).election_day_basis == "reported"


def test_the_stamps_are_in_the_offset_of_the_cut() -> None:
    (taking,) = judged(prep_file([counted(1)], cut="03/06/2024 20:00 (UTC-7)")).sheets.values()

    assert taking.captured_at == datetime(2024, 6, 3, 4, 10, 20, tzinfo=UTC)


def test_a_file_cut_in_the_middle_of_a_row_names_the_row() -> None:
    raw = prep_file()
    found = one(raw[: raw.rindex(b",CASILLA")])

    assert found.line == FIRST_ROW + len(SAMPLE) - 1
    assert "cut off" in found.en


def test_a_file_cut_in_its_last_cell_is_cut() -> None:
    assert one(prep_file()[:-4]).en == "the file is cut off: it ends in 'ACTA P'"


def test_a_last_line_without_an_end_is_whole_where_its_last_cell_is() -> None:
    assert judged(prep_file()[:-1]).sheets


def test_a_file_cut_between_two_rows_is_told_by_its_header() -> None:
    raw = prep_file()
    found = complaints(raw[: raw.rindex(b"\n,")] + b"\n")

    assert "ACTAS_FUERA_CATALOGO: the header says 1, the rows come to 0" in {one.en for one in found}


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_another_encoding_is_refused_with_its_line(encoding: str) -> None:
    rows = [counted(1), {**counted(2), "DISTRITO": "ACATLÁN"}]
    found = one(prep_file(rows).decode("utf-8-sig").encode(encoding))

    assert found.line == (1 if encoding == "utf-16" else FIRST_ROW + 1)
    assert "UTF-8" in found.es


def test_two_elections_one_after_the_other_are_refused_where_the_second_begins() -> None:
    first, second = prep_file([counted(1)]), prep_file([counted(2)], election="DIPUTACIONES LOCALES")
    found = complaints(first + second.removeprefix(b"\xef\xbb\xbf"))

    assert found[0].line == FIRST_ROW + 1
    assert "two elections" in found[0].en


@pytest.mark.parametrize("column", [("TIPO_ACTA", "3"), ("ID_ENTIDAD", "'14")])
def test_rows_of_two_elections_mixed_are_refused(column: tuple[str, str]) -> None:
    found = one(prep_file([counted(1), counted(2), {**counted(3), column[0]: column[1]}]))

    assert found.line == FIRST_ROW + 2
    assert "two elections" in found.en


BAD_CELLS = [
    ("FECHA_HORA_ACOPIO", "01/06/2024 23:59:59", "before election day"),
    ("FECHA_HORA_VERIFICACION", "03/06/2024 20:00:01", "after the cut"),
    ("FECHA_HORA_VERIFICACION", "02/06/2024 21:10:00", "not in order"),
    ("FECHA_HORA_CAPTURA", "N/A", "do not agree"),
    ("FECHA_HORA_CAPTURA", "31/06/2024 21:10:20", "is no hour"),
    ("FECHA_HORA_CAPTURA", "2024-06-02", "is no hour"),
    ("CONTABILIZADA", "7", "CONTABILIZADA is 0, 1, 2 or -"),
    ("CONTABILIZADA", "-", "do not agree"),
    ("CODIGO_INTEGRIDAD", "abc", "is no SHA-256"),
    ("CODIGO_INTEGRIDAD", counted(1)["CODIGO_INTEGRIDAD"], f"repeats the CODIGO_INTEGRIDAD of line {FIRST_ROW}"),
    ("CLAVE_ACTA", "", "CLAVE_ACTA is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "cell", "words"), BAD_CELLS)
def test_a_cell_that_cannot_be_is_refused_with_its_line(column: str, cell: str, words: str) -> None:
    found = one(prep_file([counted(1), {**counted(2), column: cell}]))

    assert found.line == FIRST_ROW + 1
    assert words in found.en


def test_every_line_at_fault_is_told() -> None:
    bad: Row = {"FECHA_HORA_ACOPIO": "01/06/2024 20:00:00"}
    found = complaints(prep_file([{**counted(1), **bad}, counted(2), {**illegible(3), **bad}]))

    assert [one.line for one in found] == [FIRST_ROW, FIRST_ROW + 2]


def test_a_header_that_is_not_what_its_rows_come_to_is_told_figure_by_figure() -> None:
    found = complaints(prep_file(figures={"ACTAS_CAPTURADAS": "6", "PORCENTAJE_ACTAS_CAPTURADAS": "75.0000"}))

    assert [one.en for one in found] == [
        "ACTAS_CAPTURADAS: the header says 6, the rows come to 7",
        "PORCENTAJE_ACTAS_CAPTURADAS: the header says 75.0000, the rows come to 87.5000",
    ]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no header"),
        (b"una,tabla\n1,2\n", "no header"),
        (prep_file(election="CONSULTA POPULAR"), "no known election"),
        (prep_file(cut="ayer"), "is no cut"),
        (prep_file(cut="04/06/2024 20:00 (UTC-99)"), "is no cut"),
        (prep_file().replace(b"CONTABILIZADA,COD", b"OTRA,COD"), "columns are missing: CONTABILIZADA"),
        (prep_file().replace(b"CLAVE_CASILLA,", b"CLAVE_ACTA,"), "repeated columns: CLAVE_ACTA"),
        (prep_file([{**counted(1), "ID_ENTIDAD": "'99"}]), "is no state"),
        (prep_file([{**counted(1), "DISTRITO": '"sin cerrar'}]), "cannot be read"),
        (prep_file([{**counted(1), "DISTRITO": "x" * 2_000}]), "characters in a cell"),
    ],
)
def test_what_is_no_file_of_tally_sheets_is_refused_in_words(raw: bytes, words: str) -> None:
    assert words.replace("characters in a cell", "characters") in complaints(raw)[0].en


def test_a_cut_that_is_yet_to_come_is_refused() -> None:
    found = one(prep_file(cut="07/06/2027 20:00 (UTC-6)"))

    assert (found.line, found.en) == (
        2,
        "the cut is of 07/06/2027 20:00, which is yet to come: it is 21/11/2026 12:00 in its own zone",
    )


def test_a_file_that_is_too_large_is_not_looked_at() -> None:
    assert "bytes" in one(b"x" * (MAX_BYTES + 1)).en


def test_a_sheet_without_stamps_has_the_moment_of_the_cut() -> None:
    (taking,) = judged(prep_file([without_sheet(1)])).sheets.values()

    assert (taking.captured, taking.captured_at, taking.cut_at) == (
        True, None, datetime(2024, 6, 4, 2, tzinfo=UTC),
    )  # fmt: skip


def test_one_out_of_the_catalogue_is_in_no_figure_but_its_own() -> None:
    file = judged(prep_file([counted(1), out_of_catalogue(1)]))

    assert file.accepting.accepted.figures["ACTAS_REGISTRADAS"] == "2"
    assert file.accepting.accepted.figures["ACTAS_CAPTURADAS"] == "1"
