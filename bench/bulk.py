"""``python -m bench.bulk``: 10,000 reports in one request, against copying the same rows.

The rows are progress on 10,000 activities of 33 processes (the catalogue's over again under other ids, and no plan of
anybody). The request goes through the whole application in this process, validated, decided and recorded, in one
commit or each row in its own; meanwhile somebody else asks for ``/livez`` again and again, and how long they wait at
most is told. The rows recorded are then copied into a table with the same keys.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr

from api.app import create_app
from api.auth import new_token
from api.database import Resources, open_resources
from api.logs import configure
from api.opening import CONSOLE, processes_of_the_cycle, start_log
from api.settings import Settings
from bench.machine import copied_rows, durable_server, machine, new_database, print_table, ratio
from domain.milestone import milestone_stream
from domain.plan import opening
from domain.process import process_stream
from domain.token import TokenIssued, token_stream
from domain.variant import plan_for
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import View
from ledger.migrate import migrate

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
ORIGIN = "bench.invalid/bulk"
ROWS = 10_000
LIMIT_SECONDS = 5
MODES = ("all_or_nothing", "itemised")


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(prog="python -m bench.bulk", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    repetitions = parser.parse_args().repetitions
    configure("json")
    logging.disable()
    with durable_server() as server:
        runs: dict[str, list[tuple[float, float, float]]] = {mode: [] for mode in MODES}
        for number, mode in itertools.product(range(1, repetitions + 1), MODES):
            print(f"repetition {number} of {repetitions}, {mode} …", flush=True)
            runs[mode].append(measured(server, mode))
        print_table(
            f"{ROWS:,} reports in one request, seconds of each repetition (< {LIMIT_SECONDS})\n{machine(server)}",
            ("", "recorded", "longest wait of others", "copied", "ratio"),
            [_line(mode, runs[mode]) for mode in MODES],
        )


def _line(mode: str, runs: Sequence[tuple[float, float, float]]) -> list[str]:
    recorded, waited, copied = ([run[column] for run in runs] for column in range(3))
    told = [" ".join(f"{seconds:.2f}" for seconds in column) for column in (recorded, waited, copied)]
    return [mode, *told, f"{ratio(recorded, copied):.1f} ×"]


def measured(server: EmbeddedPostgres, mode: str) -> tuple[float, float, float]:
    """Return how long a batch took, how long others waited at most, and how long it takes to COPY its rows."""
    url = new_database(server, "bulk")
    migrate(url)
    resources = open_resources(Settings(database_url=SecretStr(url), log_format="json"))
    try:
        return asyncio.run(_measured(server, resources, mode))
    finally:
        resources.close()


async def _measured(server: EmbeddedPostgres, resources: Resources, mode: str) -> tuple[float, float, float]:
    token, items = await _prepare(resources)
    before = (await resources.ledger.head()).position
    async with AsyncClient(
        transport=ASGITransport(create_app(resources)), base_url="http://bench.invalid"
    ) as client:
        stop = asyncio.Event()
        others = asyncio.create_task(_longest_wait(client, stop))
        sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        began = time.perf_counter()
        answer = await client.post(
            "/api/v1/batches", json={"mode": mode, "items": items}, headers=sent, timeout=60
        )
        seconds = time.perf_counter() - began
        stop.set()
        waited = await others
    if answer.status_code != 200 or answer.json()["counts"] != {"recorded": ROWS}:
        raise SystemExit(f"not recorded: {answer.status_code} {answer.text[:500]}")
    return seconds, waited, copied_rows(server, resources.ledger.log.read(before, ROWS))


async def _longest_wait(client: AsyncClient, stop: asyncio.Event) -> float:
    longest = 0.0
    while not stop.is_set():
        began = time.perf_counter()
        await client.get("/livez")
        longest = max(longest, time.perf_counter() - began)
        await asyncio.sleep(0.005)
    return longest


async def _prepare(resources: Resources) -> tuple[str, list[dict[str, Any]]]:
    """Open 33 processes with 10,000 activities; return a token that reaches them and a report on each."""
    await start_log(resources.ledger, ORIGIN, AT, simulated=True)
    items: list[dict[str, Any]] = []
    commands = list(processes_of_the_cycle())
    for index, command in enumerate(commands):
        size = ROWS // len(commands) + (index < ROWS % len(commands))
        opened = opening(
            plan_for(command.kind, command.territory, command.cycle), command.territory, command.cycle
        )
        rows = itertools.islice(
            itertools.cycle(one for one in opened.milestones.values() if not one.same_as), size
        )
        plans = {f"B{number}": plan for number, plan in enumerate(rows, 1)}

        async def decide(view: View, opened: Any = opened, plans: Any = plans) -> None:
            view.write(process_stream(opened.process), [opened.opened])
            for id_, plan in plans.items():
                view.write(milestone_stream(opened.process, id_), [plan])

        await resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=AT)
        items += [_item(opened.process, id_) for id_ in plans]
    made = new_token()
    issued = TokenIssued(
        role="coordinator", territory="MX", post="Enlace", body="INE", digest=made.digest,
        expires_at=resources.clock() + timedelta(days=1),
    )  # fmt: skip

    async def issue(view: View) -> None:
        view.write(token_stream(made.id), [issued])

    await resources.ledger.execute(issue, command_id=uuid4(), author=CONSOLE, occurred_at=AT)
    return made.text, items


def _item(process: str, milestone: str) -> dict[str, Any]:
    return {
        "process": process, "milestone": milestone, "report": "progress",
        "occurred_at": "2026-11-20T12:30:00-06:00",
        "fields": {"done": 1, "note": "Avance reportado desde la junta distrital."},
    }  # fmt: skip


if __name__ == "__main__":
    main()
