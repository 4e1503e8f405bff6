"""What happened, in order?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import Connection, Cursor, sql
from psycopg.rows import namedtuple_row

from domain.milestone import Milestone
from domain.milestone_events import (
    EvidenceWithdrawn,
    MilestoneAnnounced,
    MilestoneCorrected,
    MilestonePlanned,
    MilestoneReplanned,
)
from domain.names import Names
from domain.process import CaseOpened, ProcessOpened
from ledger.codec import decode
from projections.act_order import act_order
from projections.bulk import copy_rows
from projections.docket import cases_among, is_shown, shown_payload
from projections.fold import Batch, Step
from projections.moment import AsOf
from projections.page import Page, Row, position_in
from projections.process_versions import beginning
from projections.projection import Projection
from projections.reading import projected_position


class TimelineEntry(Row):
    """Something that happened to a process or one of its milestones, as it was recorded."""

    position: int
    """Its place in the log (*asiento n.º*)."""
    type: str
    """What happened: ``MilestoneCompleted``."""
    process: str
    """The process it happened to."""
    milestone: str | None
    """The milestone's id, or null where it happened to the process itself."""
    territory: str
    """``MX`` or a state's code."""
    name: Names
    """What the milestone or the process is called."""
    occurred_at: datetime
    """The moment of the act, by the reporter's account."""
    recorded_at: datetime
    """When it was recorded."""
    post: str
    """The public office of who reported it."""
    body: str
    """Their institution."""
    grant: str
    """The authority acted under."""
    on_behalf_of: str | None
    """The body it was recorded for, where that is another."""
    payload: dict[str, Any]
    """The event itself, with the fields of its type; of a case, what its docket lets the reader see."""
    corrected_by: int | None
    """The position of the correction or withdrawal that took its place: it is shown struck through."""
    command_id: str
    """The request that recorded it."""
    version: int
    """Its number among the events of its milestone or process."""


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which entries to list: every condition that is given has to hold."""

    process: str | None = None
    """Of all elections where it is left out: what happens in a case is told with the case."""
    milestone: str | None = None
    """A milestone's id; needs ``process``."""
    territory: str | None = None
    """The state it happened in, or ``MX`` for what is national."""
    reports_only: bool = False
    """Leave out the rows of the plan entering at the opening, or with another version of it."""
    after_position: int = 0
    """Only beyond this position."""
    before_position: int | None = None
    """Only before this position."""
    reach: str | None = None
    """The territory of whoever looks; None for anyone (`projections.docket`)."""


TABLES = """
CREATE TABLE timeline (
    position    bigint  PRIMARY KEY,
    -- The position of the first event of its stream, where the name is.
    origin      bigint  NOT NULL,
    is_planning boolean NOT NULL,
    process     text    NOT NULL,
    territory   text    NOT NULL,
    is_case     boolean NOT NULL
);
CREATE INDEX ON timeline (process, position);
CREATE INDEX ON timeline (territory, position) WHERE NOT is_case;
CREATE INDEX ON timeline (position) WHERE NOT is_case;
"""


