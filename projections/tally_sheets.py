"""How many tally sheets of an election are there, how far have they come, and how many count?

Answered from the rows of the events themselves, so that any moment can be asked about: what was known (a position)
and what had happened (an instant, by the stamps of the published file).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection, Cursor, sql
from psycopg.rows import namedtuple_row

from domain.tally_catalogue import TALLY_CATALOGUE, TallySheetFileAccepted, TallySheetsExpected
from domain.tally_figures import TallyFigures, is_inconsistent
from domain.tally_sheet import (
    TALLY_SHEET,
    TallyElection,
    TallySheet,
    TallySheetCaptured,
    TallySheetCollected,
)
from ledger.codec import decode
from projections.bulk import copy_rows
from projections.fold import Batch, Step
from projections.moment import AsOf
from projections.page import Row
from projections.projection import Projection
from projections.replay import ActSpan


class TallySheetFigures(Row):
    """Figures of tally sheets, as the authority's published files state them."""

    expected: int = 0
    """Sheets of all approved polling stations: the catalogue."""
    registered: int = 0
    """Captured, or out of the catalogue."""
    out_of_catalogue: int = 0
    """Registered, and matched with no approved polling station."""
    captured: int = 0
    """Of the catalogue, and captured, whether they count or not."""
    counted: int = 0
    """Captured, and counted."""
    not_counted: int = 0
    """Captured, and not counted: illegible, over the nominal list, or without a sheet."""
    inconsistent: int = 0
    """Captured, with an inconsistency; a sheet that never came has none."""
    captured_percent: str | None = None
    """Of the expected, with four places, cut off and not rounded; null where none is expected."""
    counted_percent: str | None = None
    """Of the expected, with four places, cut off and not rounded."""
    inconsistent_percent: str | None = None
    """Of the expected, with four places, cut off and not rounded."""
    collected: int = 0
    """Of the catalogue, and collected: with a stamp or an image."""
    verified: int = 0
    """Of the catalogue, and verified."""


class ElectionTallySheets(TallySheetFigures):
    """The figures of one of a process's elections."""

    election: TallyElection
    """``governor``, ``district`` or ``municipal``."""


class TallySheetFile(Row):
    """A published file that was taken into the log."""

    election: TallyElection
    """The election it is of."""
    file: str
    """Its name."""
    sha256: str
    """SHA-256 of its bytes."""
    rows: int
    """Its rows of sheets."""
    cut_at: datetime
    """Up to when it tells."""
    position: int
    """Where the log says that it was taken."""


class TallySheetSummary(TallySheetFigures):
    """The tally sheets of a process: all of them, or those of the election asked for."""

    process: str
    """The process."""
    elections: list[ElectionTallySheets]
    """The figures of each election."""
    files: list[TallySheetFile]
    """The published files they come from."""
    position: int
    """The last position that changed them; 0 where there are none."""


class TallySheetPoint(TallySheetFigures):
    """The figures at an instant of the night."""

    at: datetime
    """Up to when, this instant included."""


TABLES = """
CREATE TABLE tally_sheet_events (
    position    bigint  PRIMARY KEY,
    process     text    NOT NULL,
    election    text    NOT NULL,
    occurred_at timestamptz NOT NULL,
    -- What this event adds to each figure.
    expected         integer NOT NULL,
    out_of_catalogue integer NOT NULL,
    collected        integer NOT NULL,
    captured         integer NOT NULL,
    counted          integer NOT NULL,
    inconsistent     integer NOT NULL,
    verified         integer NOT NULL
);
CREATE INDEX ON tally_sheet_events (process, election, occurred_at);

CREATE TABLE tally_sheet_files (
    position bigint PRIMARY KEY,
    process  text   NOT NULL,
    election text   NOT NULL
);
CREATE INDEX ON tally_sheet_files (process, position);
"""

_ADDED = ("expected", "out_of_catalogue", "collected", "captured", "counted", "inconsistent", "verified")
_SUMS = sql.SQL(", ").join(
    sql.SQL("sum({name})::integer AS {name}").format(name=sql.Identifier(name)) for name in _ADDED
)
_WHERE = sql.SQL("""
    WHERE process = %(process)s AND election = coalesce(%(election)s, election)
      AND position <= coalesce(%(position)s::bigint, position)
      AND occurred_at <= coalesce(%(happened_by)s::timestamptz, occurred_at)""")


def get_tally_sheet_summary(
    connection: Connection[Any],
    process: str,
    as_of: AsOf,
    *,
    election: TallyElection | None = None,
    happened_by: datetime | None = None,
) -> TallySheetSummary:
    """Return the figures of a process's sheets as they were known, of what had happened by an instant."""
    asked = _asked(process, as_of, election, happened_by)
    query = sql.SQL(
        "SELECT election, max(position) AS position, {sums} FROM tally_sheet_events {where}"
        " GROUP BY election ORDER BY min(position)"
    ).format(sums=_SUMS, where=_WHERE)
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(query, asked).fetchall()
    together = [sum(getattr(row, name) for row in found) for name in _ADDED]
    files = _files(connection, asked)
    return TallySheetSummary(
        process=process,
        elections=[
            ElectionTallySheets(election=row.election, **_figures([getattr(row, name) for name in _ADDED]))
            for row in found
        ],
        files=files,
        position=max([0, *(row.position for row in found), *(file.position for file in files)]),
        **_figures(together),
    )


