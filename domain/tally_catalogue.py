"""The tally sheets an election expects, and the published files that were taken into the log.

The stream is ``tally-sheets/{process}/{election}``. The catalogue of expected sheets is that of the stations the
federal district councils approved; each sheet then has a stream of its own (`domain.tally_sheet`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from pydantic import Field

from domain.event import Envelope, Event, Line, Payload, Refused, Subject
from domain.process import Digest
from domain.tally_figures import TallyFigures
from domain.tally_sheet import SheetArea, TallyElection

MOST_KEYS = 1_500
"""Keys in one event, so that it fits in a published entry; a larger area is said in several."""


class TallySheetFileAccepted(Event, type="TallySheetFileAccepted.v1"):
    """A published file was read whole and found to agree with itself: what it says is recorded after this."""

    election: TallyElection
    file: Line
    """Its name."""
    sha256: Digest
    rows: int = Field(ge=0)
    """Rows of sheets, those that never arrived included."""
    cut_at: datetime
    """Up to when it tells."""
    figures: Mapping[str, str]
    """What its own header says of it, as written there: ``ACTAS_ESPERADAS`` …"""


class TallySheetsExpected(Event, type="TallySheetsExpected.v1"):
    """These sheets of an area are expected. No file says since when: the moment is the first of election day."""

    election: TallyElection
    area: SheetArea | None = None
    """None for those of no district or municipality: votes from abroad."""
    keys: tuple[Line, ...] = Field(max_length=MOST_KEYS)
    """CLAVE_ACTA of each, as often as it is expected."""


TallyCatalogueEvent = TallySheetFileAccepted | TallySheetsExpected
"""Everything that can happen to a catalogue."""


@dataclass(frozen=True, slots=True)
class TallyCatalogue:
    """What is expected in an election, and the files that were taken."""

    expected: tuple[TallySheetsExpected, ...] = ()
    files: Mapping[str, datetime] = field(default_factory=dict)
    """The SHA-256 of each file taken, and its cut."""


def evolve(catalogue: TallyCatalogue, event: Event, envelope: Envelope) -> TallyCatalogue:  # noqa: ARG001 - every fold has this shape
    """Return the catalogue after one more event."""
    return _evolved(catalogue, event)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(catalogue: TallyCatalogue, event: TallyCatalogueEvent) -> TallyCatalogue:
    match event:
        case TallySheetsExpected():
            return replace(catalogue, expected=(*catalogue.expected, event))
        case TallySheetFileAccepted():
            return replace(catalogue, files={**catalogue.files, event.sha256: event.cut_at})
        case _ as unknown:
            assert_never(unknown)


TALLY_CATALOGUE: Subject[TallyCatalogue] = Subject("tally-sheets", TallyCatalogue(), evolve)
"""How a catalogue's stream is folded."""


class AcceptTallySheetFile(Payload):
    """Take a published file that was read and judged: its provenance, and the catalogue it brings."""

    accepted: TallySheetFileAccepted
    expected: tuple[TallySheetsExpected, ...]

    def decide(self, catalogue: TallyCatalogue) -> Sequence[Event]:
        """Return the file, where it was not taken yet; refuse another catalogue than the one there is."""
        if catalogue.expected and catalogue.expected != self.expected:
            raise Refused(
                "tally-catalogue-otherwise",
                es="Este archivo espera otras actas que las ya asentadas de esta elección: no es de la misma noche.",
                en="This file expects other sheets than those recorded of this election: it is not of the same night.",
            )
        return [] if self.accepted.sha256 in catalogue.files else [self.accepted]

    def decide_expected(self, catalogue: TallyCatalogue) -> Sequence[Event]:
        """Return the catalogue, where there is none yet: its moment is another than that of taking the file."""
        return [] if catalogue.expected else self.expected


def expected_of(
    election: TallyElection, keys: Mapping[SheetArea | None, Sequence[str]]
) -> tuple[TallySheetsExpected, ...]:
    """Return the catalogue of an election: the keys expected in each area, in the order given."""
    return tuple(
        TallySheetsExpected(election=election, area=area, keys=tuple(listed[first : first + MOST_KEYS]))
        for area, listed in keys.items()
        for first in range(0, len(listed), MOST_KEYS)
    )


PUBLISHED = (
    "ACTAS_ESPERADAS", "ACTAS_REGISTRADAS", "ACTAS_FUERA_CATALOGO", "ACTAS_CAPTURADAS",
    "PORCENTAJE_ACTAS_CAPTURADAS", "ACTAS_CONTABILIZADAS", "PORCENTAJE_ACTAS_CONTABILIZADAS",
    "PORCENTAJE_ACTAS_INCONSISTENCIAS", "ACTAS_NO_CONTABILIZADAS",
)  # fmt: skip
"""The figures of a file's header that are of sheets; the others are of votes."""


def as_published(figures: TallyFigures) -> Mapping[str, str]:
    """Return figures under the names and in the writing of a published header."""
    values = (
        figures.expected, figures.registered, figures.out_of_catalogue, figures.captured, figures.captured_percent,
        figures.counted, figures.counted_percent, figures.inconsistent_percent, figures.not_counted,
    )  # fmt: skip
    return {
        name: "0.0000" if value is None else str(value) for name, value in zip(PUBLISHED, values, strict=True)
    }


def tally_catalogue_stream(process: str, election: TallyElection) -> str:
    """Return the stream of an election's catalogue."""
    return f"tally-sheets/{process}/{election}"
