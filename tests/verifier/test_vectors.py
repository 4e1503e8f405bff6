"""The test vectors: what each says is what the verifier does, and the server where it has a say."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bitacora_verifier import checkpoint as their_checkpoint
from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.merkle import Growing, leaf_hash, root_by_inclusion, root_of
from bitacora_verifier.note import parse_note, parse_vkey
from bitacora_verifier.policy import parse_policy
from bitacora_verifier.receipt import parse_receipt, verify_receipt
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.tiles import Tile
from bitacora_verifier.witnesses import Witnessed, cosigners, refuse_too_few
from ledger import checkpoint, merkle, note, tiles, witness_policy
from ledger.cosigning import cosigned
from tests.verifier.make_vectors import FOLDER, every_file
from tests.verifier.published import ORIGIN, write

VECTORS: dict[str, Any] = {
    file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("[0-9]*.json"))
}
TREES = json.loads((FOLDER / "trees.json").read_text())

NOT_ASKED_OF_THE_SERVER = {"01-vkey-of-another-type"}
"""It reads witnesses' keys with the same function, and they may be of other types."""


def unpacked(text: str) -> bytes:
    return base64.b64decode(text)


def named(check: str) -> list[str]:
    return [name for name, each in VECTORS.items() if each["check"] == check]


def is_refused(name: str) -> bool:
    expected = VECTORS[name]["expected"]
    return expected == "refused" or (isinstance(expected, dict) and "refused" in expected)


def test_the_files_are_what_the_script_makes() -> None:
    made = every_file()

    assert sorted(made) == sorted(file.name for file in FOLDER.glob("*.json"))
    assert [name for name, text in made.items() if (FOLDER / name).read_text() != text] == []


def test_there_are_enough_of_them_and_every_step_has_some() -> None:
    assert len(VECTORS) >= 40
    assert len([name for name in VECTORS if is_refused(name)]) >= 25
    assert {each["step"] for each in VECTORS.values()} == {*range(1, 17)}


@pytest.mark.parametrize("name", named("vkey"))
def test_a_key_is_read_or_refused(name: str) -> None:
    vkey, expected = VECTORS[name]["given"]["vkey"], VECTORS[name]["expected"]
    if is_refused(name):
        with pytest.raises(Refused):
            parse_vkey(vkey)
        if name not in NOT_ASKED_OF_THE_SERVER:
            with pytest.raises(note.BadNote):
                note.parse_vkey(vkey)
        return
    for key, number in (
        (parse_vkey(vkey), parse_vkey(vkey).number),
        (note.parse_vkey(vkey), note.parse_vkey(vkey).key_id),
    ):
        found = {"name": key.name, "number": number.hex(), "key": base64.b64encode(key.key).decode()}
        assert found == expected
        assert key.vkey == vkey


@pytest.mark.parametrize("name", named("checkpoint"))
def test_a_checkpoint_is_opened_or_refused(name: str) -> None:
    given, expected = VECTORS[name]["given"], VECTORS[name]["expected"]
    file, vkeys = unpacked(given["file"]), given["vkeys"]
    if is_refused(name):
        with pytest.raises(Refused):
            their_checkpoint.open_checkpoint(file, list(map(parse_vkey, vkeys)))
        with pytest.raises(note.BadNote):
            checkpoint.open_checkpoint(file, ORIGIN, list(map(note.parse_vkey, vkeys)))
        return
    theirs = their_checkpoint.open_checkpoint(file, list(map(parse_vkey, vkeys)))
    ours, _ = checkpoint.open_checkpoint(file, ORIGIN, list(map(note.parse_vkey, vkeys)))
    for one in (theirs, ours):
        found = {"origin": one.origin, "size": one.size, "root": base64.b64encode(one.root).decode()}
        assert found == expected


@pytest.mark.parametrize("name", named("path"))
def test_a_tile_is_found_at_its_path(name: str) -> None:
    given, expected = VECTORS[name]["given"], VECTORS[name]["expected"]
    level = None if given["level"] == "entries" else given["level"]

    assert Tile(level, given["number"], given["width"]).path == expected
    found = tiles.parse_path(expected.removeprefix("tile/"))
    assert found == (given["level"], given["number"], given["width"])


@pytest.mark.parametrize("name", named("log"))
def test_a_log_is_verified_or_refused_at_its_first_bad_position(name: str, tmp_path: Path) -> None:
    given, expected = VECTORS[name]["given"], VECTORS[name]["expected"]
    base = VECTORS[given["base"]]["given"] if "base" in given else given
    files = {**base["files"], **given.get("changed", {})}
    place = write({path: unpacked(text) for path, text in files.items() if text is not None}, tmp_path)
    keys = list(map(parse_vkey, base["vkeys"]))
    held = [their_checkpoint.open_checkpoint(unpacked(each), keys) for each in given["held"]]
    question = Question(str(place), keys, held=held)
    if not is_refused(name):
        assert verify_log(question).checkpoint.size == expected["size"]
        return
    with pytest.raises(Refused) as refused:
        verify_log(question)
    assert (refused.value.first, refused.value.last) == (
        expected["first_position"],
        expected["last_position"],
    )


