"""What changed between two moments: of one milestone, a process, a state or all elections?

Only what has an event between the two is compared, and all of that is listed: what was done and taken back as well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.names import Names
from projections.change_fields import (
    MILESTONE_FACTS,
    PROCESS_FACTS,
    ChangeKind,
    Facts,
    FieldChange,
    compared,
    kind_of,
)
from projections.docket import is_shown
from projections.milestones import select_milestones
from projections.moment import AsOf
from projections.page import Page, Row, position_in
from projections.process_facts import process_facts
from projections.reading import projected_position
from projections.timeline import corrections_of, first_name

EVENTS_LISTED = 50
"""The last events that are listed of one thing; all of them are counted, and its history has them."""


class ChangingEvent(Row):
    """An event between the two moments."""

    position: int
    """Its place in the log (*asiento n.º*)."""
    type: str
    """What happened: ``MilestoneCompleted``."""
    occurred_at: datetime
    """The moment of the act, by the reporter's account."""
    recorded_at: datetime
    """When it was recorded."""
    post: str
    """The public office of who reported it."""
    body: str
    """Their institution."""
    on_behalf_of: str | None
    """The body it was recorded for, where that is another."""
    corrected_by: int | None
    """The position of the correction or withdrawal that had taken its place by the later moment."""


class ChangeRow(Row):
    """A milestone or a process to which something happened between the two moments."""

    change: ChangeKind
    """Whether it was `added`, `removed` (cancelled, or closed as not applicable) or `changed`."""
    process: str
    """The process it belongs to."""
    milestone: str | None
    """The milestone's id, or null where it is the process itself."""
    territory: str
    """``MX`` or a state's code."""
    name: Names
    """What the milestone or the process was first called."""
    fields: list[FieldChange]
    """The facts that differ; empty where what was done in between was also taken back."""
    events: list[ChangingEvent]
    """The last events in between, in order, 50 at most."""
    event_count: int
    """How many events there are in between."""
    position: int
    """The position of the last of them."""


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Of what: of all elections, unless a process or a state is named. Cases are told each by itself."""

    process: str | None = None
    milestone: str | None = None
    """A milestone's id; needs ``process``."""
    territory: str | None = None
    """The state it belongs to, or ``MX`` for what is national."""
    reach: str | None = None
    """The territory of whoever looks; None for anyone (`projections.docket`)."""


def list_changes(
    connection: Connection[Any],
    where: ChangeFilter,
    since: AsOf,
    until: AsOf,
    *,
    after: str | None = None,
    limit: int = 100,
) -> Page[ChangeRow]:
    """Return what changed, in the order of the plans. Raises `projections.page.BadCursor`."""
    window = _window(connection, since, until)
    moved = _moved(connection, where, window, position_in(after, otherwise=0), limit + 1)
    shown = moved[:limit]
    told = _told(connection, shown, window)
    before, now = _facts(connection, shown, since), _facts(connection, shown, until)
    rows = [_row(each, before.get(each.position), now[each.position], told[each.position]) for each in shown
            if each.position in now]  # fmt: skip
    return Page(items=rows, next=str(shown[-1].position) if len(moved) > limit else None)


@dataclass(frozen=True, slots=True)
class _Window:
    """The events beyond ``after`` up to ``last``."""

    after: int
    last: int


def _window(connection: Connection[Any], since: AsOf, until: AsOf) -> _Window:
    told = projected_position(connection)
    return _Window(
        told if since.position is None else since.position, told if until.position is None else until.position
    )


# Which -------------------------------------------------------------------------------------------------------


# A milestone's versions in between are looked for one milestone at a time: in a subquery of its own, because joined
# they would be read for the whole log.
_MOVED = sql.SQL("""
    SELECT * FROM (
        SELECT m.position, m.process, m.id AS milestone, m.territory, m.is_case FROM milestones AS m
        WHERE (SELECT true FROM milestone_versions AS v
               WHERE v.milestone = m.position AND v.valid_from > %(after)s AND v.valid_from <= %(last)s LIMIT 1)
        UNION ALL
        SELECT p.position, p.id, NULL, p.territory, p.is_case FROM processes AS p
        WHERE (SELECT true FROM process_versions AS v
               WHERE v.process = p.position AND v.valid_from > %(after)s AND v.valid_from <= %(last)s LIMIT 1)
    ) AS moved
    WHERE position > %(first)s AND {conditions}
    ORDER BY position
    LIMIT %(limit)s""")


