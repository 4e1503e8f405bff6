"""Cases for the tests of the pages: the simulated ones, and three whose words may not be told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from api.case_opening import open_case
from api.case_playing import play_cases
from api.opening import CONSOLE
from api.reporting import write_report
from domain.case import OpenCase
from domain.event import Event
from domain.milestone_commands import CompleteMilestone
from domain.milestone_events import Evidence, MilestoneCompleted
from domain.process import CaseOpened, CaseSubject, FactGiven, process_stream
from ledger.ledger import Ledger, View
from tests.pages.site import NOW, opened

SEED = 2027
RECEIVED = "2026-11-03T10:00"
ACT = datetime.fromisoformat("2026-11-04T12:00:00-06:00")


@dataclass(frozen=True, slots=True)
class Canary:
    """A case, and what was written in it that no page may say."""

    command: OpenCase
    subject: str
    matter: str
    note: str
    unsaid: tuple[str, ...]
    """Those of its words that are to be nowhere, in small letters."""

    @property
    def id(self) -> str:
        """The id of the case."""
        return self.command.process


RESERVED = Canary(
    OpenCase(
        kind="data_rights_request",
        territory="MX-JAL",
        folio="7731ca0a-1105-4bad-8bad-c0ffee007731",
        received=RECEIVED,
    ),
    subject="zutana-reservada-1",
    matter="Materia encubierta",
    note="Nota encubierta",
    unsaid=("7731ca0a-1105-4bad-8bad-c0ffee007731", "zutana", "encubierta"),
)
LISTED = Canary(
    OpenCase(kind="information_request", territory="MX-JAL", folio="CANARIO-8842", received=RECEIVED),
    subject="mengana-listada-1",
    matter="Materia a la vista",
    note="Nota velada",
    unsaid=("mengana", "velada"),
)
PUBLIC = Canary(
    OpenCase(
        kind="ordinary_sanctioning",
        territory="MX-JAL",
        folio="CANARIO-9953",
        received=RECEIVED,
        facts=(FactGiven(id="filed", value="during_process"),),
    ),
    subject="perengano-oculto-1",
    matter="Afiliación a la vista",
    note="Nota de trámite",
    unsaid=("perengano",),
)
CANARIES = (RESERVED, LISTED, PUBLIC)


def add_cases(database_url: str) -> None:
    """Open the simulated cases and the three others in a prepared log, lead them on, and tell them."""
    resources = opened(database_url)
    asyncio.run(_add(resources.ledger))
    resources.projector().catch_up()
    resources.close()


async def _add(ledger: Ledger) -> None:
    await play_cases(ledger, NOW, SEED)
    for canary in CANARIES:
        await _open(ledger, canary)
        await _report(ledger, canary)


async def _open(ledger: Ledger, canary: Canary) -> None:
    """Open a case with words that a command on it may be refused for: another program may have written them."""
    stream = process_stream(canary.id)
    words = {"subject": CaseSubject(name=canary.subject, public=canary is LISTED), "matter": canary.matter}

    async def decide(view: View) -> None:
        await open_case(view, canary.command, NOW)
        view.written[stream] = [_with(event, CaseOpened, words) for event in view.written[stream]]

    await ledger.execute(decide, command_id=_key(canary, "open"), author=CONSOLE, occurred_at=ACT)


async def _report(ledger: Ledger, canary: Canary) -> None:
    words: dict[str, object] = {"note": canary.note, "evidence": (Evidence(name=canary.note),)}

    async def decide(view: View) -> None:
        await write_report(view, canary.id, "S01", CompleteMilestone(), ACT, NOW)
        for stream, events in view.written.items():
            view.written[stream] = [_with(event, MilestoneCompleted, words) for event in events]

    await ledger.execute(decide, command_id=_key(canary, "S01"), author=CONSOLE, occurred_at=ACT)


def _with(event: Event, kind: type[Event], words: dict[str, object]) -> Event:
    return event.model_copy(update=words) if isinstance(event, kind) else event


def _key(canary: Canary, what: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"canary/{canary.id}/{what}")
