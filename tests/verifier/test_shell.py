"""The shell script, with openssl alone, says the same as the verifier."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ledger.note import SigningKey
from tests.verifier.published import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    published,
    receipt_of,
    sample_entries,
    write,
)

SCRIPT = Path(__file__).parent.parent.parent / "verifier/verify.sh"
VKEY = KEY.public.vkey
ENTRIES = sample_entries(21)


def shell(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", SCRIPT, *words], capture_output=True, text=True, check=False)


def refused(*words: str | Path) -> str:
    answer = shell(*words)
    assert (answer.returncode, answer.stdout) == (1, "")
    return answer.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(published(ENTRIES), tmp_path / "log")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 13])
def test_the_root_of_a_small_log_is_worked_out(size: int, tmp_path: Path) -> None:
    answer = shell("root", write(published(sample_entries(size)), tmp_path), VKEY)

    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"the root over {size} entries, {ORIGIN}" in answer.stdout


def test_a_log_is_verified_as_far_as_bundles_that_are_full(tmp_path: Path) -> None:
    entries = [b"%d" % number for number in range(257)]

    assert shell("root", write(published(entries), tmp_path), VKEY).returncode == 0


@pytest.mark.parametrize("size", [1, 2, 3, 6, 8, 21])
def test_the_receipt_of_every_entry_is_verified(size: int, tmp_path: Path) -> None:
    entries = ENTRIES[:size]
    for index in {0, 1, size // 2, size - 2, size - 1} & {*range(size)}:
        (tmp_path / "receipt").write_bytes(receipt_of(entries, index))
        (tmp_path / "entry").write_bytes(entries[index])
        answer = shell("receipt", tmp_path / "receipt", tmp_path / "entry", VKEY)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert f"position {index + 1} of {size}" in answer.stdout


def test_other_signatures_beside_the_known_one_are_passed_over(tmp_path: Path) -> None:
    keys = [SigningKey("witness.example", bytes(32)), OTHER_KEY, KEY]
    folder = write(published(ENTRIES, keys), tmp_path)

    assert shell("checkpoint", folder, VKEY).returncode == 0
    assert "has not signed" in refused("checkpoint", folder, SigningKey(ORIGIN, bytes(32)).public.vkey)


@pytest.mark.parametrize(("old", "new", "words"), [
    (b"\n21\n", b"\n22\n", "signature"),
    (b"bitacora.example.mx/2027\n", b"bitacora.example.com/2027\n", "signature"),
    ("— bitacora".encode(), b"- bitacora", "has not signed"),
    (b"\n\n", b"\n", "not a text"),
])  # fmt: skip
def test_a_checkpoint_that_was_changed_is_refused(folder: Path, old: bytes, new: bytes, words: str) -> None:
    checkpoint = folder / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(old, new, 1))

    assert words in refused("checkpoint", folder, VKEY)


@pytest.mark.parametrize(
    "vkey", [VKEY[:-1], VKEY.replace("+8", "+9", 1), VKEY[:-5] + "A" + VKEY[-4:], "words", ""]
)
def test_a_key_that_is_none_is_refused(folder: Path, vkey: str) -> None:
    assert "vkey" in refused("checkpoint", folder, vkey)


def lines_of(receipt: bytes) -> list[bytes]:
    return receipt.split(b"\n")


@pytest.mark.parametrize(
    "case", ["another entry", "a hash less", "a hash more", "swapped", "index", "v2", "no checkpoint"]
)
def test_a_receipt_that_does_not_prove_its_entry_is_refused(case: str, tmp_path: Path) -> None:
    lines, entry = lines_of(receipt_of(ENTRIES, 9)), ENTRIES[9]
    match case:
        case "another entry":
            entry = ENTRIES[10]
        case "a hash less":
            del lines[3]
        case "a hash more":
            lines.insert(3, lines[3])
        case "swapped":
            lines[2], lines[3] = lines[3], lines[2]
        case "index":
            lines[1] = b"index 8"
        case "v2":
            lines[0] = b"c2sp.org/tlog-proof@v2"
        case _:
            lines = lines[:-6]
    (tmp_path / "receipt").write_bytes(b"\n".join(lines))
    (tmp_path / "entry").write_bytes(entry)

    refused("receipt", tmp_path / "receipt", tmp_path / "entry", VKEY)


@pytest.mark.parametrize("change", [
    lambda bundle: bundle.replace(b'"n":7', b'"n":8'),
    lambda bundle: bundle[:-1],
    lambda bundle: bundle + b"\0",
    lambda bundle: bundle + b"\0\0",
    lambda bundle: bundle[2 + int.from_bytes(bundle[:2], "big"):],
    lambda _: b"",
])  # fmt: skip
def test_a_bundle_that_was_changed_is_refused(folder: Path, change: object) -> None:
    bundle = folder / "tile/entries/000.p/21"
    bundle.write_bytes(change(bundle.read_bytes()))  # type: ignore[operator] # a function of bytes

    refused("root", folder, VKEY)


def test_a_missing_file_is_refused_and_a_wrong_question_explained(folder: Path) -> None:
    (folder / "tile/entries/000.p/21").unlink()
    assert "is missing" in refused("root", folder, VKEY)
    (folder / "checkpoint").unlink()
    assert "no checkpoint" in refused("checkpoint", folder, VKEY)
    for words in ([], ["root"], ["receipt", "one"], ["anything", "a", "b"]):
        answer = shell(*words)
        assert answer.returncode == 2
        assert "verify.sh receipt RECEIPT ENTRY VKEY" in answer.stderr
