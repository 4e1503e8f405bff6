"""Somebody has the database and the log's key: rewrites history, makes every file anew, and signs it.

Nothing in such files is wrong. Who verified the log before finds it by what they remember; who never did, by asking
for witnesses: they sign no other history than the one they saw. Whoever asks for neither is shown a good log, and that
is the limit of any signature. What came after the last checkpoint that witnesses saw is theirs to find no more.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from api.witnesses.app import described
from bitacora_verifier.policy import Policy, policy_of
from bitacora_verifier.refusal import Kind
from ledger.merkle import consistency_spans, proof
from ledger.note import Note, parse_note
from ledger.witness import NotCosigned, WitnessFolder
from ledger.witness_request import Addition
from tests.torture.conftest import Say
from tests.torture.size import sized
from tests.torture.tamper import MUTATIONS
from tests.torture.tampered import EVENTS, entries_in, refusal, size_of, verify
from tests.verifier.published import KEY, ORIGIN, Files, checkpoint_of, hashes_of, published

TIMES = sized(1, 46)
"""How often each class is tried: in full, over a thousand forgeries."""
FLAWLESS = {
    "a body replaced by another",
    "a whole stream deleted and the rest renumbered",
    "the end cut off",
    "another type",
    "another author",
    "on behalf of another",
    "happened at another time",
}
"""Some of the forgeries of which nothing in the files themselves can tell."""


class Witnesses:
    """Three witnesses, of whom an auditor asks for two."""

    def __init__(self, folder: Path) -> None:
        self.folders = [WitnessFolder(folder / name) for name in ("uni", "diario", "tribunal")]
        for witness in self.folders:
            witness.create(f"{witness.folder.name}.example.mx")
            witness.follow(KEY.public.vkey)

    @property
    def policy(self) -> Policy:
        """What the auditor asks for."""
        return policy_of([one.key().public.vkey for one in self.folders], 2)

    def ask(self, entries: Sequence[bytes], old_size: int) -> tuple[bytes, list[HTTPStatus]]:
        """Ask them to cosign the log of these entries; return the checkpoint with their lines, and who refused how."""
        note, lines, refused = parse_note(checkpoint_of(entries)), [], []
        size = len(entries)
        path = proof(consistency_spans(old_size, size), hashes_of(entries)) if 0 < old_size <= size else []
        for witness in self.folders:
            try:
                request = Addition(old_size, path, note).file
                lines.append(witness.add_checkpoint(request, datetime.now(UTC)))
            except NotCosigned as refusal:
                refused.append(refusal.status)
        return Note(note.text, (*note.signatures, *lines)).file, refused


@pytest.fixture
def witnesses(tmp_path: Path) -> Witnesses:
    """The witnesses, who have seen nothing yet."""
    return Witnesses(tmp_path)


def test_who_has_the_key_is_found_by_those_who_remember_and_by_those_who_ask_for_witnesses(
    database: Connection[Any], witnesses: Witnesses, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    entries, place = entries_in(database), tmp_path / "log"
    witnessed, _ = witnesses.ask(entries, 0)
    honest = published(entries) | {"checkpoint": witnessed, "witnessed": witnessed}
    known = verify(honest, place, policy=witnesses.policy).to_remember
    flawless: Counter[str] = Counter()
    for name, mutate in MUTATIONS.items():
        for _ in range(TIMES):
            with database.transaction(force_rollback=True):
                position = mutate(database, dice, EVENTS)
                changed = entries_in(database)
            forged = forgery(witnesses, changed)
            # The limit, said in docs/VERIFY.md: to who knows nothing and asks nobody, some of these are good logs.
            is_flawless = refusal(forged, place) is None
            flawless[name] += is_flawless
            assert refusal(forged, place, known) is not None, name
            unseen = refusal(forged, place, policy=witnesses.policy)
            assert unseen is not None, name
            assert unseen.kind == Kind.WITNESSES, name
            # Published beside it, so that the quorum is there, what the witnesses saw says where it was changed.
            beside = refusal(forged | {"witnessed": witnessed}, place, policy=witnesses.policy)
            assert beside is not None, name
            assert beside.first is not None, name
            assert beside.first <= max(position, size_of(forged) + 1), name
            assert beside.kind == Kind.HISTORY or not is_flawless, name
    say(f"{len(MUTATIONS) * TIMES:,} forgeries, {flawless.total():,} of them flawless, and all found")
    assert {name for name in FLAWLESS if flawless[name] == TIMES} == FLAWLESS, flawless
    assert verify(honest, place, known, witnesses.policy).checkpoint == known.checkpoint


def forgery(witnesses: Witnesses, entries: Sequence[bytes]) -> Files:
    """Publish another history with the stolen key, and have as many witnesses sign it as will: none does."""
    checkpoint, refused = witnesses.ask(entries, EVENTS)
    assert len(refused) == 3, "nobody has cosigned another history"
    return published(entries) | {"checkpoint": checkpoint}


def with_another(entries: Sequence[bytes], position: int) -> list[bytes]:
    """The log with what somebody said at one position replaced: an entry as good as the one there was."""
    changed = entries[position - 1].replace(b'"told":"so"', b'"told":"no"')
    assert changed != entries[position - 1]
    return [*entries[: position - 1], changed, *entries[position:]]


def test_a_witness_names_the_fork_and_has_both_checkpoints(
    database: Connection[Any], witnesses: Witnesses, tmp_path: Path
) -> None:
    entries = entries_in(database)
    forged = with_another(entries, 100)
    honest, _ = witnesses.ask(entries, 0)
    other, refused = witnesses.ask(forged, EVENTS)
    assert refused == [HTTPStatus.CONFLICT] * 3

    for witness in witnesses.folders:
        fork = witness.fork(ORIGIN) or ()
        assert [parse_note(file).text for file in fork] == [parse_note(file).text for file in (honest, other)]
        assert f"fork {ORIGIN} {EVENTS} " in described(witness)
    # What a witness saw is a checkpoint anybody may hold: it says that the forged log is another.
    found = refusal(
        published(forged) | {"checkpoint": other, "witnessed": honest}, tmp_path / "log",
        policy=witnesses.policy,
    )  # fmt: skip
    assert found is not None
    assert (found.kind, found.first, found.last) == (Kind.HISTORY, 1, EVENTS)


def test_what_came_after_the_last_witnessed_checkpoint_is_the_window_and_is_said(
    database: Connection[Any], witnesses: Witnesses, tmp_path: Path
) -> None:
    entries, seen = entries_in(database), EVENTS - 40
    witnessed, _ = witnesses.ask(entries[:seen], 0)

    def shown(position: int) -> Files:
        """The log with another entry there, signed with the stolen key, beside what witnesses saw."""
        return published(with_another(entries, position)) | {"witnessed": witnessed}

    inside = verify(shown(seen + 1), tmp_path / "log", policy=witnesses.policy)
    assert inside.witnessed is not None
    assert (inside.witnessed.checkpoint.size, inside.checkpoint.size) == (seen, EVENTS)
    below = refusal(shown(seen), tmp_path / "log", policy=witnesses.policy)
    assert below is not None
    assert below.kind == Kind.HISTORY
    # Once the log has asked again, that is over for these as well.
    later, _ = witnesses.ask(entries, seen)
    after = refusal(shown(seen + 1) | {"witnessed": later}, tmp_path / "log", policy=witnesses.policy)
    assert after is not None
    assert after.kind == Kind.HISTORY
