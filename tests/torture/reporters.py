"""Writers who speak HTTP: each has activities of its own, reports progress on them, and repeats with the same key.

Because nobody else writes on them, every ``If-Match`` is right. So every answer but 200 is a failure to be repeated
(503, a broken connection) or a bug: a 412, for one, would mean that something was recorded and not acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import httpx2

from tests.torture.crowd import WRITERS, at_work, write_until
from tests.torture.journal import Journal
from tests.torture.plan import PROCESS_ID

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event as Signal

PATIENCE_SECONDS = 30.0

AGAIN = 503
CHANGED = 412


@dataclass(frozen=True, slots=True)
class Office:
    """What a process of reporters needs to know: where to report, as whom, and where each activity stands."""

    url: str
    token: str
    journals: Path
    positions: Mapping[str, int]
    seed: str
    same_key: bool = True
    """What makes a repetition harmless. Without it, a reporter sends a new key and the newest ETag."""


def reporting(office: Office) -> AbstractContextManager[None]:
    """Have a process of reporters report for as long as the block runs."""
    return at_work(partial(report_through_the_api, office), 1, PATIENCE_SECONDS)


def report_through_the_api(office: Office, number: int, stop: Signal) -> None:
    """Be one process of reporters until the signal."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    journal = Journal(office.journals / f"reporters-{number}.journal")
    asyncio.run(_report_all(office, journal, stop))
    journal.close()


async def _report_all(office: Office, journal: Journal, stop: Signal) -> None:
    headers = {"Authorization": f"Bearer {office.token}"}
    async with httpx2.AsyncClient(
        base_url=office.url, headers=headers, timeout=15, trust_env=False
    ) as client:
        shares = [dict(list(office.positions.items())[share::WRITERS]) for share in range(WRITERS)]
        reporters = [
            Reporter(client, journal, share, random.Random(f"{office.seed}/{n}"), same_key=office.same_key)
            for n, share in enumerate(shares)
        ]
        await write_until(stop, reporters, PATIENCE_SECONDS)


class Reporter:
    """A coordinator's system (`tests.torture.crowd.Writing`)."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        journal: Journal,
        positions: dict[str, int],
        dice: random.Random,
        *,
        same_key: bool,
    ) -> None:
        self._client = client
        self._journal = journal
        self._positions = positions
        self._dice = dice
        self._same_key = same_key
        self.gives_up_at: float | None = None

    async def write(self) -> None:
        """Report progress on one activity after another."""
        while self.gives_up_at is None:
            await self._report(self._dice.choice(list(self._positions)), self._dice.randrange(1000))

    async def _report(self, milestone: str, done: int) -> None:
        """Report a figure until it is answered."""
        key = self._new_key()
        # A repetition says the same to the letter: the same key with another body is another request.
        said = {"done": done, "note": str(key), "occurred_at": datetime.now(UTC).isoformat()}
        while self.gives_up_at is None or time.monotonic() < self.gives_up_at:
            answer = await self._sent(milestone, key, said)
            if answer is not None and answer.status_code == CHANGED and not self._same_key:
                self._positions[milestone] = answer.json()["position"]
            elif answer is not None and answer.status_code != AGAIN:
                assert answer.status_code == 200, f"{key} on {milestone}: {answer.status_code} {answer.text}"
                receipt = answer.json()
                replayed = "Idempotency-Replayed" in answer.headers
                self._journal.answered(key, receipt["first_position"], receipt["position"], replayed=replayed)
                self._positions[milestone] = receipt["position"]
                return
            if not self._same_key:
                key = self._new_key()
                said["note"] = str(key)
            await asyncio.sleep(0.05)

    async def _sent(self, milestone: str, key: UUID, command: Mapping[str, object]) -> httpx2.Response | None:
        """Send a report once; None where the connection broke."""
        try:
            answer = await self._client.post(
                f"/api/v1/processes/{PROCESS_ID}/milestones/{milestone}/progress",
                json=command,
                headers={"Idempotency-Key": str(key), "If-Match": f'"{self._positions[milestone]}"'},
            )
        except httpx2.TransportError as failure:
            self._journal.failed(type(failure).__name__)
            return None
        if answer.status_code == AGAIN:
            self._journal.failed(f"503 {answer.json()['rule']}")
        return answer

    def _new_key(self) -> UUID:
        key = UUID(bytes=self._dice.randbytes(16), version=4)
        self._journal.asked(key, 1)
        return key
