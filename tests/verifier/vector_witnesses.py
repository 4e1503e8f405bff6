"""The test vectors of witnesses: of policies, and of the cosignatures under a checkpoint."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.cosignature import cosign
from ledger.note import COSIGNATURE, Note, Signature, SigningKey, parse_note, signed
from tests.verifier.published import KEY, checkpoint_of, sample_entries

NAMES = ("uni", "diario", "tribunal")
WITNESSES = {
    name: SigningKey(f"{name}.example.mx", bytes([n] * 32), COSIGNATURE) for n, name in enumerate(NAMES, 1)
}
LINES = [f"witness {name} {key.public.vkey}" for name, key in WITNESSES.items()]
TWO_OF_THREE = "\n".join([*LINES, f"group todos 2 {' '.join(NAMES)}", "quorum todos", ""])
SEEN_AT = datetime(2027, 6, 6, 18, tzinfo=UTC)
NOW = SEEN_AT + timedelta(minutes=1)

Vector = dict[str, Any]


def witness_vectors() -> Iterator[Vector]:
    """Steps 15 and 16."""
    for name, what, policy, fewest in good_policies():
        yield _vector(15, f"policy-{name}", what, "policy", {"policy": policy}, {"fewest": fewest})
    for words, policy in bad_policies().items():
        name, _, what = words.partition(": ")
        yield _vector(15, f"policy-{name}", what, "policy", {"policy": policy}, "refused")
    note = parse_note(checkpoint_of(sample_entries(7)))
    for words, (lines, names) in good_lines(note).items():
        yield _cosigned(words, note, lines, {name: int(SEEN_AT.timestamp()) for name in names})
    for words, lines in bad_lines(note).items():
        yield _cosigned(words, note, lines, "refused")


def good_policies() -> Sequence[tuple[str, str, str, int]]:
    """Policies, and how many witnesses it takes at the least."""
    log = f"# Acuerdo 12\nlog {KEY.public.vkey}  # la bitácora\n\n"
    nested = [*LINES, "group medios any diario tribunal", "group todos all uni medios", "quorum todos"]
    return [
        ("of-two-of-three", "two of three witnesses", TWO_OF_THREE, 2),
        ("of-one", "a witness may be the quorum itself", f"{LINES[0]} https://uni.example.mx/\nquorum uni\n", 1),
        ("of-groups", "a group may stand in a group; comments are passed over", log + "\n".join(nested), 2),
    ]  # fmt: skip


def bad_policies() -> Mapping[str, str]:
    """What is no policy."""
    uni, quorum = LINES[0], "\nquorum uni\n"
    again = SigningKey("otra.example.mx", WITNESSES["uni"].seed, COSIGNATURE).public.vkey
    return {
        "without-a-quorum: one is asked for": f"{uni}\n",
        "of-two-quorums: one is asked for": f"{uni}{quorum}{quorum}",
        "of-an-unknown-quorum: it is named above": f"{uni}\nquorum diario\n",
        "with-a-name-twice: a name is one witness's": f"{uni}\n{LINES[1].replace(' diario ', ' uni ')}{quorum}",
        "with-a-key-twice: one witness counts once": f"{uni}\n{uni.replace(' uni ', ' otra ')}{quorum}",
        "with-a-key-under-two-names: one witness counts once": f"{uni}\nwitness otra {again}{quorum}",
        "with-a-member-twice: a member counts once": f"{uni}\ngroup g 2 uni uni\nquorum g\n",
        "with-a-group-of-too-many: a group takes as many as it has": f"{uni}\ngroup g 2 uni\nquorum g\n",
        "with-a-group-of-none: a group takes one at the least": f"{uni}\ngroup g 0 uni\nquorum g\n",
        "with-the-key-of-a-log: its type is 4": f"witness uni {KEY.public.vkey}{quorum}",
        "with-a-word-of-its-own: there are four": f"{uni}\nwitnes diario{quorum}",
    }


def _lines(note: Note, *names: str, at: datetime = SEEN_AT) -> list[Signature]:
    return [cosign(WITNESSES[name], note.text, at) for name in names]


def good_lines(note: Note) -> Mapping[str, tuple[list[Signature], Sequence[str]]]:
    """What stands under a checkpoint of two of three witnesses, and whose lines count."""
    unknown = cosign(SigningKey("w.example", bytes(32), COSIGNATURE), note.text, SEEN_AT)
    two = NAMES[:2]
    return {
        "by-two-of-three: enough": (_lines(note, *two), two),
        "by-all: more than enough": (_lines(note, *NAMES), NAMES),
        "by-others-too: lines of unknown keys are passed over": ([unknown, *_lines(note, *two)], two),
    }


def bad_lines(note: Note) -> Mapping[str, list[Signature]]:
    """What stands under a checkpoint that two of three witnesses have not signed."""
    (uni,) = _lines(note, "uni")
    (diario,) = _lines(note, "diario")
    spoilt = diario.signature[:-1] + bytes([diario.signature[-1] ^ 1])
    later = (int(SEEN_AT.timestamp()) + 1).to_bytes(8) + diario.signature[8:]
    other = parse_note(checkpoint_of(sample_entries(6)))
    plain = WITNESSES["diario"].signature_of(note.text.encode())
    as_diario = SigningKey("diario.example.mx", bytes([9] * 32), COSIGNATURE)
    return {
        "by-nobody: nobody is too few": [],
        "by-one: one is too few": [uni],
        "by-one-twice: one witness counts once": [uni, *_lines(note, "uni", at=SEEN_AT - timedelta(1))],
        "by-another-key-of-that-name: the key counts": [uni, cosign(as_diario, note.text, SEEN_AT)],
        "with-a-bad-signature: each line of a witness is good": [uni, diario._replace(signature=spoilt)],
        "with-another-hour: the hour is signed": [uni, diario._replace(signature=later)],
        "of-another-checkpoint: the text is signed": [uni, *_lines(other, "diario")],
        "of-64-bytes: an hour stands before the signature": [uni, diario._replace(signature=plain)],
        "of-73-bytes: nothing follows the signature": [
            uni, diario._replace(signature=diario.signature + b"\0"),
        ],
        "of-tomorrow: no witness has been in the future": [
            uni, *_lines(note, "diario", at=NOW + timedelta(days=1)),
        ],
        "of-the-last-of-hours: no witness has been in the future": [uni, _of_hour("diario", note, 2**64 - 1)],
        "of-no-hour: zero is no hour": [uni, _of_hour("diario", note, 0)],
        "of-tomorrow-beside-enough: each line of a witness is good": [
            uni, diario, *_lines(note, "tribunal", at=NOW + timedelta(days=1)),
        ],
    }  # fmt: skip


def _of_hour(name: str, note: Note, seconds: int) -> Signature:
    key = WITNESSES[name]
    signature = key.signature_of(f"cosignature/v1\ntime {seconds}\n{note.text}".encode())
    return Signature(key.name, key.public.key_id, seconds.to_bytes(8) + signature)


def _cosigned(words: str, note: Note, lines: Sequence[Signature], expected: Any) -> Vector:
    name, _, what = words.partition(": ")
    file = Note(note.text, (*signed(note.text, [KEY]).signatures, *lines)).file
    given = {
        "vkeys": [KEY.public.vkey], "policy": TWO_OF_THREE, "now": int(NOW.timestamp()),
        "file": base64.b64encode(file).decode(),
    }  # fmt: skip
    return _vector(16, f"cosigned-{name}", what, "cosigned", given, expected)


def _vector(step: int, name: str, what: str, check: str, given: dict[str, Any], expected: Any) -> Vector:
    return {"name": name, "about": what, "step": step, "check": check, "given": given, "expected": expected}
