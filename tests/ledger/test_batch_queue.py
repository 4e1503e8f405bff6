"""The queue before the log: what waits goes together, nothing is lost, nobody waits for ever."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from ledger.batch_queue import BatchQueue
from ledger.log import OutcomeUnknown, QueueFull, Unavailable


class Worker:
    """Work that doubles numbers, and waits inside a batch until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, requests: Sequence[int]) -> list[int]:
        self.batches.append(list(requests))
        self.started.set()
        assert self.let_go.wait(10)
        return [2 * request for request in requests]


def doubled(requests: Sequence[int]) -> list[int]:
    return [2 * request for request in requests]


def begin(work: Callable[[Sequence[int]], list[int]]) -> Callable[[Sequence[int]], Callable[[], list[int]]]:
    """Work that is only done when its answers are waited for."""
    return lambda requests: partial(work, requests)


def test_what_arrives_during_a_batch_forms_the_next() -> None:
    worker = Worker()
    queue = BatchQueue(begin(worker), name="test", batch_size=5)
    with ThreadPoolExecutor(20) as callers:
        first = callers.submit(queue.ask_and_wait, 0)
        assert worker.started.wait(10)
        others = [callers.submit(queue.ask_and_wait, number) for number in range(1, 8)]
        while queue.waiting < 7:
            pass
        worker.let_go.set()
        assert [answer.result() for answer in [first, *others]] == [0, 2, 4, 6, 8, 10, 12, 14]
    queue.close()
    assert [len(batch) for batch in worker.batches] == [1, 5, 2]
    assert (queue.batches, queue.requests, queue.largest_batch) == (3, 8, 5)


def test_a_full_queue_says_so_at_once() -> None:
    worker = Worker()
    queue = BatchQueue(begin(worker), name="test", capacity=3)
    with ThreadPoolExecutor(10) as callers:
        callers.submit(queue.ask_and_wait, 0)
        assert worker.started.wait(10)
        for number in range(3):
            callers.submit(queue.ask_and_wait, number)
        while queue.waiting < 3:
            pass
        with pytest.raises(QueueFull, match="3 requests"):
            queue.ask_and_wait(9)
        worker.let_go.set()
    queue.close()
    assert sorted(number for batch in worker.batches for number in batch) == [0, 0, 1, 2]


def test_coroutines_of_several_loops_and_threads_share_one_queue() -> None:
    queue = BatchQueue(begin(doubled), name="test")

    async def many(start: int) -> list[int]:
        return await asyncio.gather(*[queue.ask(number) for number in range(start, start + 200)])

    with ThreadPoolExecutor(8) as callers:
        loops = [callers.submit(asyncio.run, many(start)) for start in (0, 1000, 2000)]
        threads = [callers.submit(queue.ask_and_wait, number) for number in range(100)]
        for start, loop in zip((0, 1000, 2000), loops, strict=True):
            assert loop.result() == [2 * number for number in range(start, start + 200)]
        assert [thread.result() for thread in threads] == [2 * number for number in range(100)]
    queue.close()


def test_a_caller_who_gives_up_does_not_stop_the_work() -> None:
    worker = Worker()
    queue = BatchQueue(begin(worker), name="test")

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.ask(1), 0.05)
        worker.let_go.set()
        assert await queue.ask(2) == 4

    asyncio.run(impatient())
    queue.close()
    assert [1] in worker.batches


def test_a_caller_whose_loop_has_ended_does_not_stop_the_others() -> None:
    worker = Worker()
    queue = BatchQueue(begin(worker), name="test")

    async def leaves() -> None:
        queue.ask(1)

    asyncio.run(leaves())
    worker.let_go.set()
    assert queue.ask_and_wait(2) == 4
    queue.close()


def test_closing_answers_what_is_waiting_and_takes_no_more() -> None:
    worker = Worker()
    queue = BatchQueue(begin(worker), name="test")
    with ThreadPoolExecutor(10) as callers:
        answers = [callers.submit(queue.ask_and_wait, number) for number in range(5)]
        while queue.requests + queue.waiting < 5:
            pass
        worker.let_go.set()
        queue.close()
        assert sorted(answer.result() for answer in answers) == [0, 2, 4, 6, 8]
    with pytest.raises(Unavailable, match="closing"):
        queue.ask_and_wait(9)


def test_a_queue_that_was_never_used_closes() -> None:
    BatchQueue(begin(doubled), name="test").close()


def test_one_bad_request_fails_alone() -> None:
    let_go = threading.Event()
    started = threading.Event()

    def picky(requests: Sequence[int]) -> list[int]:
        started.set()
        assert let_go.wait(10)
        if 13 in requests:
            raise ValueError("thirteen")
        return doubled(requests)

    queue = BatchQueue(begin(picky), name="test")
    with ThreadPoolExecutor(10) as callers:
        answers = {number: callers.submit(queue.ask_and_wait, number) for number in (1, 12, 13, 14)}
        assert started.wait(10)
        let_go.set()
        assert [answers[number].result() for number in (1, 12, 14)] == [2, 24, 28]
        with pytest.raises(ValueError, match="thirteen"):
            answers[13].result()
    queue.close()


@pytest.mark.parametrize("failure", [Unavailable("down"), OutcomeUnknown("lost")])
def test_a_failure_of_the_log_is_everybodys_and_is_not_tried_again(failure: Exception) -> None:
    calls: list[int] = []

    def down(requests: Sequence[int]) -> list[int]:
        calls.append(len(requests))
        raise failure

    queue = BatchQueue(begin(down), name="test")

    async def both() -> list[int | BaseException]:
        return list(await asyncio.gather(queue.ask(1), queue.ask(2), return_exceptions=True))

    assert asyncio.run(both()) == [failure, failure]
    queue.close()
    assert sum(calls) == 2


def test_a_forked_process_is_told_to_open_its_own() -> None:
    queue = BatchQueue(begin(doubled), name="test")
    queue.ask_and_wait(1)
    child = os.fork()
    if child == 0:
        try:
            queue.ask_and_wait(2)
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    queue.close()


def test_a_crowd_takes_turns_in_two_halves_and_is_answered_in_order() -> None:
    begun: list[int] = []
    most_under_way = 0
    under_way = 0

    def start(requests: Sequence[int]) -> Callable[[], list[int]]:
        nonlocal under_way, most_under_way
        begun.append(len(requests))
        under_way += 1
        most_under_way = max(most_under_way, under_way)

        def finish() -> list[int]:
            nonlocal under_way
            under_way -= 1
            return doubled(requests)

        return finish

    queue = BatchQueue(start, name="test", abreast=2)

    async def ask_often(number: int) -> None:
        for turn in range(50):
            assert await queue.ask(number + turn) == 2 * (number + turn)

    async def crowd() -> None:
        await asyncio.gather(*[ask_often(1000 * number) for number in range(100)])

    asyncio.run(crowd())
    queue.close()
    assert most_under_way == 2
    assert sum(begun) == queue.requests == 5000
    assert queue.largest_batch <= 64


def test_work_that_cannot_even_begin_fails_its_callers_only() -> None:
    def start(requests: Sequence[int]) -> Callable[[], list[int]]:
        if 13 in requests:
            raise Unavailable("thirteen")
        return partial(doubled, requests)

    queue = BatchQueue(start, name="test", abreast=2)
    with pytest.raises(Unavailable, match="thirteen"):
        queue.ask_and_wait(13)
    assert queue.ask_and_wait(14) == 28
    queue.close()
