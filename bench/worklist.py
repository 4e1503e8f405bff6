"""How fast is a page of the worklist of somebody with ten thousand open milestones?

    python -m bench.worklist [--open 10000] [--repetitions 100]

The 33 real plans are opened and, beside them, the federal one over again under other ids until so many milestones are
open and INE's; some are started, completed or suspended. They are nobody's plan. Who asks administers the country.

Each list is asked of the projections as on 1 March, when much is late, and had as a page today: from ``bitacora
serve``, over HTTP, by somebody who is signed in, to its last byte. Ends with 1 where a page is slower than it may be.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

from pydantic import SecretStr

from api.database import open_resources
from api.opening import CONSOLE, processes_of_the_cycle, record_opening, start_log
from api.pages.work import GROUPS
from api.persons import new_person_id
from api.settings import Settings
from bench.browser import Browser, request
from bench.machine import durable_server, machine, new_database, percentile_99, print_table
from bench.served import served
from domain.access import Authority, Caller
from domain.entity import FEDERATION
from domain.event import Event
from domain.grant import GrantGiven
from domain.milestone import milestone_stream
from domain.milestone_events import MilestoneCompleted, MilestoneStarted, MilestoneSuspended
from domain.person import PersonEnrolled, person_stream
from domain.plan import opening
from domain.procedure import procedures
from domain.process import process_stream
from ledger.desk.people import KnownPerson, remember_person
from ledger.desk.sessions import begin_session
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger, View
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from projections.reading import reader_pool
from projections.runner import Runner
from projections.worklist import WorkFilter, asked_of, list_work

OPENED_AT, AT = datetime(2026, 9, 1, 12, tzinfo=UTC), datetime(2027, 3, 1, 18, tzinfo=UTC)
ORIGIN = "bench.invalid/worklist"
LIMIT_MS = 50
PAGE = 50
WARM_UP = 20
"""How often each list is asked for before it is timed: the first ones on each connection plan the queries."""
WORDS: Mapping[str | None, str] = {group: word for word, group in GROUPS.items()}
MINE = Authority("person/p-0#g1", "administrator", FEDERATION, "Enlace de seguimiento", "INE")

QUESTIONS: Mapping[str, WorkFilter] = {
    "the first page": WorkFilter(),
    "due without a report": WorkFilter(group="silent"),
    "due soon": WorkFilter(group="soon"),
    "waiting for others": WorkFilter(group="waiting"),
    "waiting for my validation": WorkFilter(group="validation"),
    "further off": WorkFilter(group="later"),
    "of one process": WorkFilter(process="pef-2026-2027"),
    "of a stage": WorkFilter(stage="close"),
    "by words": WorkFilter(search="jalisco consejo"),
    "by words nothing has": WorkFilter(search="ninguna con estas palabras"),
}


def generate(url: str, open_milestones: int) -> int:
    """Record and tell the plans; return how many open milestones are the coordinator's."""
    migrate(url)
    ledger = Ledger(PostgresLog(url))
    opened = asyncio.run(_record(ledger, open_milestones))
    Runner(url, ledger.log).catch_up()
    ledger.close()
    return opened


async def _record(ledger: Ledger, open_milestones: int) -> int:
    dice = Random(50)
    await start_log(ledger, ORIGIN, OPENED_AT, simulated=True)
    for command in processes_of_the_cycle():
        await record_opening(ledger, ORIGIN, command, OPENED_AT)
    plan = opening(procedures()["federal_election"], FEDERATION, "2026-2027")
    opened, copy = 0, 0
    while opened < open_milestones:
        copy += 1
        process = f"{plan.process}-{copy:03}"
        events: dict[str, list[Event]] = {process_stream(process): [plan.opened]}
        for id_, planned in plan.milestones.items():
            happened = _happened(dice)
            is_mine = planned.kind == "act" and not planned.same_as and planned.responsible == asked_of(MINE)
            opened += is_mine and not any(isinstance(event, MilestoneCompleted) for event in happened)
            events[milestone_stream(process, id_)] = [planned, *happened]
        await _write(ledger, events)
    return opened


def _happened(dice: Random) -> list[Event]:
    number = dice.randrange(20)
    if number == 0:
        return [MilestoneCompleted()]
    if number < 4:
        return [MilestoneStarted()]
    return [MilestoneSuspended(instrument="SUP-1", reason="Por sentencia.")] if number == 4 else []


