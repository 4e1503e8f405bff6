"""What a published file says, and whether it agrees with itself: nothing is recorded before all of it does."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from api.prep_imports.published import NEEDED, STATE, Complaint, PublishedFile, SheetRow, UnusableFile
from api.prep_imports.rows import Rows, digits_of, instant_of
from domain.calendar import nth_weekday, opens_at
from domain.deadline import DateBasis
from domain.entity import entities, zone_of
from domain.tally_catalogue import (
    PUBLISHED,
    AcceptTallySheetFile,
    TallySheetFileAccepted,
    as_published,
    expected_of,
)
from domain.tally_figures import TallyFigures
from domain.tally_sheet import TakeTallySheet, TallyElection
from domain.text import without_accents

ELECTIONS: Mapping[str, TallyElection] = {
    "gubernatura": "governor",
    "jefatura de gobierno": "governor",
    "diputaciones": "district",
    "ayuntamiento": "municipal",
    "alcaldia": "municipal",
    "presidencias municipales": "municipal",
    "presidencia municipal": "municipal",
}
"""How a file's first line begins, without accents, and the election it means."""

_CUT = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d)(?::(\d\d))? ?\(UTC([+-]\d{1,2})\)")
MOST_DAYS_AFTER_THE_VOTE = 7


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A published file that holds together."""

    election: TallyElection
    territory: str
    election_day: date
    election_day_basis: DateBasis
    zone: str
    accepting: AcceptTallySheetFile
    sheets: Mapping[str, TakeTallySheet]
    """What it says of each sheet that was registered, by its id."""


def judge(
    published: PublishedFile, name: str, raw: bytes, now: datetime, election_day: date | None = None
) -> JudgedFile:
    """Return what a file says. ``election_day`` is the first Sunday of June (LGIPE 25.1) unless said otherwise.

    ``now`` is when it is read: no cut is later. Raises `UnusableFile` with every line at fault.
    """
    if missing := [column for column in NEEDED if column not in published.columns]:
        listed = ", ".join(missing)
        raise UnusableFile([Complaint(0, f"faltan columnas: {listed}", f"columns are missing: {listed}")])
    election = _election(published.election)
    cut_at = _cut(published.cut)
    territory = _territory(published.rows)
    day = election_day or nth_weekday(cut_at.year, 6, 6, 1)
    zone = zone_of(territory)
    _refuse_a_cut_to_come(cut_at, now)
    _refuse_another_night(cut_at, day)
    reader = Rows(election, opens_at(day.isoformat(), zone), cut_at, published)
    reader.read()
    _refuse_other_figures(published.figures, reader.figures)
    expected = expected_of(election, reader.keys)
    figures = {column: published.figures[column] for column in PUBLISHED if column in published.figures}
    accepted = TallySheetFileAccepted(
        election=election, file=name, sha256=hashlib.sha256(raw).hexdigest(), rows=len(published.rows),
        cut_at=cut_at, figures=figures,
    )  # fmt: skip
    accepting = AcceptTallySheetFile(accepted=accepted, expected=expected)
    basis: DateBasis = "reported" if election_day else "law"
    return JudgedFile(election, territory, day, basis, zone, accepting, reader.sheets)


def _election(words: str) -> TallyElection:
    plain = without_accents(words)
    for beginning, election in ELECTIONS.items():
        if plain.startswith(beginning):
            return election
    raise UnusableFile([Complaint(
        1, f"«{words[:60]}» no es una elección conocida: gubernatura, diputaciones o ayuntamientos",
        f"'{words[:60]}' is no known election: gubernatura, diputaciones or ayuntamientos")])  # fmt: skip


def _cut(text: str) -> datetime:
    match = _CUT.fullmatch(text)
    hours = int(match[7]) if match else 24
    at = instant_of(match, timezone(timedelta(hours=hours)) if abs(hours) < 24 else None)
    if at is None:
        raise UnusableFile([Complaint(
            2, f"«{text[:40]}» no es un corte como 03/06/2024 20:00 (UTC-6)",
            f"'{text[:40]}' is no cut like 03/06/2024 20:00 (UTC-6)")])  # fmt: skip
    return at


def _territory(rows: Sequence[SheetRow]) -> str:
    number = next((digits for row in rows if (digits := digits_of(row.cells[STATE]))), "")
    found = next((code for code, one in entities().items() if number and one.ine_number == int(number)), None)
    if found is None:
        raise UnusableFile([Complaint(
            0, f"ID_ENTIDAD «{number}» no es una entidad: van de 01 a 32",
            f"ID_ENTIDAD '{number}' is no state: they go from 01 to 32")])  # fmt: skip
    return found


def _refuse_a_cut_to_come(cut_at: datetime, now: datetime) -> None:
    if cut_at > now:
        cut, read = (at.strftime("%d/%m/%Y %H:%M") for at in (cut_at, now.astimezone(cut_at.tzinfo)))
        raise UnusableFile([Complaint(
            2, f"el corte es del {cut}, que no ha llegado: son las {read} en su misma zona",
            f"the cut is of {cut}, which is yet to come: it is {read} in its own zone")])  # fmt: skip


def _refuse_another_night(cut_at: datetime, day: date) -> None:
    if not 0 <= (cut_at.date() - day).days <= MOST_DAYS_AFTER_THE_VOTE:
        raise UnusableFile([Complaint(
            2, f"el corte es del {cut_at.date()} y la jornada del {day}: di su día con --election-day",
            f"the cut is of {cut_at.date()} and the vote of {day}: say its day with --election-day")])  # fmt: skip


def _refuse_other_figures(header: Mapping[str, str], counted: TallyFigures) -> None:
    """Refuse a header whose figures are not those of the rows."""
    found = [
        Complaint(0, f"{name}: el encabezado dice {header.get(name, 'nada')} y los renglones dan {value}",
                  f"{name}: the header says {header.get(name, 'nothing')}, the rows come to {value}")
        for name, value in as_published(counted).items()
        # Elections differ in what their files tell; without those they expect there is nothing to judge them by.
        if header.get(name, value if name != PUBLISHED[0] else None) != value
    ]  # fmt: skip
    if found:
        raise UnusableFile(found)
