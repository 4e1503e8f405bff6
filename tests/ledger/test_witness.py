"""A witness cosigns what continues what it cosigned, and answers everything else as the protocol says."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import pytest

from api.witnesses.app import described
from ledger.checkpoint import Checkpoint
from ledger.cosignature import cosign, cosigned_at
from ledger.merkle import consistency_spans, leaf_hash, proof, root
from ledger.note import COSIGNATURE, BadNote, Signature, SigningKey, parse_note, parse_vkey, signed
from ledger.witness import NotCosigned, OtherSize, UnusableWitness, WitnessFolder
from ledger.witness_request import Addition
from tests.ledger.test_merkle import kept

ORIGIN = "bitacora.example.mx/2027"
LOG = SigningKey(ORIGIN, bytes(range(32)))
AT = datetime(2027, 6, 6, 18, tzinfo=UTC)


@pytest.fixture
def witness(tmp_path: Path) -> WitnessFolder:
    """A witness that follows the log."""
    folder = WitnessFolder(tmp_path / "witness")
    folder.create("testigo.uni.example.mx")
    folder.follow(LOG.public.vkey)
    return folder


def leaves(size: int, history: bytes = b"") -> Sequence[bytes]:
    return [leaf_hash(history + b"%d" % n) for n in range(size)]


def checkpoint(size: int, history: bytes = b"", origin: str = ORIGIN, *keys: SigningKey) -> bytes:
    tree = Checkpoint(origin, size, root(size, kept(leaves(size, history))))
    return signed(tree.text, keys or (LOG,)).file


def addition(old: int, size: int, history: bytes = b"", **changed: bytes) -> bytes:
    path = proof(consistency_spans(old, size), kept(leaves(size, history)))
    note = changed.get("note", checkpoint(size, history))
    return Addition(old, path, parse_note(note)).file


def test_what_continues_what_was_cosigned_is_cosigned(witness: WitnessFolder) -> None:
    public = parse_vkey(witness.key().public.vkey)
    for old, size in ((0, 1), (1, 1), (1, 7), (7, 256), (256, 256), (256, 700)):
        line = witness.add_checkpoint(addition(old, size), AT)
        assert public.kind == COSIGNATURE
        assert cosigned_at(public, parse_note(checkpoint(size)).text, line) == AT
        assert witness.seen(ORIGIN).size == size
    assert WitnessFolder(witness.folder).seen(ORIGIN).size == 700


def test_a_first_checkpoint_is_taken_as_it_comes(witness: WitnessFolder) -> None:
    assert witness.add_checkpoint(addition(0, 700), AT)
    assert witness.seen(ORIGIN).size == 700


def altered(old: int, size: int, number: int) -> bytes:
    """Return a good request with another hash in its proof."""
    lines = addition(old, size).split(b"\n")
    lines[number] = base64.b64encode(bytes(32))
    return b"\n".join(lines)


REFUSED = {
    "nothing": (b"", 400),
    "no empty line": (b"old 5\n" + checkpoint(6).replace(b"\n\n", b"\n"), 400),
    "not a size": (addition(5, 6).replace(b"old 5", b"old 05"), 400),
    "a size below none": (addition(5, 6).replace(b"old 5", b"old -5"), 400),
    "an older size that is larger": (addition(5, 6).replace(b"old 5", b"old 9"), 400),
    "no base64": (addition(5, 6).replace(b"old 5\n", b"old 5\n!!\n"), 400),
    "too many hashes": (addition(5, 6).replace(b"old 5\n", b"old 5\n" + b"AA==\n" * 64), 400),
    "a checkpoint without a root": (b"old 5\n\n" + checkpoint(6).replace(b"\n6\n", b"\n"), 400),
    "not ASCII": (b"old \xff\n\n" + checkpoint(6), 400),
    "another log": (addition(5, 6, note=checkpoint(6, b"", "other.example/1")), 404),
    "no signature of the log": (
        addition(5, 6, note=checkpoint(6, b"", ORIGIN, SigningKey(ORIGIN, bytes(32)))), 403,
    ),
    "a signature of another text": (
        addition(5, 6).replace(b"\n6\n", b"\n7\n"), 403,
    ),
    "from where the witness is not": (addition(4, 6), 409),
    "from the beginning again": (addition(0, 6), 409),
    "another history": (addition(5, 6, b"x"), 422),
    "another history of the same size": (addition(5, 5, b"x"), 409),
    "another hash": (altered(5, 6, 1), 422),
    "a hash too many": (addition(5, 6).replace(b"old 5\n", b"old 5\n" + base64.b64encode(bytes(32)) + b"\n"), 422),
    "a hash too few": (b"old 5\n\n" + checkpoint(6), 422),
    "a hash of another length": (b"old 5\nAA==\nAA==\nAA==\n\n" + checkpoint(6), 422),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_continue_it_is_refused_and_changes_nothing(witness: WitnessFolder, case: str) -> None:
    witness.add_checkpoint(addition(0, 5), AT)
    request, status = REFUSED[case]
    with pytest.raises(NotCosigned) as refused:
        witness.add_checkpoint(request, AT)

    assert refused.value.status == HTTPStatus(status), str(refused.value)
    if isinstance(refused.value, OtherSize):
        assert refused.value.size == 5
    assert witness.seen(ORIGIN).size == 5
    assert witness.add_checkpoint(addition(5, 6), AT), "and goes on as before"


def test_two_trees_of_one_size_are_kept_as_the_proof_that_the_log_has_two_histories(
    witness: WitnessFolder,
) -> None:
    witness.add_checkpoint(addition(0, 5), AT)
    for history in (b"x", b"y"):
        with pytest.raises(OtherSize):
            witness.add_checkpoint(addition(5, 5, history), AT)
    witness.add_checkpoint(addition(5, 6), AT)
    fork = witness.fork(ORIGIN)

    assert fork == (checkpoint(5), checkpoint(5, b"x")), "the first, and as they were signed"
    assert described(witness).splitlines()[2].startswith(f"fork {ORIGIN} 5 ")


@pytest.mark.parametrize("case", sorted({*REFUSED} - {"another history of the same size"}))
def test_what_proves_no_second_history_is_not_kept_as_one(witness: WitnessFolder, case: str) -> None:
    """Anybody may ask a witness: only what the log has signed can accuse it."""
    witness.add_checkpoint(addition(0, 5), AT)
    with pytest.raises(NotCosigned):
        witness.add_checkpoint(REFUSED[case][0], AT)

    assert witness.fork(ORIGIN) is None
    assert "fork" not in described(witness)


def test_it_goes_no_further_where_what_it_saw_is_lost_or_changed(witness: WitnessFolder) -> None:
    witness.add_checkpoint(addition(0, 5), AT)
    (file,) = (witness.folder / "seen").iterdir()
    file.write_bytes(b"something else")
    with pytest.raises(UnusableWitness, match="not as it was written"):
        witness.add_checkpoint(addition(5, 6), AT)


def test_of_two_histories_sent_at_once_one_is_cosigned(witness: WitnessFolder) -> None:
    witness.add_checkpoint(addition(0, 5), AT)
    together = threading.Barrier(8)

    def send(n: int) -> bytes | None:
        leaf = b"" if n % 2 else b"x"
        grown = [*leaves(5), *(leaf_hash(leaf + b"%d" % k) for k in range(3))]
        tree = Checkpoint(ORIGIN, 8, root(8, kept(grown)))
        path = proof(consistency_spans(5, 8), kept(grown))
        together.wait()
        try:
            witness.add_checkpoint(Addition(5, path, signed(tree.text, [LOG])).file, AT)
        except OtherSize:
            return None
        return tree.root

    with ThreadPoolExecutor(8) as senders:
        cosigned = [found for found in senders.map(send, range(8)) if found]

    assert len(cosigned) == 1
    assert witness.seen(ORIGIN).root == cosigned[0]


def test_a_log_s_next_key_is_followed_beside_the_first_and_other_logs_beside_it(
    witness: WitnessFolder,
) -> None:
    following = SigningKey(ORIGIN, bytes(32))
    witness.follow(following.public.vkey)
    witness.follow(SigningKey("other.example/1", bytes(32)).public.vkey)

    assert set(witness.logs()) == {ORIGIN, "other.example/1"}
    assert witness.add_checkpoint(addition(0, 5, note=checkpoint(5, b"", ORIGIN, following)), AT)
    assert witness.add_checkpoint(addition(5, 6), AT)


def test_what_is_no_key_of_a_log_is_not_followed(witness: WitnessFolder) -> None:
    for line in ("", "x+00000000+AAAA", witness.key().public.vkey):
        with pytest.raises(UnusableWitness):
            witness.follow(line)


def test_its_key_is_made_once_and_is_for_itself_alone(witness: WitnessFolder) -> None:
    with pytest.raises(UnusableWitness, match="keeps its own"):
        witness.create("otro.example.mx")
    (witness.folder / "key").chmod(0o644)
    with pytest.raises(UnusableWitness, match="chmod 600"):
        witness.add_checkpoint(addition(0, 5), AT)


@pytest.mark.parametrize("name", ["two words", "a+b", ""])
def test_a_name_no_key_can_have_makes_none(tmp_path: Path, name: str) -> None:
    folder = WitnessFolder(tmp_path / "w")
    with pytest.raises(UnusableWitness, match="no name"):
        folder.create(name)
    assert not (tmp_path / "w" / "key").exists()


def test_a_cosignature_is_of_one_text_one_hour_and_one_key(witness: WitnessFolder) -> None:
    key, text = witness.key(), parse_note(checkpoint(5)).text
    line = cosign(key, text, AT)
    later = Signature(line.name, line.key_id, (int(AT.timestamp()) + 1).to_bytes(8) + line.signature[8:])
    for spoilt, of in (
        (later, text), (line, text.replace("\n5\n", "\n6\n")), (line._replace(signature=line.signature[:-1]), text),
        (LOG.sign(text), text),
    ):  # fmt: skip
        with pytest.raises(BadNote):
            cosigned_at(key.public, of, spoilt)
