"""Checkpoints and the proofs kept with one: written, read back, and refused where they are nearly right."""

from __future__ import annotations

import base64

import pytest

from ledger.checkpoint import Checkpoint, Proof, open_checkpoint, parse_checkpoint, parse_proof
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.note import BadNote, SigningKey, parse_note, signed

ORIGIN = "bitacora.example.mx/2027"
KEY = SigningKey(ORIGIN, bytes(32))
ROOT = leaf_hash(b"the only entry")
CHECKPOINT = Checkpoint(ORIGIN, 1, ROOT)
WRITTEN = base64.b64encode(ROOT).decode()
FILE = signed(CHECKPOINT.text, [KEY]).file


def test_a_checkpoint_is_written_as_the_specification_has_it_and_read_back() -> None:
    assert CHECKPOINT.text == f"{ORIGIN}\n1\n{WRITTEN}\n"
    assert parse_checkpoint(CHECKPOINT.text) == CHECKPOINT
    assert open_checkpoint(FILE, ORIGIN, [KEY.public]) == (CHECKPOINT, parse_note(FILE))


def test_lines_of_extensions_are_passed_over() -> None:
    assert parse_checkpoint(CHECKPOINT.text + "more\n") == CHECKPOINT


def test_the_checkpoint_of_an_empty_log_has_the_root_of_nothing() -> None:
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)

    assert parse_checkpoint(empty.text) == empty


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n",
        f"{ORIGIN}\n1\n",
        f"{ORIGIN}\n1\n{WRITTEN}",
        f"\n1\n{WRITTEN}\n",
        f"{ORIGIN}\n\n{WRITTEN}\n",
        f"{ORIGIN}\n01\n{WRITTEN}\n",
        f"{ORIGIN}\n-1\n{WRITTEN}\n",
        f"{ORIGIN}\n+1\n{WRITTEN}\n",
        f"{ORIGIN}\n1.0\n{WRITTEN}\n",
        f"{ORIGIN}\n \u0661\n{WRITTEN}\n",
        f"{ORIGIN}\n{2**63}\n{WRITTEN}\n",
        f"{ORIGIN}\n0\n{WRITTEN}\n",
        f"{ORIGIN}\n1\n{WRITTEN[:-4]}\n",
        f"{ORIGIN}\n1\n{WRITTEN}AAAA\n",
        f"{ORIGIN}\n1\n{WRITTEN}\n\n",
        f"{ORIGIN}\n1\n{WRITTEN}\n\nmore\n",
        f"{ORIGIN}\r\n1\r\n{WRITTEN}\r\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        parse_checkpoint(text)


def test_a_checkpoint_of_another_log_is_not_taken_for_ours_though_the_key_is_the_same() -> None:
    of_another = signed(Checkpoint("another.example/log", 1, ROOT).text, [KEY]).file

    with pytest.raises(BadNote, match="not of 'bitacora"):
        open_checkpoint(of_another, ORIGIN, [KEY.public])


def test_a_proof_is_written_as_the_specification_has_it_and_read_back() -> None:
    proof = Proof(4_320, [ROOT, EMPTY_ROOT], FILE)
    written = base64.b64encode(EMPTY_ROOT).decode()

    assert proof.file == f"c2sp.org/tlog-proof@v1\nindex 4320\n{WRITTEN}\n{written}\n\n".encode() + FILE
    assert parse_proof(proof.file) == proof
    assert parse_proof(Proof(0, [], FILE).file) == Proof(0, [], FILE), "in a log of one entry"


def test_extra_data_of_a_proof_is_passed_over() -> None:
    file = Proof(7, [ROOT], FILE).file.replace(b"index", b"extra AAAA\nindex", 1)

    assert parse_proof(file) == Proof(7, [ROOT], FILE)


GOOD = Proof(7, [ROOT], FILE).file.decode()


@pytest.mark.parametrize(
    "file",
    [
        "",
        GOOD[1:],
        GOOD.replace("@v1", "@v2"),
        GOOD.replace("index 7", "index 07"),
        GOOD.replace("index 7", "index -7"),
        GOOD.replace("index 7\n", ""),
        GOOD.replace("index 7", f"index {2**63}"),
        GOOD.replace(f"7\n{WRITTEN}", f"7\n{WRITTEN[:-4]}"),
        GOOD.replace(f"7\n{WRITTEN}", "7\nAAAA"),
        GOOD.replace(f"7\n{WRITTEN}\n", "7\n" + f"{WRITTEN}\n" * 64),
        GOOD.replace("\n\n", "\n", 1),
        GOOD.replace("index", "extra !\nindex"),
        GOOD.replace("\n", "\r\n"),
        GOOD.partition("\n\n")[0] + "\n\n",
        GOOD.replace("index", "Index"),
    ],
)
def test_what_is_no_proof_is_refused(file: str) -> None:
    with pytest.raises(BadNote):
        parse_proof(file.encode())


def test_a_proof_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadNote, match="UTF-8"):
        parse_proof(b"\xff\n\n" + FILE)
