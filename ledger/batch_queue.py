"""Many callers, one worker: requests that arrive while it works form the next batch.

This is group commit without a timer. Alone, a request goes at once; in a crowd, everybody who came while the last
batch was under way shares the next. The ledger appends through one such queue and loads streams through another.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Generic, NoReturn, TypeVar

from ledger.log import OutcomeUnknown, QueueFull, Unavailable

Request = TypeVar("Request")
Answer = TypeVar("Answer")

CAPACITY = 10_000
BATCH_SIZE = 512

SMALL_CROWD = 32
"""Fewer callers than this go together, one batch at a time: a batch costs as much as some thirty requests in it."""

RETURN_SECONDS = 0.002
"""How long, at most, those who were just answered are waited for, should they ask again at once.

Without that they split into two groups that take turns, and each pays for a batch of half the size: at 8 writers,
6,700 appends a second instead of 10,800. It is no delay: the wait is over when their event loop has let them run."""


Finish = Callable[[], Sequence[Answer]]
"""What waits for the answers to a batch that was begun."""


class BatchQueue(Generic[Request, Answer]):
    """A bounded queue before work that is done by the batch, in one thread, which starts with the first request.

    ``begin`` takes a list of requests, starts on them, and returns what waits for their answers, in order.
    ``abreast`` is how many batches may be under way at once. With two, a crowd takes turns in two halves: one is
    served while the other hears its answers and asks again. A caller who stops waiting changes nothing: the request
    is carried out. ``batches``, ``requests`` and ``largest_batch`` count.
    """

    def __init__(
        self,
        begin: Callable[[Sequence[Request]], Finish[Answer]],
        *,
        name: str,
        abreast: int = 1,
        capacity: int = CAPACITY,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self._begin = begin
        self._name = name
        self._abreast = abreast
        self._capacity = capacity
        self._batch_size = batch_size
        self._waiting: deque[tuple[Request, _Promise[Answer]]] = deque()
        self._under_way: deque[_Batch[Request, Answer]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._process_id = os.getpid()
        self._idle = False
        self._closing = False
        self.batches = 0
        self.requests = 0
        self.largest_batch = 0

    @property
    def waiting(self) -> int:
        """How many requests wait for their batch."""
        return len(self._waiting)

    def ask(self, request: Request) -> asyncio.Future[Answer]:
        """Queue a request from a coroutine, which awaits the answer. Raises `QueueFull`."""
        promise: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._put(request, promise)
        return promise

    def ask_and_wait(self, request: Request) -> Answer:
        """Queue a request and block until it is answered. Raises `QueueFull`."""
        promise: Future[Answer] = Future()
        self._put(request, promise)
        return promise.result()

    def close(self) -> None:
        """Answer what is waiting, take no more, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _put(self, request: Request, promise: _Promise[Answer]) -> None:
        """Add a request, waking the thread if it sleeps and starting it if it is the first."""
        if self._process_id != os.getpid():
            raise RuntimeError(
                "a fork has no thread and must not share the connection: open the ledger after forking"
            )
        with self._changed:
            if self._closing:
                raise Unavailable(f"the {self._name} is closing: nothing was recorded")
            if len(self._waiting) >= self._capacity:
                raise QueueFull(
                    f"{self._capacity:,} requests are waiting for the {self._name}: ask again in a moment"
                )
            self._waiting.append((request, promise))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            elif self._idle:
                self._changed.notify()

    def _run(self) -> None:
        """Begin batches and finish them, oldest first, until the queue is closed and empty."""
        while True:
            requested = self._next_requests()
            if requested:
                self._under_way.append(self._begun(requested))
            if not self._under_way:
                return
            if not requested or len(self._under_way) == self._abreast:
                self._finish_oldest()

    def _next_requests(self) -> list[tuple[Request, _Promise[Answer]]]:
        """Take the requests of the next batch. None if the queue is closed, or if there is other work to finish."""
        with self._changed:
            self._idle = True
            while not (self._waiting or self._under_way or self._closing):
                self._changed.wait()
            self._idle = False
            crowd = len(self._waiting) + sum(len(batch.requests) for batch in self._under_way)
            if crowd < SMALL_CROWD and self._under_way:
                return []
            share = crowd if crowd < SMALL_CROWD else -(-crowd // self._abreast)
            count = min(len(self._waiting), share, self._batch_size)
            return [self._waiting.popleft() for _ in range(count)]

    def _begun(self, requested: list[tuple[Request, _Promise[Answer]]]) -> _Batch[Request, Answer]:
        """Begin a batch."""
        requests = [request for request, _ in requested]
        self.batches += 1
        self.requests += len(requests)
        self.largest_batch = max(self.largest_batch, len(requests))
        finish: Finish[Answer]
        try:
            finish = self._begin(requests)
        except Exception as failure:  # noqa: BLE001 - it belongs to the callers, not to this thread
            finish = partial(_raise, failure)
        return _Batch(requests, [promise for _, promise in requested], finish)

    def _finish_oldest(self) -> None:
        """Wait for the answers that were begun first, hand them out, and let those callers ask again."""
        batch = self._under_way.popleft()
        returning = _deliver(self._answers(batch.requests, batch.finish), batch.promises)
        if len(batch.requests) + len(self._waiting) + len(self._under_way) > 1:
            for returned in returning:
                returned.wait(RETURN_SECONDS)

    def _answers(self, requests: list[Request], finish: Finish[Answer]) -> Sequence[Answer | BaseException]:
        """Return the answers; where a batch fails for one request's sake, do each alone: only that one fails."""
        try:
            return finish()
        except (Unavailable, OutcomeUnknown) as failure:
            return [failure] * len(requests)
        except Exception as failure:  # noqa: BLE001 - it belongs to the caller, not to this thread
            if len(requests) == 1:
                return [failure]
            alone = [self._begun([(request, Future())]) for request in requests]
            return [self._answers(batch.requests, batch.finish)[0] for batch in alone]


def _raise(failure: Exception) -> NoReturn:
    """Raise what went wrong at the beginning where its end is waited for."""
    raise failure


_Promise = asyncio.Future[Answer] | Future[Answer]


@dataclass(slots=True)
class _Batch(Generic[Request, Answer]):
    """Requests that go together, who waits for them, and how to wait for their answers."""

    requests: list[Request]
    promises: list[_Promise[Answer]]
    finish: Finish[Answer]


def _deliver(
    answers: Sequence[Answer | BaseException], promises: Sequence[_Promise[Answer]]
) -> list[threading.Event]:
    """Give every caller its answer; each event loop is woken once a batch, not once a request.

    Returns, for each event loop, what it sets when those callers have had their turn.
    """
    by_loop = defaultdict(list)
    for answer, promise in zip(answers, promises, strict=True):
        if isinstance(promise, Future):
            _settle(promise, answer)
        else:
            by_loop[promise.get_loop()].append((promise, answer))
    returning = []
    for loop, settled in by_loop.items():
        returned = threading.Event()
        try:
            loop.call_soon_threadsafe(_settle_all, loop, settled, returned)
        except RuntimeError:
            # The loop has ended, and with it whoever waited. What was done stays done.
            continue
        returning.append(returned)
    return returning


def _settle_all(
    loop: asyncio.AbstractEventLoop,
    settled: list[tuple[asyncio.Future[Answer], Answer | BaseException]],
    returned: threading.Event,
) -> None:
    """Settle the promises of one event loop, inside it."""
    for promise, answer in settled:
        if not promise.done():
            _settle(promise, answer)
    # Queued behind the callers that were just woken.
    loop.call_soon(returned.set)


def _settle(promise: _Promise[Answer], answer: Answer | BaseException) -> None:
    """Keep a promise, or break it with the failure."""
    if isinstance(answer, BaseException):
        promise.set_exception(answer)
    else:
        promise.set_result(answer)