@pytest.mark.parametrize("name", named("receipt"))
def test_a_receipt_proves_its_entry_or_is_refused(name: str) -> None:
    given, expected = VECTORS[name]["given"], VECTORS[name]["expected"]
    file, entry, vkeys = unpacked(given["receipt"]), unpacked(given["entry"]), given["vkeys"]

    def by_the_server() -> tuple[int, int]:
        proof = checkpoint.parse_proof(file)
        signed, _ = checkpoint.open_checkpoint(proof.checkpoint, ORIGIN, list(map(note.parse_vkey, vkeys)))
        merkle.verify_inclusion(proof.index, signed.size, merkle.leaf_hash(entry), signed.root, proof.path)
        return proof.index + 1, signed.size

    if is_refused(name):
        with pytest.raises(Refused):
            verify_receipt(file, entry, list(map(parse_vkey, vkeys)))
        with pytest.raises((note.BadNote, merkle.BadProof)):
            by_the_server()
        return
    receipt, signed = verify_receipt(file, entry, list(map(parse_vkey, vkeys)))
    assert {"position": receipt.leaf + 1, "size": signed.size} == expected
    assert by_the_server() == (receipt.leaf + 1, signed.size)
    assert parse_receipt(file) == receipt


@pytest.mark.parametrize("name", named("policy"))
def test_a_policy_is_read_or_refused(name: str) -> None:
    text = VECTORS[name]["given"]["policy"]
    if is_refused(name):
        with pytest.raises(Refused):
            parse_policy(text)
        with pytest.raises(witness_policy.BadPolicy):
            witness_policy.parse_policy(text)
        return
    found = (parse_policy(text).fewest, witness_policy.parse_policy(text).needed)
    assert found == (VECTORS[name]["expected"]["fewest"],) * 2


@pytest.mark.parametrize("name", named("cosigned"))
def test_a_checkpoint_is_cosigned_by_as_many_as_are_asked_for_or_refused(name: str) -> None:
    given, expected = VECTORS[name]["given"], VECTORS[name]["expected"]
    policy, file = parse_policy(given["policy"]), unpacked(given["file"])
    now = datetime.fromtimestamp(given["now"], UTC)
    if not is_refused(name):
        found = cosigners(parse_note(file), policy, now)
        assert {witness: int(at.timestamp()) for witness, at in found.items()} == expected
        assert policy.is_met(found)
        ours = witness_policy.parse_policy(given["policy"])
        assert cosigned(note.parse_note(file), ours.witnesses) == found
        return

    def enough() -> None:
        signed = their_checkpoint.open_checkpoint(file, list(map(parse_vkey, given["vkeys"])))
        refuse_too_few(Witnessed(signed, cosigners(parse_note(file), policy, now)), policy)

    with pytest.raises(Refused) as refused:
        enough()
    assert refused.value.kind == Kind.WITNESSES


def test_every_root_to_six_hundred_leaves_is_worked_out_in_two_ways() -> None:
    known = TREES["certificate_transparency"]
    for entries, roots in (
        (list(map(bytes.fromhex, known["entries"])), known["roots"]),
        ([f"entry {n}".encode() for n in range(600)], TREES["numbered"]["roots"]),
    ):  # fmt: skip
        leaves, grown = list(map(leaf_hash, entries)), Growing()
        for size in range(len(entries) + 1):
            assert root_of(leaves[:size]).hex() == roots[size]
            assert grown.root().hex() == roots[size]
            if size < len(entries):
                grown.add(leaves[size])
    # As RFC 6962's reference implementation has them: of no leaves, of one empty leaf, and of all eight.
    assert TREES["leaf_of_no_bytes"] == known["roots"][1]
    assert known["roots"][0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert known["roots"][1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert known["roots"][8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", [1, 2, 3, 31, 256, 257, 600])
def test_every_proof_of_the_server_leads_the_verifier_to_the_root(size: int) -> None:
    leaves = [leaf_hash(b"entry %d" % n) for n in range(size)]
    for index in {0, 1, size // 2, size - 1} & {*range(size)}:
        spans = merkle.inclusion_spans(index, size)
        path = [root_of(leaves[span.start : span.end]) for span in spans]
        assert root_by_inclusion(index, size, leaves[index], path).hex() == TREES["numbered"]["roots"][size]