def has_tally_sheets(connection: Connection[Any], process: str, as_of: AsOf) -> bool:
    """Tell whether any file of a process's sheets had been taken."""
    return bool(_files(connection, _asked(process, as_of, None, None)))


def tally_sheet_span(connection: Connection[Any], process: str, as_of: AsOf) -> ActSpan | None:
    """Return from when to when sheets came in; None where none did."""
    query = sql.SQL(
        "SELECT min(occurred_at), max(occurred_at) FROM tally_sheet_events {where} AND expected = 0"
    ).format(where=_WHERE)
    row = connection.execute(query, _asked(process, as_of, None, None)).fetchone()
    return ActSpan(first_at=row[0], last_at=row[1]) if row and row[0] else None


def list_tally_sheet_curve(
    connection: Connection[Any],
    process: str,
    as_of: AsOf,
    *,
    step_seconds: int,
    election: TallyElection | None = None,
    happened_by: datetime | None = None,
) -> list[TallySheetPoint]:
    """Return the figures after each step in which something happened; the last is the whole."""
    query = sql.SQL(
        "SELECT ceil(extract(epoch FROM occurred_at) / %(step)s) * %(step)s AS at, {sums}"
        " FROM tally_sheet_events {where} GROUP BY 1 ORDER BY 1"
    ).format(sums=_SUMS, where=_WHERE)
    asked = {**_asked(process, as_of, election, happened_by), "step": step_seconds}
    return list(_added_up(connection.execute(query, asked)))


def _added_up(rows: Iterable[tuple[Any, ...]]) -> Iterator[TallySheetPoint]:
    so_far = [0] * len(_ADDED)
    for at, *added in rows:
        so_far = [before + more for before, more in zip(so_far, added, strict=True)]
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(at))
        yield TallySheetPoint(at=instant, **_figures(so_far))


def _figures(added: list[int]) -> dict[str, Any]:
    expected, out_of_catalogue, collected, captured, counted, inconsistent, verified = added
    known = TallyFigures(expected, out_of_catalogue, captured, counted, inconsistent)
    return known._asdict() | {
        "registered": known.registered, "not_counted": known.not_counted, "collected": collected,
        "verified": verified, "captured_percent": known.captured_percent,
        "counted_percent": known.counted_percent, "inconsistent_percent": known.inconsistent_percent,
    }  # fmt: skip


def _files(connection: Connection[Any], asked: dict[str, Any]) -> list[TallySheetFile]:
    """Return the files that were known: a file tells of the night whenever it is taken."""
    query = """
        SELECT told.position, event.type, event.body
        FROM tally_sheet_files AS told JOIN ledger.events AS event USING (position)
        WHERE told.process = %(process)s AND told.election = coalesce(%(election)s, told.election)
          AND told.position <= coalesce(%(position)s::bigint, told.position)
        ORDER BY told.position"""
    return [
        TallySheetFile(
            election=event.election, file=event.file, sha256=event.sha256, rows=event.rows, cut_at=event.cut_at,
            position=position,
        )
        for position, type_, body in connection.execute(query, asked)
        for event in [decode(type_, body)]
        if isinstance(event, TallySheetFileAccepted)
    ]  # fmt: skip


def _asked(
    process: str, as_of: AsOf, election: TallyElection | None, happened_by: datetime | None
) -> dict[str, Any]:
    return {
        "process": process, "position": as_of.position, "election": election, "happened_by": happened_by,
    }  # fmt: skip


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write what each event adds to the figures."""
    catalogues, sheets = batch.of(TALLY_CATALOGUE), batch.of(TALLY_SHEET)
    files = [step for step in catalogues if isinstance(step.event, TallySheetFileAccepted)]
    rows = [*filter(None, map(_expected, catalogues)), *map(_row, sheets)]
    if files:
        places = (_place(step) for step in files)
        copy_rows(cursor, "tally_sheet_files", places)
    if rows:
        copy_rows(cursor, "tally_sheet_events", rows)


def _place(step: Step[Any]) -> tuple[int, str, str]:
    _, process, election = step.stored.stream.split("/", 2)
    return step.stored.position, process, election


def _expected(step: Step[Any]) -> tuple[Any, ...] | None:
    if not isinstance(step.event, TallySheetsExpected):
        return None
    return (*_place(step), step.stored.occurred_at, len(step.event.keys), 0, 0, 0, 0, 0, 0)


def _row(step: Step[TallySheet]) -> tuple[Any, ...]:
    """Return what an event of a sheet adds. Raises ``ValueError`` where nothing says which sheet it is."""
    sheet, event, stored = step.after.sheet, step.event, step.stored
    if sheet is None:
        raise ValueError(f"{stored.stream} does not say which sheet it is")
    added = [0] * len(_ADDED)
    if isinstance(event, TallySheetCollected):
        added[_ADDED.index("out_of_catalogue" if sheet.out_of_catalogue else "collected")] = 1
    elif sheet.out_of_catalogue:
        # It is registered, and in none of the figures that are of the catalogue.
        pass
    elif isinstance(event, TallySheetCaptured):
        added = [0, 0, 0, 1, int(event.counted), int(is_inconsistent(event.observation)), 0]
    else:
        added[_ADDED.index("verified")] = 1
    process = stored.stream.split("/", 2)[1]
    return (stored.position, process, sheet.election, stored.occurred_at, *added)


PROJECTION = Projection("tally_sheets", TABLES, tell)
