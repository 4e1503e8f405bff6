"""A file of updates that a person sends: looked at first, then recorded, the same bytes, safe to send again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

from api import csv_table
from api.batches.answer import BatchAnswer, RowAnswer
from api.batches.recording import Batch, NotRecorded
from api.batches.request import Mode, rows_of
from api.batches.sending import rows_of_file
from api.database import Resources
from api.settings import Language
from domain.access import Caller

CSV_COLUMNS = (
    "row",
    "process",
    "milestone",
    "report",
    "outcome",
    "changes",
    "message",
    "position",
    "command_id",
)


def upload_key(actor: str, sha256: str, mode: Mode) -> UUID:
    """Return the key a file is recorded under: the same file of the same sender is recorded once."""
    return uuid5(NAMESPACE_URL, f"bitacora-upload/{actor}/{sha256}/{mode}")


async def run_upload(
    resources: Resources,
    caller: Caller,
    raw: bytes,
    sha256: str,
    mode: Mode,
    language: Language,
    *,
    dry_run: bool,
) -> tuple[BatchAnswer, bool]:
    """Return what became of a file's rows, or would, and whether it was kept back by some of them.

    Raises a 413 or 422 `Problem` for a file that cannot be read, and what the ledger raises.
    """
    items = await asyncio.to_thread(rows_of_file, raw)
    key = upload_key(caller.actor, sha256, mode)
    rows = await asyncio.to_thread(rows_of, items, actor=caller.actor, key=key)
    try:
        return await Batch(resources, caller, key, mode, dry_run, rows, language).run(), False
    except NotRecorded as kept_back:
        return kept_back.answer, True


def rows_as_csv(rows: Iterable[RowAnswer]) -> bytes:
    """Return what became of each row as CSV."""
    lines = (
        (
            row.row, row.process, row.milestone, row.report, row.outcome, spoken_changes(row), spoken_reason(row),
            row.position, row.command_id,
        )
        for row in rows
    )  # fmt: skip
    return b"\xef\xbb\xbf" + csv_table.lines(CSV_COLUMNS, lines)


def spoken_changes(row: RowAnswer) -> str:
    """Return what a row changes in one line."""
    return "; ".join(f"{one.field}: {one.before or '—'} → {one.after or '—'}" for one in row.changes)


def spoken_reason(row: RowAnswer) -> str:
    """Return why a row was not recorded in one line, field by field where that is why."""
    fields = " ".join(f"{error.field}: {error.message}" for error in row.errors)
    return " ".join(part for part in (row.message or "", fields) if part)
