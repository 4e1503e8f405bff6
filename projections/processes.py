"""Which processes are there, and how far is each?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.calendar import Moment
from domain.deadline import DateBasis
from domain.names import Names
from domain.procedure import Boundary, Stage
from domain.process import ProcessOpened, ProcessStatus
from projections.docket import is_shown
from projections.moment import AsOf, moment_parameters
from projections.page import Page, Row, position_in
from projections.process_versions import beginning
from projections.tally import Cell, StageTally, Tally, by_stage, cells, together
from projections.true_then import process_join, schedule_then, version_join


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


class NamedProcess(Row):
    """An election or a case file by name, without its figures."""

    id: str
    """Its id."""
    name: Names
    """What it is called."""
    territory: str
    """``MX`` or a state's code."""
    is_case: bool
    """Whether it is a case file."""


class ProcessRow(Row):
    """A process: one election, or one case file, under way in one jurisdiction."""

    id: str
    """Its id: ``pef-2026-2027``, ``pel-2026-2027-jal``, ``pos-2026-mx-ut-scg-q-12``."""
    kind: str
    """The procedure it follows: ``federal_election``, ``local_election``, ``ordinary_sanctioning``."""
    name: Names
    """What it is called."""
    territory: str
    """``MX`` or a state's code."""
    cycle: str | None
    """The years of an election: ``2026-2027``; null for a case file."""
    status: ProcessStatus
    """Whether it is under way."""
    confirmed: bool
    """Whether it is certain that it takes place."""
    doubt: Names | None
    """What is not certain about it."""
    election_day: Moment | None
    """The day of the vote; null for a case file."""
    election_day_basis: DateBasis | None
    """Where that day comes from; null for a case file."""
    called_by: str | None
    """The instrument that called it, where the calendar of law does not."""
    matter: str | None
    """What is elected and where, as that instrument says."""
    plan_version: int
    """The version of the procedure it follows."""
    plan_digest: str
    """SHA-256 of the procedure's file it follows."""
    opened_at: datetime
    """When it began to be followed."""
    closed_at: datetime | None
    """When it ended."""
    open_milestones: int
    """How many of its activities were still to be done when it was closed; 0 while it is under way."""
    milestones: int
    """How many milestones its plan opened."""
    without_plan: Names | None
    """Why its plan's activities are not followed, where they are not."""
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
    """Return elections in the order they were opened. Raises `projections.page.BadCursor`.

    Case files are listed by `projections.cases`.
    """
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
    """Return every election, or those of a kind, in the order they were opened. It reads no figures."""
    return [
        ProcessName(
            id=row.id,
            name=opened.name,
            territory=row.territory,
            election_day=row.election_day,
            stages=list(opened.stages),
        )
        for row in _select(connection, as_of, kind=kind)
        for opened in [beginning(row.type, row.body)]
    ]


def names_of_processes(connection: Connection[Any], ids: Iterable[str]) -> dict[str, Names]:
    """Return what elections and case files are called, by id. Whoever asks knows of each: nothing is left out."""
    query = (
        "SELECT p.id, opened.type, opened.body FROM processes AS p"
        " JOIN ledger.events AS opened ON opened.position = p.position WHERE p.id = ANY(%s)"
    )
    found = connection.execute(query, (sorted(set(ids)),))
    return {id_: beginning(type_, body).name for id_, type_, body in found}


def get_named_process(connection: Connection[Any], id: str, as_of: AsOf) -> NamedProcess | None:  # noqa: A002 - its name
    """Return what `get_process` returns to anyone, by name alone: it reads no figures."""
    for row in _select(connection, as_of, id=id, limit=1):
        opened = beginning(row.type, row.body)
        return NamedProcess(
            id=row.id, name=opened.name, territory=row.territory, is_case=row.election_day is None
        )
    return None


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
    reach: str | None = None,
    due_soon_days: int = 7,
) -> ProcessRow | None:
    """Return one election or case file, or None where there was none at that moment.

    A case whose steps whoever looks (``reach``) may not see is as if it were not there.
    """
    rows = _rows(connection, _select(connection, as_of, id=id, reach=reach, limit=1), as_of, due_soon_days)
    return rows[0] if rows else None


