"""A superuser changes the log in every way there is, and whoever holds a checkpoint of before finds each one.

Each mutation is published four times: as the server would, by force with the tiles as they were, with every tile made
anew, and with every tile made anew and a checkpoint signed with the stolen key. What is recorded after the checkpoint
that is held is not protected by it: that window is what the log's signing every second keeps short.
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from bitacora_verifier.refusal import Kind, Refused
from ledger.tiles import WIDTH, bundle, tiles_of
from ledger.tree import NotInTree, Tree
from tests.ledger.logs import ORIGIN
from tests.torture.conftest import Say
from tests.torture.tamper import MUTATIONS
from tests.torture.tampered import EVENTS, TIMES, entries_in, refusal, size_of, verify
from tests.verifier.published import Files, published


def served(database: Connection[Any], before: Files) -> Files | None:
    """What the server itself would publish under the checkpoint there was; None where it finds that it cannot."""
    tree = Tree(database, ORIGIN)
    try:
        return {f"tile/{tile.path}": tree.tile(tile) for tile in tiles_of(EVENTS)} | {
            "checkpoint": before["checkpoint"]
        }
    except NotInTree:
        return None


def editions(database: Connection[Any], before: Files) -> dict[str, Files]:
    """The log as it is now, published in four ways."""
    entries = entries_in(database)
    anew = published(entries)
    bundles = {
        f"tile/{tile.path}": bundle(entries[tile.number * WIDTH :][: tile.width])
        for tile in tiles_of(EVENTS)
        if tile.kind == "entries"
    }
    found = {
        "by force": before | bundles,
        "with tiles made anew": anew | {"checkpoint": before["checkpoint"]},
        "signed with the stolen key": anew,
    }
    as_served = served(database, before)
    return found if as_served is None else {"as served": as_served, **found}


def test_every_mutation_is_found_by_who_holds_a_checkpoint(
    database: Connection[Any], tmp_path: Path, dice: random.Random, say: Say
) -> None:
    before = published(entries_in(database))
    known = verify(before, tmp_path / "log").to_remember
    assert known.checkpoint.size == EVENTS
    kinds: Counter[str] = Counter()
    for name, mutate in MUTATIONS.items():
        for _ in range(TIMES):
            with database.transaction(force_rollback=True):
                position = mutate(database, dice, EVENTS)
                for edition, files in editions(database, before).items():
                    found = refusal(files, tmp_path / "log", known)
                    assert found is not None, (name, edition, "was not found")
                    assert found.first is not None, (name, edition)
                    if (size := size_of(files)) < EVENTS:
                        assert (found.kind, found.first) == (Kind.HISTORY, size + 1), "it went back"
                    else:
                        assert found.first <= position, (name, edition, "an earlier one was changed")
                    assert edition != "by force" or found.first == position, (name, "it can be told exactly")
                    kinds[f"{edition}: {found.kind.name.lower()}"] += 1
        # Nothing was changed: the same is done, and all is well.
        for edition, files in editions(database, before).items():
            assert verify(files, tmp_path / "log", known).checkpoint == known.checkpoint, edition
    say(f"{len(MUTATIONS) * TIMES:,} mutations of {len(MUTATIONS)} classes, all found: {dict(kinds)}")
    assert {edition for edition, _ in (each.split(": ") for each in kinds)} == set(editions(database, before))


def test_every_change_of_a_published_file_is_found(
    database: Connection[Any], tmp_path: Path, dice: random.Random, say: Say
) -> None:
    before = published(entries_in(database))
    known = verify(before, tmp_path / "log").to_remember
    tries = 0
    for path in before:
        for _ in range(TIMES * 4):
            content = before[path]
            at = dice.randrange(len(content))
            for wrong in (
                content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :],
                content[:at], content[:at] + content[at + 1 :], content + content[at : at + 1], None,
            ):  # fmt: skip
                files = {name: each for name, each in before.items() if name != path or wrong is not None}
                with pytest.raises(Refused):
                    verify(files if wrong is None else files | {path: wrong}, tmp_path / "log", known)
                tries += 1
    say(f"{tries:,} changes of files, all found")


def test_an_older_state_of_all_of_it_is_found(
    database: Connection[Any], tmp_path: Path, dice: random.Random
) -> None:
    entries = entries_in(database)
    known = verify(published(entries), tmp_path / "log").to_remember
    for size in [0, EVENTS - 1, *(dice.randrange(1, EVENTS) for _ in range(TIMES * 2))]:
        older = published(entries[:size])
        assert verify(older, tmp_path / "log").checkpoint.size == size, "by itself it is a good log"
        with pytest.raises(Refused) as refused:
            verify(older, tmp_path / "log", known)
        assert (refused.value.kind, refused.value.first) == (Kind.HISTORY, size + 1)