async def _write(ledger: Ledger, events: Mapping[str, list[Event]]) -> None:
    async def decide(view: View) -> None:
        for stream, happened in events.items():
            view.write(stream, happened)

    await ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=OPENED_AT)


def questions(url: str, repetitions: int) -> Iterator[list[float]]:
    """Yield for each list how long it took to ask for it, in ms, and how many rows there were as the last."""
    readers, caller = reader_pool(url, max_size=1), Caller("p-0", (MINE,))
    # What there is so far stays: to look through it again and again would be no part of a question.
    gc.freeze()
    for where in QUESTIONS.values():
        taken, listed = [], 0
        for _ in range(repetitions + WARM_UP):
            started = time.perf_counter()
            with readers.connection() as connection:
                listed = len(list_work(connection, caller, where, AT, limit=PAGE).items)
            taken.append((time.perf_counter() - started) * 1000)
        yield [*taken[WARM_UP:], listed]
    readers.close()


async def pages(port: int, secret: str, repetitions: int) -> list[list[float]]:
    """Return for each list how long its page took, in ms. Raises ``SystemExit`` where there was none."""
    browser = await Browser.open(port)
    found = []
    for where in QUESTIONS.values():
        asked = {
            "grupo": WORDS.get(where.group),
            "proceso": where.process,
            "etapa": where.stage,
            "q": where.search,
        }
        address = f"/trabajo?{urlencode({name: word for name, word in asked.items() if word})}"
        taken = []
        for _ in range(repetitions + WARM_UP):
            started = time.perf_counter()
            answer = await browser.ask(request("GET", address, {"Cookie": f"bitacora-local={secret}"}))
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                raise SystemExit(f"{address} was answered {answer.status}")
        found.append(taken[WARM_UP:])
    browser.close()
    return found


def sign_in(url: str) -> str:
    """Enrol an administrator of the country and return what their browser keeps."""
    resources = open_resources(Settings(database_url=SecretStr(url), origin=ORIGIN, log_format="json"))
    try:
        now = resources.clock()
        person, enrolled = new_person_id(), PersonEnrolled(body=MINE.body, way="passkey")
        appointed = GrantGiven(
            number=1, kind="appointment", role=MINE.role, territory=FEDERATION, post=MINE.post, body=MINE.body,
            starts_at=now, ends_at=now + timedelta(days=1), instrument="Oficio 12/2026",
        )  # fmt: skip
        asyncio.run(_write(resources.ledger, {person_stream(person): [enrolled, appointed]}))
        with resources.desk.connection() as connection:
            remember_person(connection, KnownPerson(person, "Persona", None, None, now))
            return begin_session(connection, person, now)
    finally:
        resources.close()


def run(server: EmbeddedPostgres, open_milestones: int, repetitions: int) -> bool:
    """Generate, measure and print; return whether every page is as fast as it should be."""
    url = new_database(server, "bench_worklist")
    opened = generate(url, open_milestones)
    asked = list(questions(url, repetitions))
    secret = sign_in(url)
    with served(url, 1) as program:
        had = asyncio.run(pages(program.ports[0], secret, repetitions))
    lines = [
        [name, f"{rows:.0f}", *_figures(taken), *_figures(page), f"< {LIMIT_MS}"]
        for name, (*taken, rows), page in zip(QUESTIONS, asked, had, strict=True)
    ]
    print_table(
        f"The worklist of somebody with {opened:,} open milestones, ms\n{machine(server)}",
        ["", "rows", "median", "p99", "page's median", "page's p99", "at most"],
        lines,
    )
    return all(percentile_99(page) < LIMIT_MS for page in had)


def _figures(taken: list[float]) -> tuple[str, str]:
    return f"{median(taken):.1f}", f"{percentile_99(taken):.1f}"


def main() -> int:
    """Read the arguments and measure; return 1 where a page is too slow."""
    parser = ArgumentParser(prog="python -m bench.worklist", description=__doc__)
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=100)
    arguments = parser.parse_args()
    with durable_server() as server:
        # The keys of these people go with the server they are known to.
        os.environ["BITACORA_PEOPLE"] = str(server.home / "people")
        return 0 if run(server, arguments.open, arguments.repetitions) else 1


if __name__ == "__main__":
    sys.exit(main())
