"""Decisions made one after the other, each on what those before it leave, before anything is recorded."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from domain.milestone import MILESTONE, milestone_stream
from domain.milestone_events import MilestoneProgressed, MilestoneStarted
from ledger.drafts import Draft, Drafts, Kept
from ledger.ledger import Ledger, View
from ledger.log import Committed, Conflict
from ledger.memory import MemoryLog
from tests.domain.milestones import planned
from tests.ledger.samples import AUTHOR, NOON

FIRST, SECOND = milestone_stream("x", "F001"), milestone_stream("x", "F002")


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory in which two activities are planned."""
    ledger = Ledger(MemoryLog())

    async def plan() -> None:
        async def decide(view: View) -> None:
            view.write(FIRST, [planned()])
            view.write(SECOND, [planned()])

        await ledger.execute(decide, command_id=uuid4(), author=AUTHOR, occurred_at=NOON)

    asyncio.run(plan())
    return ledger


async def started(drafts: Drafts, stream: str = FIRST) -> Kept:
    draft = drafts.next()
    draft.author = AUTHOR
    await draft.load(MILESTONE, stream)
    draft.write(stream, [MilestoneStarted()])
    return drafts.keep(draft, NOON, NOON)


async def progressed(drafts: Drafts, done: int) -> tuple[Draft, Kept]:
    draft = drafts.next()
    draft.author = AUTHOR
    await draft.load(MILESTONE, FIRST)
    draft.write(FIRST, [MilestoneProgressed(done=done)])
    return draft, drafts.keep(draft, NOON, NOON)


def test_a_decision_sees_what_those_before_it_leave_and_nothing_is_recorded(ledger: Ledger) -> None:
    async def run() -> None:
        drafts = Drafts(ledger)
        await started(drafts)
        draft, kept = await progressed(drafts, 3)

        assert (await draft.load(MILESTONE, FIRST)).state.status == "in_progress"
        assert (await drafts.load(MILESTONE, FIRST)).state.done == 3
        assert [event.version for event in kept.events] == [3]
        assert ledger.log.head().position == 2

    asyncio.run(run())


def test_together_they_are_one_commit_and_alone_one_each(ledger: Ledger) -> None:
    async def run() -> None:
        drafts = Drafts(ledger)
        kept = [await started(drafts), (await progressed(drafts, 3))[1]]
        whole = ledger.log.append([drafts.together(kept, uuid4(), b"")])
        assert [type(outcome) for outcome in whole] == [Committed]
        assert ledger.log.head().position == 4

        more = Drafts(ledger)
        each = [(await progressed(more, 4))[1], await started(more, SECOND)]
        alone = ledger.log.append([more.alone(one, uuid4(), b"") for one in each])
        assert [type(outcome) for outcome in alone] == [Committed, Committed]

    asyncio.run(run())


def test_a_stream_that_begins_with_one_decision_goes_on_with_the_next(ledger: Ledger) -> None:
    async def run() -> None:
        drafts, third = Drafts(ledger), milestone_stream("x", "F003")
        first = drafts.next()
        first.author = AUTHOR
        first.write(third, [planned()])
        kept = [drafts.keep(first, NOON, NOON)]
        assert third in await drafts.next().family("milestone/x/")
        kept.append(await started(drafts, third))

        (outcome,) = ledger.log.append([drafts.together(kept, uuid4(), b"")])

        assert isinstance(outcome, Committed)
        assert (await ledger.load(MILESTONE, third)).state.status == "in_progress"

    asyncio.run(run())


def test_what_changed_in_between_keeps_all_back(ledger: Ledger) -> None:
    async def run() -> None:
        drafts, others = Drafts(ledger), Drafts(ledger)
        kept = [await started(drafts, SECOND), await started(drafts)]
        ledger.log.append([others.alone(await started(others), uuid4(), b"")])

        (outcome,) = ledger.log.append([drafts.together(kept, uuid4(), b"")])

        assert isinstance(outcome, Conflict)
        assert ledger.log.head().position == 3

    asyncio.run(run())


def test_the_past_is_looked_at_as_it_was(ledger: Ledger) -> None:
    async def run() -> None:
        drafts = Drafts(ledger)
        ledger.log.append([drafts.alone(await started(drafts), uuid4(), b"")])

        assert (await Drafts(ledger, until=2).load(MILESTONE, FIRST)).state.status == "planned"
        assert (await Drafts(ledger).load(MILESTONE, FIRST)).state.status == "in_progress"

    asyncio.run(run())


def test_a_decision_nobody_was_authorised_to_make_is_not_kept(ledger: Ledger) -> None:
    async def run() -> None:
        drafts = Drafts(ledger)
        draft = drafts.next()
        draft.write(FIRST, [MilestoneStarted()])
        drafts.keep(draft, NOON, NOON)

    with pytest.raises(ValueError, match="not authorised"):
        asyncio.run(run())
