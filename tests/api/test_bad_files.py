"""Files that are not what they say, or that do harm to who reads them: each refused in words, within limits.

All are made here; none is anybody's.
"""

from __future__ import annotations

import io
import itertools
import resource
import struct
import time
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from api.batches.sending import rows_of_file
from api.problems import Problem
from api.spreadsheet.reading import read_file

HEADINGS = "process,milestone,report,occurred_at\n"
ROW = "pel-2026-2027-jal,L001,start,2026-11-20T12:30:00-06:00\n"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(fill: Callable[[xlsxwriter.Workbook], object] = lambda book: book.add_worksheet("MX")) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    fill(book)
    book.close()
    return made.getvalue()


def with_members(members: dict[str, bytes], base: bytes | None = None) -> bytes:
    """Return a workbook with members more, or others."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(base or workbook())) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return made.getvalue()


def sheet(inside: str, head: str = "") -> bytes:
    text = (
        f'<?xml version="1.0"?>{head}<worksheet xmlns="{SPACE}"><sheetData>{inside}</sheetData></worksheet>'
    )
    return with_members({"xl/worksheets/sheet1.xml": text.encode()})


def one_formula(book: xlsxwriter.Workbook) -> None:
    book.add_worksheet("MX").write_formula("B2", "=1+1", None, 2)


def far_away(book: xlsxwriter.Workbook) -> None:
    page = book.add_worksheet("MX")
    page.write(0, 0, "x")
    page.write(1_048_575, 16_383, "y")


def twice() -> bytes:
    made = io.BytesIO(workbook())
    with zipfile.ZipFile(made, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet1.xml", b"<x/>")
    return made.getvalue()


def encrypted() -> bytes:
    """Return a workbook whose members say that they are encrypted, in the local headers and in the directory."""
    raw = bytearray(workbook())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(mark)
        while at >= 0:
            struct.pack_into("<H", raw, at + offset, struct.unpack_from("<H", raw, at + offset)[0] | 1)
            at = raw.find(mark, at + 4)
    return bytes(raw)


def lying_about_its_size() -> bytes:
    """Return a bomb whose directory says that it unpacks to nothing much."""
    raw = bytearray(sheet("<row><c><v>1</v></c></row>" * 2_000_000))
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", raw, at + 24, 1_000)
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(raw)


def entities() -> bytes:
    """Return a sheet whose text unfolds into a billion (a 'billion laughs')."""
    define = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "' + f"&{before};" * 10 + '">' for before, name in itertools.pairwise("abcdefghij")
    )
    return sheet('<row><c t="inlineStr"><is><t>&j;</t></is></c></row>', f"<!DOCTYPE x [{define}]>")


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "file-empty"),
    "headings alone": (HEADINGS.encode, "file-empty"),
    "a PDF named .xlsx": (lambda: b"%PDF-1.7\n" + b"x" * 100, "file-of-another-kind"),
    "an old Excel": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file-of-another-kind"),
    "an image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "file-of-another-kind"),
    "a web page": (lambda: b"  <!DOCTYPE html><table></table>", "file-of-another-kind"),
    "gzip": (lambda: b"\x1f\x8b\x08" + bytes(40), "file-of-another-kind"),
    "JSON": (lambda: b'{"items": []}', "file-of-another-kind"),
    "a ZIP of something else": (
        lambda: with_members({}, base=zipped({"a.txt": b"hello"})), "file-of-another-kind",
    ),
    "truncated": (lambda: workbook()[:-200], "file-broken"),
    "a ZIP's beginning alone": (lambda: b"PK\x03\x04" + bytes(100), "file-broken"),
    "duplicate names": (twice, "file-broken"),
    "an absolute path": (lambda: with_members({"/etc/passwd": b"x"}), "file-broken"),
    "a path that leads out": (lambda: with_members({"../../x": b"x"}), "file-broken"),
    "a path of Windows": (lambda: with_members({"C:\\x": b"x"}), "file-broken"),
    "encrypted": (encrypted, "file-encrypted"),
    "nested": (lambda: with_members({"xl/inner.zip": zipped({"a": b"x"})}), "file-holds-macros"),
    "macros": (lambda: with_members({"xl/vbaProject.bin": b"x"}), "file-holds-macros"),
    "a formula": (lambda: workbook(one_formula), "file-holds-formula"),
    "a formula nobody names": (
        lambda: sheet("<row><c><f>SUM(A1)</f><v>1</v></c></row>"), "file-holds-formula",
    ),
    "a formula in CSV": ((HEADINGS + "=1+1,L001,start,2026-11-20\n").encode, "file-holds-formula"),
    "a bomb": (lambda: with_members({"xl/media/x": bytes(40_000_000)}), "file-too-large-inside"),
    "too large unpacked": (
        lambda: with_members({f"xl/{n}": bytes(9_000_000) for n in range(7)}), "file-too-large-inside",
    ),
    "too many members": (
        lambda: with_members({f"xl/{n}": b"x" for n in range(120)}), "file-too-large-inside",
    ),
    "a bomb that lies about its size": (lying_about_its_size, ""),
    "a cell far away": (lambda: workbook(far_away), "file-too-large-inside"),
    "unfolding entities": (entities, ""),
    "XML nested deeply": (lambda: sheet("<a>" * 200_000), ""),
    "many attributes": (
        lambda: sheet("<row " + " ".join(f'a{n}="x"' for n in range(60_000)) + "/>"), "",
    ),
    "XML cut short": (lambda: with_members({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"}), ""),
    "100 MB": (lambda: b"a" * 100_000_000, "body-too-large"),
    "Latin-1": (lambda: "proceso;ocurrió\n".encode("latin-1"), "file-not-utf8"),
    "UTF-16": (lambda: HEADINGS.encode("utf-16"), "file-not-utf8"),
    "UTF-16 without its mark": (lambda: HEADINGS.encode("utf-16-le"), "file-not-utf8"),
    "UTF-32": (lambda: HEADINGS.encode("utf-32"), "file-not-utf8"),
    "a NUL": (lambda: (HEADINGS + ROW).encode().replace(b"L001", b"L\x00001"), "file-holds-nul"),
    "an open quote": ((HEADINGS + '"pel\n' + ROW * 100).encode, "file-not-csv"),
    "a quote too many": ((HEADINGS + 'a"b,"c"d,e,f\n').encode, "file-not-csv"),
    "a cell of 2 KiB": ((HEADINGS + "x" * 2_000 + ",,,\n").encode, "file-cell-too-long"),
    "a cell of 2 KiB of two bytes": ((HEADINGS + "ñ" * 600 + ",,,\n").encode, "file-cell-too-long"),
    "300 columns": (("a," * 300 + "\n").encode, "file-too-wide"),
    "100,001 rows": ((HEADINGS + ",,,\n" * 100_001).encode, "file-too-many-rows"),
    "10,001 reports": ((HEADINGS + ROW * 10_001).encode, "file-too-many-rows"),
    "other headings": (lambda: b"a,b,c\n1,2,3\n", "file-wrong-columns"),
    "a heading twice": ((HEADINGS.strip() + ",report\n" + ROW).encode, "file-wrong-columns"),
}  # fmt: skip
"""What is sent, and the rule it is refused by; an empty one is for what may be refused for several reasons."""


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_the_corpus_is_large_enough() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_words_within_limits(name: str) -> None:
    make, rule = BAD[name]
    raw = make()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()

    with pytest.raises(Problem) as refused:
        rows_of_file(raw)

    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert refused.value.rule == rule or (not rule and refused.value.rule.startswith("file-"))
    assert refused.value.es != refused.value.en
    assert refused.value.es.endswith(".")
    assert time.monotonic() - began < 12
    assert grown_mib < 128


def test_the_program_that_reads_workbooks_may_use_only_so_much_memory() -> None:
    cells = "".join(f'<row r="{n}"><c r="CV{n}"><v>1</v></c></row>' for n in range(1, 90_000))

    with pytest.raises(Problem) as refused:
        read_file(sheet(cells.replace('CV1"', 'A1"', 1)))

    assert refused.value.rule == "file-too-large-inside"


def test_a_file_of_every_allowed_kind_is_read() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        page = book.add_worksheet("MX-JAL")
        page.write_row("C3", ["proceso", "actividad", "reporte", "ocurrió"])
        page.write_row("C4", ["pel-2026-2027-jal", "L001", "inicio", "2026-11-20"])

    expected = [
        {
            "process": "pel-2026-2027-jal", "milestone": "L001", "report": "start",
            "occurred_at": "2026-11-20T12:00:00-06:00", "fields": {},
        }
    ]  # fmt: skip
    assert rows_of_file(workbook(fill)) == expected
    assert read_file(workbook(fill)).sheets[0].rows[3][2] == "pel-2026-2027-jal"
    text = "process;milestone;report;occurred_at\npel-2026-2027-jal;L001;start;2026-11-20\n"
    assert rows_of_file(text.encode("utf-8-sig")) == expected
    assert rows_of_file(text.replace(";", ",").encode()) == expected
