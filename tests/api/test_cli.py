"""``bitacora`` as a person types it: what it prints, and the code it ends with."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey

from api.opening import CONSOLE
from domain.person import PersonEnrolled, person_stream
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import View
from tests.api.harness import ORIGIN
from tests.database import fresh_database
from tests.resources import resources_at

COMMANDS = (
    ["serve"], ["migrate"], ["open"], ["project"], ["token"], ["token", "create"], ["token", "list"],
     ["token", "revoke"], ["client"], ["client", "create"], ["client", "list"],
     ["client", "revoke"], ["db"], ["admin", "bootstrap"], ["admin", "invite"], ["admin", "grant"], ["admin", "revoke"],
     ["admin", "remove"], ["admin", "erase"], ["webhooks"], ["webhooks", "list"], ["webhooks", "retry"],
     ["webhooks", "try"], ["notify"], ["import"], ["import", "updates"], ["import", "plan"], ["import", "prep"],
     ["sign"], ["key"], ["key", "create"], ["key", "show"], ["key", "rotate"], ["key", "retire"], ["log"],
     ["log", "publish"], ["audit"], ["audit", "log"], ["audit", "software"], ["audit", "empty"],
     ["audit", "projections"], ["audit", "digests"], ["audit", "record"], ["audit", "key"],
)  # fmt: skip


def bitacora(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PG", "BITACORA_", "DATABASE_URL"))
    }
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        env={**kept, **(environment or {})}, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def empty(postgres_18: EmbeddedPostgres) -> Iterator[dict[str, str]]:
    """The environment of a database without a log."""
    with fresh_database(postgres_18) as url:
        yield {"DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN}


@pytest.fixture(scope="module")
def begun(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[dict[str, str]]:
    """The environment of a database with a log."""
    with fresh_database(postgres_18, opened_template) as url:
        yield {"DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    answer = bitacora(*command, "--help")

    assert answer.returncode == 0
    assert len(answer.stdout) > 150
    assert "Traceback" not in answer.stderr


def test_what_was_asked_wrongly_ends_with_two() -> None:
    for arguments in (
        ["sing"],
        ["token", "create", "--role", "king", "--territory", "MX"],
        ["token", "create", "--role", "auditor", "--territory", "MX-XXX"],
        ["token", "create", "--role", "auditor"],
        ["serve", "--host", "0.0.0.0"],  # noqa: S104 - to be refused
        ["serve", "--port", "many"],
    ):
        answer = bitacora(*arguments, environment={"DATABASE_URL": "postgresql:///none?host=/nowhere"})
        assert answer.returncode == 2, (arguments, answer.stderr)
        assert "Traceback" not in answer.stderr
    wrong_setting = bitacora("open", environment={"BITACORA_ORIGIN": "not an origin"})
    assert (wrong_setting.returncode, "BITACORA_ORIGIN" in wrong_setting.stderr) == (2, True)


def test_a_database_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    for command in (["migrate"], ["open"], ["project"], ["serve"], ["token", "list"]):
        answer = bitacora(*command, environment={"DATABASE_URL": f"postgresql:///none?host={tmp_path}"})
        assert answer.returncode == 1, answer.stderr
        assert answer.stderr.startswith("The database cannot be reached")
        assert "Traceback" not in answer.stderr


def test_a_database_that_may_lose_events_is_refused_unless_told(empty: dict[str, str]) -> None:
    bitacora("migrate", environment=empty)
    careful = {**empty, "BITACORA_UNSAFE_DURABILITY": "0"}
    answer = bitacora("open", environment=careful)

    assert answer.returncode == 1
    assert "fsync is 'off'" in answer.stderr
    assert "set BITACORA_UNSAFE_DURABILITY=1" in answer.stderr


@pytest.mark.parametrize("command", [["token", "list"], ["project", "--once"]], ids=" ".join)
def test_what_a_refused_server_is_answered_with_works_from_every_command(
    begun: dict[str, str], command: list[str]
) -> None:
    assert bitacora(*command, environment={**begun, "BITACORA_UNSAFE_DURABILITY": ""}).returncode == 1
    assert bitacora(*command, environment=begun).returncode == 0


def test_one_more_election_is_opened_by_itself(begun: dict[str, str]) -> None:
    presidential = ["--kind", "federal_election", "--cycle", "2029-2030"]
    called = ["--kind", "extraordinary_election", "--territory", "MX-MIC", "--cycle", "2027"]
    call = [
        "--election-day",
        "2027-11-28",
        "--instrument",
        "Decreto 412",
        "--matter",
        "Ayuntamiento de Irimbo",
    ]
    first, again = (
        bitacora("open", *presidential, environment=begun),
        bitacora("open", *presidential, environment=begun),
    )
    extraordinary = bitacora("open", *called, *call, environment=begun)
    taken = bitacora("open", *called, *call[:-1], "Ayuntamiento de Tuxpan", environment=begun)
    off = bitacora("open", "--kind", "judicial_election", "--cycle", "2026-2027", environment=begun)
    asked_wrongly = [
        bitacora("open", *called, environment=begun),
        bitacora("open", "--cycle", "2029-2030", environment=begun),
    ]

    assert (first.returncode, "events recorded" in first.stdout) == (0, True), first.stderr
    assert "open already" in again.stdout
    assert extraordinary.stdout.startswith("18 events recorded"), extraordinary.stderr
    assert (taken.returncode, "another 'number'" in taken.stderr) == (1, True)
    assert (off.returncode, "infobae" in off.stderr) == (1, True)
    assert [answer.returncode for answer in asked_wrongly] == [2, 2]


def test_a_log_is_begun_opened_and_told(postgres_18: EmbeddedPostgres) -> None:
    with fresh_database(postgres_18) as url:
        environment = {"DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN}
        early = bitacora("open", environment=environment)
        migrated = bitacora("migrate", environment=environment)
        again = bitacora("migrate", environment=environment)
        opened = bitacora("open", environment=environment)
        twice = bitacora("open", environment=environment)
        other = bitacora("open", environment={**environment, "BITACORA_ORIGIN": "another.test/log"})
        told = bitacora("project", "--once", environment=environment)
        rebuilt = bitacora("project", "--rebuild", environment=environment)

    assert early.returncode == 1
    assert "bitacora migrate" in early.stderr
    assert "1 migrations applied" in migrated.stdout or "migrations applied" in migrated.stdout
    assert "up to date" in again.stdout
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.endswith(f"events recorded in '{ORIGIN}'.\n")
    assert "open already" in twice.stdout
    assert (other.returncode, "another" in other.stderr) == (1, True)
    assert told.stdout.startswith("Projections tell everything up to position")
    assert told.stdout == rebuilt.stdout


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(begun: dict[str, str]) -> None:
    made = bitacora(
        "token", "create", "--role", "coordinator", "--territory", "MX-JAL", "--days", "7", environment=begun
    )
    token = made.stdout.strip()
    listed = bitacora("token", "list", environment=begun)
    revoked = bitacora("token", "revoke", token.split("_")[1], "--reason", "Prueba", environment=begun)
    after = bitacora("token", "list", environment=begun)
    unknown = bitacora("token", "revoke", "000000000000", "--reason", "Prueba", environment=begun)

    assert made.stdout == f"{token}\n"
    assert token.startswith("bit_")
    assert "not shown again" in made.stderr
    assert token.split("_")[1] in listed.stdout
    assert token.split("_", 2)[2] not in listed.stdout + made.stderr
    assert "good" in listed.stdout
    assert revoked.returncode == 0
    assert "revoked" in after.stdout
    assert (unknown.returncode, "no such token" in unknown.stderr) == (1, True)


def test_a_client_is_registered_with_its_public_key_listed_and_revoked(
    begun: dict[str, str], tmp_path: Path
) -> None:
    key = ECKey.generate_key("P-256", {"kid": "llave-1"})
    public, private = tmp_path / "public.json", tmp_path / "private.json"
    public.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    private.write_text(json.dumps(key.as_dict(private=True)))
    asked = ("--role", "coordinator", "--territory", "MX-JAL", "--days", "7")
    made = bitacora("client", "create", str(public), *asked, environment=begun)
    id_ = made.stdout.strip()
    listed = bitacora("client", "list", environment=begun)
    revoked = bitacora("client", "revoke", id_, "--reason", "Prueba", environment=begun)
    after = bitacora("client", "list", environment=begun)
    secret = bitacora("client", "create", str(private), *asked, environment=begun)
    unknown = bitacora("client", "revoke", "c-000000000000", "--reason", "Prueba", environment=begun)

    assert re.fullmatch(r"c-[0-9a-f]{12}\n", made.stdout), made.stderr
    assert f"{id_}  good     coordinator    MX-JAL" in listed.stdout
    assert (revoked.returncode, f"{id_}  revoked" in after.stdout) == (0, True)
    assert (secret.returncode, secret.stdout) == (1, "")
    assert (unknown.returncode, "no client with that id" in unknown.stderr) == (1, True)


def test_it_serves_what_it_says_until_it_is_told_to_stop(begun: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0"],
        env={**os.environ, **begun, "BITACORA_LOG_FORMAT": "json"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    with urllib.request.urlopen(f"{address}/livez", timeout=5) as answer:  # noqa: S310 - our own server
        assert json.load(answer) == {"status": "alive"}
    with urllib.request.urlopen(f"{address}/api/v1/openapi.json", timeout=5) as answer:  # noqa: S310 - ours too
        assert json.load(answer)["openapi"].startswith("3.")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=25)

    assert process.returncode == 0
    lines = [json.loads(line) for line in said.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["path"] for line in requests] == ["/livez", "/api/v1/openapi.json"]
    assert all(line["status"] == 200 and line["request_id"] for line in requests)


def test_a_file_of_issuers_that_is_wrong_is_told_in_a_sentence(begun: dict[str, str]) -> None:
    refused = bitacora("serve", environment=begun | {"BITACORA_ISSUERS": "nowhere.toml"})

    assert refused.returncode == 1
    assert "BITACORA_ISSUERS: nowhere.toml cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_port_of_bootstrap_says_where_it_comes_from() -> None:
    told = " ".join(bitacora("admin", "bootstrap", "--help").stdout.split())

    assert "Default: BITACORA_PORT or 8000." in told
    assert "[default: 0]" not in told


def test_a_code_is_never_written_into_a_file_or_a_pipe(begun: dict[str, str]) -> None:
    for command in (["bootstrap", "--name", "Ana"], ["invite", "--name", "Ana", "--body", "INE"]):
        refused = bitacora("admin", *command, environment=begun)

        assert (refused.returncode, refused.stdout) == (2, "")
        assert "terminal" in refused.stderr


def test_a_right_is_given_and_ended_from_the_command_line(begun: dict[str, str]) -> None:
    unknown = bitacora(*GRANT, environment=begun)
    asyncio.run(_enrol(begun, PERSON))
    given = bitacora(*GRANT, environment=begun)
    wrong = bitacora("admin", "revoke", PERSON, "--reason", "x", environment=begun)
    ended = bitacora("admin", "revoke", f"{PERSON}#g1", "--reason", "Renunció.", environment=begun)

    early = bitacora("admin", "erase", PERSON, "--reason", "Solicitud 12/2026", environment=begun)
    removed = bitacora("admin", "remove", PERSON, "--reason", "Baja.", environment=begun)
    erased = bitacora("admin", "erase", PERSON, "--reason", "Solicitud 12/2026", environment=begun)

    assert (unknown.returncode, "no person" in unknown.stderr) == (1, True)
    assert (early.returncode, "remove them first" in early.stderr) == (1, True)
    assert (removed.returncode, erased.returncode) == (0, 0), removed.stderr + erased.stderr
    assert given.returncode == 0, given.stderr
    assert "coordinator in MX-JAL" in given.stdout
    assert (wrong.returncode, "#g1" in wrong.stderr) == (2, True)
    assert ended.returncode == 0, ended.stderr


PERSON = "p-0f3a5b7c9d1e"
GRANT = (
    "admin", "grant", PERSON, "--role", "coordinator", "--territory", "MX-JAL", "--post", "Enlace",
    "--body", "IEPC", "--instrument", "Oficio 12/2026",
)  # fmt: skip


async def _enrol(environment: Mapping[str, str], person: str) -> None:
    """Enrol somebody in the log of these tests, as the service itself."""
    resources = resources_at(environment["DATABASE_URL"], ORIGIN, datetime.now(UTC))

    async def decide(view: View) -> None:
        view.write(person_stream(person), [PersonEnrolled(body="IEPC", way="passkey")])

    await resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=resources.clock())
    resources.close()


def test_a_file_of_updates_is_looked_at_recorded_and_never_twice(
    begun: dict[str, str], tmp_path: Path
) -> None:
    made = bitacora("token", "create", "--role", "coordinator", "--territory", "MX-JAL", environment=begun)
    environment = {**begun, "BITACORA_TOKEN": made.stdout.strip()}
    file = tmp_path / "avances.csv"
    file.write_text("proceso,actividad,reporte,ocurrió\npel-2026-2027-jal,L003,inicio,2026-11-20\n")

    looked_at = bitacora("import", "updates", str(file), "--dry-run", environment=environment)
    recorded = bitacora("import", "updates", str(file), environment=environment)
    again = bitacora("import", "updates", str(file), environment=environment)
    stranger = bitacora("import", "updates", str(file), "--token", "bit_0_0", environment=begun)

    assert (looked_at.returncode, looked_at.stdout.split("\t")[4]) == (0, "would_be_recorded"), (
        looked_at.stderr
    )
    assert (recorded.returncode, recorded.stdout.split("\t")[4]) == (0, "recorded")
    assert re.fullmatch(r"/api/v1/events/\d+/receipt\n", recorded.stdout.split("\t")[6])
    assert looked_at.stdout.split("\t")[6] == "\n"
    assert (again.returncode, again.stdout) == (0, recorded.stdout)
    assert stranger.returncode == 2
    file.write_text("proceso,actividad,reporte,ocurrió\npel-2026-2027-son,L003,inicio,2026-11-20\n")
    assert bitacora("import", "updates", str(file), environment=environment).returncode == 1


def test_a_calendar_is_looked_at_recorded_and_kept_back_where_it_contradicts(
    begun: dict[str, str], tmp_path: Path
) -> None:
    made = bitacora("token", "create", "--role", "coordinator", "--territory", "MX-JAL", environment=begun)
    environment = {**begun, "BITACORA_TOKEN": made.stdout.strip()}
    file = tmp_path / "calendario.csv"
    file.write_text("Clave,Actividad,Término\nL004,x,2026-12-01\n")
    asked = ["--territory", "MX-JAL", "--instrument", "IEPC-1/2026", "--approved-on", "2026-11-01"]

    looked_at = bitacora("import", "plan", str(file), *asked, "--dry-run", environment=environment)
    recorded = bitacora("import", "plan", str(file), *asked, environment=environment)
    file.write_text("Clave,Actividad,Término\nL004,x,2036-12-01\n")
    kept_back = bitacora("import", "plan", str(file), *asked, environment=environment)

    assert looked_at.stdout.split("\t")[:4] == ["C2", "L004", "2026-12-01", "would_be_recorded"], (
        looked_at.stderr
    )
    assert (recorded.returncode, recorded.stdout.split("\t")[3]) == (0, "recorded")
    assert re.fullmatch(r"/api/v1/events/\d+/receipt\n", recorded.stdout.split("\t")[6])
    assert (kept_back.returncode, kept_back.stdout.split("\t")[3]) == (1, "contradiction")
