"""CSV: a row an event, its envelope in columns and the event itself as JSON; no cell is a formula."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from api import csv_table
from api.event_columns import COLUMNS, row_of
from api.exports import Format
from api.extract import Extract
from ledger.entry import instant


def _pieces(extract: Extract) -> Iterator[bytes]:
    origin = extract.checkpoint.origin
    yield csv_table.rows([list(COLUMNS)])
    for page in extract.pages():
        yield csv_table.rows(
            [instant(value) if isinstance(value, datetime) else value for value in row_of(stored, origin)]
            for stored in page
        )


FORMAT = Format("csv", csv_table.MEDIA_TYPE, "csv", 1, _pieces)
"""The events as a table for a spreadsheet."""
