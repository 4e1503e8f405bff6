"""Deciding on what was recorded, and recording what was decided: in memory and on PostgreSQL 15 and 18."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from domain.event import Envelope, Event, Refused, Subject
from ledger.ledger import Contended, Folded, Ledger, Recorded, StreamExists, View
from ledger.log import Outcome, OutcomeUnknown, QueueFull, ReusedCommandId
from ledger.memory import MemoryLog
from tests.ledger.samples import AUTHOR, NOON, commit

if TYPE_CHECKING:
    from ledger.log import Commit, Log


class Deposited(Event, type="Deposited.v1"):
    """Sampled for these tests only."""

    amount: int


class AccountClosed(Event, type="AccountClosed.v1"):
    """Sampled for these tests only."""


@dataclass(frozen=True)
class Account:
    balance: int = 0
    is_closed: bool = False


def evolve(account: Account, event: Event, envelope: Envelope) -> Account:
    del envelope
    match event:
        case Deposited(amount=amount):
            return replace(account, balance=account.balance + amount)
        case _:
            return replace(account, is_closed=True)


ACCOUNT = Subject("account", Account(), evolve)
Decision = Callable[[View], Awaitable[None]]


def deposit(stream: str, amount: int) -> Decision:
    async def decide(view: View) -> None:
        account = await view.load(ACCOUNT, stream)
        if account.state.is_closed:
            raise Refused("account-closed", es="La cuenta está cerrada.", en="The account is closed.")
        view.write(stream, [Deposited(amount=amount)])

    return decide


def close(stream: str) -> Decision:
    async def decide(view: View) -> None:
        account = await view.load(ACCOUNT, stream)
        view.write(stream, [] if account.state.is_closed else [AccountClosed()])

    return decide


async def run(
    ledger: Ledger, decide: Decision, command_id: UUID | None = None, digest: bytes = b""
) -> Recorded:
    return await ledger.execute(
        decide, command_id=command_id or uuid4(), author=AUTHOR, occurred_at=NOON, request_digest=digest
    )


@asynccontextmanager
async def two_processes(log: Log) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Two ledgers that know nothing of each other, on one log."""
    one, other = Ledger(log), Ledger(log)
    try:
        yield one, other
    finally:
        for ledger in (one, other):
            ledger.committer.close()