_SELECT = sql.SQL("""
    SELECT p.position AS process, p.id, p.kind, p.territory, v.valid_from, v.stream_version, v.status, v.confirmed,
           v.closed_at, v.open_milestones, v.election_day, v.election_day_basis, v.plan_version, v.plan_digest,
           opened.type, opened.body, opened.occurred_at AS opened_at
    FROM processes AS p
    {v_join}
    JOIN ledger.events AS opened ON opened.position = p.position
    WHERE p.position > %(after)s
      AND {which}
      AND p.kind = coalesce(%(kind)s, p.kind)
      AND p.territory = coalesce(%(territory)s, p.territory)
    ORDER BY p.position
    LIMIT %(limit)s""")


_ELECTIONS = sql.SQL("NOT p.is_case")
_ONE = sql.SQL("p.id = %(id)s AND {shown}")


def _select(
    connection: Connection[Any],
    as_of: AsOf,
    *,
    id: str | None = None,  # noqa: A002 - its name
    reach: str | None = None,
    kind: str | None = None,
    territory: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Any]:
    one = _ONE.format(shown=is_shown(sql.Identifier("p", "id"), reach))
    which = _ELECTIONS if id is None else one
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(
            _SELECT.format(which=which, v_join=process_join(as_of)),
            {
                **moment_parameters(as_of),
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
    opened = beginning(row.type, row.body)
    election = opened if isinstance(opened, ProcessOpened) else None
    call = election.call if election else None
    tally_of = {one.stage: one.tally for one in by_stage(parts)}
    return ProcessRow(
        id=row.id, kind=row.kind, name=opened.name, territory=row.territory,
        cycle=election.cycle if election else None, status=row.status,
        confirmed=row.confirmed, doubt=election.doubt if election and not row.confirmed else None,
        election_day=row.election_day, election_day_basis=row.election_day_basis,
        called_by=call.instrument if call else None, matter=call.matter if call else None,
        plan_version=row.plan_version, plan_digest=row.plan_digest,
        opened_at=row.opened_at, closed_at=row.closed_at,
        open_milestones=row.open_milestones, milestones=opened.milestones,
        without_plan=election.without_plan if election else None,
        stages=_stages(row.id, row.election_day, opened.stages, tally_of, spans),
        tally=together(parts), version=row.stream_version,
        position=max([row.valid_from, *(cell.position for cell in parts)]),
    )  # fmt: skip


def _stages(
    process: str,
    election_day: Moment | None,
    stages: Iterable[Stage],
    tallies: Mapping[str, Tally],
    spans: Spans,
) -> list[StageRow]:
    def day(boundary: Boundary | None) -> Moment | None:
        """Return the day of a boundary of law, None where the plan has none or its step has no date."""
        row, _, end = (boundary or "").partition(".")
        first, last = spans.get((process, row), (None, None))
        if boundary == "election day":
            return election_day[:10] if election_day else None
        return first if end == "start" else last

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
    position = sql.Identifier("m", "position")
    query = _SPANS.format(
        v_join=version_join(as_of, sql.Identifier("v"), position), schedule=schedule_then(as_of, position)
    )
    rows = connection.execute(query, {"processes": processes, **moment_parameters(as_of)})
    return {(process, part): (first, last) for process, part, first, last in rows}


_SPANS = sql.SQL("""
    SELECT m.process, coalesce(m.plan_row, v.stage), left(min(least(dates.starts, dates.due)), 10),
           left(max(coalesce(dates.due, dates.starts)), 10)
    FROM milestones AS m
    {v_join}
    CROSS JOIN LATERAL ({schedule}) AS dates
    WHERE m.process = ANY(%(processes)s) AND coalesce(dates.starts, dates.due) IS NOT NULL
    GROUP BY GROUPING SETS ((m.process, v.stage), (m.process, m.plan_row))""")
