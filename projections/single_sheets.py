"""Which tally sheets of a process are there, and how far did each come?

One row an event, so that any moment can be asked about by both clocks. What a sheet is and why it does not count is
read from the events themselves, of the sheets that are listed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

from psycopg import Connection, Cursor, sql

from domain.event import Event
from domain.tally_sheet import (
    TALLY_SHEET,
    SheetDevice,
    SheetOrigin,
    TallyElection,
    TallySheet,
    TallySheetCaptured,
    TallySheetCollected,
    TallySheetEvent,
    TallySheetVerified,
)
from ledger.codec import decode
from projections.bulk import copy_rows
from projections.fold import Batch, Step
from projections.moment import AsOf
from projections.page import Page, Row
from projections.projection import Projection

StageEvent = TypeVar("StageEvent", bound=TallySheetEvent)

SheetStanding = Literal["collected", "counted", "not_counted", "out_of_catalogue"]
"""How far a sheet had come: collected only, captured and counted or not, or matched with no polling station."""


class TallySheetRow(Row):
    """One tally sheet. Never a vote."""

    id: str
    """Its integrity code where it has one; else election, area, key and which of those that share them."""
    election: TallyElection
    """``governor``, ``district`` or ``municipal``."""
    area: str | None
    """The number of the district or municipality it is counted in; null where the file names none."""
    area_name: str | None
    """What that district or municipality is called."""
    key: str | None
    """CLAVE_ACTA, as published: the station and the kind of sheet. It is not unique."""
    code: str | None
    """CODIGO_INTEGRIDAD: the SHA-256 of its image; null where there is none."""
    standing: SheetStanding
    """How far it had come."""
    observation: str | None
    """Why it does not count, or what is wrong with it, in the words of the file."""
    collected_at: datetime | None
    """When it was collected; the file's cut where `unstamped` says so."""
    captured_at: datetime | None
    """When it was captured; the file's cut where `unstamped` says so."""
    verified_at: datetime | None
    """When it was verified."""
    unstamped: bool
    """Whether the file gives no hour for a stage of it, which then has that of the cut."""
    origin: SheetOrigin | None
    """Where its image was taken: at the polling station, or at the collection centre."""
    device: SheetDevice | None
    """What its image was taken with."""
    document: str | None
    """What was digitised, as published."""
    position: int
    """Where the log says the last of it."""


class TallySheetStage(Row):
    """One stage of a sheet, as the log has it."""

    position: int
    """Its place in the log."""
    type: str
    """``TallySheetCollected``, ``TallySheetCaptured`` or ``TallySheetVerified``."""
    occurred_at: datetime
    """When, by the file's stamp or its cut."""
    recorded_at: datetime
    """When the file was taken into the log."""


class TallySheetDetail(TallySheetRow):
    """One tally sheet with its stages."""

    stages: list[TallySheetStage]
    """What the log says of it, in order."""


@dataclass(frozen=True, slots=True)
class SheetFilter:
    """Which sheets to list: every condition that is given has to hold."""

    election: TallyElection | None = None
    area: str | None = None
    key: str | None = None
    """CLAVE_ACTA, or the beginning of it."""
    standing: SheetStanding | None = None


TABLES = """
CREATE TABLE single_sheets (
    position    bigint  PRIMARY KEY,
    process     text    NOT NULL,
    sheet       text    NOT NULL,
    occurred_at timestamptz NOT NULL,
    election    text    NOT NULL,
    area        text,
    key         text,
    out_of_catalogue boolean NOT NULL,
    -- Null but of its capture.
    counted     boolean
);
CREATE INDEX ON single_sheets (process, sheet, position);
"""

_STANDING = sql.SQL("""
    CASE WHEN bool_or(out_of_catalogue) THEN 'out_of_catalogue' WHEN bool_or(counted) THEN 'counted'
         WHEN bool_or(NOT counted) THEN 'not_counted' ELSE 'collected' END""")

_LISTED = sql.SQL("""
    SELECT sheet, array_agg(position ORDER BY position) FROM single_sheets
    WHERE process = %(process)s AND sheet > %(after)s AND sheet = coalesce(%(sheet)s, sheet)
      AND position <= coalesce(%(position)s::bigint, position)
      AND occurred_at <= coalesce(%(happened_by)s::timestamptz, occurred_at)
      AND election = coalesce(%(election)s, election)
      AND (%(area)s::text IS NULL OR area = %(area)s) AND (%(key)s::text IS NULL OR starts_with(key, %(key)s))
    GROUP BY sheet HAVING %(standing)s::text IS NULL OR {standing} = %(standing)s
    ORDER BY sheet LIMIT %(limit)s""").format(standing=_STANDING)

_STAGES = """
    SELECT position, type, body, occurred_at, recorded_at
    FROM ledger.events WHERE position = ANY(%s) ORDER BY position"""


