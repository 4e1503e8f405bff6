"""A tally sheet of the preliminary results (*acta PREP*): collected, captured, verified, counted or not and why.

Its stream is ``tally-sheet/{process}/{id}``. Votes are not the subject: nothing here says what anybody got. The stages
and what *captured* and *counted* mean are those of the published file's own description (LEEME of the PREP, which
rests on Annex 13 of the Reglamento de Elecciones).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple, assert_never

from domain.event import Envelope, Event, Line, Payload, Refused, Subject
from domain.process import Digest

TallyElection = Literal["governor", "district", "municipal"]
"""Which election of a process a sheet is of: each has its own sheets, catalogue and file."""

SheetOrigin = Literal["polling_station", "centre"]
"""Where its image was taken: at the polling station, or at the collection centre (CATD)."""

SheetDevice = Literal["mobile", "scanner"]
"""What its image was taken with."""


class SheetArea(Payload):
    """The district or the municipality whose election a sheet is counted in."""

    id: Line
    name: Line


class Sheet(Payload):
    """Which sheet it is, by what the authority published of it."""

    election: TallyElection
    area: SheetArea | None = None
    """None where the file names none: votes from abroad, a sheet that could not be placed."""
    key: Line | None = None
    """CLAVE_ACTA: the station and the kind of sheet. It is not unique, not even in a district."""
    code: Digest | None = None
    """CODIGO_INTEGRIDAD: the SHA-256 of the image; none where there is no image."""
    out_of_catalogue: bool = False
    """Whether it could not be matched with any approved polling station."""


class TallySheetCollected(Event, type="TallySheetCollected.v1"):
    """It reached the collection centre, or its image was taken at the polling station (FECHA_HORA_ACOPIO)."""

    sheet: Sheet
    origin: SheetOrigin | None = None
    device: SheetDevice | None = None
    document: Line | None = None
    """What was digitised, as published: ``ACTA PREP``, a representative's copy (``RPP``) …"""
    stamped: bool = True
    """Whether a stamp says when; if not, the moment is that of the file's own cut."""


class TallySheetCaptured(Event, type="TallySheetCaptured.v1"):
    """It was captured, and counts or does not (FECHA_HORA_CAPTURA).

    A sheet that did not come with its package (SIN ACTA) is captured as such: it has no image and no stamps.
    """

    counted: bool
    observation: Line | None = None
    """Why it is not counted, or what is wrong with it, in the words of the file."""
    sheet: Sheet | None = None
    """Which it is, where nothing was recorded of it before."""
    stamped: bool = True
    """Whether a stamp says when; if not, the moment is that of the file's own cut."""


class TallySheetVerified(Event, type="TallySheetVerified.v1"):
    """What was captured was verified (FECHA_HORA_VERIFICACION)."""


TallySheetEvent = TallySheetCollected | TallySheetCaptured | TallySheetVerified
"""Everything that can happen to a sheet."""


@dataclass(frozen=True, slots=True)
class TallySheet:
    """A sheet as its events leave it."""

    sheet: Sheet | None = None
    collected_at: datetime | None = None
    captured_at: datetime | None = None
    verified_at: datetime | None = None
    counted: bool | None = None
    """None until it is captured."""
    observation: str | None = None
    version: int = 0


