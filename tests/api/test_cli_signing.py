"""``bitacora key``, ``sign`` and ``log publish`` as a person types them, and a service that signs by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ledger.checkpoint import open_checkpoint
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.note import parse_vkey
from tests.api.harness import ORIGIN
from tests.api.test_cli import bitacora
from tests.authority import authority
from tests.database import fresh_database
from tests.waiting import eventually


@pytest.fixture
def begun(postgres_18: EmbeddedPostgres, opened_template: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a database with a log whose tree is built, and a home of its own."""
    with fresh_database(postgres_18, opened_template) as url:
        Integrator(url).catch_up()
        yield {
            "DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
            "BITACORA_HOME": str(tmp_path / "home"),
        }  # fmt: skip


def said(*arguments: str, environment: dict[str, str], code: int = 0) -> str:
    answer = bitacora(*arguments, environment=environment)
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stdout if code == 0 else answer.stderr


def test_a_key_is_made_the_log_signed_and_published_and_anybody_verifies_it(
    begun: dict[str, str], tmp_path: Path
) -> None:
    vkey = said("key", "create", environment=begun)
    signed = said("sign", "--once", environment=begun)
    published = said("log", "publish", str(tmp_path / "log"), environment=begun)
    checkpoint, _ = open_checkpoint(
        (tmp_path / "log/checkpoint").read_bytes(), ORIGIN, [parse_vkey(vkey.strip())]
    )

    assert checkpoint.text == signed
    assert f"holds {checkpoint.size:,} entries" in published
    assert said("key", "show", environment=begun) == vkey
    assert "exists" in said("key", "create", environment=begun, code=1)


def test_without_a_key_there_is_a_sentence_that_says_what_to_do(
    begun: dict[str, str], tmp_path: Path
) -> None:
    assert "bitacora key create" in said("sign", environment=begun, code=1)
    assert "bitacora sign" in said("log", "publish", str(tmp_path / "log"), environment=begun, code=1)


def test_another_key_is_announced_in_the_log_and_the_first_is_not_retired_before_its_time(
    begun: dict[str, str], tmp_path: Path
) -> None:
    first = said("key", "create", environment=begun).strip()
    second = said("key", "rotate", environment=begun).strip()
    said("sign", "--once", environment=begun)
    said("log", "publish", str(tmp_path), environment=begun)

    for vkey in (first, second):
        open_checkpoint((tmp_path / "checkpoint").read_bytes(), ORIGIN, [parse_vkey(vkey)])
    assert (tmp_path / "vkey").read_text().split() == [first, second]
    with psycopg.connect(begun["DATABASE_URL"]) as connection:
        types = connection.execute(
            "SELECT type FROM ledger.events WHERE stream = 'log' ORDER BY version"
        ).fetchall()
    assert types == [("LogStarted.v1",), ("LogKeyAnnounced.v1",)]
    refusal = said("key", "retire", first, "--reason", "its term is over", environment=begun, code=1)
    assert "seven days" in refusal
    assert "No such key" in said("key", "retire", "x", "--reason", "none", environment=begun, code=2)


def test_a_log_that_was_cut_is_not_signed_and_the_command_fails(begun: dict[str, str]) -> None:
    said("key", "create", environment=begun)
    said("sign", "--once", environment=begun)
    with psycopg.connect(begun["DATABASE_URL"]) as connection:
        connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM ledger.events WHERE position > 100")
        connection.execute("UPDATE ledger.head SET position = 100")

    assert "restored from a backup, or cut" in said("sign", environment=begun, code=1)


