"""A batch from what was sent: JSON, CSV or XLSX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from api.batches.columns import items_of
from api.batches.request import MAX_ITEMS, BatchRequest, Mode
from api.body import read_body
from api.problems import Problem
from api.spreadsheet.reading import read_file
from api.spreadsheet.table import file_refused

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FILE = re.compile(rf"({re.escape(CSV)}|{re.escape(XLSX)})(\s*;.*)?", re.IGNORECASE)


def batch_sent(content_type: str | None, raw: bytes, mode: Mode, *, dry_run: bool) -> BatchRequest:
    """Return a batch; of a file, ``mode`` and ``dry_run`` were asked for beside it. Blocks.

    Raises a 400, 413, 415 or 422 `Problem`.
    """
    if content_type is not None and _FILE.fullmatch(content_type):
        items = rows_of_file(raw)
        return BatchRequest.model_construct(mode=mode, dry_run=dry_run, items=tuple(items))
    try:
        return read_body(BatchRequest, content_type, raw)
    except Problem as problem:
        if problem.status == 415:
            problem.es = f"El cuerpo debe ser JSON en UTF-8, CSV ({CSV}) o XLSX ({XLSX})."
            problem.en = f"The body must be JSON in UTF-8, CSV ({CSV}) or XLSX ({XLSX})."
            problem.headers["Accept-Post"] = f"application/json, {CSV}, {XLSX}"
        raise


def rows_of_file(raw: bytes) -> Sequence[dict[str, Any]]:
    """Return the rows of a file as a batch has them. Blocks. Raises a 413 or 422 `Problem`."""
    items = items_of(read_file(raw).sheets)
    if not items:
        raise file_refused(
            "file-empty", "Ninguna fila del archivo reporta algo: llena la columna «reporte».",
            "No row of the file reports anything: fill in the column 'report'.",
        )  # fmt: skip
    if len(items) > MAX_ITEMS:
        raise file_refused(
            "file-too-many-rows", f"El archivo reporta {len(items):,} veces y un lote admite {MAX_ITEMS:,}: divídelo.",
            f"The file reports {len(items):,} times and a batch takes {MAX_ITEMS:,}: divide it.",
        )  # fmt: skip
    return items
