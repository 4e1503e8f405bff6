"""2,000 people, each sending one report within ten seconds, by the form and by the API.

    python -m bench.wave [--people 2000] [--seconds 10] [--servers 2]

The 33 real plans are opened, and everybody is signed in with a right over their place (`bench.wave_crowd`). As many
``bitacora serve`` as ``docker/compose.yaml`` has answer by turns, one of them with its projector and its followers at
work. Everybody opens their form, which is timed apart; three minutes later, by the desk's account, each sends it at a
moment drawn evenly over the ten seconds, on a connection of their own, and reads the receipt they are led to. Then
their programs report on as many other steps.

What is timed is the wait from the moment at which a report was to be sent: a server that falls behind is not excused,
nor is a client. The log is read afterwards. Ends with 1 where there is an error, where a report is not in the log, or
more than once, and where the 99th percentile is over the limit.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import uvloop

from bench.browser import Browser, request
from bench.machine import durable_server, machine, new_database, percentile_99, print_table
from bench.served import Served, served
from bench.wave_crowd import gather, let_three_minutes_pass
from bench.wave_requests import command_sent, form_sent, receipt_page
from bench.wave_sending import Sent, Then, Wave, open_forms, send
from ledger.embedded import EmbeddedPostgres
from ledger.postgres import PostgresLog

LIMIT_MS = 500
TELLING_SECONDS = 60
"""How long is waited at most until everything is told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One wave, and what was seen beside it."""

    name: str
    wave: Wave
    server_share: float
    """How much of one processor the servers took meanwhile."""
    told_after_seconds: float
    """How long after the last answer everything was told."""
    wrong: Sequence[str]
    """What is not in the log as it should be."""

    @property
    def is_good(self) -> bool:
        """Whether everything was as it should be."""
        waits = (self.wave.reports, self.wave.receipts)
        return (
            not self.wrong
            and not any(one.errors for one in waits)
            and self.wave.reports.percentile_99 < LIMIT_MS
        )

    def lines(self) -> list[list[str]]:
        """Return what people waited as lines of a table."""
        lines = [self.wave.reports.line(f"reports {self.name}", f"< {LIMIT_MS}")]
        if self.wave.receipts.milliseconds:
            lines.append(self.wave.receipts.line("their receipts"))
        return lines

    def note(self) -> str:
        """Say in a sentence what was seen beside it."""
        wave, found = self.wave, "; ".join(self.wrong) or "each in the log once"
        return (
            f"{self.name}: {len(wave.acknowledged):,} acknowledged, {found}; "
            f"all told {self.told_after_seconds:.1f} s later; of a core, the servers took {self.server_share:.0%} and "
            f"the client {wave.client_share:.0%}, which was {percentile_99(wave.late):.1f} ms late itself (p99)"
        )


def measure(
    name: str,
    log: PostgresLog,
    server: Served,
    sent: Sequence[Sent],
    seconds: float,
    then: Then | None = None,
) -> Measured:
    """Send one wave and look for it in the log."""
    before, spent = log.head().position, server.processor_seconds
    # What there is so far stays: to look through it again and again would only make the client late.
    gc.freeze()
    wave = uvloop.run(send(server.ports, sent, seconds, then))
    share = (server.processor_seconds - spent) / seconds
    told = _seconds_until_told(server.ports[0], log.head().position)
    return Measured(name, wave, share, told, _wrong_in(log, before, [key for key, _ in sent]))


def _wrong_in(log: PostgresLog, before: int, keys: Sequence[str]) -> list[str]:
    """Return in sentences what is not in the log beyond a position, or more than once."""
    found: Counter[str] = Counter()
    while page := log.read(before, 5_000):
        found.update(str(stored.command_id) for stored in page)
        before = page[-1].position
    asked = set(keys)
    counted = {
        "lost": len(asked - found.keys()),
        "doubled": sum(1 for key in asked if found[key] > 1),
        "that nobody sent": len(found.keys() - asked),
    }
    return [f"{count:,} {what}" for what, count in counted.items() if count]


def _seconds_until_told(port: int, position: int) -> float:
    """Wait until the program's projections tell of a position. Raises ``TimeoutError``."""

    async def told() -> bool:
        browser = await Browser.open(port)
        answer = await browser.ask(
            request("GET", "/api/v1/entities", {"Bitacora-Min-Position": str(position)})
        )
        browser.close()
        return answer.status == 200

    began = time.perf_counter()
    while time.perf_counter() - began < TELLING_SECONDS:
        if uvloop.run(told()):
            return time.perf_counter() - began
        time.sleep(0.1)
    raise TimeoutError(f"position {position} was not told within {TELLING_SECONDS} s")


def run(server: EmbeddedPostgres, people: int, seconds: float, servers: int) -> bool:
    """Send both waves and print what came of them; return whether everything was as it should be."""
    url = new_database(server, "bench_wave")
    print(f"opening the plans and enrolling {people:,} people …", flush=True)
    crowd = gather(url, people)
    log = PostgresLog(url)
    with served(url, servers) as program:
        opened, forms = uvloop.run(open_forms(program.ports, crowd))
        if opened.errors:
            raise SystemExit(f"there are forms that could not be opened: {dict(opened.errors)}")
        let_three_minutes_pass(url)
        by_form = [(boxes["key"], form_sent(one, boxes)) for one, boxes in zip(crowd, forms, strict=True)]
        keys = [str(uuid4()) for _ in crowd]
        by_program = [(key, command_sent(one, key)) for key, one in zip(keys, crowd, strict=True)]
        waves = [
            measure(
                "by the form",
                log,
                program,
                by_form,
                seconds,
                lambda number, address: receipt_page(crowd[number], address),
            ),
            measure("by the API", log, program, by_program, seconds),
        ]
    log.close()
    print_table(
        f"{people:,} people, one report each within {seconds:g} s, to {servers} servers: how long they waited, ms\n"
        f"{machine(server)}",
        ["", "answered", "median", "p99", "most", "limit", "errors"],
        [opened.line("forms opened, four at a time"), *(line for wave in waves for line in wave.lines())],
    )
    print(*(wave.note() for wave in waves), sep="\n")
    return all(wave.is_good for wave in waves)


def main() -> int:
    """Read the arguments and measure; return 1 where something was not as it should be."""
    parser = ArgumentParser(prog="python -m bench.wave", description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--servers", type=int, default=2)
    arguments = parser.parse_args()
    with durable_server() as server:
        # The keys of these people go with the server they are known to.
        os.environ["BITACORA_PEOPLE"] = str(server.home / "people")
        return 0 if run(server, arguments.people, arguments.seconds, arguments.servers) else 1


if __name__ == "__main__":
    sys.exit(main())
