"""The rows of a published file, one by one: which sheet each is, its stages, and what is wrong with it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from api.prep_imports.published import (
    AREAS,
    CAPTURED,
    CODE,
    COLLECTED,
    COUNTED,
    DEVICE,
    DOCUMENT,
    KEY,
    OBSERVATION,
    ORIGIN,
    SHEET_KIND,
    STATE,
    VERIFIED,
    Complaint,
    PublishedFile,
    SheetRow,
    UnusableFile,
)
from domain.tally_figures import TallyFigures, is_inconsistent
from domain.tally_sheet import (
    Sheet,
    SheetArea,
    SheetDevice,
    SheetOrigin,
    TakeTallySheet,
    TallyElection,
    sheet_id,
)

NOTHING = {"", "-", "N/A", "NA"}
"""How a file writes that there is nothing."""
CAPTURED_MARKS = {"0": False, "1": True}
"""CONTABILIZADA of a captured sheet: not counted, counted."""
OUT_OF_CATALOGUE = "2"
ORIGINS: Mapping[str, SheetOrigin] = {"CASILLA": "polling_station", "CATD": "centre"}
DEVICES: Mapping[str, SheetDevice] = {"MOVIL": "mobile", "ESCANER": "scanner"}
DOCUMENTS = {"ACTA PREP", "RPP", "CC", "PPC", "ACTA VA", "ACTA VPPP", "ACTA VMRE"}
"""TIPO_DOCUMENTO, the last column."""

_STAMP = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d)(?::(\d\d))?")
_CODE = re.compile(r"[0-9a-f]{64}")


class Rows:
    """The rows of a file while they are read."""

    def __init__(
        self, election: TallyElection, day_begins: datetime, cut_at: datetime, published: PublishedFile
    ) -> None:
        self._election = election
        self._day_begins = day_begins
        self._cut_at = cut_at
        self._published = published
        self._area = next((pair for pair in AREAS if pair[0] in published.columns), ("", ""))
        self._complaints: list[Complaint] = []
        self._lines: dict[str, int] = {}
        self._occurrences: dict[tuple[str, str], int] = defaultdict(int)
        self._areas: dict[tuple[str, str], SheetArea] = {}
        self.sheets: dict[str, TakeTallySheet] = {}
        self.keys: dict[SheetArea | None, list[str]] = defaultdict(list)
        self.figures = TallyFigures()

    def read(self) -> None:
        """Read every row. Raises `UnusableFile`."""
        rows = self._published.rows
        self._refuse_two_elections(rows)
        for row in rows:
            try:
                self._take(row)
            except _BadRow as bad:
                self._complaints.append(Complaint(row.line, bad.es, bad.en))
        if rows and not self._published.ends_in_a_line:
            self._refuse_half_a_cell(rows[-1])
        if self._complaints:
            raise UnusableFile(self._complaints)

    def _take(self, row: SheetRow) -> None:
        mark = row.cells[COUNTED]
        if mark not in {*CAPTURED_MARKS, OUT_OF_CATALOGUE, *NOTHING}:
            raise _BadRow(
                f"CONTABILIZADA es 0, 1, 2 o -, no «{mark}»", f"CONTABILIZADA is 0, 1, 2 or -, not '{mark}'"
            )
        out = mark == OUT_OF_CATALOGUE
        area, key = self._area_of(row), _said(row.cells[KEY])
        if not out:
            if key is None:
                raise _BadRow("falta CLAVE_ACTA", "CLAVE_ACTA is missing")
            self.keys[area].append(key)
        place = (area.id if area else "", key or "")
        self._occurrences[place] += 1
        sheet = Sheet(
            election=self._election, area=area, key=key, code=_code(row.cells[CODE]), out_of_catalogue=out
        )
        taken = self._taken(row, sheet, mark)
        self._count(taken)
        if taken.captured or taken.collected_at or out:
            id_ = sheet_id(sheet, self._occurrences[place])
            if id_ in self._lines:
                line = self._lines[id_]
                raise _BadRow(
                    f"repite el CODIGO_INTEGRIDAD del renglón {line}",
                    f"repeats the CODIGO_INTEGRIDAD of line {line}",
                )
            self._lines[id_] = row.line
            self.sheets[id_] = taken

    def _taken(self, row: SheetRow, sheet: Sheet, mark: str) -> TakeTallySheet:
        cells = row.cells
        collected_at, captured_at, verified_at = (
            self._stamp(cells[name]) for name in (COLLECTED, CAPTURED, VERIFIED)
        )
        stamps = [at for at in (collected_at, captured_at, verified_at) if at]
        if stamps != sorted(stamps):
            raise _BadRow(
                "las horas de acopio, captura y verificación no van en orden",
                "the hours of collecting, capturing and verifying are not in order")  # fmt: skip
        if (captured_at is None and verified_at) or (mark in NOTHING and captured_at):
            raise _BadRow(
                "la hora de captura y CONTABILIZADA no concuerdan",
                "the hour of capturing and CONTABILIZADA do not agree")  # fmt: skip
        # By hand, because there are thousands and every value was looked at.
        return TakeTallySheet(
            sheet=sheet, collected_at=collected_at, captured_at=captured_at, verified_at=verified_at,
            captured=mark in CAPTURED_MARKS, counted=CAPTURED_MARKS.get(mark, False),
            observation=_said(cells[OBSERVATION]), origin=ORIGINS.get(cells.get(ORIGIN, "")) if stamps else None,
            device=DEVICES.get(cells.get(DEVICE, "")) if stamps else None,
            document=_said(cells.get(DOCUMENT, "")), cut_at=self._cut_at,
        )  # fmt: skip

    def _stamp(self, text: str) -> datetime | None:
        if text in NOTHING:
            return None
        at = instant_of(_STAMP.fullmatch(text), self._cut_at.tzinfo)
        if at is None:
            raise _BadRow(
                f"«{text}» no es una hora como 02/06/2024 20:01:52",
                f"'{text}' is no hour like 02/06/2024 20:01:52",
            )
        if at < self._day_begins:
            raise _BadRow(
                f"la hora {text} es anterior a la jornada", f"the hour {text} is before election day"
            )
        if at > self._cut_at:
            raise _BadRow(f"la hora {text} es posterior al corte", f"the hour {text} is after the cut")
        return at

    def _area_of(self, row: SheetRow) -> SheetArea | None:
        id_, name = (row.cells.get(column, "") for column in self._area)
        if id_ in NOTHING:
            return None
        if (id_, name) not in self._areas:
            self._areas[id_, name] = SheetArea(id=id_, name=name or id_)
        return self._areas[id_, name]

    def _count(self, taken: TakeTallySheet) -> None:
        before, captured = self.figures, taken.captured
        self.figures = TallyFigures(
            before.expected + (not taken.sheet.out_of_catalogue),
            before.out_of_catalogue + taken.sheet.out_of_catalogue,
            before.captured + captured,
            before.counted + taken.counted,
            before.inconsistent + (captured and is_inconsistent(taken.observation)),
        )

    def _refuse_two_elections(self, rows: Sequence[SheetRow]) -> None:
        """Complain of the first row that is of another state, or whose sheet is of another kind."""
        states = ((row.line, digits_of(row.cells[STATE])) for row in rows)
        kinds = ((row.line, digits_of(row.cells.get(SHEET_KIND, ""))) for row in rows)
        for what, values in (("ID_ENTIDAD", states), ("TIPO_ACTA", kinds)):
            said = [(line, value) for line, value in values if value]
            other = next(((line, value) for line, value in said if value != said[0][1]), None)
            if other:
                line, value = other
                self._complaints.append(Complaint(
                    line, f"{what} es {value} y antes {said[0][1]}: ¿son dos elecciones en un archivo?",
                    f"{what} is {value}, and {said[0][1]} before: are these two elections in one file?"))  # fmt: skip

    def _refuse_half_a_cell(self, row: SheetRow) -> None:
        """Complain of a last line without an end whose last cell is none that is known: it was cut in the middle."""
        last = row.cells.get(self._published.columns[-1], "")
        if last not in DOCUMENTS | NOTHING:
            es, en = (
                f"el archivo está cortado: termina en «{last}»",
                f"the file is cut off: it ends in '{last}'",
            )
            self._complaints.append(Complaint(row.line, es, en))


class _BadRow(Exception):
    """A row that says what cannot be."""

    def __init__(self, es: str, en: str) -> None:
        super().__init__(en)
        self.es = es
        self.en = en


def instant_of(match: re.Match[str] | None, zone: tzinfo | None) -> datetime | None:
    """Return an instant as the files write it, from day to minute and a second or none; None where it is none."""
    if match is None or zone is None:
        return None
    day, month, year, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def digits_of(text: str) -> str:
    """Return the digits a cell begins with."""
    found = re.match(r"\d+", text)
    return found[0] if found else ""


def _code(text: str) -> str | None:
    if text in NOTHING:
        return None
    if not _CODE.fullmatch(text.lower()):
        raise _BadRow(
            f"CODIGO_INTEGRIDAD «{text[:20]}» no es un SHA-256",
            f"CODIGO_INTEGRIDAD '{text[:20]}' is no SHA-256",
        )
    return text.lower()


def _said(text: str) -> str | None:
    return None if text in NOTHING else text
