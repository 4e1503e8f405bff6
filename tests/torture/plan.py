"""What the writers write about: the real local calendar of Jalisco, opened through the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from domain.event import Author
from domain.log import LOG, LOG_STREAM, StartLog
from domain.milestone import milestone_stream
from domain.milestone_events import MilestonePlanned
from domain.plan import Opening, OpenProcess
from domain.process import PROCESS, process_id, process_stream
from ledger.ledger import Ledger, View

AUTHOR = Author(actor="u-17", post="Vocal Ejecutiva", body="INE-JAL", grant="grant/u-17/1")
OPEN = OpenProcess(kind="local_election", territory="MX-JAL", cycle="2026-2027")
PROCESS_ID = process_id(OPEN.kind, OPEN.territory, OPEN.cycle)
START = StartLog(origin="torture.example/2026-2027", simulated=True, tzdata="2026a")


async def open_process(ledger: Ledger) -> list[str]:
    """Start the log, open the process, and return the ids of the milestones on which progress can be reported."""
    ids: list[str] = []

    async def start(view: View) -> None:
        log = await view.load(LOG, LOG_STREAM)
        view.write(LOG_STREAM, START.decide(log.state))

    async def open_it(view: View) -> None:
        process = await view.load(PROCESS, process_stream(PROCESS_ID))
        opening = OPEN.decide(process.state)
        assert opening is not None
        write_opening(view, opening)
        ids.extend(name for name, row in opening.milestones.items() if can_progress(row))

    for decide in (start, open_it):
        await ledger.execute(decide, command_id=uuid4(), author=AUTHOR, occurred_at=datetime.now(UTC))
    return ids


def write_opening(view: View, opening: Opening) -> None:
    """Ask for everything an opening records."""
    view.write(process_stream(opening.process), [opening.opened])
    for name, planned in opening.milestones.items():
        view.write(milestone_stream(opening.process, name), [planned])


def can_progress(row: MilestonePlanned) -> bool:
    """Tell whether any figure may be reported on a row: it is no mirror of another and counts up to no target."""
    return not row.same_as and row.target is None
