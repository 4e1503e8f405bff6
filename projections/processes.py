"""Which processes are there, and how far is each?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import Connection, Cursor, sql
from psycopg.rows import namedtuple_row

from domain.calendar import Moment
from domain.deadline import DateBasis, Names
from domain.procedure import Boundary, Stage
from domain.process import PROCESS, ProcessOpened, ProcessStatus
from ledger.codec import decode
from projections.fold import Batch
from projections.moment import AsOf
from projections.page import Page, Row, position_in
from projections.projection import Projection
from projections.tally import Cell, StageTally, Tally, by_stage, cells, together


class StageRow(Row):
    """A stage of a process."""

    id: str
    """Its id: ``preparation``, ``election_day``, ``results``, ``close``."""
    name: Names
    """What it is called."""
    starts: Moment | None
    """The day the law has it begin; where that is not known, the first day any of its milestones starts or is due."""
    due: Moment | None
    """The day the law has it end; where that is not known, the last day any of its milestones is due."""
    tally: Tally
    """How many of its milestones stand how."""


class ProcessName(Row):
    """A process by name, without its figures: what a list to choose from needs."""

    id: str
    """Its id: ``pef-2026-2027``, ``pel-2026-2027-jal``."""
    name: Names
    """What it is called."""
    territory: str
    """``MX`` or a state's code."""
    election_day: Moment
    """The day of the vote."""
    stages: list[Stage]
    """Its stages, in order."""


class ProcessRow(Row):
    """A process: one election, or one case file, under way in one jurisdiction."""

    id: str
    """Its id: ``pef-2026-2027``, ``pel-2026-2027-jal``."""
    kind: str
    """The procedure it follows: ``federal_election``, ``local_election``."""
    name: Names
    """What it is called."""
    territory: str
    """``MX`` or a state's code."""
    cycle: str
    """Its years: ``2026-2027``."""
    status: ProcessStatus
    """Whether it is under way."""
    confirmed: bool
    """Whether it is certain that it takes place."""
    doubt: Names | None
    """What is not certain about it."""
    election_day: Moment
    """The day of the vote."""
    election_day_basis: DateBasis
    """Where that day comes from."""
    plan_version: int
    """The version of the procedure it was opened from."""
    plan_digest: str
    """SHA-256 of the procedure's file it was opened from."""
    opened_at: datetime
    """When it began to be followed."""
    closed_at: datetime | None
    """When it ended."""
    milestones: int
    """How many milestones its plan opened."""
    stages: list[StageRow]
    """Its stages, in order."""
    tally: Tally
    """How many of its milestones stand how."""
    version: int
    """How many events its own stream has."""
    position: int
    """The last position that changed it or any of its milestones."""


Spans = Mapping[tuple[str, str], tuple[Moment, Moment]]
"""The first and the last day of stages and of rows of the plan, by process and by the stage or the row."""

TABLES = """
CREATE TABLE processes (
    -- Of its opening.
    position  bigint PRIMARY KEY,
    id        text   NOT NULL UNIQUE,
    kind      text   NOT NULL,
    territory text   NOT NULL
);

CREATE TABLE process_versions (
    process        bigint  NOT NULL,
    valid_from     bigint  NOT NULL,
    valid_to       bigint  NOT NULL,
    stream_version integer NOT NULL,
    status         text    NOT NULL,
    confirmed      boolean NOT NULL,
    closed_at      timestamptz,
    PRIMARY KEY (process, valid_from)
);
"""


def list_processes(
    connection: Connection[Any],
    as_of: AsOf,
    *,
    territory: str | None = None,
    kind: str | None = None,
    after: str | None = None,
    limit: int = 100,
    due_soon_days: int = 7,
) -> Page[ProcessRow]:
    """Return processes in the order they were opened. Raises `projections.page.BadCursor`."""
    found = _select(
        connection,
        as_of,
        territory=territory,
        kind=kind,
        after=position_in(after, otherwise=0),
        limit=limit + 1,
    )
    rows = _rows(connection, found[:limit], as_of, due_soon_days)
    return Page(items=rows, next=str(found[limit - 1].process) if len(found) > limit else None)


def list_process_names(
    connection: Connection[Any], as_of: AsOf, *, kind: str | None = None
) -> list[ProcessName]:
    """Return every process, or those of a kind, in the order they were opened. It reads no figures."""
    return [
        ProcessName(
            id=row.id,
            name=opened.name,
            territory=row.territory,
            election_day=opened.election_day,
            stages=list(opened.stages),
        )
        for row in _select(connection, as_of, kind=kind)
        for opened in [opening_from(row.type, row.body)]
    ]


def stage_rows(
    connection: Connection[Any], process: ProcessName, tallies: Iterable[StageTally], as_of: AsOf
) -> list[StageRow]:
    """Return the stages of a process with their days and with figures that were read already."""
    spans = _spans(connection, [process.id], as_of)
    tally_of = {one.stage: one.tally for one in tallies}
    return _stages(process.id, process.election_day, process.stages, tally_of, spans)


def get_process(
    connection: Connection[Any],
    id: str,  # noqa: A002 - its name
    as_of: AsOf,
    *,
    due_soon_days: int = 7,
) -> ProcessRow | None:
    """Return one process, or None where there was none at that moment."""
    rows = _rows(connection, _select(connection, as_of, id=id, limit=1), as_of, due_soon_days)
    return rows[0] if rows else None


