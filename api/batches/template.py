"""The template of a batch: a row for each open activity that somebody may report on, to be filled in and sent back."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from psycopg import Connection

from api import csv_table
from api.batches.columns import HEADINGS
from api.settings import Language
from domain.access import Caller
from domain.milestone import OPEN
from domain.milestone_rules import STATUS_WORDS
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, list_milestones
from projections.moment import AsOf

FileKind = Literal["csv", "xlsx"]

COLUMNS = (
    "process", "milestone", "name", "status", "due_now", "read", "report", "occurred_at", "done", "target",
    "outcome", "instrument", "evidence", "reason", "note",
)  # fmt: skip
TOLD_HEADINGS = {"name": "nombre", "status": "estado", "due_now": "vencimiento"}
MAX_ROWS = 10_000


def open_rows(
    connection: Connection[Any], caller: Caller, process: str | None, as_of: AsOf, language: Language
) -> list[tuple[Any, ...]]:
    """Return what the template tells of each open activity the caller may report on, in the plan's order."""
    rows: list[tuple[Any, ...]] = []
    for row in _reported_by(connection, caller, process, as_of):
        name = row.name.es if language == "es" else row.name.en
        word = STATUS_WORDS[row.status]
        told = (
            row.process,
            row.id,
            name,
            word.es if language == "es" else word.en,
            row.due or "",
            row.position,
        )
        rows.append((*told, "", "", row.done, row.target, "", "", "", "", ""))
        if len(rows) == MAX_ROWS:
            break
    return rows


def template(rows: Sequence[tuple[Any, ...]], kind: FileKind, language: Language) -> bytes:
    """Return the template as a file. No cell of it is a formula, whatever its text begins with."""
    headings = [_heading(column, language) for column in COLUMNS]
    if kind == "csv":
        # With its mark, by which spreadsheets know UTF-8.
        return b"\xef\xbb\xbf" + csv_table.lines(headings, rows)
    return workbook([headings, *rows])


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows as XLSX: numbers as numbers, everything else as text that nothing computes or follows."""
    made = io.BytesIO()
    import xlsxwriter  # noqa: PLC0415 - it takes 12 MB, and is seldom asked for

    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("Bitácora")
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            elif value not in (None, ""):
                sheet.write_string(number, column, str(value))
    book.close()
    return made.getvalue()


def _reported_by(
    connection: Connection[Any], caller: Caller, process: str | None, as_of: AsOf
) -> Iterator[MilestoneRow]:
    where = MilestoneFilter(process=process, reach=_reach(caller))
    after: str | None = None
    while True:
        page = list_milestones(connection, where, as_of, after=after, limit=500)
        for row in page.items:
            mine = caller.may("report", row.territory, row.process)
            if mine and row.status in OPEN and not row.same_as:
                yield row
        after = page.next
        if after is None:
            return


def _reach(caller: Caller) -> str | None:
    return next((held.territory for held in caller.authorities if held.process is None), None)


def _heading(column: str, language: Language) -> str:
    if language == "en":
        return column
    spanish = {name: word for word, name in HEADINGS.items()}
    return TOLD_HEADINGS.get(column) or spanish[column]