def test_a_service_of_one_machine_signs_with_a_key_it_makes_at_its_first_start(
    begun: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    last = home / "keys" / ORIGIN.replace("/", "_") / "last-signed"
    with subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0"],
        env={**begun, "BITACORA_SIGNER": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as service:  # fmt: skip
        try:
            eventually(lambda: last.exists() and b"\n0\n" not in last.read_bytes(), 40)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)
    assert (last.with_name("key").stat().st_mode & 0o777) == 0o600


def test_the_signer_ends_in_order_when_it_is_told_to(begun: dict[str, str]) -> None:
    said("key", "create", environment=begun)
    with subprocess.Popen(
        [sys.executable, "-m", "api", "sign"], env=begun, stderr=subprocess.PIPE, text=True
    ) as signer:
        assert signer.stderr is not None
        assert "signer_started" in signer.stderr.readline()
        signer.send_signal(signal.SIGTERM)
        assert "signer_stopped" in signer.stderr.read()
    assert signer.returncode == 0


def test_a_witness_is_made_follows_a_log_and_says_who_it_is(begun: dict[str, str]) -> None:
    vkey = said("key", "create", environment=begun).strip()
    mine = said("witness", "create", "testigo.uni.example.mx", environment=begun).strip()

    assert parse_vkey(mine).name == "testigo.uni.example.mx"
    assert said("witness", "show", environment=begun) == f"witness {mine}\n"
    assert ORIGIN in said("witness", "follow", vkey, environment=begun)
    assert said("witness", "show", environment=begun) == f"witness {mine}\nlog {ORIGIN} 0\n"
    assert "keeps its own" in said("witness", "create", "otro.example.mx", environment=begun, code=1)
    assert "of a witness, not of a log" in said("witness", "follow", mine, environment=begun, code=1)


def test_the_log_asks_a_witness_that_runs_on_another_machine(begun: dict[str, str], tmp_path: Path) -> None:
    elsewhere = {
        **begun,
        "BITACORA_HOME": str(tmp_path / "elsewhere"),
        "DATABASE_URL": "postgresql:///nowhere",
    }
    vkey = said("key", "create", environment=begun).strip()
    mine = said("witness", "create", "testigo.uni.example.mx", environment=elsewhere).strip()
    said("witness", "follow", vkey, environment=elsewhere)
    said("sign", "--once", environment=begun)
    assert "has no witnesses" in said("witness", "ask", environment=begun, code=2)
    with running("witness", "serve", "--port", "0", environment=elsewhere) as witness:
        assert witness.stdout is not None
        address = witness.stdout.readline().strip()
        (tmp_path / "policy").write_text(f"witness uni {mine} {address}\nquorum uni\n")
        with running("witness", "ask", environment={**begun, "BITACORA_WITNESSES": str(tmp_path / "policy")}):
            eventually(lambda: witnessed(begun["DATABASE_URL"]))

    assert f"log {ORIGIN} 0" not in said("witness", "show", environment=elsewhere)


def test_a_checkpoint_is_time_stamped_from_the_command_line(begun: dict[str, str], tmp_path: Path) -> None:
    said("key", "create", environment=begun)
    said("sign", "--once", environment=begun)
    assert "BITACORA_TIMESTAMPS is its address" in said("log", "timestamp", environment=begun, code=2)
    with authority(tmp_path / "tsa") as tsa:
        asking = {**begun, "BITACORA_TIMESTAMPS": tsa.address, "BITACORA_TIMESTAMP_ROOTS": str(tsa.root)}
        assert said("log", "timestamp", "--once", environment=asking).startswith("Stamped: ")
        assert "Nothing was stamped" in said("log", "timestamp", "--once", environment=asking)


@contextmanager
def running(*arguments: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command until it is told to end, which it does in order."""
    with subprocess.Popen(
        [sys.executable, "-m", "api", *arguments], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    assert code == 0, arguments


def witnessed(url: str) -> bool:
    """Tell whether a checkpoint was witnessed."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT FROM ledger.checkpoints WHERE witnessed_at IS NOT NULL").fetchone()
    return found is not None


def test_a_lost_database_is_recorded_again_from_what_was_published_and_signed_on(
    begun: dict[str, str], tmp_path: Path, postgres_18: EmbeddedPostgres, migrated_template: str
) -> None:
    said("key", "create", environment=begun)
    before = said("sign", "--once", environment=begun)
    said("log", "publish", str(tmp_path / "log"), environment=begun)
    with fresh_database(postgres_18, migrated_template) as url:
        empty = {**begun, "DATABASE_URL": url}
        assert "were recorded again" in said("log", "rebuild", str(tmp_path / "log"), environment=empty)
        Integrator(url).catch_up()
        assert said("sign", "--once", environment=empty) == before
        refusal = said("log", "rebuild", str(tmp_path / "log"), environment=empty, code=1)
    assert "holds a log already" in refusal