def test_a_command_is_decided_recorded_and_answered_with_its_events(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            recorded = await run(ledger, deposit("account/1", 5))
            [(event, envelope)] = recorded.events
            assert event == Deposited(amount=5)
            assert (envelope.position, envelope.stream, envelope.version) == (1, "account/1", 1)
            assert (envelope.author, envelope.occurred_at) == (AUTHOR, NOON)
            assert (recorded.position, recorded.replayed) == (1, False)
            assert await ledger.load(ACCOUNT, "account/1") == Folded(Account(balance=5), 1, 1)

    asyncio.run(story())


def test_what_another_process_recorded_is_seen_before_recording(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):
            for round_ in range(3):
                await run(one, deposit("account/1", 1))
                recorded = await run(other, deposit("account/1", 10))
                assert recorded.events[0].envelope.version == 2 * round_ + 2
            assert (await one.load(ACCOUNT, "account/1")).state.balance == 33

    asyncio.run(story())


def test_a_refusal_is_true_now_and_not_when_the_state_was_last_seen(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):
            await run(one, deposit("account/1", 1))
            await run(other, close("account/1"))
            with pytest.raises(Refused, match="closed"):
                await run(one, deposit("account/1", 1))
            assert log.head().position == 2

    asyncio.run(story())


def test_already_so_is_true_now_and_not_when_the_state_was_last_seen(log: Log) -> None:
    async def story() -> None:
        def withdraw_all(stream: str) -> Decision:
            async def decide(view: View) -> None:
                account = await view.load(ACCOUNT, stream)
                view.write(
                    stream, [Deposited(amount=-account.state.balance)] if account.state.balance else []
                )

            return decide

        async with two_processes(log) as (one, other):
            await run(one, deposit("account/1", 5))
            await run(one, withdraw_all("account/1"))
            await run(other, deposit("account/1", 7))
            recorded = await run(one, withdraw_all("account/1"))
            assert [event for event, _ in recorded.events] == [Deposited(amount=-7)]

    asyncio.run(story())


def test_asking_for_what_is_already_so_records_nothing(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            await run(ledger, close("account/1"))
            assert await run(ledger, close("account/1")) == Recorded((), position=1)
            assert log.head().position == 1

    asyncio.run(story())


def test_a_repeated_command_has_its_first_outcome_whatever_would_be_decided_now(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):
            deposited, closed = uuid4(), uuid4()
            first = await run(one, deposit("account/1", 5), deposited)
            last = await run(one, close("account/1"), closed)
            for ledger in (one, other):
                # Decided now, the deposit would be refused and the closing would be nothing.
                again = await run(ledger, deposit("account/1", 5), deposited)
                assert (again.events, again.position, again.replayed) == (first.events, 1, True)
                again = await run(ledger, close("account/1"), closed)
                assert (again.events, again.position, again.replayed) == (last.events, 2, True)

    asyncio.run(story())


def test_a_repeated_command_that_would_still_be_decided_is_recorded_once(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):
            command_id = uuid4()
            first = await run(one, deposit("account/1", 5), command_id, b"d" * 32)
            for ledger in (one, other):
                again = await run(ledger, deposit("account/1", 5), command_id, b"d" * 32)
                assert (again.events, again.replayed) == (first.events, True)
            assert (await one.load(ACCOUNT, "account/1")).state.balance == 5

    asyncio.run(story())


def test_a_command_id_used_for_another_request_is_refused(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            command_id = uuid4()
            await run(ledger, deposit("account/1", 5), command_id, b"1" * 32)
            with pytest.raises(ReusedCommandId, match=str(command_id)):
                await run(ledger, deposit("account/1", 6), command_id, b"2" * 32)

    asyncio.run(story())


def test_a_command_id_used_for_another_request_is_refused_where_deciding_is_refused_too(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            command_id = uuid4()
            await run(ledger, close("account/1"), command_id, b"close")
            with pytest.raises(ReusedCommandId):
                await run(ledger, deposit("account/1", 5), command_id, b"deposit")

    asyncio.run(story())


def test_streams_that_do_not_exist_push_nothing_out_of_memory(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            await ledger.load(ACCOUNT, "account/none")
            assert ledger.kept(ACCOUNT, "account/none") is None

    asyncio.run(story())


def test_a_kept_state_that_the_log_does_not_reach_is_forgotten() -> None:
    """A backup was restored beneath a running process."""

    async def story() -> None:
        ledger = Ledger(MemoryLog())
        await run(ledger, deposit("account/1", 5))
        await run(ledger, deposit("account/1", 5))
        shorter = Ledger(MemoryLog())
        await run(shorter, deposit("account/1", 7))
        ledger.log = shorter.log
        ledger.committer = shorter.committer
        ledger._loader = shorter._loader
        await run(ledger, deposit("account/1", 1))
        assert (await ledger.load(ACCOUNT, "account/1")).state.balance == 8
        shorter.close()

    asyncio.run(story())


def test_a_decision_over_several_streams_holds_or_is_made_again(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):
            await run(one, deposit("account/1", 5))
            await run(one, deposit("account/2", 0))
            seen: list[int] = []

            async def mirror(view: View) -> None:
                first = await view.load(ACCOUNT, "account/1")
                second = await view.load(ACCOUNT, "account/2")
                seen.append(first.state.balance)
                if len(seen) == 1:
                    await run(other, deposit("account/1", 1))
                view.write("account/2", [Deposited(amount=first.state.balance - second.state.balance)])

            await run(one, mirror)
            assert seen == [5, 6]
            assert (await other.load(ACCOUNT, "account/2")).state.balance == 6

    asyncio.run(story())


def test_opening_thousands_of_streams_is_one_command(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, other):

            async def open_all(view: View) -> None:
                for number in range(2300):
                    view.write(f"account/{number}", [Deposited(amount=number)])

            command_id = uuid4()
            recorded = await run(ledger, open_all, command_id)
            assert [envelope.position for _, envelope in recorded.events] == list(range(1, 2301))
            loaded = await asyncio.gather(
                *[other.load(ACCOUNT, f"account/{number}") for number in range(2300)]
            )
            assert [folded.state.balance for folded in loaded] == list(range(2300))
            assert (await run(other, open_all, command_id)).replayed
            with pytest.raises(StreamExists, match="account/"):
                await run(other, open_all)

    asyncio.run(story())


def test_many_writers_of_one_stream_all_get_through(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (one, other):

            async def insist(ledger: Ledger) -> None:
                command_id = uuid4()
                while True:
                    try:
                        await run(ledger, deposit("account/hot", 1), command_id)
                        return
                    except Contended:
                        continue

            await asyncio.gather(*[insist(ledger) for ledger in (one, other) for _ in range(20)])
            assert (await one.load(ACCOUNT, "account/hot")).state == Account(balance=40)

    asyncio.run(story())


def test_a_stream_that_never_stands_still_is_given_up_in_words() -> None:
    async def story() -> None:
        log = MemoryLog()
        async with two_processes(log) as (one, other):

            async def unlucky(view: View) -> None:
                await view.load(ACCOUNT, "account/1")
                await run(other, deposit("account/1", 1))
                view.write("account/1", [Deposited(amount=100)])

            with pytest.raises(Contended, match="four times"):
                await run(one, unlucky)
            assert (await one.load(ACCOUNT, "account/1")).state.balance == 4

    asyncio.run(story())


def test_kept_states_are_as_many_as_allowed_and_still_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.ledger.KEPT_STATES", 3)

    async def story() -> None:
        async with two_processes(MemoryLog()) as (ledger, _):
            for number in range(10):
                await run(ledger, deposit(f"account/{number}", number))
                await run(ledger, deposit(f"account/{number}", number))
            assert len(ledger._kept) == 3
            assert (await ledger.load(ACCOUNT, "account/1")).state.balance == 2

    asyncio.run(story())


@pytest.mark.parametrize("failure", [QueueFull("full"), OutcomeUnknown("lost")])
def test_a_failure_of_the_log_comes_out_as_it_is(failure: Exception) -> None:
    class Failing(MemoryLog):
        def begin_append(self, commits: object) -> Callable[[], list[Outcome]]:
            raise failure

    async def story() -> None:
        async with two_processes(Failing()) as (ledger, _):
            with pytest.raises(type(failure)):
                await run(ledger, deposit("account/1", 1))

    asyncio.run(story())


def test_a_caller_who_goes_away_does_not_undo_what_was_asked(log: Log) -> None:
    async def story() -> None:
        async with two_processes(log) as (ledger, _):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ledger.committer.append(_deposit_commit()), 0)
            await run(ledger, deposit("account/2", 1))
            assert (await ledger.load(ACCOUNT, "account/1")).state.balance == 3

    asyncio.run(story())


def _deposit_commit() -> Commit:
    from ledger.log import NewEvent

    return commit(NewEvent("account/1", 1, "Deposited.v1", b'{"amount":3}'))