def list_timeline(
    connection: Connection[Any],
    where: TimelineFilter,
    as_of: AsOf,
    *,
    newest_first: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> Page[TimelineEntry]:
    """Return what happened, in the order of the log or against it; by the second clock, in the order of the acts.

    Raises `projections.page.BadCursor`.
    """
    told = projected_position(connection)
    known = told if as_of.position is None else as_of.position
    conditions, parameters = timeline_conditions(where)
    values = parameters | {"first": where.after_position, "last": known, "limit": limit + 1}
    if where.before_position is not None:
        values["last"] = min(known, where.before_position - 1)
    join: sql.Composable = sql.SQL("")
    order: sql.Composable = sql.SQL("told.position DESC" if newest_first else "told.position ASC")
    if as_of.happened_by is not None:
        acts = act_order(
            connection,
            as_of,
            as_of.happened_by,
            process=where.process,
            territory=where.territory,
            after=after,
            newest_first=newest_first,
        )
        join, order = acts.join, acts.order
        conditions, values = [*conditions, *acts.conditions], values | acts.parameters
    elif newest_first:
        values["last"] = min(values["last"], position_in(after, otherwise=values["last"] + 1) - 1)
    else:
        values["first"] = max(values["first"], position_in(after, otherwise=values["first"]))
    query = _SELECT.format(conditions=sql.SQL(" AND ").join(conditions), order=order, join=join)
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(query, values).fetchall()
    corrections = corrections_of(connection, found[:limit], known)
    entries = [_entry(row, corrections, where.reach) for row in found[:limit]]
    return Page(items=entries, next=str(found[limit - 1].position) if len(found) > limit else None)


_SELECT = sql.SQL("""
    SELECT told.position, told.process, told.territory, event.stream, event.version, event.type, event.body,
           event.occurred_at, event.recorded_at, event.command_id, event.author_post, event.author_body,
           event.author_grant, event.author_on_behalf_of, first.type AS first_type, first.body AS first_body,
           opening.type AS opening_type, opening.body AS opening_body
    FROM timeline AS told
    JOIN ledger.events AS event ON event.position = told.position
    JOIN ledger.events AS first ON first.position = told.origin
    LEFT JOIN cases ON told.is_case AND cases.id = told.process
    LEFT JOIN ledger.events AS opening ON opening.position = cases.position
    {join}
    WHERE {conditions}
    ORDER BY {order}
    LIMIT %(limit)s""")


def timeline_conditions(where: TimelineFilter) -> tuple[list[sql.Composable], dict[str, Any]]:
    """Return a filter as conditions on ``told`` and their parameters, but for ``first`` and ``last``."""
    conditions: list[sql.Composable] = [sql.SQL("told.position > %(first)s AND told.position <= %(last)s")]
    parameters: dict[str, Any] = {}
    if where.process is None:
        conditions.append(sql.SQL("NOT told.is_case"))
    else:
        # Of the process that is asked about, and so answered once: not of each of its events.
        conditions.append(is_shown(sql.Placeholder("process"), where.reach))
        conditions.append(sql.SQL("told.process = %(process)s"))
        parameters["process"] = where.process
    if where.process is not None and where.milestone is not None:
        conditions.append(
            sql.SQL(
                "told.origin = (SELECT position FROM milestones WHERE process = %(process)s AND id = %(milestone)s)"
            )
        )
        parameters["milestone"] = where.milestone
    if where.territory is not None:
        conditions.append(sql.SQL("told.territory = %(territory)s"))
        parameters["territory"] = where.territory
    if where.reports_only:
        conditions.append(sql.SQL("NOT told.is_planning"))
    return conditions, parameters


def _entry(row: Any, corrections: dict[tuple[str, int], int], reach: str | None) -> TimelineEntry:
    _, _, path = row.stream.partition("/")
    process, _, milestone = path.partition("/")
    return TimelineEntry(
        position=row.position, type=row.type.partition(".")[0], process=process, milestone=milestone or None,
        territory=row.territory, name=first_name(row.first_type, row.first_body),
        occurred_at=row.occurred_at, recorded_at=row.recorded_at,
        post=row.author_post, body=row.author_body, grant=row.author_grant, on_behalf_of=row.author_on_behalf_of,
        payload=_payload(row, reach),
        corrected_by=corrections.get((row.stream, row.version)), command_id=str(row.command_id), version=row.version,
    )  # fmt: skip


def _payload(row: Any, reach: str | None) -> dict[str, Any]:
    """Return the event as whoever looks may see it."""
    payload = decode(row.type, row.body).model_dump(mode="json")
    if row.opening_type is None:
        return payload
    opened = beginning(row.opening_type, row.opening_body)
    return shown_payload(opened, payload, reach) if isinstance(opened, CaseOpened) else payload


def corrections_of(connection: Connection[Any], rows: Iterable[Any], last: int) -> dict[tuple[str, int], int]:
    """Return what replaced which report or withdrew which evidence, by stream and the version it was about.

    Of these ``rows`` (``stream``, ``version``) it is looked for among the events behind the first of each stream; and
    only among those that are told: one that could not be decoded is in quarantine.
    """
    first: dict[str, int] = {}
    for row in rows:
        first[row.stream] = min(row.version, first.get(row.stream, row.version))
    found = connection.execute(
        _CORRECTIONS,
        [
            list(first),
            list(first.values()),
            last,
            ["MilestoneCorrected.v%", "MilestoneAnnounced.v%", "EvidenceWithdrawn.v%"],
        ],
    )
    corrections: dict[tuple[str, int], int] = {}
    for stream, position, type_, body in found:
        event = decode(type_, body)
        if isinstance(event, MilestoneCorrected | MilestoneAnnounced) and event.corrects is not None:
            corrections[stream, event.corrects] = position
        if isinstance(event, EvidenceWithdrawn):
            corrections[stream, event.withdraws] = position
    return corrections


_CORRECTIONS = """
    SELECT event.stream, event.position, event.type, event.body
    FROM unnest(%s::text[], %s::integer[]) AS listed (stream, version)
    JOIN ledger.events AS event ON event.stream = listed.stream AND event.version > listed.version
        AND event.position <= %s AND event.type LIKE ANY (%s)
    JOIN timeline ON timeline.position = event.position
    ORDER BY event.position"""


@lru_cache(maxsize=2048)
def first_name(type_: str, body: bytes) -> Names:
    """Return what a milestone, an election or a case is called, from its first event, which never changes."""
    event = decode(type_, body)
    if not isinstance(event, MilestonePlanned | ProcessOpened | CaseOpened):
        raise TypeError(f"{type_} names nothing")
    return event.name


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write where each event belongs."""
    steps = batch.of_processes()
    processes = [step.stored.stream.split("/", 2)[1] for step in steps]
    cases = cases_among(cursor, set(processes))
    copy_rows(
        cursor,
        "timeline",
        (_row(step, process, cases) for step, process in zip(steps, processes, strict=True)),
    )


def _row(step: Step[Any], process: str, cases: Collection[str]) -> tuple[Any, ...]:
    state, position = step.after, step.stored.position
    first = state.plan if isinstance(state, Milestone) else state.opened
    if first is None:
        raise ValueError(f"{step.stored.stream} has no beginning")
    is_planning = isinstance(step.event, MilestonePlanned | MilestoneReplanned)
    return position, step.origin, is_planning, process, first.territory, process in cases


PROJECTION = Projection("timeline", TABLES, tell)
