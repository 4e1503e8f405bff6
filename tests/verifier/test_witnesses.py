"""A log is believed where as many witnesses have seen it as the auditor asks for, and refused where they have not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bitacora_verifier.checkpoint import open_checkpoint
from bitacora_verifier.log import Question, Verified, verify_log
from bitacora_verifier.note import parse_vkey
from bitacora_verifier.policy import parse_policy, policy_of
from bitacora_verifier.refusal import Kind, Refused
from ledger.cosignature import cosign
from ledger.note import Note, parse_note
from tests.verifier.published import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    Files,
    checkpoint_of,
    published,
    receipt_of,
    sample_entries,
    write,
)
from tests.verifier.test_command import verifier
from tests.verifier.vector_witnesses import TWO_OF_THREE, WITNESSES

PINNED = [parse_vkey(KEY.public.vkey)]
POLICY = parse_policy(TWO_OF_THREE)
ENTRIES = sample_entries(300)
NOW = datetime.now(UTC).replace(microsecond=0)


def seen(file: bytes, *names: str, at: datetime = NOW) -> bytes:
    """A checkpoint that these witnesses have signed."""
    note = parse_note(file)
    lines = [cosign(WITNESSES[name], note.text, at) for name in names]
    return Note(note.text, (*note.signatures, *lines)).file


def files(*names: str, witnessed: bytes | None = None) -> Files:
    """A log of 300 entries whose checkpoint these have signed, and what is published beside it as witnessed."""
    found = published(ENTRIES)
    found["checkpoint"] = seen(found["checkpoint"], *names)
    return found if witnessed is None else {**found, "witnessed": witnessed}


def verified(published_files: Files, folder: Path, fresh_minutes: int | None = None) -> Verified:
    """Verify a log of these files under the policy."""
    place = str(write(published_files, folder))
    return verify_log(Question(place, PINNED, policy=POLICY, fresh_minutes=fresh_minutes))


def refusal(published_files: Files, folder: Path, fresh_minutes: int | None = None) -> Refused:
    """Return why a log of these files is refused under the policy."""
    with pytest.raises(Refused) as refused:
        verified(published_files, folder, fresh_minutes)
    return refused.value


def test_what_enough_witnesses_have_seen_is_verified_and_says_who_and_when(tmp_path: Path) -> None:
    found = verified(files("uni", "tribunal"), tmp_path).witnessed

    assert found is not None
    assert (found.checkpoint.size, found.seen_at) == (300, {"uni": NOW, "tribunal": NOW})


def test_what_too_few_have_seen_is_refused(tmp_path: Path) -> None:
    for names in ((), ("uni",)):
        found = refusal(files(*names), tmp_path)
        assert found.kind == Kind.WITNESSES
        assert (names[0] if names else "none") in found.en
        assert "al menos 2" in found.es


def test_a_log_that_has_grown_since_is_verified_up_to_what_was_witnessed_and_says_so(tmp_path: Path) -> None:
    before = seen(checkpoint_of(ENTRIES[:280]), "uni", "diario")
    found = verified(files(witnessed=before), tmp_path)

    assert found.witnessed is not None
    assert (found.witnessed.checkpoint.size, found.checkpoint.size) == (280, 300)


def test_a_log_that_does_not_continue_what_was_witnessed_is_refused(tmp_path: Path) -> None:
    other = seen(checkpoint_of([*ENTRIES[:279], b"{}"]), "uni", "diario")
    same_size = seen(checkpoint_of([*ENTRIES[:299], b"{}"]), "uni", "diario")
    larger = seen(checkpoint_of([*ENTRIES, b"{}"]), "uni", "diario")
    for number, witnessed in enumerate((other, same_size, larger)):
        assert refusal(files(witnessed=witnessed), tmp_path / str(number)).kind == Kind.HISTORY


def test_what_is_published_as_witnessed_has_to_be_signed_by_the_log_and_by_them(tmp_path: Path) -> None:
    by_another = seen(checkpoint_of(ENTRIES[:280], [OTHER_KEY]), "uni", "diario")
    by_one = seen(checkpoint_of(ENTRIES[:280]), "uni")
    assert refusal(files(witnessed=by_another), tmp_path / "1").kind == Kind.CHECKPOINT
    assert refusal(files(witnessed=by_one), tmp_path / "2").kind == Kind.WITNESSES
    assert refusal(files(witnessed=b"nothing"), tmp_path / "3").kind == Kind.CHECKPOINT


def test_what_they_saw_too_long_ago_is_refused_whatever_the_files_say_of_their_age(tmp_path: Path) -> None:
    day_ago = NOW - timedelta(days=1)
    old = published(ENTRIES) | {"checkpoint": seen(checkpoint_of(ENTRIES), "uni", "diario", at=day_ago)}
    one_is_new = old | {"checkpoint": seen(old["checkpoint"], "tribunal")}

    assert verified(old, tmp_path, 2_000).witnessed
    assert refusal(old, tmp_path, 1_000).kind == Kind.STALE
    assert refusal(one_is_new, tmp_path, 1_000).kind == Kind.STALE
    assert verified(files("uni", "tribunal"), tmp_path, 1_000).witnessed


def test_an_hour_that_has_not_come_is_refused_though_enough_others_signed(tmp_path: Path) -> None:
    enough = published(ENTRIES) | {"checkpoint": seen(checkpoint_of(ENTRIES), "uni", "diario")}
    soon = seen(enough["checkpoint"], "tribunal", at=NOW + timedelta(minutes=4))
    tomorrow = seen(enough["checkpoint"], "tribunal", at=NOW + timedelta(days=1))

    assert verified(enough | {"checkpoint": soon}, tmp_path).witnessed
    assert refusal(enough | {"checkpoint": tomorrow}, tmp_path).kind == Kind.WITNESSES


def test_a_witness_with_the_log_s_own_key_is_refused(tmp_path: Path) -> None:
    own = type(WITNESSES["uni"])("uni.example.mx", KEY.seed, 4)
    note = parse_note(checkpoint_of(ENTRIES))
    checkpoint = Note(note.text, (*note.signatures, cosign(own, note.text, NOW))).file
    place = str(write(published(ENTRIES) | {"checkpoint": checkpoint}, tmp_path))
    with pytest.raises(Refused, match="the log's own key"):
        verify_log(Question(place, PINNED, policy=policy_of([own.public.vkey], None)))


def test_witnesses_are_asked_for_one_by_one_or_by_a_file_that_may_pin_the_log_s_key(tmp_path: Path) -> None:
    place, home = write(files("uni", "diario"), tmp_path / "log"), tmp_path / "state"
    (tmp_path / "policy").write_text(f"log {KEY.public.vkey}\n{TWO_OF_THREE}")
    each = [word for key in WITNESSES.values() for word in ("--witness", key.public.vkey)]

    by_file = verifier("log", place, "--policy", tmp_path / "policy", home=home)
    assert (by_file.returncode, by_file.stderr) == (0, "")
    assert "witnessed:    300" in by_file.stdout
    assert f"by:           diario {NOW:%Y-%m-%dT%H:%M:%SZ}" in by_file.stdout
    assert verifier("log", place, *each, "--quorum", "2", home=home).returncode == 0
    assert verifier("log", place, *each, "--quorum", "3", home=home).returncode == 10
    assert verifier("log", place, *each, home=home).returncode == 10, "all, where it is not said how many"
    wrongly: tuple[tuple[str | Path, ...], ...] = (
        ("--quorum", "2"), (*each, "--quorum", "4"), ("--witness", KEY.public.vkey),
        (*each, "--policy", tmp_path / "policy"), (*each, *each[:2]),
    )  # fmt: skip
    for wrong in wrongly:
        assert verifier("log", place, *wrong, home=home).returncode == 2, wrong


def test_it_says_in_spanish_and_to_programs_what_witnesses_saw_and_what_is_only_signed(
    tmp_path: Path,
) -> None:
    before = seen(checkpoint_of(ENTRIES[:280]), "uni", "diario")
    place, home = write(files(witnessed=before), tmp_path / "log"), tmp_path / "state"
    (tmp_path / "policy").write_text(f"log {KEY.public.vkey}\n{TWO_OF_THREE}")
    asked = ("log", place, "--policy", tmp_path / "policy")

    assert "solo firmados: 20" in verifier(*asked, "--lang", "es", home=home).stdout
    told = verifier(*asked, "--json", home=home).stdout
    assert '"witnessed": {"size": 280, "seen_at": {"uni"' in told


def test_a_receipt_is_held_against_the_policy_too(tmp_path: Path) -> None:
    receipt = receipt_of(ENTRIES, 7)
    head, _, checkpoint = receipt.partition(b"\n\n")
    (tmp_path / "entry").write_bytes(ENTRIES[7])
    (tmp_path / "policy").write_text(f"log {KEY.public.vkey}\n{TWO_OF_THREE}")
    for names, code in ((("uni",), 10), (("uni", "diario"), 0)):
        (tmp_path / "receipt").write_bytes(head + b"\n\n" + seen(checkpoint, *names))
        answer = verifier(
            "receipt", tmp_path / "receipt", tmp_path / "entry", "--policy", tmp_path / "policy",
            home=tmp_path / "state",
        )  # fmt: skip
        assert answer.returncode == code, answer.stderr
    assert open_checkpoint(checkpoint, PINNED).origin == ORIGIN
