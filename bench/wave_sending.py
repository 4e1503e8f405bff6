"""How `bench.wave` sends: each report at a moment drawn beforehand, whether or not those before it were answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from random import Random
from statistics import median

from bench.browser import Browser
from bench.machine import percentile_99
from bench.wave_crowd import Reporter
from bench.wave_requests import boxes_of, form_page, kind_of

OPENED_TOGETHER = 4
"""How many forms are opened at a time."""

Sent = tuple[str, bytes]
"""The id a report is recorded under, and the request that asks for it."""
Then = Callable[[int, str], bytes]
"""The request for the page at an address that the sender of a report, by its number, is led to."""


@dataclass(slots=True)
class Waits:
    """How long each of many waited, in ms, and what went wrong, by its kind."""

    milliseconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def percentile_99(self) -> float:
        """What all but the slowest hundredth waited at most; for ever where nobody was answered."""
        return percentile_99(self.milliseconds) if self.milliseconds else float("inf")

    def line(self, name: str, limit: str = "") -> list[str]:
        """Return them as a line of a table."""
        told = self.milliseconds or [float("inf")]
        figures = [f"{each:,.0f}" for each in (median(told), self.percentile_99, max(told))]
        errors = ", ".join(f"{count} × {kind}" for kind, count in self.errors.most_common())
        return [name, f"{len(self.milliseconds):,}", *figures, limit, errors or "none"]


@dataclass(slots=True)
class Wave:
    """What came of one wave."""

    reports: Waits = field(default_factory=Waits)
    receipts: Waits = field(default_factory=Waits)
    acknowledged: list[str] = field(default_factory=list)
    """The command ids of the reports that were answered as recorded."""
    late: list[float] = field(default_factory=list)
    """How long after its moment, in ms, the client came to send each."""
    client_share: float = 0.0
    """How much of one processor the client took."""


async def open_forms(ports: Sequence[int], crowd: Sequence[Reporter]) -> tuple[Waits, list[dict[str, str]]]:
    """Let everybody open their form, a few at a time; return what is in the boxes of each."""
    waits, forms, turns = Waits(), [dict[str, str]() for _ in crowd], iter(range(len(crowd)))
    doors = cycle(ports)

    async def some_of_them() -> None:
        browser = await Browser.open(next(doors))
        for turn in turns:
            began = time.perf_counter()
            answer = await browser.ask(form_page(crowd[turn]))
            waits.milliseconds.append(1000 * (time.perf_counter() - began))
            if boxes := boxes_of(answer):
                forms[turn] = boxes
            else:
                waits.errors[kind_of(answer)] += 1
        browser.close()

    await asyncio.gather(*(some_of_them() for _ in range(OPENED_TOGETHER)))
    return waits, forms


async def send(ports: Sequence[int], sent: Sequence[Sent], seconds: float, then: Then | None = None) -> Wave:
    """Send each at a moment of its own within so many seconds, and ask for what its sender is led to.

    The ports are taken by turns, as a proxy spreads its connections.
    """
    wave, dice = Wave(), Random(2355)
    # Everybody is awake before the first moment.
    begins_at = time.perf_counter() + 0.5
    spent = time.process_time()
    await asyncio.gather(
        *(
            _send_one(
                ports[number % len(ports)],
                wave,
                one,
                begins_at + dice.uniform(0, seconds),
                then and partial(then, number),
            )
            for number, one in enumerate(sent)
        )
    )
    wave.client_share = (time.process_time() - spent) / (time.perf_counter() - begins_at)
    return wave


async def _send_one(
    port: int, wave: Wave, sent: Sent, moment: float, then: Callable[[str], bytes] | None
) -> None:
    key, request = sent
    await asyncio.sleep(moment - time.perf_counter())
    wave.late.append(1000 * (time.perf_counter() - moment))
    try:
        browser = await Browser.open(port)
        answer = await browser.ask(request)
    except OSError as error:
        wave.reports.errors[type(error).__name__] += 1
        return
    answered = time.perf_counter()
    wave.reports.milliseconds.append(1000 * (answered - moment))
    address = answer.header("location")
    if answer.status not in {200, 303} or key not in (address or answer.body.decode()):
        wave.reports.errors[kind_of(answer)] += 1
    else:
        wave.acknowledged.append(key)
        if then is not None:
            await _read_receipt(browser, wave, key, then(address), answered)
    browser.close()


async def _read_receipt(browser: Browser, wave: Wave, key: str, request: bytes, since: float) -> None:
    try:
        answer = await browser.ask(request)
    except OSError as error:
        wave.receipts.errors[type(error).__name__] += 1
        return
    wave.receipts.milliseconds.append(1000 * (time.perf_counter() - since))
    if answer.status != 200 or key not in answer.body.decode():
        wave.receipts.errors[kind_of(answer)] += 1
