"""Whichever call to the database fails, the outcome is right or the error is clean, and a repetition succeeds."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

import ledger.line
from ledger.ledger import Ledger
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from tests.torture.checker import Verdict, check_log, read_log
from tests.torture.faults import MOMENTS, Faults, Moment
from tests.torture.journal import Journal, read_journals
from tests.torture.scenario import Scenario

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.torture.conftest import Say

pytestmark = pytest.mark.torture


def fail_every_call_once(database_url: str, moment: Moment, scenario: Scenario, say: Say) -> list[str]:
    """Tell the scenario again and again, hitting the first call, the second … until there is none left to hit.

    Return what was neither an answer nor a clean error.
    """
    unclean = []
    for failing in itertools.count(1):
        faults = Faults(failing, moment, database_url)
        with pytest.MonkeyPatch.context() as monkeypatch:
            faults.apply(monkeypatch)
            told = Ledger(PostgresLog(database_url))
            try:
                asyncio.run(scenario.tell(told, f"pel-{moment.replace(' ', '-')}-{failing}"))
            except Exception as failure:  # noqa: BLE001 - whatever it is, it belongs in the list
                unclean.append(f"call {failing} ({faults.hit}, {moment}): {failure!r}")
            told.close()
        if faults.hit is None:
            break
    say(f"{moment}: each of {failing - 1} calls")
    return unclean


def judged(database_url: str, journals: Path) -> Verdict:
    return check_log(read_log(database_url), read_journals(journals), finished=True)


@pytest.mark.parametrize("resolving", [True, False], ids=["resolving", "at once"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_every_call_to_the_database_may_fail_once(
    moment: Moment, resolving: bool, database_url: str, tmp_path: Path,
    dice: random.Random, say: Say, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The ledger finds a lost answer out by itself, or says at once that it does not know and is asked again."""
    if not resolving:
        monkeypatch.setattr(ledger.line, "RESOLVE_SECONDS", -1)
    migrate(database_url)
    journal = Journal(tmp_path / "faults.journal")

    unclean = fail_every_call_once(database_url, moment, Scenario(journal, dice), say)
    verdict = judged(database_url, tmp_path)
    say(str(verdict))

    assert unclean == []
    assert not verdict.wrong


def test_a_repetition_under_another_id_is_caught(
    database_url: str, tmp_path: Path, dice: random.Random, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a caller who does not know the outcome, and asks as if nothing had been recorded."""
    monkeypatch.setattr(ledger.line, "RESOLVE_SECONDS", -1)
    migrate(database_url)
    journal = Journal(tmp_path / "faults.journal")

    fail_every_call_once(database_url, "cut after", Scenario(journal, dice, same_id=False), say)
    verdict = judged(database_url, tmp_path)
    say(str(verdict))

    assert verdict.wrong["never acknowledged"] > 0
