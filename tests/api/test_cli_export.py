"""``bitacora export`` as a person types it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.checkpoint import open_checkpoint
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.note import parse_vkey
from tests.api.harness import ORIGIN
from tests.api.test_cli import bitacora
from tests.database import fresh_database


@pytest.fixture(scope="module")
def signed(
    postgres_18: EmbeddedPostgres, opened_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of a database with a signed log; its key's line is ``VKEY``."""
    home = tmp_path_factory.mktemp("home")
    with fresh_database(postgres_18, opened_template) as url:
        Integrator(url).catch_up()
        environment = {
            "DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
            "BITACORA_HOME": str(home),
        }  # fmt: skip
        made = bitacora("key", "create", environment=environment)
        unsigned = bitacora("export", "ndjson", environment=environment)
        assert (unsigned.returncode, unsigned.stdout) == (1, "")
        assert "bitacora sign" in unsigned.stderr
        assert bitacora("sign", "--once", environment=environment).returncode == 0
        yield {**environment, "VKEY": made.stdout.strip()}


def test_a_file_is_written_whole_with_its_signed_checkpoint_beside_it(
    signed: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "log.ndjson"
    answer = bitacora("export", "ndjson", "--output", str(file), environment=signed)
    again = bitacora("export", "ndjson", environment=signed)
    lines = file.read_text().splitlines()
    note = Path(f"{file}.checkpoint").read_bytes()
    checkpoint, _ = open_checkpoint(note, ORIGIN, [parse_vkey(signed["VKEY"])])

    assert (answer.returncode, answer.stdout) == (0, ""), answer.stderr
    assert json.loads(lines[0])["type"] == "LogStarted.v1"
    assert len(lines) == checkpoint.size
    assert f"{checkpoint.size:,} events up to position {checkpoint.size:,}" in answer.stderr
    assert checkpoint.root.hex() in answer.stderr
    assert again.stdout == file.read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["log.ndjson", "log.ndjson.checkpoint"]


def test_a_part_is_exported_as_it_was_known(signed: dict[str, str]) -> None:
    some = bitacora("export", "csv", "--territory", "MX-JAL", "--as-of", "2600", environment=signed)
    one = bitacora(
        "export", "ndjson", "--process", "pel-2026-2027-jal", "--milestone", "L012", environment=signed
    )

    assert some.returncode == 0, some.stderr
    assert some.stdout.startswith("position,id,source,type,")
    assert [json.loads(line)["subject"] for line in one.stdout.splitlines()] == [
        "milestone/pel-2026-2027-jal/L012"
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["docx"], 2, "ocel-json"),
        (["csv", "--milestone", "F047"], 2, "process"),
        (["csv", "--process", "pef-2026-2027", "--territory", "MX-JAL"], 2, "not for both"),
        (["csv", "--process", "pef-1999-2000"], 1, "There is no process"),
        (["csv", "--as-of", "99999999"], 1, "it runs from 1 to"),
        (["csv", "--as-of", "2001-01-01T00:00:00Z"], 1, "had not begun"),
        (["csv", "--output", "/nowhere/at/all.csv"], 1, "No such file"),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(
    signed: dict[str, str], arguments: list[str], code: int, words: str
) -> None:
    answer = bitacora("export", *arguments, environment=signed)

    assert answer.returncode == code, answer.stderr
    assert words in " ".join(answer.stderr.split())
    assert "Traceback" not in answer.stderr
