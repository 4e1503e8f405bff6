"""A process of writers: each reports progress as fast as it is answered, and repeats what is not, with the same id."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from domain.milestone import MILESTONE, milestone_stream
from domain.milestone_commands import ReportProgress
from domain.milestone_rules import Circumstances
from ledger.ledger import Contended, Decision, Ledger, Recorded, View
from ledger.log import OutcomeUnknown, Unavailable
from ledger.postgres import PostgresLog
from tests.torture.crowd import WRITERS, at_work, write_until
from tests.torture.journal import Journal
from tests.torture.plan import AUTHOR, PROCESS_ID

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as Signal


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a process of writers needs to know."""

    database_url: str
    journals: Path
    milestones: Sequence[str]
    seed: str
    unsafe_durability: bool = False
    patience_seconds: float = 30.0
    """How long after the end a writer still repeats what it was not answered."""


def writing(crowd: Crowd, processes: int = 2) -> AbstractContextManager[None]:
    """Have so many processes of writers write for as long as the block runs."""
    return at_work(partial(write_through_the_ledger, crowd), processes, crowd.patience_seconds)


def write_through_the_ledger(crowd: Crowd, number: int, stop: Signal) -> None:
    """Be one process of writers, who share its committer, until the signal."""
    # That connections are lost is the point, and no news.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    ledger = Ledger(PostgresLog(crowd.database_url, unsafe_durability=crowd.unsafe_durability))
    journal = Journal(crowd.journals / f"writers-{number}.journal")
    writers = [Writer(crowd, ledger, journal, f"{number}/{writer}") for writer in range(WRITERS)]
    asyncio.run(write_until(stop, writers, crowd.patience_seconds))
    ledger.close()
    journal.close()


class Writer:
    """Somebody with reports to make and no doubt that they have to be recorded once (`tests.torture.crowd.Writing`)."""

    def __init__(self, crowd: Crowd, ledger: Ledger, journal: Journal, name: str) -> None:
        self._milestones = crowd.milestones
        self._ledger = ledger
        self._journal = journal
        self._dice = random.Random(f"{crowd.seed}/{name}")
        self.gives_up_at: float | None = None

    async def write(self) -> None:
        """Report progress, on one milestone or on two or three in one piece, again and again."""
        while self.gives_up_at is None:
            names = self._dice.sample(self._milestones, self._dice.choice((1, 1, 2, 3)))
            command_id = UUID(bytes=self._dice.randbytes(16), version=4)
            self._journal.asked(command_id, len(names))
            recorded = await self._answered(self._decision(names, command_id), command_id)
            if recorded is not None:
                first = recorded.events[0].envelope.position
                self._journal.answered(command_id, first, recorded.position, replayed=recorded.replayed)

    def _decision(self, names: Sequence[str], command_id: UUID) -> Decision:
        """Return the decision to report a figure nobody has reported before."""
        streams = [milestone_stream(PROCESS_ID, name) for name in names]
        command = ReportProgress(done=self._dice.randrange(1000), note=str(command_id))

        async def decide(view: View) -> None:
            at = Circumstances(occurred_at=datetime.now(UTC), now=datetime.now(UTC))
            for stream in streams:
                milestone = await view.load(MILESTONE, stream)
                view.write(stream, command.decide(milestone.state, at))

        return decide

    async def _answered(self, decide: Decision, command_id: UUID) -> Recorded | None:
        """Send a command until it is answered; None where the patience ended first."""
        while self.gives_up_at is None or time.monotonic() < self.gives_up_at:
            try:
                return await self._ledger.execute(
                    decide, command_id=command_id, author=AUTHOR, occurred_at=datetime.now(UTC)
                )
            except (Unavailable, OutcomeUnknown, Contended) as failure:
                self._journal.failed(type(failure).__name__)
                await asyncio.sleep(0.02)
        return None
