"""Projectors at work while a test looks on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from domain.milestone_events import MilestoneProgressed
from ledger.postgres import PostgresLog
from projections.runner import Runner
from tests.projections.histories import FEDERAL, History


def busy(log: PostgresLog, rounds: int = 40) -> History:
    """Return a history with some reports in it."""
    written = History(log).open()
    for number in range(rounds):
        written.record(f"milestone/{FEDERAL}/F001", [MilestoneProgressed(done=number)])
    return written


@contextmanager
def leading(runner: Runner) -> Iterator[None]:
    """Let a projector run meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=runner.run, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()
