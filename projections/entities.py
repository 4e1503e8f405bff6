"""How does each state stand, and the country?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

from domain.entity import FEDERATION, Entity, entities
from domain.names import Names
from projections.elections import Election, latest_elections
from projections.known import known
from projections.moment import AsOf, moment_parameters
from projections.page import Row
from projections.reading import projected_position
from projections.tally import (
    Cell,
    ResponsibleTally,
    StageTally,
    Tally,
    by_responsible,
    by_stage,
    cells,
    together,
)


class EntityStatus(Row):
    """Where one state stands at a moment: its own work, and apart from it the federation's work there."""

    code: str
    """ISO 3166-2: ``MX-JAL``."""
    name: str
    """The state's name."""
    abbreviation: str
    """Its short name: ``Jal.``."""
    ine_number: int
    """INE's number, 1 to 32."""
    opl_name: str
    """The local electoral body."""
    opl_acronym: str
    """Its acronym."""
    elects: Names
    """What the state elects."""
    confirmed: bool
    """Whether it is certain that it holds a local process."""
    doubt: Names | None
    """What is not certain about it."""
    process: str | None
    """Its local process, once one is open."""
    calendar_loaded: bool
    """Whether the OPL's own activities have dates; without them nothing is compared or coloured."""
    local: Tally
    """The local process."""
    federal: Tally
    """The federal activities that are followed in this state. National ones are in no state's figures."""
    by_stage: list[StageTally]
    """The local process by stage."""
    by_responsible: list[ResponsibleTally]
    """The local process by who is responsible."""
    undated: int
    """Counted activities of the local process without a date."""
    blocked: int
    """Counted open activities, local and federal, that wait for one that is late or suspended."""
    last_activity_at: datetime | None
    """When something was last reported about it, after the opening."""
    position: int
    """The last position that changed any of this."""


class NationalStatus(Row):
    """Where the country stands at a moment."""

    total: Tally
    """Federal and local together; what is one act is counted once."""
    federal: Tally
    """The federal process, national activities and those followed by state."""
    local: Tally
    """The local processes."""
    by_responsible: list[ResponsibleTally]
    """Federal and local together, by who is responsible."""
    stages: list[StageTally]
    """Federal and local together, by stage."""
    federal_stages: list[StageTally]
    """The federal process, by stage."""
    entities: list[EntityStatus]
    """The 32 states in INE's order."""
    late_by_law: list[str]
    """``process/id`` of open milestones past a date of law or of an approved calendar, the longest first (10)."""
    upcoming: list[str]
    """``process/id`` of the counted open milestones that are due next (10)."""
    position: int
    """The position all this is told from."""
    at: datetime
    """The instant all this is judged at."""


LISTED = 10
"""How many milestones the short lists name."""


def entity_statuses(
    connection: Connection[Any], as_of: AsOf, *, due_soon_days: int = 7
) -> list[EntityStatus]:
    """Return the status of the 32 states in INE's order."""
    figures = _figures(connection, as_of, due_soon_days)
    return [_status(entity, figures) for entity in entities().values()]


def entity_status(
    connection: Connection[Any], code: str, as_of: AsOf, *, due_soon_days: int = 7
) -> EntityStatus | None:
    """Return the status of one state, or None where there is no such state."""
    entity = entities().get(code)
    if entity is None:
        return None
    return _status(entity, _figures(connection, as_of, due_soon_days, of=(entity.code, FEDERATION)))


