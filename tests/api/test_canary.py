"""Who was erased is nowhere: in no table, file, log, export or backup; and what they did is proved as before.

One person, in whose name, identity and addresses a word stands that is nowhere else, works with the running program.
Then they are erased from the command line, and the word is looked for.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from httpx2 import Client
from pydantic import SecretStr

from api.database import Resources, open_resources
from api.erasing import erase_again
from api.settings import Settings
from api.sign_in.enrolment import invite
from api.sign_in.id_token import Identity
from api.sign_in.identities import person_of
from api.sign_in.issuers import Issuer
from domain.names import Names
from domain.person import PERSON, Person, person_stream
from ledger.backup import backup, restore
from ledger.connect import connect
from ledger.desk.passkeys import Passkey, add_passkey
from ledger.desk.people import known_ids, names_of, person_by_id
from ledger.desk.uploads import keep_upload
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.migrate import migrate
from ledger.publishing import publish
from ledger.signer import Signer
from tests.api.canary import CANARY, files_with, tables_with
from tests.api.harness import ORIGIN
from tests.database import fresh_database
from tests.mailbox import Mailbox, receiving_mail
from tests.pages.report_form import filled, form_of
from tests.pages.site import Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in
from tests.pages.test_notices import post
from tests.pages.test_subscriptions import asked, key_of
from tests.programs import free_port, program, run_once
from tests.receiver import Receiver, receiving
from tests.waiting import eventually

NAME = f"{CANARY} ruiz"
ADDRESS = f"{CANARY}@iepc.example.mx"
FORMATS = (
    "ndjson", "csv", "parquet", "datapackage", "ocel-json", "ocel-xml", "ocel-sqlite", "xes", "prov-json",
)  # fmt: skip
PLANTED = "otra-cosa-52d0e611"
"""A word that is planted, to see that it is found."""


@dataclass(slots=True)
class Story:
    """Where everything is, and what was seen before the erasure."""

    folder: Path
    url: str
    mailbox: Mailbox
    receiver: Receiver
    person: str = ""
    position: int = 0
    """Of what the person reported."""
    seen: dict[str, bool] = field(default_factory=dict)
    """Where the word was seen before."""
    after: str = ""
    """What a page says to an administrator, of a server that ran all along."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every program."""
        return {
            "DATABASE_URL": self.url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
            "BITACORA_PEOPLE": str(self.folder / "people"), "BITACORA_DOCUMENTS": str(self.folder / "documents"),
            "BITACORA_HOME": str(self.folder / "home"), "BITACORA_LOG_FORMAT": "json",
            "BITACORA_PROJECTOR": "false", "BITACORA_FOLLOWERS": "false", "BITACORA_WEBHOOKS_TO_LOOPBACK": "1",
            "BITACORA_SMTP_HOST": "127.0.0.1", "BITACORA_SMTP_PORT": str(self.mailbox.port),
            "BITACORA_SMTP_SECURITY": "none", "BITACORA_SMTP_FROM": "avisos@bitacora.example.mx",
        }  # fmt: skip

    def resources(self, url: str = "") -> Resources:
        """Return what the programs work with, over their database or another one with the same folders."""
        return open_resources(Settings(
            database_url=SecretStr(url or self.url), unsafe_durability=True, origin=ORIGIN,
            people=self.folder / "people", documents=self.folder / "documents",
        ))  # fmt: skip

    def run(self, *words: str) -> None:
        """Run a command to its end; what it says is one of the logs."""
        name = f"{words[0]}-{words[1].strip('-')}.log" if words[1:] else f"{words[0]}.log"
        run_once(["bitacora", *words], self.environment, self.folder / "logs" / name, 60)

    @property
    def everywhere(self) -> list[Path]:
        """Every folder something may have been written to, but the letters and the exports of before."""
        return [self.folder / each for each in ("people", "documents", "logs", "static", "after")]