def _moved(
    connection: Connection[Any], where: ChangeFilter, window: _Window, first: int, limit: int
) -> list[Any]:
    """Return the milestones and processes something happened to, in the order of the plans."""
    shown = is_shown(sql.Identifier("moved", "process"), where.reach)
    conditions: list[sql.Composable] = [sql.SQL("NOT is_case") if where.process is None else shown]
    asked = {name: value for name in ("process", "milestone", "territory") if (value := getattr(where, name))}
    conditions += [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in asked]
    query = _MOVED.format(conditions=sql.SQL(" AND ").join(conditions))
    values = {**asked, "after": window.after, "last": window.last, "first": first, "limit": limit}
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(query, values).fetchall()


# How they stood, and what happened ---------------------------------------------------------------------------


def _facts(connection: Connection[Any], moved: list[Any], as_of: AsOf) -> Mapping[int, Facts]:
    """Return what was known of each at a moment; of what was not there yet, nothing."""
    processes = [each.position for each in moved if each.milestone is None]
    milestones = [each.position for each in moved if each.milestone is not None]
    found: dict[int, Facts] = dict(process_facts(connection, processes, as_of)) if processes else {}
    if milestones:
        among: list[sql.Composable] = [sql.SQL("known.milestone = ANY(%(among)s)")]
        for position, row in select_milestones(connection, among, {"among": milestones}, as_of):
            found[position] = row.model_dump(mode="json", include=set(MILESTONE_FACTS))
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What happened to one of them, and what it was called when it began."""

    name: Names
    count: int
    events: list[ChangingEvent]


# Each event that was told of something made a version of it: they are counted in an index, and only those that are
# listed are read.
_EVENTS = """
    SELECT origin, near.number, event.position, event.stream, event.version, event.type, event.occurred_at,
           event.recorded_at, event.author_post, event.author_body, event.author_on_behalf_of
    FROM unnest(%(origins)s::bigint[]) AS moved (origin)
    CROSS JOIN LATERAL (
        SELECT told.position, count(*) OVER () AS number
        FROM (
            SELECT milestone AS origin, valid_from AS position FROM milestone_versions
            UNION ALL SELECT process, valid_from FROM process_versions
        ) AS told
        WHERE told.origin = moved.origin AND told.position > %(after)s AND told.position <= %(last)s
        ORDER BY told.position DESC LIMIT %(listed)s
    ) AS near
    JOIN ledger.events AS event ON event.position = near.position
    ORDER BY event.position"""


def _told(connection: Connection[Any], moved: list[Any], window: _Window) -> Mapping[int, _Told]:
    values = {
        "origins": [each.position for each in moved],
        "after": window.after,
        "last": window.last,
        "listed": EVENTS_LISTED,
    }
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(_EVENTS, values).fetchall()
    corrections = corrections_of(connection, found, window.last)
    names = _names(connection, [each.position for each in moved])
    events: dict[int, list[ChangingEvent]] = {each.position: [] for each in moved}
    counts: dict[int, int] = {}
    for row in found:
        events[row.origin].append(_event(row, corrections))
        counts[row.origin] = row.number
    return {
        position: _Told(names[position], counts.get(position, 0), events[position]) for position in events
    }


def _names(connection: Connection[Any], origins: Collection[int]) -> Mapping[int, Names]:
    rows = connection.execute(
        "SELECT position, type, body FROM ledger.events WHERE position = ANY(%s)", [list(origins)]
    )
    return {position: first_name(type_, body) for position, type_, body in rows}


def _event(row: Any, corrections: Mapping[tuple[str, int], int]) -> ChangingEvent:
    return ChangingEvent(
        position=row.position, type=row.type.partition(".")[0], occurred_at=row.occurred_at,
        recorded_at=row.recorded_at, post=row.author_post, body=row.author_body,
        on_behalf_of=row.author_on_behalf_of, corrected_by=corrections.get((row.stream, row.version)),
    )  # fmt: skip


def _row(moved: Any, before: Facts | None, after: Facts, told: _Told) -> ChangeRow:
    names = MILESTONE_FACTS if moved.milestone else PROCESS_FACTS
    return ChangeRow(
        change=kind_of(before, after), process=moved.process, milestone=moved.milestone,
        territory=moved.territory, name=told.name, fields=compared(before, after, names),
        events=told.events, event_count=told.count, position=told.events[-1].position,
    )  # fmt: skip
