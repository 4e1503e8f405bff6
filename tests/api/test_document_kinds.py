"""What a document is, by its bytes, and what is refused whatever it is called."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from api.documents.kinds import KINDS, Kind, kind_of, refuse_another_name
from domain.event import Refused
from tests.sample_documents import bomb, docx, odt, overlapping, package, pdf, png, xlsx

OFFICE = "application/vnd.openxmlformats-officedocument"


def kind(tmp_path: Path, content: bytes) -> Kind:
    """Return what these bytes are."""
    file = tmp_path / "document"
    file.write_bytes(content)
    return kind_of(file, len(content))


def refusal(tmp_path: Path, content: bytes) -> Refused:
    """Return why these bytes are not taken."""
    with pytest.raises(Refused) as refused:
        kind(tmp_path, content)
    assert refused.value.es != refused.value.en
    return refused.value


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (pdf(), "application/pdf"),
        (png(), "image/png"),
        (b"\xff\xd8\xff\xe0" + b"x" * 40 + b"\xff\xd9", "image/jpeg"),
        (b"II*\x00" + b"\0" * 40, "image/tiff"),
        (b"MM\x00*" + b"\0" * 40, "image/tiff"),
        (xlsx(), f"{OFFICE}.spreadsheetml.sheet"),
        (docx(), f"{OFFICE}.wordprocessingml.document"),
        (odt(), "application/vnd.oasis.opendocument.text"),
        (b'<?xml version="1.0"?><Comprobante total="12"/>', "application/xml"),
        ("actividad,fecha\nInstalación,2026-12-01\n".encode(), "text/plain"),
        ("\ufeffcasilla,votos\r\n12,\t8\r\n".encode(), "text/plain"),
        (b"a < b and b > c", "text/plain"),
    ],
)
def test_a_document_is_what_its_bytes_say(tmp_path: Path, content: bytes, media_type: str) -> None:
    assert kind(tmp_path, content).media_type == media_type


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "document-empty"),
        (b"MZ\x90\x00" + b"\0" * 60, "document-kind-not-taken"),
        (b"\x7fELF" + b"\0" * 60, "document-kind-not-taken"),
        (b"#!/bin/sh\nrm -r .\n", "document-kind-not-taken"),
        (b"Rar!\x1a\x07\x00", "document-kind-not-taken"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "document-kind-not-taken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 60, "document-kind-not-taken"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 60, "document-kind-not-taken"),
        (b"<!DOCTYPE html><p>hola", "document-kind-not-taken"),
        (b"  \n<html><script>alert(1)</script>", "document-kind-not-taken"),
        (b"<!-- " + b"x" * 70_000 + b" --><script>alert(1)</script>", "document-kind-not-taken"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "document-kind-not-taken"),
        (b'<?xml version="1.0"?><a:svg xmlns:a="http://www.w3.org/2000/svg"/>', "document-kind-not-taken"),
        (b'<?xml version="1.0"?><?xml-stylesheet href="x"?><a/>', "document-kind-not-taken"),
        ("Instalación".encode("latin-1"), "document-kind-not-taken"),
        ("acta".encode("utf-16"), "document-kind-not-taken"),
        (b"text\x00with NUL", "document-kind-not-taken"),
        (package({"a.txt": b"a"}), "document-kind-not-taken"),
        (docx(word_vbaProject__bin=b"x"), "document-kind-not-taken"),
        (pdf()[:-7], "document-damaged"),
        (png()[:-4], "document-damaged"),
        (png() + b"<script>", "document-damaged"),
        (xlsx()[:-10], "document-damaged"),
        (xlsx() + b"more", "document-damaged"),
        (b"PK\x03\x04", "document-damaged"),
        (b"PK\x05\x06" + b"\0" * 18, "document-damaged"),
        (pdf() + package({"a.txt": b"a"}), "document-two-at-once"),
        (b"\xff\xd8\xff\xe0" + xlsx(), "document-two-at-once"),
        (bomb(), "document-package-unsafe"),
        (overlapping(), "document-package-unsafe"),
        (docx(inner__zip=package({"a": b"a"})), "document-package-unsafe"),
        (docx(setup__exe=b"MZ"), "document-package-unsafe"),
        (package({"../../evil.xml": b"x", "[Content_Types].xml": b"<a/>"}), "document-package-unsafe"),
        (package({"/evil.xml": b"x"}), "document-package-unsafe"),
        (package({f"{number}.xml": b"x" for number in range(2_100)}), "document-package-unsafe"),
    ],
)
def test_what_is_not_a_document_is_refused_in_words(tmp_path: Path, content: bytes, rule: str) -> None:
    assert refusal(tmp_path, content).rule == rule


def test_a_package_hidden_in_a_pdf_that_ends_like_a_pdf_is_found(tmp_path: Path) -> None:
    hidden = bytearray(package({"a.txt": b"a"}))
    after = b"\n%%EOF\n"
    hidden[-2:] = len(after).to_bytes(2, "little")  # the rest of the file is the package's comment

    assert refusal(tmp_path, pdf()[:-6] + bytes(hidden) + after).rule == "document-two-at-once"


def test_a_package_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(docx())
    content[content.find(b"PK\x01\x02") + 8] |= 1

    assert refusal(tmp_path, bytes(content)).rule == "document-package-unsafe"


def test_a_table_of_contents_without_end_is_not_read(tmp_path: Path) -> None:
    content = bytearray(docx())
    end = content.rfind(b"PK\x05\x06")
    content[end + 12 : end + 16] = (2**31).to_bytes(4, "little")

    assert refusal(tmp_path, bytes(content)).rule == "document-package-unsafe"


@pytest.mark.parametrize("content", [bomb(), package({f"{n:0250}.xml": b"" for n in range(60_000)})])
def test_looking_through_a_bomb_takes_little_memory(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            kind_of(file, len(content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 4 * 1024 * 1024


def test_a_pdf_that_is_called_a_sheet_is_told_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        refuse_another_name("Plan.XLSX", kind(tmp_path, pdf()))

    assert refused.value.rule == "document-not-as-named"
    assert "«.xlsx»" in refused.value.es
    assert "es PDF" in refused.value.es


@pytest.mark.parametrize("name", ["acta.pdf", "acta", "ACTA.PDF", "acta.v2.final"])
def test_a_name_that_does_not_contradict_the_bytes_is_taken(tmp_path: Path, name: str) -> None:
    refuse_another_name(name, kind(tmp_path, pdf()))


def test_every_kind_has_an_ending_and_words() -> None:
    assert all(kind.extensions and kind.name.es and kind.name.en for kind in KINDS.values())