def list_tally_sheets(
    connection: Connection[Any],
    process: str,
    where: SheetFilter,
    as_of: AsOf,
    *,
    happened_by: datetime | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[TallySheetRow]:
    """Return a process's sheets of which anything was known and had happened, in the order of their ids."""
    asked = {
        "election": where.election, "area": where.area, "key": where.key, "standing": where.standing, "sheet": None,
        "after": after or "", "limit": limit + 1,
    }  # fmt: skip
    found = _found(connection, process, as_of, happened_by, asked)
    rows = [TallySheetRow(**_row(id_, stages)) for id_, stages in found[:limit]]
    return Page(items=rows, next=rows[-1].id if len(found) > limit else None)


def get_tally_sheet(
    connection: Connection[Any], process: str, sheet: str, as_of: AsOf, *, happened_by: datetime | None = None
) -> TallySheetDetail | None:
    """Return one sheet with its stages; None where nothing was known of it, or nothing had happened."""
    asked = {
        "election": None, "area": None, "key": None, "standing": None, "sheet": sheet, "after": "", "limit": 1,
    }  # fmt: skip
    found = _found(connection, process, as_of, happened_by, asked)
    return (
        TallySheetDetail(**_row(*found[0]), stages=[stage.told for stage in found[0][1]]) if found else None
    )


class _Stage(NamedTuple):
    """A stage with its event."""

    told: TallySheetStage
    event: Event


def _found(
    connection: Connection[Any],
    process: str,
    as_of: AsOf,
    happened_by: datetime | None,
    asked: dict[str, Any],
) -> list[tuple[str, list[_Stage]]]:
    moment = {"process": process, "position": as_of.position, "happened_by": happened_by}
    listed = connection.execute(_LISTED, asked | moment).fetchall()
    every = [position for _, positions in listed for position in positions]
    stages = {row[0]: _stage(*row) for row in connection.execute(_STAGES, [every])}
    return [(id_, [stages[position] for position in positions]) for id_, positions in listed]


def _stage(position: int, type_: str, body: bytes, occurred_at: datetime, recorded_at: datetime) -> _Stage:
    name = type_.partition(".")[0]
    told = TallySheetStage(position=position, type=name, occurred_at=occurred_at, recorded_at=recorded_at)
    return _Stage(told, decode(type_, body))


def _row(id_: str, stages: Sequence[_Stage]) -> dict[str, Any]:
    """Return what is told of a sheet. Raises ``ValueError`` where nothing says which sheet it is."""
    collected, collected_at = _of(TallySheetCollected, stages)
    captured, captured_at = _of(TallySheetCaptured, stages)
    sheet = collected.sheet if collected else captured.sheet if captured else None
    if sheet is None:
        raise ValueError(f"{id_} does not say which sheet it is")
    standing: SheetStanding = (
        "collected" if captured is None else "counted" if captured.counted else "not_counted"
    )
    return {
        "id": id_, "election": sheet.election, "key": sheet.key, "code": sheet.code,
        "area": sheet.area and sheet.area.id, "area_name": sheet.area and sheet.area.name,
        "standing": "out_of_catalogue" if sheet.out_of_catalogue else standing,
        "observation": captured and captured.observation, "collected_at": collected_at, "captured_at": captured_at,
        "verified_at": _of(TallySheetVerified, stages)[1],
        "unstamped": any(one is not None and not one.stamped for one in (collected, captured)),
        "origin": collected and collected.origin, "device": collected and collected.device,
        "document": collected and collected.document, "position": stages[-1].told.position,
    }  # fmt: skip


def _of(kind: type[StageEvent], stages: Sequence[_Stage]) -> tuple[StageEvent | None, datetime | None]:
    """Return the stage of a kind, and when it was."""
    return next(
        ((one.event, one.told.occurred_at) for one in stages if isinstance(one.event, kind)), (None, None)
    )


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write where each event of a sheet stands."""
    if rows := [_told(step) for step in batch.of(TALLY_SHEET)]:
        copy_rows(cursor, "single_sheets", rows)


def _told(step: Step[TallySheet]) -> tuple[Any, ...]:
    """Return an event's row. Raises ``ValueError`` where nothing says which sheet it is."""
    sheet, stored = step.after.sheet, step.stored
    if sheet is None:
        raise ValueError(f"{stored.stream} does not say which sheet it is")
    _, process, id_ = stored.stream.split("/", 2)
    counted = step.event.counted if isinstance(step.event, TallySheetCaptured) else None
    area = sheet.area.id if sheet.area else None
    return (
        stored.position, process, id_, stored.occurred_at, sheet.election, area, sheet.key, sheet.out_of_catalogue,
        counted,
    )  # fmt: skip


PROJECTION = Projection("single_sheets", TABLES, tell)
