"""The record of a ceremony: what is signed, what a change of any part of it comes to, and what the page says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.ceremonies.auditor_key import create_key, read_key
from api.ceremonies.checking import Checked, checked_record
from api.ceremonies.outcome import Fact, Listing, Outcome, finding
from api.ceremonies.record import FolderInUse, record_of, write_record
from api.ceremonies.record_page import MOST_FINDINGS, record_page
from ledger.checkpoint import Checkpoint
from ledger.key_folder import UnusableKeys
from ledger.note import SigningKey, parse_note, signed
from tests.api.test_cli import bitacora

HELD_AT = datetime(2027, 6, 6, 3, 30, tzinfo=UTC)
KEY = SigningKey("auditoria.uni.example.mx", bytes(32))
OTHER = SigningKey("auditoria.uni.example.mx", bytes(31) + b"1")
PASSED = Outcome(
    ceremony="empty", origin="bitacora.example.mx/2027", simulated=False,
    checkpoint=Checkpoint("bitacora.example.mx/2027", 3, bytes(32)), digest="ab" * 32,
    facts=[Fact(name="events", value=3), Fact(name="tables", value=1)],
    remarks=[finding("empty_is_now")], listing=Listing(columns=["table", "rows"], rows=[["ledger.events", 3]]),
    attachments={"projections.json": b"{}"},
)  # fmt: skip
FAILED = Outcome(
    ceremony="log", origin="", simulated=None, checkpoint=None, digest="", facts=[],
    findings=[finding("something_was_said", 17, type="<b>Otro</b>.v1", n=1)],
)  # fmt: skip


def written(folder: Path, outcome: Outcome = PASSED, key: SigningKey | None = KEY) -> Path:
    """Write a record, and return where."""
    record = record_of(outcome, HELD_AT, key)
    write_record(record, record_page(record), outcome.attachments, folder / "record", key)
    return folder / "record"


def told(checked: Checked) -> list[str]:
    return [found.en for found in checked.findings]


def edit(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    content = (folder / name).read_bytes()
    assert change(content) != content
    (folder / name).write_bytes(change(content))


def test_a_record_is_what_was_signed(tmp_path: Path) -> None:
    folder = written(tmp_path)

    assert told(checked_record(folder, KEY.public)) == []
    assert told(checked_record(folder, None)) == []
    assert sorted(file.name for file in folder.iterdir()) == [
        "projections.json", "record.html", "record.json", "record.note",
    ]  # fmt: skip


def test_what_is_signed_says_what_of_which_log_and_when_on_eight_lines(tmp_path: Path) -> None:
    lines = parse_note((written(tmp_path) / "record.note").read_bytes()).text.splitlines()

    assert lines[:6] == [
        "bitacora-ceremony@v1 empty passed",
        "origin bitacora.example.mx/2027",
        "checkpoint 3 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "held_at 2027-06-06T03:30:00Z",
        "held_at_mexico_city 2027-06-05T21:30:00-06:00",
        "digest " + "ab" * 32,
    ]
    assert [line.split(" ")[0] for line in lines[6:]] == ["record.json", "record.html"]


def test_what_a_failed_ceremony_does_not_know_is_a_dash(tmp_path: Path) -> None:
    text = parse_note((written(tmp_path, FAILED) / "record.note").read_bytes()).text

    assert text.startswith("bitacora-ceremony@v1 log failed\norigin -\ncheckpoint -\nheld_at 2027")
    assert "\ndigest -\n" in text


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("record.html", lambda page: page.replace(b"Superada", b"Anulada"), "record.html is not what was signed"),
        ("record.html", lambda page: page + b"\n", "record.html is not what was signed"),
        ("record.json", lambda text: text.replace(b'"value":3', b'"value":4'), "record.json is not what was signed"),
        ("record.json", lambda text: text.replace(b":true", b":false"), "bitacora-ceremony@v1 is not what was"),
        ("record.json", lambda text: text.replace(b"2027-06-06T03", b"2027-06-06T04"), "held_at is not what was"),
        ("record.json", lambda text: text + b"\n", "or is not written as it was"),
        ("record.json", lambda text: text.replace(b'"passed"', b'"pasado"'), "is no record of a ceremony"),
        ("record.json", lambda text: text[:-1], "is no record of a ceremony"),
        ("record.note", lambda note: note.replace(b" 3 ", b" 4 "), "The signature is no good"),
        ("record.note", lambda note: note.replace(b"empty passed", b"empty failed"), "The signature is no good"),
        ("record.note", lambda note: note[:-20], "The signature is no good"),
        ("projections.json", lambda text: text + b" ", "projections.json is not what was signed"),
    ],
)  # fmt: skip
def test_a_change_of_any_part_is_named(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes], words: str
) -> None:
    folder = written(tmp_path)
    edit(folder, name, change)

    assert any(words in each for each in told(checked_record(folder, KEY.public)))


@pytest.mark.parametrize("name", ["record.json", "record.html", "record.note", "projections.json"])
def test_a_part_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path)
    (folder / name).unlink()

    assert told(checked_record(folder, KEY.public)) == [f"{name} is missing."]


def test_a_record_signed_again_by_somebody_else_is_found_by_the_key_the_auditor_gave(tmp_path: Path) -> None:
    folder = written(tmp_path, key=OTHER)

    assert told(checked_record(folder, None)) == []
    assert told(checked_record(folder, KEY.public)) == [
        "The signature is no good: none of the known keys has signed this."
    ]


def test_a_good_signature_over_another_text_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path)
    text = parse_note((folder / "record.note").read_bytes()).text
    (folder / "record.note").write_bytes(signed(text + "digest 0\n", [KEY]).file)

    assert len(told(checked_record(folder, KEY.public))) == 1


def test_an_attachment_is_looked_for_in_the_record_s_own_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"{}")
    record = record_of(PASSED, HELD_AT, KEY).model_copy(update={"attachments": {"../outside": "0" * 64}})
    write_record(record, record_page(record), {}, tmp_path / "record", KEY)

    assert told(checked_record(tmp_path / "record", KEY.public)) == ["../outside is missing."]


def test_nobody_s_record_is_not_taken_for_somebody_s(tmp_path: Path) -> None:
    folder = written(tmp_path, key=None)

    assert "SIN FIRMA DIGITAL" in (folder / "record.html").read_text()
    assert "SIN FIRMA DIGITAL" not in record_page(record_of(PASSED, HELD_AT, KEY)).decode()
    assert told(checked_record(folder, None)) == ["record.note is missing."]


def test_a_record_is_never_written_over_another(tmp_path: Path) -> None:
    folder = written(tmp_path)
    before = (folder / "record.json").read_bytes()
    with pytest.raises(FolderInUse):
        written(tmp_path, FAILED)

    assert (folder / "record.json").read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["record"]


def test_the_page_says_what_failed_and_where_in_both_languages_and_escapes_it() -> None:
    page = record_page(record_of(FAILED, HELD_AT, KEY)).decode()

    assert "No superada" in page
    assert "En el asiento n.º 17." in page
    assert "At entry no. 17." in page
    assert "&lt;b&gt;Otro&lt;/b&gt;.v1" in page
    assert "<b>Otro" not in page
    assert "5 de junio de 2027, 21:30:00" in page
    for elsewhere in ("<script", "<link", "@import", "src=", "url("):
        assert elsewhere not in page


def test_a_page_of_many_findings_says_how_many_more_there_are() -> None:
    many = [finding("file_unlisted", file=f"a{number}.py") for number in range(MOST_FINDINGS + 7)]
    outcome = Outcome("software", "x/y", simulated=True, checkpoint=None, digest="0", facts=[], findings=many)
    page = record_page(record_of(outcome, HELD_AT, KEY)).decode()

    assert "y 7 más" in page
    assert page.count(".py está entre los paquetes") == MOST_FINDINGS
    assert "Bitácora simulada" in page


def test_an_auditor_s_key_is_theirs_alone(tmp_path: Path) -> None:
    key = create_key(tmp_path / "key", "auditoria.uni.example.mx")

    assert read_key(tmp_path / "key") == key
    with pytest.raises(FileExistsError):
        create_key(tmp_path / "key", "auditoria.uni.example.mx")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(UnusableKeys, match="open to others"):
        read_key(tmp_path / "key")
    with pytest.raises(UnusableKeys, match="no spaces"):
        create_key(tmp_path / "other", "dos palabras")
    (tmp_path / "none").write_bytes(b"nothing\n")
    (tmp_path / "none").chmod(0o600)
    with pytest.raises(UnusableKeys, match="audit key"):
        read_key(tmp_path / "none")


def test_the_command_says_whose_record_it_is_and_ends_with_one_where_it_is_not(tmp_path: Path) -> None:
    folder = written(tmp_path)
    good = bitacora("audit", "record", str(folder), "--signer", KEY.public.vkey)
    assert good.returncode == 0, good.stderr
    assert f"is what was signed by {KEY.public.vkey}" in good.stdout
    assert "empty: PASSED, 2027-06-06T03:30:00Z, bitacora.example.mx/2027, 3 entries" in good.stdout

    edit(folder, "record.html", lambda page: page.replace(b"Superada", b"Anulada"))
    bad = bitacora("audit", "record", str(folder), "--signer", KEY.public.vkey)
    assert bad.returncode == 1
    assert "record.html no es lo que se firm\u00f3" in bad.stdout


def test_a_key_is_made_and_asked_for_before_the_ceremony(tmp_path: Path) -> None:
    made = bitacora("audit", "key", str(tmp_path / "key"), "auditoria.uni.example.mx")
    assert made.stdout == f"{read_key(tmp_path / 'key').public.vkey}\n"
    asked = bitacora("audit", "empty", "--key", str(tmp_path / "key"))
    assert (asked.returncode, "--record says where to" in " ".join(asked.stderr.split())) == (2, True)


def test_what_is_stored_of_a_record_is_canonical(tmp_path: Path) -> None:
    content = (written(tmp_path) / "record.json").read_bytes()

    assert (
        json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        == content
    )
