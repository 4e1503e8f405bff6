"""The verifier as it is typed: what it says, what it remembers, and the number it ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bitacora_verifier import report
from tests.verifier.published import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    checkpoint_of,
    published,
    receipt_of,
    sample_entries,
    write,
)
from tests.waiting import eventually

VKEY = KEY.public.vkey
ENTRIES = sample_entries(300)


def verifier(*words: str | Path, home: Path, lang: str = "C") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_STATE_HOME": str(home), "LC_ALL": lang}
    command = [sys.executable, "-m", "bitacora_verifier", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(published(ENTRIES), tmp_path / "log")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_without_a_key_it_asks_for_one_and_verifies_nothing(folder: Path, home: Path) -> None:
    answer = verifier("log", folder, home=home)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--vkey" in answer.stderr
    assert not home.exists()


def test_what_was_verified_is_remembered_and_has_to_be_continued(folder: Path, home: Path) -> None:
    first = verifier("log", folder, "--vkey", VKEY, home=home)
    assert (first.returncode, first.stderr) == (0, "")
    assert "entries:      300" in first.stdout
    assert "none of this happened" in first.stdout

    again = verifier("log", write(published(sample_entries(700)), folder), home=home)
    assert again.returncode == 0
    assert "continues:    300" in again.stdout

    back = verifier("log", write(published(ENTRIES), folder), home=home)
    assert back.returncode == 5
    assert "The log went back: it has 300 entries, and a checkpoint of 700" in back.stderr


def test_it_speaks_spanish_where_people_do(folder: Path, home: Path) -> None:
    assert "Verificada:" in verifier("log", folder, "--vkey", VKEY, home=home, lang="es_MX.UTF-8").stdout
    (folder / "tile/0/000").unlink()
    answer = verifier("log", folder, "--lang", "es", home=home)
    assert answer.returncode == 3
    assert answer.stderr == "NO VERIFICADA. Falta tile/0/000.\n"


def test_programs_are_told_in_json(folder: Path, home: Path) -> None:
    good = json.loads(verifier("log", folder, "--vkey", VKEY, "--json", home=home).stdout)
    assert (good["verified"], good["origin"], good["size"]) == (True, ORIGIN, 300)

    (folder / "tile/entries/000").write_bytes(b"\0\1x")
    answer = verifier("log", folder, "--json", home=home)
    bad = json.loads(answer.stdout)
    assert (answer.returncode, bad["kind"], bad["code"]) == (6, "tree", 6)
    assert (bad["verified"], bad["first_position"]) == (False, 1)


def test_nothing_is_remembered_of_what_was_not_verified(folder: Path, home: Path) -> None:
    (folder / "tile/1/000.p/1").unlink()
    assert verifier("log", folder, "--vkey", VKEY, home=home).returncode == 3
    assert not home.exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"keys":1}', "null", "not json"])
def test_a_memory_that_was_damaged_is_not_passed_over(folder: Path, home: Path, content: str) -> None:
    verifier("log", folder, "--vkey", VKEY, home=home)
    (file,) = home.rglob("*.json")
    file.write_text(content)
    answer = verifier("log", folder, "--vkey", VKEY, home=home)

    assert answer.returncode == 2
    assert "move it away" in answer.stderr


def test_a_memory_that_was_made_up_is_not_believed(folder: Path, home: Path) -> None:
    verifier("log", folder, "--vkey", VKEY, home=home)
    (file,) = home.rglob("*.json")
    for name, value in {
        "checkpoint": checkpoint_of(ENTRIES[:3], [OTHER_KEY]).decode(), "bundles": "", "keys": ["x+y+z"],
    }.items():  # fmt: skip
        kept = json.loads(file.read_text())
        file.write_text(json.dumps({**kept, name: value}))
        assert verifier("log", folder, home=home).returncode == 2
        file.write_text(json.dumps(kept))
    assert verifier("log", folder, home=home).returncode == 0


def test_a_checkpoint_or_a_receipt_that_is_held_is_asked_for_by_its_file(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "held").write_bytes(receipt_of(ENTRIES[:9], 4))
    (tmp_path / "other").write_bytes(checkpoint_of([*ENTRIES[:8], b"{}"]))
    (tmp_path / "keys").write_text(f"{VKEY}\n{OTHER_KEY.public.vkey}\n")
    pinned = ["--vkey", f"@{tmp_path / 'keys'}"]

    assert (
        "continues:    9" in verifier("log", folder, *pinned, "--held", tmp_path / "held", home=home).stdout
    )
    answer = verifier(
        "log", folder, *pinned, "--held", tmp_path / "held", "--held", tmp_path / "other", home=home
    )
    assert answer.returncode == 5
    assert "among positions 1 to 9" in answer.stderr
    assert "No such file" in verifier("log", folder, *pinned, "--held", tmp_path / "none", home=home).stderr


def test_a_receipt_is_verified_offline_with_a_key_that_is_given_or_remembered(
    folder: Path, home: Path, tmp_path: Path
) -> None:
    receipt, entry = tmp_path / "receipt", tmp_path / "entry"
    receipt.write_bytes(receipt_of(ENTRIES, 256))
    entry.write_bytes(ENTRIES[256])

    assert verifier("receipt", receipt, entry, home=home).returncode == 2
    given = verifier("receipt", receipt, entry, "--vkey", VKEY, home=home)
    assert given.returncode == 0
    assert "position 257" in given.stdout
    assert verifier("log", folder, "--vkey", VKEY, home=home).returncode == 0
    assert verifier("receipt", receipt, entry, "--lang", "es", home=home).stdout.startswith("El acuse prueba")

    entry.write_bytes(ENTRIES[255])
    assert verifier("receipt", receipt, entry, home=home).returncode == 8
    fork = [*ENTRIES[:299], b"{}"]
    receipt.write_bytes(receipt_of(fork, 2))
    entry.write_bytes(fork[2])
    assert "Two logs of 300" in verifier("receipt", receipt, entry, home=home).stderr


def test_the_help_says_what_it_ends_with(home: Path) -> None:
    for words in ([], ["log"], ["receipt"]):
        answer = verifier(*words, "--help", home=home)
        assert answer.returncode == 0
        assert "5  the log went back" in answer.stdout
    assert verifier(home=home).returncode == 2


def test_it_needs_python_and_cryptography_and_nothing_of_ours() -> None:
    code = (
        "import sys, pkgutil, importlib as its; before = set(sys.modules); import bitacora_verifier as package\n"
        "for each in pkgutil.iter_modules(package.__path__): its.import_module(f'bitacora_verifier.{each.name}')\n"
        "package.note.parse_vkey(sys.argv[1]).has_signed(b'', bytes(64))\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    answer = subprocess.run([sys.executable, "-c", code, VKEY], check=True, capture_output=True, text=True)

    parts_of_these = {"_cffi_backend", "_openssl", "__mp_main__"}
    assert {"bitacora_verifier", "cryptography"} == set(answer.stdout.split()) - parts_of_these


def test_it_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(report, "SAY_EVERY_SECONDS", 0.0)
    say = report.on_standard_error("es")
    say(4_096, 10_000)

    assert capsys.readouterr().err == "4,096 / 10,000 verificados\n"


def has_children(file: Path, number: int) -> bool:
    """Tell whether a process has started so many others: a helper of Python's, and those that verify."""
    return len(file.read_text().split()) == number


def test_whoever_interrupts_it_or_ends_a_process_of_it_is_not_told_that_all_is_well(tmp_path: Path) -> None:
    place = str(write(published(sample_entries(20 * 4_096)), tmp_path / "log"))
    command = [
        sys.executable,
        "-m",
        "bitacora_verifier",
        "log",
        place,
        "--vkey",
        VKEY,
        "--state",
        str(tmp_path / "state"),
    ]
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, 1)):
        with subprocess.Popen(
            [*command, "--processes", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as running:
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
            eventually(partial(has_children, children, 3))
            ended = running.pid if number == signal.SIGINT else int(children.read_text().split()[-1])
            os.kill(ended, number)
            told, wrong = running.communicate(timeout=30)
        assert (running.returncode, told) == (code, "")
        assert "Traceback" not in wrong
    assert not (tmp_path / "state").exists()
