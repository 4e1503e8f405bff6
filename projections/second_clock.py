"""What had happened by an instant, of what was known at a moment?

Most streams tell their acts in the order in which they happened: of those the rows that are kept say it. The few that
do not are read from the log and folded again from the events that had happened (`domain.happened`), within the same
snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, cast

from psycopg import Connection, sql

from domain.event import Envelope, Event, Subject
from domain.happened import had_happened
from domain.milestone import MILESTONE
from domain.process import PROCESS
from ledger.codec import decode
from ledger.log import LogError, StoredEvent
from projections.bulk import FOR_EVER
from projections.fold import Step
from projections.milestone_versions import schedule_row, version_row
from projections.moment import EXAMPLE, AsOf, BadMoment, Folded, instant_in
from projections.process_versions import process_version_row
from projections.reading import projected_position


@dataclass(frozen=True, slots=True)
class Scope:
    """Of what the second clock is asked: of one process, of a state and the nation, or of all elections."""

    process: str | None = None
    territory: str | None = None


EVERYTHING = Scope()


def at_both_clocks(
    connection: Connection[Any], as_of: AsOf, text: str | None, now: datetime, scope: Scope = EVERYTHING
) -> AsOf:
    """Return a moment at which only what had happened by the instant ``text`` is told.

    Raises `projections.moment.BadMoment` where that is no instant, or one that has not come.
    """
    if text is None:
        return as_of
    by = happened_by_in(text, now)
    position = projected_position(connection) if as_of.position is None else as_of.position
    moment = AsOf(position, by, by)
    return replace(moment, folded=_folded(connection, moment, scope))


def happened_by_in(text: str, now: datetime) -> datetime:
    """Return the instant by which something had happened.

    Raises `projections.moment.BadMoment` where the text is no instant, or one that has not come.
    """
    by = instant_in(text)
    if by is None:
        raise BadMoment(
            es=f"«{text}» no es un instante con zona: escribe {EXAMPLE}.",
            en=f"'{text}' is no instant with its offset: write {EXAMPLE}.",
            field="happened_by",
        )
    if by > now:
        raise BadMoment(
            es=f"«{text}» está en el futuro: todavía no se sabe qué habrá ocurrido.",
            en=f"'{text}' lies in the future: what will have happened by then is not known yet.",
            field="happened_by",
        )
    return by


# Which streams ------------------------------------------------------------------------------------------------

# An act beyond the instant was told up to the position: without one, all that was known had happened.
_MILESTONES = sql.SQL("""
    WITH asked AS MATERIALIZED (
        SELECT m.position, m.process, m.id, m.irregular_from FROM milestones AS m WHERE {scope}
    ),
    named AS (
        SELECT process, id, irregular_from, position FROM asked
        UNION
        SELECT same.process, same.id, same.irregular_from, same.position
        FROM asked
        JOIN milestone_mirrors AS mirror ON mirror.milestone = asked.position
        JOIN milestones AS same ON same.process = mirror.process AND same.id = mirror.id
    )
    SELECT 'milestone/' || process || '/' || id FROM named
    WHERE irregular_from <= %(position)s
      AND (SELECT happened_at > %(happened_by)s FROM milestone_versions AS v
           WHERE v.milestone = named.position AND v.valid_from <= %(position)s
           ORDER BY v.valid_from DESC LIMIT 1)""")

_PROCESSES = sql.SQL("""
    SELECT 'process/' || p.id FROM processes AS p
    WHERE {scope} AND p.irregular_from <= %(position)s
      AND (SELECT happened_at > %(happened_by)s FROM process_versions AS v
           WHERE v.process = p.position AND v.valid_from <= %(position)s
           ORDER BY v.valid_from DESC LIMIT 1)""")


def _in_scope(
    scope: Scope, process: sql.Composable, territory: sql.Composable, is_case: sql.Composable
) -> Any:
    if scope.process is not None:
        return sql.SQL("{} = {}").format(process, sql.Literal(scope.process))
    elections = sql.SQL("NOT {}").format(is_case)
    if scope.territory is None:
        return elections
    return sql.SQL("{} AND {} IN ('MX', {})").format(elections, territory, sql.Literal(scope.territory))


def _irregular(connection: Connection[Any], moment: AsOf, scope: Scope) -> list[str]:
    """Return the streams whose rows do not say what had happened."""
    values = {"position": moment.position, "happened_by": moment.happened_by}
    found: list[str] = []
    for query, of, process in ((_MILESTONES, "m", "process"), (_PROCESSES, "p", "id")):
        columns = (sql.Identifier(of, name) for name in (process, "territory", "is_case"))
        rows = connection.execute(query.format(scope=_in_scope(scope, *columns)), values)
        found += [stream for (stream,) in rows]
    return found


# How they stood -----------------------------------------------------------------------------------------------

_EVENTS = sql.SQL(
    "SELECT {columns} FROM ledger.events WHERE stream = ANY(%s) AND position <= %s ORDER BY stream, version"
).format(columns=sql.SQL(", ").join(map(sql.Identifier, StoredEvent._fields)))


def _folded(connection: Connection[Any], moment: AsOf, scope: Scope) -> Folded:
    """Return the rows of the streams that have to be folded again."""
    folded = Folded({}, {}, {})
    streams = _irregular(connection, moment, scope)
    if not streams or moment.happened_by is None:
        return folded
    events = [StoredEvent(*row) for row in connection.execute(_EVENTS, [streams, moment.position])]
    row = _Rows(connection)
    for stream, told in groupby(events, key=attrgetter("stream")):
        is_process = stream.startswith("process/")
        last = _last_step(PROCESS if is_process else MILESTONE, told, moment.happened_by)
        if last is None:
            continue
        origin = str(last.origin)
        if is_process:
            folded.process_versions[origin] = row.of("process_versions", process_version_row(last, FOR_EVER))
        else:
            folded.milestone_versions[origin] = row.of("milestone_versions", version_row(last, FOR_EVER))
            folded.milestone_schedules[origin] = row.of("milestone_schedules", schedule_row(last))
    return folded


def _last_step(subject: Subject[Any], told: Iterable[StoredEvent], by: datetime) -> Step[Any] | None:
    """Return the last event of a stream that had happened, folded; None where it had not begun."""
    # A stored event has every field of an envelope that is looked at (`projections.fold`).
    stream = [(event, cast("Envelope", stored)) for stored in told if (event := _decoded(stored)) is not None]
    last, state = None, subject.initial
    for event, envelope in had_happened(stream, by):
        try:
            after = subject.evolve(state, event, envelope)
        except Exception:  # noqa: BLE001, S112 - it is in quarantine, as it is where all its stream is folded
            continue
        origin = last.origin if last else envelope.position
        last, state = Step(cast("StoredEvent", envelope), event, origin, state, after), after
    return last


def _decoded(stored: StoredEvent) -> Event | None:
    """Return an event; None where it cannot be read, and is in quarantine."""
    try:
        return decode(stored.type, stored.body)
    except LogError:
        return None


class _Rows:
    """Rows as JSON, with the names of the columns of their tables."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._columns: dict[str, list[str]] = {}

    def of(self, table: str, values: Sequence[Any]) -> dict[str, Any]:
        """Return the values of a row in the order of the table's columns as JSON has them."""
        if table not in self._columns:
            query = sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(table))
            self._columns[table] = [
                column.name for column in self._connection.execute(query).description or ()
            ]
        named = zip(self._columns[table], values, strict=True)
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in named}
