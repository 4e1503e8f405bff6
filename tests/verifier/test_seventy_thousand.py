"""A log of seventy thousand entries, verified by Go's own library for such logs, by the shell script and by ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.note import parse_vkey
from tests.verifier.published import KEY, OTHER_KEY, published, receipt_of, sample_entries, write

SOURCE = Path(__file__).parent / "go/verify.go"
SCRIPT = Path(__file__).parent.parent.parent / "verifier/verify.sh"
SIZE = 70_000


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built against what Debian has of Go's modules."""
    built = tmp_path_factory.mktemp("go") / "verify"
    environment = {
        **os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "",
        "GOCACHE": str(built.parent / "cache"),
    }  # fmt: skip
    subprocess.run(["go", "build", "-o", built, SOURCE], env=environment, check=True)
    return built


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of seventy thousand entries, which a second key signs, too."""
    return write(published(sample_entries(SIZE), [OTHER_KEY, KEY]), tmp_path_factory.mktemp("log"))


def said(program: Path, folder: Path, vkey: str) -> tuple[int, str]:
    answer = subprocess.run([program, folder, vkey], capture_output=True, text=True, check=False)
    return answer.returncode, (answer.stdout or answer.stderr).strip()


def test_a_log_of_seventy_thousand_entries_is_verified_by_go(program: Path, folder: Path) -> None:
    assert said(program, folder, KEY.public.vkey) == (0, f"{SIZE}")
    assert said(program, folder, OTHER_KEY.public.vkey) == (0, f"{SIZE}")


@pytest.mark.parametrize(
    "path", ["checkpoint", "tile/0/000", "tile/entries/100", "tile/1/001.p/17", "tile/2/000.p/1"]
)
def test_one_byte_that_is_another_is_refused_by_go(program: Path, folder: Path, path: str) -> None:
    file = folder / path
    kept = file.read_bytes()
    try:
        file.write_bytes(kept[:20] + bytes([kept[20] ^ 1]) + kept[21:])
        assert said(program, folder, KEY.public.vkey)[0] == 1
    finally:
        file.write_bytes(kept)


def test_the_verifier_says_the_same(folder: Path) -> None:
    found = verify_log(Question(str(folder), [parse_vkey(KEY.public.vkey)], processes=2))

    assert (found.checkpoint.size, found.streams) == (SIZE, 4)


def test_and_so_does_a_shell_of_its_signature_and_its_receipts(folder: Path, tmp_path: Path) -> None:
    entries = sample_entries(SIZE)
    for index in (33_333, SIZE - 1):
        (tmp_path / "receipt").write_bytes(receipt_of(entries, index))
        (tmp_path / "entry").write_bytes(entries[index])
        subprocess.run(
            ["sh", SCRIPT, "receipt", tmp_path / "receipt", tmp_path / "entry", KEY.public.vkey], check=True
        )
    subprocess.run(["sh", SCRIPT, "checkpoint", folder, KEY.public.vkey], check=True)