@pytest.fixture(scope="module")
def story(
    postgres_18: EmbeddedPostgres, opened_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """All that happens, before and after the erasure."""
    with (
        fresh_database(postgres_18, opened_template) as url,
        receiving_mail() as mailbox,
        receiving() as receiver,
    ):
        story = Story(tmp_path_factory.mktemp("canary"), url, mailbox, receiver)
        (story.folder / "logs").mkdir()
        with opened(story) as site:
            _work(story, site)
            _take_all(story, site, "before")
            backup(url, story.folder / "backup", binaries=postgres_18.binaries, progress=lambda _: None)
            story.seen |= {"table": bool(tables_with(url)), "file": bool(files_with(*_before(story)))}
            _erase(story, site)
            _take_all(story, site, "after")
        yield story


@contextmanager
def opened(story: Story) -> Iterator[Site]:
    """Serve the site as a program of its own, whose log is a file."""
    resources, port = story.resources(), free_port()
    (story.folder / "keys").mkdir()
    KeyFolder(story.folder / "keys", ORIGIN).create()
    command = ["bitacora", "serve", "--port", str(port)]
    try:
        with (
            program(command, story.environment, story.folder / "logs" / "serve.log") as server,
            Client(timeout=30, trust_env=False) as client,
        ):
            eventually(lambda: f"127.0.0.1:{port}" in server.said(), 60)
            yield Site(f"http://127.0.0.1:{port}", resources, client)
    finally:
        resources.close()


def _work(story: Story, site: Site) -> None:
    """Enrol by an institution, be appointed, report, attach, ask for letters and webhooks, leave things unfinished."""
    resources, now = site.resources, site.resources.clock()
    issuer = Issuer(
        id="iepc", issuer="https://id.iepc.example", client_id="bitacora", private_key_file=story.folder,
        body="IEPC", label=Names(es="IEPC", en="IEPC"),
    )  # fmt: skip
    identity = Identity(issuer.issuer, f"sujeto-{CANARY}", NAME, now)
    story.person = asyncio.run(person_of(resources, issuer, identity))
    assert asyncio.run(person_of(resources, issuer, identity)) == story.person
    appoint(site, story.person)
    resources.projector().catch_up()
    with signed_in(site, story.person) as desk:
        _report(story, desk)
        _ask_to_be_told(story, desk)
        _leave_unfinished(desk, now)
        with resources.desk.connection() as connection:
            story.seen["own page"] = CANARY in desk.get("/cuenta/avisos").text
            story.seen["opened by its key"] = names_of(connection, [story.person]) == {story.person: NAME}
    story.run("notify")
    resources.projector().catch_up()
    story.seen["administrator"] = NAME in _administrator_sees(story, site)


def _report(story: Story, desk: Desk) -> None:
    form = form_of("L045", "start")
    answer = desk.post(form, filled(desk, form))
    assert answer.status_code == 303, text_of(answer.text)
    story.position = desk.site.resources.ledger.log.head().position
    desk.site.resources.projector().catch_up()
    headers = {"Bitacora-Form-Key": key_of(desk)["form_key"]}
    address = f"{desk.site.address}/api/v1/documents"
    kept = desk.client.post(address, content=b"Acuse del oficio 12", headers=headers)
    begun = desk.client.post(f"{address}/uploads?name={CANARY}.pdf", headers=headers)
    assert (kept.status_code, begun.status_code) == (201, 201), kept.text + begun.text


def _ask_to_be_told(story: Story, desk: Desk) -> None:
    asked(desk, story.receiver, address=f"{story.receiver.address}/{CANARY}")
    post(desk, "calendario")
    wish = {"address": ADDRESS, "pace": "at_once", "matters": "late", "quiet_from": "0", "quiet_to": "0"}
    post(desk, "correo", **wish)
    (letter,) = story.mailbox.to(ADDRESS)
    code = re.search(r"([A-Z2-9]{5}-){4}[A-Z2-9]{5}", letter.get_content())
    assert code is not None
    post(desk, "correo/codigo", code=code[0])
    # One more, which waits for its code.
    post(desk, "correo", **(wish | {"address": f"otra.{ADDRESS}"}))
    post(desk, "correo", **wish)


def _leave_unfinished(desk: Desk, now: datetime) -> None:
    content = f"clave,observaciones\nL045,{NAME}\n".encode()
    with desk.site.resources.desk.connection() as connection:
        keep_upload(connection, desk.person, sha256(content).digest(), content, now)
        add_passkey(connection, Passkey(b"device of theirs", desk.person, b"cose", 0), now)
    invite(desk.site.resources, NAME, "IEPC")


def _administrator_sees(story: Story, site: Site) -> str:
    chief = enrolled(site, "Alma Torres", "INE")
    appoint(site, chief, "administrator", "MX", body="INE")
    with signed_in(site, chief) as desk:
        answer = desk.get(f"/administracion/personas/{story.person}")
    assert answer.status_code == 200
    return text_of(answer.text)


def _take_all(story: Story, site: Site, name: str) -> None:
    """Sign, publish, and take every export."""
    resources, taken = site.resources, story.folder / name
    resources.projector().catch_up()
    Integrator(story.url).catch_up()
    with connect(story.url, resources.settings.roles.signer, "test") as connection:
        Signer(connection, KeyFolder(story.folder / "keys", ORIGIN)).sign()
    publish(resources.signed_log, story.folder / "static")
    taken.mkdir()
    for format_ in FORMATS:
        answer = site.get(f"/api/v1/exports/{format_}")
        assert answer.status_code == 200, answer.text
        (taken / format_).write_bytes(answer.content)
    for what in (f"events/{story.position}/receipt", f"events/{story.position}"):
        (taken / what.replace("/", "-")).write_bytes(site.get(f"/api/v1/{what}", Accept="*/*").content)


def _before(story: Story) -> list[Path]:
    return [story.folder / each for each in ("people", "documents", "logs", "static", "before")]


def _erase(story: Story, site: Site) -> None:
    story.run("admin", "remove", story.person, "--reason", "Baja.")
    story.run("admin", "erase", story.person, "--reason", "Solicitud de cancelación 12/2026")
    story.after = _administrator_sees(story, site)


@pytest.mark.parametrize("where", ["own page", "opened by its key", "administrator", "file"])
def test_the_word_was_there_for_those_it_is_for_before(story: Story, where: str) -> None:
    # The one file is that of an upload under way, with the name its owner gave it.
    assert story.seen[where]


def test_nothing_was_in_the_database_that_could_be_read_even_before(story: Story) -> None:
    assert not story.seen["table"]


def test_the_word_is_in_no_table(story: Story) -> None:
    assert tables_with(story.url) == []


def test_the_word_is_in_no_file_of_the_program_nor_in_what_it_said(story: Story) -> None:
    assert "request" in (story.folder / "logs" / "serve.log").read_text()
    assert files_with(*story.everywhere) == []


def test_the_word_is_in_no_file_of_the_database_nor_in_its_log(
    story: Story, postgres_18: EmbeddedPostgres
) -> None:
    with psycopg.connect(story.url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")

    assert files_with(postgres_18.home) == []


def test_what_is_planted_in_a_row_is_found_and_stays_in_the_files_of_the_database(
    story: Story, postgres_18: EmbeddedPostgres
) -> None:
    with psycopg.connect(story.url, autocommit=True) as connection:
        for table, column in (("codes", "purpose"), ("codes", "about")):
            value = PLANTED if column == "purpose" else PLANTED.encode()
            row: dict[str, Any] = {"purpose": "x", "about": b"x"} | {column: value}
            connection.execute(
                "INSERT INTO desk.codes VALUES (%s, %s, NULL, %s, now())",
                [b"1", row["purpose"], row["about"]],
            )
            assert tables_with(story.url, PLANTED) == [f"desk.{table}"]
            connection.execute("DELETE FROM desk.codes WHERE digest = %s", [b"1"])
        connection.execute("CHECKPOINT")

    assert tables_with(story.url, PLANTED) == []
    # That is why what says who somebody is goes there sealed: a row that is gone is not gone from the disk.
    assert files_with(postgres_18.home, word=PLANTED) != []


def test_a_server_that_ran_all_along_knows_them_no_more_and_says_their_post(story: Story) -> None:
    assert CANARY not in story.after
    assert "Su nombre se borró" in story.after
    assert "Enlace de seguimiento, IEPC" in story.after
    assert f"{story.person}#g1" in story.after


def test_a_proof_of_before_still_verifies_with_the_independent_verifier(story: Story, tmp_path: Path) -> None:
    (vkey,) = KeyFolder(story.folder / "keys", ORIGIN).signing_keys()
    receipt, entry = f"events-{story.position}-receipt", f"events-{story.position}"
    options = [f"--vkey={vkey.public.vkey}", f"--state={tmp_path}"]

    def verify(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bitacora_verifier", *map(str, words)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    before = story.folder / "before"
    whole = verify("log", *options, f"--held={before / receipt}", "--", story.folder / "static")
    alone = verify("receipt", *options, before / receipt, before / entry)

    assert (whole.returncode, alone.returncode) == (0, 0), whole.stderr + alone.stderr
    assert (before / entry).read_bytes() == (story.folder / "after" / entry).read_bytes()


def test_post_body_and_grant_of_the_act_can_be_read_for_ever(story: Story) -> None:
    with opened_again(story) as site:
        event = site.data(f"/events/{story.position}")
        page = text_of(site.get(f"/auditoria?entidad=MX-JAL&asiento={story.position}").text)

    assert (event["post"], event["body"]) == ("Enlace de seguimiento", "IEPC")
    assert event["grant"] == f"person/{story.person}#g1"
    assert "Enlace de seguimiento" in page


@contextmanager
def opened_again(story: Story) -> Iterator[Site]:
    """Serve the site once more, after all."""
    port = free_port()
    command = ["bitacora", "serve", "--port", str(port)]
    with (
        program(command, story.environment, story.folder / "logs" / "again.log") as server,
        Client(timeout=30, trust_env=False, follow_redirects=True) as client,
    ):
        eventually(lambda: f"127.0.0.1:{port}" in server.said(), 60)
        resources = story.resources()
        try:
            yield Site(f"http://127.0.0.1:{port}", resources, client)
        finally:
            resources.close()


def test_a_backup_of_before_tells_nothing_and_its_restoring_erases_again(
    story: Story, postgres_18: EmbeddedPostgres
) -> None:
    with fresh_database(postgres_18) as url:
        restore(url, story.folder / "backup", binaries=postgres_18.binaries, progress=lambda _: None)
        migrate(url)
        resources = story.resources(url)
        try:
            with resources.desk.connection() as connection:
                assert story.person in known_ids(connection), "the row came back"
                assert person_by_id(connection, story.person) is None, "and opens no more"
            assert tables_with(url) == []
            assert state_of(resources, story.person).is_active, "the log of then knows nothing of it"

            erase_again(resources)
            once = resources.ledger.log.head().position
            erase_again(resources)

            with resources.desk.connection() as connection:
                assert story.person not in known_ids(connection)
            state = state_of(resources, story.person)
            assert (state.is_active, state.erased_at is None) == (False, False)
            assert [each.given.post for each in state.grants.values()] == ["Enlace de seguimiento"]
            assert resources.ledger.log.head().position == once, "said once"
        finally:
            resources.close()


def state_of(resources: Resources, person: str) -> Person:
    """Return a person as the log has them."""
    return asyncio.run(resources.ledger.load(PERSON, person_stream(person))).state
