"""The simulated cases: every function has some, in several states, and each is led on as a coordinator would."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from api.case_playing import play_cases
from api.case_simulation import case_stories
from api.opening import start_log
from domain.milestone import MILESTONE
from domain.notice import notice_status
from domain.owed import owed
from domain.procedure import procedures
from domain.process import PROCESS, process_stream
from ledger.ledger import Ledger
from ledger.memory import MemoryLog

SEED = 2027
AFTER_THE_ELECTION = datetime(2027, 7, 1, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """A log in which every case was led on until after the election."""
    made = Ledger(MemoryLog())

    async def play() -> None:
        await start_log(made, "demo.invalid/prueba", datetime(2026, 8, 1, tzinfo=UTC), simulated=True)
        await play_cases(made, AFTER_THE_ELECTION, SEED)

    asyncio.run(play())
    return made


def test_every_procedure_has_a_case_and_every_function_several_states(ledger: Ledger) -> None:
    stories = list(case_stories(AFTER_THE_ELECTION, SEED))
    systems = {(procedures()[story.command.kind].system, story.command.territory) for story in stories}

    assert {story.command.kind for story in stories} == {
        kind for kind, procedure in procedures().items() if not procedure.is_plan
    }
    # The elections themselves are functions 1 and 2; the comparison of plans (3) has no cases.
    assert {system for system, _ in systems} >= set(range(4, 15))
    assert min(Counter(system for system, _ in systems).values()) >= 2


def test_cases_are_opened_and_come_to_their_end(ledger: Ledger) -> None:
    stories = list(case_stories(AFTER_THE_ELECTION, SEED))
    statuses = Counter(
        asyncio.run(ledger.load(PROCESS, process_stream(story.command.process))).state.status
        for story in stories
    )

    assert statuses["closed"] > len(stories) / 3
    assert statuses["open"] > len(stories) / 10


def test_playing_again_records_nothing_and_a_day_later_goes_on(ledger: Ledger) -> None:
    head = ledger.log.head().position
    asyncio.run(play_cases(ledger, AFTER_THE_ELECTION, SEED))
    assert ledger.log.head().position == head

    early = Ledger(MemoryLog())
    asyncio.run(start_log(early, "demo.invalid/prueba", datetime(2026, 8, 1, tzinfo=UTC), simulated=True))
    for day in range(0, 40, 8):
        asyncio.run(play_cases(early, datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day), SEED))
    at_once = Ledger(MemoryLog())
    asyncio.run(start_log(at_once, "demo.invalid/prueba", datetime(2026, 8, 1, tzinfo=UTC), simulated=True))
    asyncio.run(play_cases(at_once, datetime(2026, 11, 2, tzinfo=UTC), SEED))

    assert _said(early) == _said(at_once)


def test_some_steps_are_announced_and_some_never(ledger: Ledger) -> None:
    streams = {event.stream for event in ledger.log.read(0, 100_000) if event.stream.startswith("milestone/")}
    states = [asyncio.run(ledger.load(MILESTONE, stream)).state for stream in sorted(streams)]
    stands = Counter(notice_status(state, AFTER_THE_ELECTION) for state in states)

    assert stands["given"] > stands["missing"] > 0
    assert any("evidence" in owed(state) for state in states)


def _said(ledger: Ledger) -> Counter[tuple[str, str]]:
    return Counter((event.stream, event.type) for event in ledger.log.read(0, 100_000))
