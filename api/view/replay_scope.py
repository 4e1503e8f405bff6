"""Of what the replay room replays: the nation, a state, a process, a case file or one activity; and its addresses."""

from __future__ import annotations

from dataclasses import dataclass

from api.routes.entities import unknown_entity
from api.routes.milestones import unknown_milestone
from api.routes.processes import unknown_process
from api.view.places import place_name
from api.view.visit import Reading, Visit
from domain.entity import FEDERATION, entities
from projections.milestones import MilestoneRow, get_milestone
from projections.processes import NamedProcess, get_named_process
from projections.second_clock import Scope
from projections.timeline import TimelineFilter

PATH = "/auditoria"
EVERYTHING = "pais"
"""What the address says of all elections together."""


@dataclass(frozen=True, slots=True)
class ReplayScope:
    """A scope as its address says it; a process is more than a state, and an activity is one of its process."""

    proceso: str = ""
    actividad: str = ""
    entidad: str = ""

    @property
    def is_chosen(self) -> bool:
        """Whether any was."""
        return bool(self.proceso or self.entidad)

    @property
    def territory(self) -> str | None:
        """The place, where it is one and no process: ``MX`` is what is national."""
        return None if self.proceso or self.entidad == EVERYTHING else self.entidad

    def where(self) -> TimelineFilter:
        """Return which events are its."""
        return TimelineFilter(
            process=self.proceso or None, milestone=self.actividad or None, territory=self.territory
        )

    def read_by_the_second_clock(self) -> Scope:
        """Return what is read of it at a moment of both clocks."""
        return Scope(process=self.proceso or None, territory=self.territory)

    def query(self) -> dict[str, str]:
        """Return what names it in an address."""
        if not self.proceso:
            return {"entidad": self.entidad}
        named = {"proceso": self.proceso, "actividad": self.actividad}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class KnownScope:
    """A scope that is there."""

    asked: ReplayScope
    name: str
    """What it is called, in the visitor's language; empty for all elections."""
    page: str
    """The page that tells how it stands."""
    territory: str
    process: NamedProcess | None = None
    milestone: MilestoneRow | None = None

    def replay(self, visit: Visit, **where: object) -> str:
        """Return the room's address at a place in this scope."""
        return visit.link(PATH, **self.asked.query(), **where)


def known_scope(visit: Visit, reading: Reading, asked: ReplayScope) -> KnownScope:
    """Return a scope with its name. Raises a 404 `api.problems.Problem` where there is no such process or state."""
    if not asked.proceso:
        return _place(visit, asked)
    process = get_named_process(reading.connection, asked.proceso, reading.as_of)
    if process is None:
        raise unknown_process(asked.proceso)
    address = f"/expedientes/{process.id}" if process.is_case else f"/procesos/{process.id}"
    if not asked.actividad:
        return KnownScope(asked, visit.in_language(process.name), address, process.territory, process)
    row = get_milestone(reading.connection, asked.proceso, asked.actividad, reading.as_of)
    if row is None:
        raise unknown_milestone(asked.proceso, asked.actividad)
    name = f"{row.id} · {visit.in_language(row.name)}"
    page = f"/procesos/{process.id}/actividades/{row.id}"
    return KnownScope(asked, name, page, row.territory, process, row)


def _place(visit: Visit, asked: ReplayScope) -> KnownScope:
    if asked.entidad == EVERYTHING:
        return KnownScope(asked, "", "/", FEDERATION)
    if asked.entidad != FEDERATION and asked.entidad not in entities():
        raise unknown_entity(asked.entidad)
    page = "/" if asked.entidad == FEDERATION else f"/entidades/{asked.entidad}"
    return KnownScope(asked, place_name(asked.entidad, language=visit.language), page, asked.entidad)
