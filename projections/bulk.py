"""Rows written in one go: COPY, which costs a tenth of inserting them one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Cursor, sql


def copy_rows(cursor: Cursor[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows, whose values stand in the order of the table's columns."""
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        for row in rows:
            copy.write_row(row)
