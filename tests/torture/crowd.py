"""Processes full of writers, at work for as long as something is being killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as Signal

WRITERS = 8
"""Writers in one process."""

_processes = multiprocessing.get_context("spawn")


class Writing(Protocol):
    """Somebody who sends one command after another.

    ``gives_up_at`` is set when it is time to end: no new command is begun, the last is repeated until then.
    """

    gives_up_at: float | None

    async def write(self) -> None:
        """Send commands until it is time to end. Raises what no command may be answered with."""


@contextmanager
def at_work(write: Callable[[int, Signal], None], processes: int, patience_seconds: float) -> Iterator[None]:
    """Have so many processes write until the block ends, then let them end what they began.

    Raises ``AssertionError`` where one of them fell over: every failure they may meet is one they repeat after.
    """
    stop = _processes.Event()
    crowd = [_processes.Process(target=write, args=[number, stop]) for number in range(processes)]
    for process in crowd:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in crowd:
            process.join(patience_seconds + 15)
            if process.is_alive():
                process.kill()
                process.join()
    assert [process.exitcode for process in crowd] == [0] * processes, (
        "a writer fell over; its last words are above"
    )


async def write_until(stop: Signal, writers: Sequence[Writing], patience_seconds: float) -> None:
    """Let writers write until the signal, and a little longer for what they began."""
    tasks = [asyncio.ensure_future(writer.write()) for writer in writers]
    over = asyncio.ensure_future(asyncio.to_thread(stop.wait))
    # Also when one of them fell over: what it raised is raised here.
    await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for writer in writers:
        writer.gives_up_at = time.monotonic() + patience_seconds
    await asyncio.gather(*tasks)
