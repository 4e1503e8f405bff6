"""The receipt of a report (*acuse de recibo*): what one command recorded, when, and who said it, read from the log."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from starlette.requests import HTTPConnection

from api.database import Resources
from api.hidden import is_hidden
from api.problems import Problem
from api.proof_address import proof_address
from api.reading import not_found
from domain.access import Caller
from domain.entity import zone_of
from domain.milestone import MILESTONE
from domain.milestone_events import MilestonePartReported
from domain.names import Names
from domain.process import PROCESS, process_stream
from ledger.ledger import View, recorded_event
from ledger.log import Committed, StoredEvent

LOOKED_AT = 5
"""How many of a command's events are looked at for what it was about."""


class RecordedReceipt(BaseModel):
    """What one command recorded, told to anybody who has its id."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    folio: int
    """The first position it was recorded at: the number people quote."""
    address: str
    """Where this receipt is found, for good."""
    act: str
    """What was reported: `MilestoneCompleted`."""
    process: str
    """The process or case it is about."""
    process_name: Names
    """What the process or the case is called."""
    milestone: str | None
    """The activity it is about; null where it is the process itself."""
    name: Names
    """What the activity or the process is called."""
    territory: str
    """`MX` or a state's code."""
    place: str | None
    """The federal district whose part was reported; null of all other reports."""
    zone: str
    """IANA zone of the hours people read on it."""
    occurred_at: datetime
    """When the act happened, by the reporter's account."""
    recorded_at: datetime
    """When it was recorded, by the log's clock."""
    post: str
    """The public office of who reported it."""
    body: str
    """Their institution."""
    on_behalf_of: str | None
    """The body it was recorded for, where that is another."""
    grant: str
    """The authority it was reported under."""
    last_position: int
    """The last position it was recorded at; what followed from it stands between the two."""
    proof: str
    """Where the proof is had that its first event stands in the signed log."""
    event: str
    """The id of its first event in the log (CloudEvents)."""
    command_id: UUID
    """The id of the command: the request's `Idempotency-Key`."""


async def find_receipt(
    resources: Resources, command_id: UUID, caller: Caller | None, origin: str
) -> RecordedReceipt:
    """Return the receipt of a report. ``origin`` is the site's address.

    Raises the same 404 `Problem` where nothing was recorded under the id, where it was no report, and where it is of a
    case that is not public and the caller has no authority over.
    """
    recorded, stored = await asyncio.to_thread(_recorded, resources, command_id)
    if recorded is None or stored is None:
        raise unknown_receipt()
    # What is kept will do: what is told of a process or of a plan has been so since before the report.
    view = View(resources.ledger, fresh=False)
    path = stored.stream.partition("/")[2]
    process, _, milestone = path.partition("/")
    known = (await view.load(PROCESS, process_stream(process))).state
    opened = known.opened
    if opened is None or is_hidden(known, caller, process):
        raise unknown_receipt()
    plan = (await view.load(MILESTONE, stored.stream)).state.plan if milestone else None
    about = plan or opened
    zone = plan.zone if plan else zone_of(opened.territory)
    names = (about.name, opened.name)
    return _receipt(stored, recorded, names, about.territory, zone, f"{origin}/acuses/{command_id}")


def _recorded(resources: Resources, command_id: UUID) -> tuple[Committed | None, StoredEvent | None]:
    """Return where a command stands, and its first event that is about a process or an activity.

    Before that may stand what it rests on.
    """
    log = resources.ledger.log
    recorded = log.recorded_by(command_id)
    if recorded is None:
        return None, None
    before = recorded.first_position - 1
    first = log.read(before, min(recorded.last_position - before, LOOKED_AT))
    return recorded, next((one for one in first if one.stream.startswith(("milestone/", "process/"))), None)


def _receipt(
    stored: StoredEvent,
    recorded: Committed,
    names: tuple[Names, Names],
    territory: str,
    zone: str,
    address: str,
) -> RecordedReceipt:
    """Return the receipt; ``names`` are of what was reported on and of its process."""
    process, _, milestone = stored.stream.partition("/")[2].partition("/")
    event, _ = recorded_event(stored)
    place = event.place if isinstance(event, MilestonePartReported) else None
    return RecordedReceipt(
        folio=recorded.first_position, address=address, act=stored.type.partition(".")[0], process=process,
        process_name=names[1], milestone=milestone or None, name=names[0], territory=territory, place=place, zone=zone,
        occurred_at=stored.occurred_at,
        recorded_at=stored.recorded_at, post=stored.author_post, body=stored.author_body,
        on_behalf_of=stored.author_on_behalf_of, grant=stored.author_grant, last_position=recorded.last_position,
        proof=proof_address(recorded.first_position),
        event=f"{stored.stream}/{stored.version}", command_id=stored.command_id,
    )  # fmt: skip


def origin_of(connection: HTTPConnection) -> str:
    """Return the address people find this site at: the one that was set, or the one it was asked at."""
    settings = connection.app.state.resources.settings
    return (settings.public_url or str(connection.base_url)).rstrip("/")


def unknown_receipt() -> Problem:
    """Return the problem of a receipt that is not there, or that may not be shown."""
    return not_found(
        "unknown-receipt",
        es="No hay un acuse con ese identificador: revísalo, tal como llegó al reportar.",
        en="There is no receipt with that id: check it against what came when it was reported.",
    )
