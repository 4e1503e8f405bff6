"""The sheet with the proof of one event: what it says, and that what is on it verifies without this service."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from api.signing import build_and_sign
from api.view.qr_code import qr_code
from domain.milestone_events import Evidence, EvidenceAttached
from ledger.checkpoint import Proof, parse_proof
from ledger.connect import connect
from ledger.cosignature import cosign
from ledger.cosigning import publish_cosignatures
from ledger.embedded import EmbeddedPostgres
from ledger.key_folder import KeyFolder
from ledger.note import COSIGNATURE, SigningKey, parse_note
from ledger.note import signed as signed_note
from ledger.witness_policy import parse_policy
from tests.database import fresh_database
from tests.pages.docket import LISTED, RESERVED, add_cases
from tests.pages.site import FEDERAL, Site, running_site, text_of
from tests.pages.staff import appoint, enrolled, happen, signed_in
from tests.qr_codes import read, scanned
from tests.test_house import ROOT

WITNESS = SigningKey("uni.example.mx", bytes([7] * 32), COSIGNATURE)
POLICY = f"witness uni {WITNESS.public.vkey}\nquorum uni\n"
PAPER = "ab" * 32


@pytest.fixture(scope="module")
def unsigned(
    postgres_18: EmbeddedPostgres, told_calendar: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The site over a log that nobody has signed, with a witness and an event that names a document."""
    kept = tmp_path_factory.mktemp("proofs")
    (kept / "witnesses").write_text(POLICY)
    settings = {"witnesses": kept / "witnesses", "keys": kept / "keys"}
    with (
        fresh_database(postgres_18, told_calendar) as url,
        running_site(
            url,
            before=lambda resources: setattr(
                resources, "settings", resources.settings.model_copy(update=settings)
            ),
        ) as site,
    ):
        paper = Evidence(name="Acuerdo INE/CG1/2026", sha256=PAPER)
        happen(
            site,
            FEDERAL,
            "F002",
            EvidenceAttached(evidence=paper, supports=1, size_bytes=9, media_type="application/pdf"),
        )
        yield site


@pytest.fixture(scope="module")
def signed(unsigned: Site) -> Site:
    """The same site, once it was seen unsigned and was signed then."""
    before = text_of(sheet(unsigned, 1))
    assert "Aún no está en la bitácora firmada" in before
    assert "esta bitácora aún no la firma nadie" in before
    build_and_sign(unsigned.resources)
    return unsigned


def last(site: Site) -> int:
    return site.resources.ledger.log.head().position


