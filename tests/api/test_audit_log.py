"""``bitacora audit log``, and the shell script, on a log that was really recorded, signed, served and published."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.ceremonies.auditor_key import create_key
from api.ceremonies.checking import checked_record
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.postgres import PostgresLog
from ledger.publishing import publish
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer
from tests.api.harness import ORIGIN
from tests.api.test_cli import bitacora
from tests.database import fresh_database
from tests.ledger.logs import grow
from tests.verifier.vector_witnesses import TWO_OF_THREE, WITNESSES

SCRIPT = Path(__file__).parent.parent.parent / "verifier/verify.sh"


@dataclass(frozen=True, slots=True)
class Signed:
    """A real log and its key, published to a folder."""

    url: str
    keys: KeyFolder
    folder: Path

    @property
    def vkey(self) -> str:
        """What is pinned."""
        return self.keys.signing_keys()[0].public.vkey

    def publish(self) -> int:
        """Sign and publish all there is, and say how much that is."""
        Integrator(self.url).catch_up()
        with connect(self.url, RoleNames().signer, "test") as connection:
            Signer(connection, self.keys).sign()
        log = SignedLog(self.url)
        try:
            return publish(log, self.folder).size
        finally:
            log.close()


@pytest.fixture(scope="module")
def log(
    postgres_18: EmbeddedPostgres, opened_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Signed]:
    with fresh_database(postgres_18, opened_template) as url:
        keys = KeyFolder(tmp_path_factory.mktemp("keys"), ORIGIN)
        keys.create()
        signed = Signed(url, keys, tmp_path_factory.mktemp("published"))
        signed.publish()
        yield signed


def audit(*words: str | Path, state: Path, code: int = 0) -> str:
    answer = bitacora("audit", "log", *map(str, words), "--state", str(state), environment={"LC_ALL": "C"})
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr
    return answer.stdout if code == 0 else answer.stderr


def test_a_published_log_is_verified_and_has_to_go_on_from_there(log: Signed, tmp_path: Path) -> None:
    assert "--vkey" in audit(log.folder, state=tmp_path, code=2)
    size = log.publish()
    assert f"entries:      {size:,}\n" in audit(log.folder, "--vkey", log.vkey, state=tmp_path)

    recorder = PostgresLog(log.url)
    grow(recorder, 300)
    recorder.close()
    assert log.publish() == size + 300
    told = json.loads(audit(log.folder, "--json", "--fresh", "5", state=tmp_path))
    assert (told["size"], told["continues"]) == (size + 300, [size])
    assert "Verificada:" in audit(log.folder, "--lang", "es", state=tmp_path)


def test_the_witnesses_an_auditor_asks_for_are_passed_on(log: Signed, tmp_path: Path) -> None:
    log.publish()
    (tmp_path / "policy").write_text(TWO_OF_THREE)
    pinned = (log.folder, "--vkey", log.vkey)
    uni = WITNESSES["uni"].public.vkey
    by_file = audit(*pinned, "--policy", tmp_path / "policy", state=tmp_path, code=10)

    assert "takes 2 at the least" in by_file
    assert "takes 1 at the least" in audit(
        *pinned, "--witness", uni, "--quorum", "1", state=tmp_path, code=10
    )
    assert "--witness" in audit(*pinned, "--quorum", "1", state=tmp_path, code=2)


def test_a_served_log_and_the_receipts_of_its_events_are_verified(log: Signed, tmp_path: Path) -> None:
    size = log.publish()
    environment = {"DATABASE_URL": log.url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", "--no-projector"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as service:  # fmt: skip
        try:
            assert service.stdout is not None
            address = service.stdout.readline().strip()
            told = audit(f"{address}/log", "--vkey", log.vkey, "--fresh", "5", state=tmp_path / "state")
            assert f"entries:      {size:,}\n" in told
            for position in (1, 2, 256, 257, size):
                event = f"{address}/api/v1/events/{position}"
                assert receipt_is_proven(log, event, tmp_path) == position
        finally:
            service.terminate()
            service.wait(20)


def receipt_is_proven(log: Signed, event: str, folder: Path) -> int:
    """Take a receipt and its entry from the service, and prove it twice without it."""
    from urllib.request import urlopen

    for name, address in (("receipt", f"{event}/receipt"), ("entry", event)):
        with urlopen(address) as answer:  # noqa: S310 - our own server
            (folder / name).write_bytes(answer.read())
    files = [str(folder / "receipt"), str(folder / "entry")]
    by_shell = subprocess.run(
        ["sh", SCRIPT, "receipt", *files, log.vkey], check=True, capture_output=True, text=True
    ).stdout
    by_verifier = subprocess.run(
        [
            sys.executable, "-m", "bitacora_verifier", "receipt", *files,
            f"--vkey={log.vkey}", "--lang=en", f"--state={folder / 'none'}",
        ],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    position = int(by_shell.partition("position ")[2].partition(" ")[0])
    assert f"position {position:,} of the log '{ORIGIN}'" in by_verifier
    return position


def test_the_shell_script_verifies_the_checkpoint_and_the_root_of_a_real_log(
    log: Signed, tmp_path: Path
) -> None:
    size = log.publish()
    checkpoint = subprocess.run(
        ["sh", SCRIPT, "checkpoint", log.folder, log.vkey], check=True, capture_output=True, text=True
    )
    assert f"over {size} entries, {ORIGIN}" in checkpoint.stdout
    (tmp_path / "checkpoint").write_bytes(b"another\n")
    assert subprocess.run(["sh", SCRIPT, "checkpoint", tmp_path, log.vkey], check=False).returncode == 1


def test_where_something_is_not_as_it_must_be_the_command_ends_with_the_verifiers_code(
    log: Signed, tmp_path: Path
) -> None:
    log.publish()
    tile = log.folder / "tile/entries/000"
    kept = tile.read_bytes()
    tile.write_bytes(kept.replace(b'"streamversion":1', b'"streamversion":2', 1))
    try:
        assert "NOT VERIFIED. The entry at position 1 " in audit(
            log.folder, "--vkey", log.vkey, state=tmp_path, code=6
        )
        tile.unlink()
        assert "missing" in audit(log.folder, "--vkey", log.vkey, state=tmp_path, code=3)
    finally:
        tile.write_bytes(kept)
    assert "is neither a folder" in audit(tmp_path / "none", "--vkey", log.vkey, state=tmp_path, code=3)


def test_the_ceremony_of_a_verified_log_leaves_the_checkpoint_with_its_record(
    log: Signed, tmp_path: Path
) -> None:
    size = log.publish()
    create_key(tmp_path / "key", "auditoria.uni.example.mx")
    told = audit(
        log.folder, "--vkey", log.vkey, "--record", tmp_path / "acta", "--key", tmp_path / "key", state=tmp_path
    )  # fmt: skip
    record = json.loads((tmp_path / "acta/record.json").read_bytes())

    assert "log: PASSED" in told
    assert (tmp_path / "acta/checkpoint").read_bytes() == (log.folder / "checkpoint").read_bytes()
    assert (record["passed"], record["origin"], record["checkpoint"]["size"]) == (True, ORIGIN, size)
    assert checked_record(tmp_path / "acta", None).findings == []


def test_the_ceremony_of_a_log_that_is_not_verified_leaves_a_record_that_says_where(
    log: Signed, tmp_path: Path
) -> None:
    log.publish()
    tile = log.folder / "tile/entries/000"
    kept = tile.read_bytes()
    tile.write_bytes(kept.replace(b'"streamversion":1', b'"streamversion":2', 1))
    try:
        answer = audit(
            log.folder, "--vkey", log.vkey, "--record", tmp_path / "acta", state=tmp_path / "state", code=6
        )
        audit(log.folder, "--record", tmp_path / "none", state=tmp_path / "state", code=2)
    finally:
        tile.write_bytes(kept)
    record = json.loads((tmp_path / "acta/record.json").read_bytes())

    assert "NOT VERIFIED. The entry at position 1 " in answer
    assert (record["passed"], record["digest"], record["checkpoint"]) == (False, "", None)
    assert record["findings"][0]["first_position"] == 1
    assert "En el asiento n.º 1." in (tmp_path / "acta/record.html").read_text()
    # No key was given: nothing was looked at, so nothing was found.
    assert not (tmp_path / "none").exists()
