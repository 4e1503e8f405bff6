"""Rows written in one go: COPY, which costs a tenth of inserting them one by one, and versions that end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Cursor, sql

from projections.fold import Step

FOR_EVER = 9_223_372_036_854_775_807
"""``valid_to`` of what is true still: the largest position the database can hold."""


def copy_rows(cursor: Cursor[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Write rows, whose values stand in the order of the table's columns."""
    with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        for row in rows:
            copy.write_row(row)


def close_replaced(cursor: Cursor[Any], table: str, key: str, steps: Sequence[Step[Any]]) -> list[int]:
    """End the versions that these steps replace, and return until when each step's own version is true.

    ``key`` is the column with the origin of the stream.
    """
    return close_versions(cursor, table, key, [(step.origin, step.stored.position) for step in steps])


def close_versions(
    cursor: Cursor[Any], table: str, key: str, versions: Sequence[tuple[int, int]]
) -> list[int]:
    """End the versions replaced by new ones (of what, from when), and return until when each new one is true."""
    next_versions = [FOR_EVER] * len(versions)
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, (origin, position) in enumerate(versions):
        if origin in last:
            next_versions[last[origin]] = position
        elif position != origin:
            first[origin] = position
        last[origin] = number
    if first:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} AS old SET valid_to = new.valid_from"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS new (origin, valid_from)"
                " WHERE old.{key} = new.origin AND old.valid_to = 9223372036854775807"
            ).format(table=sql.Identifier(table), key=sql.Identifier(key)),
            [list(first), list(first.values())],
        )
    return next_versions