def national_status(connection: Connection[Any], as_of: AsOf, *, due_soon_days: int = 7) -> NationalStatus:
    """Return the status of the country with that of the 32 states."""
    figures = _figures(connection, as_of, due_soon_days)
    federal = [cell for cell in figures.cells if cell.process == figures.federal]
    local = [cell for cell in figures.cells if cell.process != figures.federal]
    late, upcoming = _lists(connection, as_of, figures)
    return NationalStatus(
        total=together(figures.cells),
        federal=together(federal),
        local=together(local),
        by_responsible=by_responsible(figures.cells),
        stages=by_stage(figures.cells, figures.stages),
        federal_stages=by_stage(federal, figures.stages),
        entities=[_status(entity, figures) for entity in entities().values()],
        late_by_law=late,
        upcoming=upcoming,
        position=figures.position,
        at=as_of.at,
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    """What every status is made from."""

    processes: Mapping[str, Election]
    """The latest election of each territory, by territory."""
    cells: list[Cell]
    by_process: Mapping[str, list[Cell]]
    """The same cells, by process."""
    reported_at: Mapping[int, datetime]
    """When the events were recorded that were the last ones reported of something."""
    position: int

    @property
    def stages(self) -> list[str]:
        """The stages of all processes, in the order of the federal plan."""
        return [stage for process in self.processes.values() for stage in process.stages]

    @property
    def federal(self) -> str | None:
        """The federal process, once one is open."""
        process = self.processes.get(FEDERATION)
        return process.id if process else None


def _figures(
    connection: Connection[Any], as_of: AsOf, due_soon_days: int, of: Collection[str] | None = None
) -> _Figures:
    """Return the figures of the elections of some territories, or of all."""
    processes = {
        territory: process
        for territory, process in latest_elections(connection, as_of).items()
        if of is None or territory in of
    }
    found = cells(
        connection,
        as_of,
        due_soon_days=due_soon_days,
        processes=[process.id for process in processes.values()],
        # A state's work waits for its own and for the nation's, never for another state's (`projections.order`).
        territories=of,
    )
    last = {cell.reported_at_position for cell in found}
    rows = connection.execute(
        "SELECT position, recorded_at FROM ledger.events WHERE position = ANY(%s)", [list(last)]
    ).fetchall()
    told = projected_position(connection)
    by_process: dict[str, list[Cell]] = {}
    for cell in found:
        by_process.setdefault(cell.process, []).append(cell)
    return _Figures(
        processes,
        found,
        by_process,
        dict(rows),
        told if as_of.position is None else min(as_of.position, told),
    )


def _status(entity: Entity, figures: _Figures) -> EntityStatus:
    process = figures.processes.get(entity.code)
    local = figures.by_process.get(process.id, []) if process else []
    federal_everywhere = figures.by_process.get(figures.federal or "", [])
    federal = [cell for cell in federal_everywhere if cell.territory == entity.code]
    local_tally, federal_tally = together(local), together(federal)
    reported = max((cell.reported_at_position for cell in (*local, *federal)), default=0)
    # National rows hold up and are mirrored by local ones, so they change what is told of a state.
    around = [cell for cell in federal_everywhere if cell.territory in {entity.code, FEDERATION}]
    confirmed = process.confirmed if process else entity.confirmed
    return EntityStatus(
        code=entity.code, name=entity.name, abbreviation=entity.abbreviation, ine_number=entity.ine_number,
        opl_name=entity.opl.name, opl_acronym=entity.opl.acronym, elects=entity.elects,
        confirmed=confirmed, doubt=None if confirmed else entity.doubt, process=process.id if process else None,
        calendar_loaded=_is_calendar_loaded(local), local=local_tally, federal=federal_tally,
        by_stage=by_stage(local, process.stages if process else ()), by_responsible=by_responsible(local),
        undated=local_tally.undated + local_tally.done_undated, blocked=local_tally.blocked + federal_tally.blocked,
        last_activity_at=figures.reported_at.get(reported),
        position=max([process.position if process else 0, *(cell.position for cell in (*local, *around))]),
    )  # fmt: skip


def _is_calendar_loaded(local: list[Cell]) -> bool:
    """Tell whether most of what the OPL itself has to do has a date: federal law alone dates a few of its rows.

    What a state's own plan adds comes with its dates, and says nothing of those that its calendar owes.
    """
    own = together(cell for cell in local if cell.responsible == "OPL" and cell.is_national)
    return own.counted > 2 * (own.undated + own.done_undated)


def _lists(connection: Connection[Any], as_of: AsOf, figures: _Figures) -> tuple[list[str], list[str]]:
    """Return what has been late by law for longest, and what is due next."""
    parameters = moment_parameters(as_of) | {
        "processes": [process.id for process in figures.processes.values()],
        "listed": LISTED,
    }
    late: list[str] = []
    upcoming: list[str] = []
    for name, is_late in connection.execute(_LISTS.format(known=known(as_of)), parameters):
        (late if is_late else upcoming).append(name)
    return late, upcoming


_LISTS = sql.SQL("""
    WITH open AS MATERIALIZED (
        SELECT process || '/' || id AS name, due_at, milestone, standing <> 'pending' AS is_late
        FROM ({known}) AS known
        WHERE process = ANY(%(processes)s)
          AND (standing IN ('reported_unfinished', 'without_report') AND by_law
               OR standing = 'pending' AND status <> 'suspended')
    )
    (SELECT name, is_late FROM open WHERE is_late ORDER BY due_at, milestone LIMIT %(listed)s)
    UNION ALL
    (SELECT name, is_late FROM open WHERE NOT is_late ORDER BY due_at, milestone LIMIT %(listed)s)""")