_SELECT = sql.SQL("""
    SELECT p.position AS process, p.id, p.kind, p.territory, v.valid_from, v.stream_version, v.status, v.confirmed,
           v.closed_at, opened.type, opened.body, opened.occurred_at AS opened_at
    FROM processes AS p
    JOIN process_versions AS v ON v.process = p.position
     AND v.valid_from <= coalesce(%(position)s::bigint, v.valid_from)
     AND v.valid_to > coalesce(%(position)s::bigint, v.valid_to - 1)
     AND (%(position)s::bigint IS NOT NULL OR v.valid_to = 9223372036854775807)
    JOIN ledger.events AS opened ON opened.position = p.position
    WHERE p.position > %(after)s
      AND p.id = coalesce(%(id)s, p.id)
      AND p.kind = coalesce(%(kind)s, p.kind)
      AND p.territory = coalesce(%(territory)s, p.territory)
    ORDER BY p.position
    LIMIT %(limit)s""")


def _select(
    connection: Connection[Any],
    as_of: AsOf,
    *,
    id: str | None = None,  # noqa: A002 - its name
    kind: str | None = None,
    territory: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Any]:
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(
            _SELECT,
            {
                "position": as_of.position,
                "after": after,
                "id": id,
                "kind": kind,
                "territory": territory,
                "limit": limit,
            },
        ).fetchall()


def _rows(connection: Connection[Any], found: list[Any], as_of: AsOf, due_soon_days: int) -> list[ProcessRow]:
    """Return processes with their stages and figures."""
    if not found:
        return []
    ids = [row.id for row in found]
    parts: dict[str, list[Cell]] = {id_: [] for id_ in ids}
    for cell in cells(connection, as_of, due_soon_days=due_soon_days, processes=ids):
        parts[cell.process].append(cell)
    spans = _spans(connection, ids, as_of)
    return [_row(row, parts[row.id], spans) for row in found]


def _row(row: Any, parts: list[Cell], spans: Spans) -> ProcessRow:
    opened = opening_from(row.type, row.body)
    tally_of = {one.stage: one.tally for one in by_stage(parts)}
    return ProcessRow(
        id=row.id, kind=row.kind, name=opened.name, territory=row.territory, cycle=opened.cycle, status=row.status,
        confirmed=row.confirmed, doubt=None if row.confirmed else opened.doubt,
        election_day=opened.election_day, election_day_basis=opened.election_day_basis,
        plan_version=opened.plan_version, plan_digest=opened.plan_digest,
        opened_at=row.opened_at, closed_at=row.closed_at, milestones=opened.milestones,
        stages=_stages(row.id, opened.election_day, opened.stages, tally_of, spans),
        tally=together(parts), version=row.stream_version,
        position=max([row.valid_from, *(cell.position for cell in parts)]),
    )  # fmt: skip


def _stages(
    process: str, election_day: Moment, stages: Iterable[Stage], tallies: Mapping[str, Tally], spans: Spans
) -> list[StageRow]:
    def day(boundary: Boundary | None) -> Moment | None:
        """Return the day of a boundary of law, None where the plan has none or its step has no date."""
        row, _, end = (boundary or "").partition(".")
        first, last = spans.get((process, row), (None, None))
        return election_day[:10] if boundary == "election day" else first if end == "start" else last

    return [
        StageRow(
            id=stage.id,
            name=stage.name,
            starts=day(stage.starts) or first,
            due=day(stage.ends) or last,
            tally=tallies.get(stage.id, Tally()),
        )
        for stage in stages
        for first, last in [spans.get((process, stage.id), (None, None))]
    ]


def _spans(connection: Connection[Any], processes: list[str], as_of: AsOf) -> Spans:
    """Return the first and the last day of each stage and each row of the plan that has dates."""
    rows = connection.execute(
        "SELECT process, coalesce(plan_row, stage),"
        " left(min(least(starts, due)), 10), left(max(coalesce(due, starts)), 10)"
        " FROM (SELECT DISTINCT ON (milestone) milestone, starts, due FROM milestone_schedules"
        "       WHERE valid_from <= coalesce(%(position)s::bigint, valid_from)"
        "       ORDER BY milestone, valid_from DESC) AS dates"
        " JOIN milestones ON milestones.position = dates.milestone"
        " WHERE process = ANY(%(processes)s) AND coalesce(starts, due) IS NOT NULL"
        " GROUP BY GROUPING SETS ((process, stage), (process, plan_row))",
        {"processes": processes, "position": as_of.position},
    )
    return {(process, part): (first, last) for process, part, first, last in rows}


@lru_cache(maxsize=256)
def opening_from(type_: str, body: bytes) -> ProcessOpened:
    """Return an opening from its stored bytes, which never change."""
    event = decode(type_, body)
    if not isinstance(event, ProcessOpened):
        raise TypeError(f"a process is opened by a ProcessOpened, not by {type_}")
    return event


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write one version for each event, and close the version it replaces. There are a few dozen in all."""
    for step in batch.of(PROCESS):
        position, state = step.stored.position, step.after
        if isinstance(step.event, ProcessOpened):
            cursor.execute(
                "INSERT INTO processes (position, id, kind, territory) VALUES (%s, %s, %s, %s)",
                [position, step.stored.stream.partition("/")[2], step.event.kind, step.event.territory],
            )
        if state.opened is None:
            raise ValueError(f"{step.stored.stream} was never opened")
        cursor.execute(
            "UPDATE process_versions SET valid_to = %s WHERE process = %s AND valid_to = 9223372036854775807",
            [position, step.origin],
        )
        cursor.execute(
            "INSERT INTO process_versions VALUES (%s, %s, 9223372036854775807, %s, %s, %s, %s)",
            [step.origin, position, state.version, state.status, state.confirmed, state.closed_at],
        )


PROJECTION = Projection("processes", TABLES, tell)
