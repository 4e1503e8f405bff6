"""Which events of the log belong to a nation, a state, a process, a case file or an activity, and may anybody see?

Which events those are is told by their streams, up to a position: the answer for a position never changes. Cases that
are not public stay out of it (`projections.docket`), with whatever was proposed about them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from domain.milestone import milestone_stream
from domain.process import process_stream
from projections.docket import is_shown


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the log, by what it is about; all of it where nothing is said."""

    process: str | None = None
    """An election or a case file."""
    milestone: str | None = None
    """One activity of it; needs ``process``."""
    territory: str | None = None
    """A state: its own processes, and the activities of others that are followed in it."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The events of a part."""

    positions: Sequence[int]
    """Their places in the log, ascending; none where there is no such part, or not for everybody."""
    cases: frozenset[str]
    """Those of its processes that are case files."""


def extent_of(connection: Connection[Any], part: Part, last: int) -> Extent:
    """Return the events of a part up to a position."""
    if part.process is not None:
        return _of_process(connection, part.process, part.milestone, last)
    if part.territory is not None:
        return _of_state(connection, part.territory, last)
    cases = frozenset(id_ for id_, is_case in _processes(connection, None, last) if is_case)
    return Extent(_all_but(_positions(connection, _hidden(connection), last), last), cases)


Span = tuple[str, str]
"""The first and the last name of streams that stand together in their order."""


def _of_process(connection: Connection[Any], process: str, milestone: str | None, last: int) -> Extent:
    row = connection.execute(
        sql.SQL("SELECT is_case FROM processes WHERE id = {id} AND position <= %s AND {shown}").format(
            id=sql.Literal(process), shown=is_shown(sql.Identifier("processes", "id"), None)
        ),
        [last],
    ).fetchone()
    if row is None:
        return Extent((), frozenset())
    spans = [_one(milestone_stream(process, milestone))] if milestone else list(_all_of(process))
    return Extent(_positions(connection, spans, last), frozenset({process} if row[0] else ()))


def _of_state(connection: Connection[Any], territory: str, last: int) -> Extent:
    own = dict(_processes(connection, territory, last))
    elsewhere = connection.execute(
        "SELECT process, id FROM milestones"
        " WHERE territory = %s AND NOT is_case AND position <= %s AND process <> ALL(%s)",
        [territory, last, list(own)],
    )
    spans = [span for process in own for span in _all_of(process)]
    spans += [_one(milestone_stream(process, id_)) for process, id_ in elsewhere]
    cases = frozenset(id_ for id_, is_case in own.items() if is_case)
    return Extent(_positions(connection, spans, last), cases)


def _processes(connection: Connection[Any], territory: str | None, last: int) -> Iterator[tuple[str, bool]]:
    """Yield the processes anybody may see whole, and whether each is a case file."""
    query = sql.SQL(
        "SELECT id, is_case FROM processes"
        " WHERE territory = coalesce(%s, territory) AND position <= %s AND {shown} ORDER BY position"
    ).format(shown=is_shown(sql.Identifier("processes", "id"), None))
    yield from connection.execute(query, [territory, last])


def _hidden(connection: Connection[Any]) -> Iterator[Span]:
    """Yield the streams that are not for everybody."""
    hidden = [row[0] for row in connection.execute("SELECT id FROM cases WHERE docket <> 'public'")]
    for case in hidden:
        yield from _all_of(case)
    proposed = connection.execute(
        "SELECT DISTINCT id FROM proposal_versions WHERE process = ANY(%s)", [hidden]
    )
    for (proposal,) in proposed:
        yield _one(f"proposal/{proposal}")


def _all_of(process: str) -> Iterator[Span]:
    """Yield the streams of a process."""
    yield _one(process_stream(process))
    for family in ("milestone", "tally-sheet", "tally-sheets"):
        # The largest character there is: it stands after whatever a stream goes on with.
        yield f"{family}/{process}/", f"{family}/{process}/\U0010ffff"


def _one(stream: str) -> Span:
    return stream, stream


def _positions(connection: Connection[Any], spans: Iterable[Span], last: int) -> array[int]:
    """Return where the events of streams stand, ascending."""
    lowest, highest = zip(*spans, strict=True) if (spans := list(spans)) else ((), ())
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(
            "SELECT position FROM unnest(%s::text[], %s::text[]) AS span (lowest, highest)"
            " JOIN ledger.events ON stream BETWEEN lowest AND highest"
            " WHERE position <= %s ORDER BY position",
            [list(lowest), list(highest), last],
        )
        return array("q", (position for (position,) in rows))


def _all_but(left_out: Sequence[int], last: int) -> Sequence[int]:
    """Return every position up to the last, but these."""
    if not left_out:
        return range(1, last + 1)
    without = frozenset(left_out)
    return array("q", (position for position in range(1, last + 1) if position not in without))