def evolve(tally: TallySheet, event: Event, envelope: Envelope) -> TallySheet:
    """Return the sheet after one more event."""
    return replace(_evolved(tally, event, envelope.occurred_at), version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(tally: TallySheet, event: TallySheetEvent, occurred_at: datetime) -> TallySheet:
    match event:
        case TallySheetCollected():
            return replace(tally, sheet=event.sheet, collected_at=occurred_at)
        case TallySheetCaptured():
            return replace(
                tally, sheet=tally.sheet or event.sheet, captured_at=occurred_at,
                counted=event.counted, observation=event.observation,
            )  # fmt: skip
        case TallySheetVerified():
            return replace(tally, verified_at=occurred_at)
        case _ as unknown:
            assert_never(unknown)


TALLY_SHEET: Subject[TallySheet] = Subject("tally-sheet", TallySheet(), evolve)
"""How a sheet's stream is folded."""


class Stage(NamedTuple):
    """An event and the moment of its act."""

    occurred_at: datetime
    event: Event


class TakeTallySheet(Payload):
    """Record what a published file says of one sheet."""

    sheet: Sheet
    collected_at: datetime | None = None
    captured_at: datetime | None = None
    verified_at: datetime | None = None
    captured: bool
    """Whether the file has it as captured, with or without a stamp."""
    counted: bool = False
    observation: Line | None = None
    origin: SheetOrigin | None = None
    device: SheetDevice | None = None
    document: Line | None = None
    cut_at: datetime
    """Up to when the file tells: the moment of what has no stamp of its own."""

    def decide(self, tally: TallySheet) -> Sequence[Stage]:
        """Return the stages not recorded yet, in order; refuse what contradicts one that is."""
        stages: list[Stage] = []
        collected_at, captured_at = self._collected_at, self._captured_at
        if collected_at and self._is_new(tally.collected_at, collected_at):
            stages.append(Stage(collected_at, self._collected()))
        if captured_at and self._is_new(tally.captured_at, captured_at):
            named = collected_at is not None or tally.sheet is not None
            stages.append(Stage(captured_at, self._captured(named=named)))
        elif captured_at and (tally.counted, tally.observation) != (self.counted, self.observation):
            raise self._otherwise()
        if self.verified_at and self._is_new(tally.verified_at, self.verified_at):
            stages.append(Stage(self.verified_at, TallySheetVerified()))
        return stages

    @property
    def _collected_at(self) -> datetime | None:
        # One out of the catalogue is registered, though nothing more is said of it.
        return self.collected_at or (self.cut_at if self.sheet.out_of_catalogue else None)

    @property
    def _captured_at(self) -> datetime | None:
        return self.captured_at or (self.cut_at if self.captured else None)

    def _collected(self) -> TallySheetCollected:
        return TallySheetCollected(
            sheet=self.sheet, origin=self.origin, device=self.device, document=self.document,
            stamped=self.collected_at is not None,
        )  # fmt: skip

    def _captured(self, *, named: bool) -> TallySheetCaptured:
        return TallySheetCaptured(
            counted=self.counted, observation=self.observation, sheet=None if named else self.sheet,
            stamped=self.captured_at is not None,
        )  # fmt: skip

    def _is_new(self, recorded_at: datetime | None, said_at: datetime) -> bool:
        """Tell whether a stage is not recorded yet. One without a stamp keeps the cut it was first seen in."""
        if recorded_at is None:
            return True
        if said_at not in {recorded_at, self.cut_at}:
            raise self._otherwise()
        return False

    def _otherwise(self) -> Refused:
        which = self.sheet.code or self.sheet.key or "?"
        return Refused(
            "tally-sheet-otherwise",
            es=f"El acta {which} ya está asentada con otra hora u otro resultado: el archivo contradice al anterior.",
            en=f"Sheet {which} is recorded already with another hour or outcome: the file contradicts the earlier one.",
        )


def tally_sheet_stream(process: str, sheet: str) -> str:
    """Return the stream of a sheet, ``sheet`` being its id (`sheet_id`)."""
    return f"tally-sheet/{process}/{sheet}"


def sheet_id(sheet: Sheet, occurrence: int) -> str:
    """Return what tells a sheet apart from all others of its process.

    That is its integrity code where there is one; else its election, area and key, and which of those that share them
    it is in the file, from 1 on.
    """
    if sheet.code:
        return sheet.code
    area = sheet.area.id if sheet.area else "NA"
    return f"{sheet.election}.{area}.{sheet.key or 'NA'}.{occurrence}"
