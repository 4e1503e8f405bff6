"""Which sheet of a workbook is a territory's: INE's annexes have one for each state."""

from __future__ import annotations

from collections.abc import Sequence

from api.problems import Problem
from api.spreadsheet.table import Sheet, file_refused
from domain.entity import entities
from domain.plan_layout import plain


def sheet_of_territory(sheets: Sequence[Sheet], territory: str, asked: str | None) -> Sheet:
    """Return the sheet that was asked for, or the only one that is named after the territory, or the only one.

    Raises a 422 `Problem` that names the sheets there are.
    """
    filled = [sheet for sheet in sheets if any(any(row) for row in sheet.rows)]
    if asked is not None:
        found = [sheet for sheet in filled if plain(sheet.name) == plain(asked)]
    else:
        names = _names(territory)
        found = [sheet for sheet in filled if plain(sheet.name) in names]
        if not found and len(filled) == 1:
            _refuse_another_s(filled[0], territory)
            found = filled
    if len(found) != 1:
        raise _which_sheet(filled, territory)
    return found[0]


def _names(territory: str) -> set[str]:
    """Return what a territory's sheet may be called: its code, its letters, its name, its number at INE."""
    entity = entities().get(territory)
    if entity is None:
        return {plain(territory), "federal", "pef", "ine"}
    number = str(entity.ine_number)
    return {plain(word) for word in (territory, entity.letters, entity.name, number, number.zfill(2))}


def _refuse_another_s(sheet: Sheet, territory: str) -> None:
    for code in entities():
        if code != territory and plain(sheet.name) in _names(code):
            raise file_refused(
                "file-of-another-territory",
                f"La única hoja es de {entities()[code].name} y se pidió {territory}.",
                f"The only sheet is {entities()[code].name}'s and {territory} was asked for.",
            )


def _which_sheet(sheets: Sequence[Sheet], territory: str) -> Problem:
    names = ", ".join(f"«{sheet.name}»" for sheet in sheets[:40]) or "ninguna"
    return file_refused(
        "file-which-sheet",
        f"No se sabe cuál hoja es la de {territory}: elige una. Hay: {names}.",
        f"Which sheet is that of {territory} is not known: choose one. There are: {names}.",
    )
