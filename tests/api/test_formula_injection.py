"""Text that a spreadsheet would compute (OWASP, CSV injection) leaves in no export as a formula."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from pydantic import BaseModel
from python_calamine import CalamineWorkbook

from api import csv_table
from api.batches.template import workbook

PAYLOADS = (
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.invalid","ver")', '=IMPORTXML("http://x.invalid","//a")',
    '=WEBSERVICE("http://x.invalid")', '=DDE("cmd";"/C calc";"x")', "=SUM(A1:A9)", "=A1", "==1", "=",
    "+1+1", "+cmd|' /C calc'!A0", "+SUM(A1)", "+", "+52 33 1234 5678",
    "-1+1", "-cmd|' /C calc'!A0", "-SUM(A1)", "-", "- lista",
    "@SUM(1+1)", "@A1", "@", "@cmd", "@usuario",
    "\t=1+1", "\r=1+1", "\n=1+1", "\t+1", "\r@x", "\n-1", "\0=1",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(1)", "\uff1dcmd|' /C calc'!A0",
    "=\u202e1+1", '="a"&"b"', "=1;2", "=rundll32|'URL.dll,OpenURL calc.exe'!A", '=EXEC("calc")',
)  # fmt: skip


class Line(BaseModel):
    """A row with text somebody wrote."""

    text: str
    several: list[str]


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 40


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_of_a_csv_begins_as_a_formula(payload: str) -> None:
    whole = [
        csv_table.table([Line(text=payload, several=[payload, "x"])], ["text", "several"]),
        csv_table.lines([payload], [[payload, 1]]),
    ]
    for made in whole:
        cells = [cell for row in csv.reader(io.StringIO(made.decode(), newline="")) for cell in row]
        assert not any(
            cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")) for cell in cells
        )
        assert f"'{payload}" in cells


@pytest.mark.parametrize("payload", [payload for payload in PAYLOADS if "\0" not in payload])
def test_no_cell_of_a_workbook_is_a_formula_or_a_link(payload: str) -> None:
    made = workbook([["texto"], [payload]])

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f" not in page
    assert b"<hyperlink" not in page
    cell = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(0).to_python()[1][0]
    assert str(cell).strip() == payload.strip()
