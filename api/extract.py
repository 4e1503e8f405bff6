"""What an export is made of: the events of one part of the log up to a position, and the checkpoint that covers them.

Every format is written from an `Extract` and nothing else, so the same part at the same checkpoint gives the same
bytes, whenever and wherever it is made.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from api.database import Resources
from api.problems import Problem
from api.routes.entities import unknown_entity
from api.routes.milestones import unknown_milestone
from api.routes.processes import unknown_process
from domain.entity import entities
from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.log import Log, StoredEvent
from ledger.note import parse_note
from ledger.tree import SignedTree
from projections.extent import Part, extent_of
from projections.moment import AsOf, BadMoment
from projections.reading import projected_position

PAGE_EVENTS = 500
"""How many events are read at once: more take longer each."""


@dataclass(frozen=True, slots=True)
class Extract:
    """The events of a part of the log, ready to be read as often as a format needs."""

    log: Log
    part: Part
    positions: Sequence[int]
    cases: frozenset[str]
    """Those of its processes that are case files."""
    position: int
    """Up to where the log was asked."""
    checkpoint: Checkpoint
    """The one it was made at: without its signatures, to which witnesses may add."""
    note: bytes
    """That checkpoint, signed, as it was served when this was made."""
    simulated: bool
    progress: Callable[[int], None] = lambda _: None
    """Hears of every page how many events it had."""

    def pages(self, positions: Sequence[int] | None = None) -> Iterator[list[StoredEvent]]:
        """Yield the events page by page, in order: all of them, or those at some of their positions, ascending."""
        wanted = self.positions if positions is None else positions
        # Not ahead in another thread: it was tried, and the two of them waited for one another.
        for start in range(0, len(wanted), PAGE_EVENTS):
            page = self.log.read_at(wanted[start : start + PAGE_EVENTS])
            self.progress(len(page))
            yield page

    @property
    def name(self) -> str:
        """What a file of it is called, without its ending: its part, and where the log stood."""
        words = [self.part.process, self.part.milestone, self.part.territory]
        part = "-".join(word for word in words if word) or "MX"
        return f"{'simulado-' if self.simulated else ''}bitacora-{part}-{self.position}"

    @property
    def stamp(self) -> dict[str, str | int | bool]:
        """What every export says of itself, in words a program reads."""
        scope = {
            "process": self.part.process,
            "milestone": self.part.milestone,
            "territory": self.part.territory,
        }
        return {
            "origin": self.checkpoint.origin,
            "simulated": self.simulated,
            **{name: value for name, value in scope.items() if value},
            "position": self.position,
            "events": len(self.positions),
            "checkpoint_size": self.checkpoint.size,
            "checkpoint_root": base64.b64encode(self.checkpoint.root).decode(),
        }


def extract(resources: Resources, connection: Connection[Any], part: Part, as_of: AsOf) -> Extract:
    """Return what there is of a part: at a moment, or at the last checkpoint that is told.

    Raises a 404 `Problem` where nothing is signed that far, and where the part is not there, or not for everybody;
    `projections.moment.BadMoment` where the moment is before the log.
    """
    if as_of.position == 0:
        raise BadMoment(
            es="En ese momento la bitácora no había comenzado: no hay nada que exportar.",
            en="The log had not begun at that moment: there is nothing to export.",
        )
    if part.territory is not None and part.territory not in entities():
        raise unknown_entity(part.territory)
    signed = _signed(resources, connection, as_of)
    checkpoint = parse_checkpoint(parse_note(signed.note).text)
    position = signed.size if as_of.position is None else as_of.position
    extent = extent_of(connection, part, position)
    if not extent.positions and part.process is not None:
        raise _missing(part.process, part.milestone)
    return Extract(
        resources.ledger.log, part, extent.positions, extent.cases, position, checkpoint, signed.note,
        resources.identity().simulated,
    )  # fmt: skip


def _signed(resources: Resources, connection: Connection[Any], as_of: AsOf) -> SignedTree:
    log = resources.signed_log
    if as_of.position is None:
        signed = log.checkpoint_up_to(projected_position(connection))
    else:
        signed = log.checkpoint_covering(as_of.position)
    if signed is not None:
        return signed
    if as_of.position is None or log.checkpoint() is None:
        raise Problem(
            404,
            "not-signed",
            es="La bitácora aún no está firmada: quien la administra pone en marcha «bitacora sign».",
            en="The log is not signed yet: its administrator starts 'bitacora sign'.",
        )
    raise Problem(
        404,
        "not-signed-yet",
        es=f"El asiento n.º {as_of.position} aún no está firmado: pide la exportación otra vez en un momento.",
        en=f"Position {as_of.position} is not signed yet: ask for the export again in a moment.",
        headers={"Retry-After": "1"},
    )


def _missing(process: str, milestone: str | None) -> Problem:
    return unknown_milestone(process, milestone) if milestone else unknown_process(process)