def sheet(site: Site, position: int, query: str = "") -> str:
    answer = site.get(f"/asientos/{position}/prueba{query}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def on_paper(site: Site, folder: Path, position: int) -> list[str]:
    """Keep what a reader of the printed sheet has: the code's proof, the entry from any copy, and the pinned key."""
    proof, entry, key = folder / "proof", folder / "entry", folder / "key.txt"
    proof.write_text(scanned(sheet(site, position))[0])
    entry.write_bytes(site.client.get(f"{site.address}/api/v1/events/{position}").content)
    keys = KeyFolder(site.resources.settings.keys_folder, site.resources.identity().origin)
    key.write_text(f"{keys.signing_keys()[0].public.vkey}\n")
    return [str(proof), str(entry), str(key)]


def verified(files: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask the independent verifier, offline."""
    proof, entry, key = files
    asked = ["receipt", proof, entry, "--vkey", f"@{key}", "--state", str(folder / "state"), "--lang", "en"]
    command = [sys.executable, "-m", "bitacora_verifier", *asked]
    return subprocess.run(command, cwd=ROOT / "verifier", capture_output=True, text=True, check=False)


def test_the_code_on_the_sheet_is_a_proof_that_the_independent_verifier_accepts(
    signed: Site, tmp_path: Path
) -> None:
    files = on_paper(signed, tmp_path, 300)
    answer = verified(files, tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert "300" in answer.stdout


def test_and_openssl_with_a_shell_as_well(signed: Site, tmp_path: Path) -> None:
    proof, entry, key = on_paper(signed, tmp_path, 301)
    command = [
        "sh",
        str(ROOT / "verifier" / "verify.sh"),
        "receipt",
        proof,
        entry,
        Path(key).read_text().strip(),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
    assert "position 301" in answer.stdout


def test_the_code_of_one_event_proves_no_other(signed: Site, tmp_path: Path) -> None:
    files = on_paper(signed, tmp_path, 302)
    Path(files[1]).write_bytes(signed.client.get(f"{signed.address}/api/v1/events/303").content)

    assert verified(files, tmp_path).returncode == 8


def test_the_other_code_is_the_address_of_the_sheet(signed: Site) -> None:
    assert scanned(sheet(signed, 300))[1] == f"{signed.address}/asientos/300/prueba"


def test_the_sheet_says_the_event_in_words_who_said_it_and_what_is_hashed(signed: Site) -> None:
    position = last(signed)
    event = signed.data(f"/events/{position}")
    entry = signed.client.get(f"{signed.address}/api/v1/events/{position}").content
    page = text_of(sheet(signed, position))

    assert f"Prueba del asiento n.º {position:,}" in page
    assert f"{event['post']}, {event['body']}" in page
    for shown in ("F002", "Acuerdo INE/CG1/2026", PAPER, event["id"], event["grant"]):
        assert shown in page
    assert hashlib.sha256(b"\0" + entry).hexdigest() in page
    assert f"sello de integridad de {position:,} asientos" in page


def test_it_speaks_english_and_has_no_script(signed: Site) -> None:
    page = sheet(signed, 300, "?lang=en")

    assert "Proof of position 300" in text_of(page)
    assert "<script" not in page


def test_every_kind_of_event_has_a_sheet(signed: Site) -> None:
    appoint(signed, enrolled(signed))
    build_and_sign(signed.resources)
    first: dict[str, int] = {}
    for position, line in enumerate(
        signed.client.get(f"{signed.address}/api/v1/events").text.splitlines(), start=1
    ):
        first.setdefault(json.loads(line)["type"], position)

    assert {"LogStarted.v1", "ProcessOpened.v1", "MilestonePlanned.v1", "GrantGiven.v1"} <= set(first)
    for position in first.values():
        assert f"Prueba del asiento n.º {position:,}" in text_of(sheet(signed, position))


def test_what_is_not_signed_yet_says_so_and_when_to_come_back(signed: Site) -> None:
    size = signed.resources.signed_log.signing().size
    enrolled(signed)
    position = last(signed)
    page = sheet(signed, position)

    assert f"el último sello de integridad llega al asiento n.º {size:,}" in text_of(page)
    assert "consulta otra vez en un momento" in page
    assert scanned(page) == [f"{signed.address}/asientos/{position}/prueba"]
    build_and_sign(signed.resources)
    assert "Está en la bitácora firmada" in text_of(sheet(signed, position))


def test_who_cosigned_and_when_is_on_the_sheet_and_in_the_file_and_not_in_the_code(signed: Site) -> None:
    checkpoint = signed.resources.signed_log.checkpoint()
    assert checkpoint is not None
    at = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
    line = cosign(WITNESS, parse_note(checkpoint.note).text, at)
    with connect(signed.resources.database_url, signed.resources.settings.roles.signer, "test") as connection:
        publish_cosignatures(connection, checkpoint.size, [line], parse_policy(POLICY), at)
    page = sheet(signed, 300)
    file = signed.client.get(f"{signed.address}/api/v1/events/300/receipt").text

    assert "Cofirmado por uni, 21/11/2026 12:05" in text_of(page)
    assert line.line in file
    assert line.line not in scanned(page)[0]
    assert parse_proof(scanned(page)[0].encode()).path == parse_proof(file.encode()).path


def test_a_proof_of_a_log_of_millions_is_still_read_off_paper() -> None:
    """Two keys sign while they change; at 62 mm a side a square of such a code is 0.44 mm wide."""
    origin = "bitacora.example.mx/2026-2027"
    keys = [SigningKey(origin, bytes([n] * 32)) for n in (1, 2)]
    note = signed_note(f"{origin}\n4000000\n{'A' * 43}=\n", keys)
    proof = Proof(2_345_678, [hashlib.sha256(bytes([n])).digest() for n in range(22)], note.file)
    code = qr_code(proof.file.decode(), level="L")

    assert code.size <= 141
    assert read(code.size, code.path).encode() == proof.file


def test_there_is_no_sheet_beyond_the_log_nor_of_what_is_no_number(signed: Site) -> None:
    missing = signed.get("/asientos/999999999/prueba")

    assert missing.status_code == 404
    assert "no existe, o no es de un expediente público" in text_of(missing.text)
    assert [signed.get(f"/asientos/{word}/prueba").status_code for word in ("0", "x", "-1")] == [404] * 3


@pytest.mark.parametrize("case", [RESERVED.id, LISTED.id])
def test_the_sheet_of_a_case_that_is_not_public_is_for_its_authority_alone(docket: Site, case: str) -> None:
    events = docket.client.get(
        f"{docket.address}/api/v1/events", params={"stream": f"process/{case}", "limit": "1"}
    ).text
    whole = docket.client.get(f"{docket.address}/api/v1/events").text.splitlines()
    position = whole.index(events.splitlines()[0]) + 1
    hidden, missing = docket.get(f"/asientos/{position}/prueba"), docket.get("/asientos/999999999/prueba")

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert text_of(hidden.text).replace(str(position), "…") == text_of(missing.text).replace("999999999", "…")


def test_a_receipt_and_a_step_of_the_replay_lead_to_it(signed: Site) -> None:
    position = signed.data("/replay", process=FEDERAL)["position"]
    command = signed.data(f"/events/{position}")["commandid"]

    assert f"/asientos/{position}/prueba" in signed.get(f"/acuses/{command}").text
    steps = signed.get(signed.get(f"/auditoria?proceso={FEDERAL}&asiento={position}").headers["Location"])
    assert f"/asientos/{position}/prueba" in steps.text


def test_whoever_has_authority_over_a_case_sees_its_sheet(
    postgres_18: EmbeddedPostgres, told_calendar: str
) -> None:
    """In a database of its own: that of the docket is for reading alone."""
    with fresh_database(postgres_18, told_calendar) as url:
        add_cases(url)
        with running_site(url) as site:
            person = enrolled(site)
            appoint(site, person)
            whole = site.client.get(f"{site.address}/api/v1/events").text.splitlines()
            position = next(
                n for n, line in enumerate(whole, 1) if f'"subject":"process/{RESERVED.id}"' in line
            )
            with signed_in(site, person) as desk:
                answer = desk.get(f"/asientos/{position}/prueba")

    assert answer.status_code == 200, answer.text
    assert RESERVED.id in answer.text
