"""Which version of a stream was true, and which dates, at a moment of one clock or of both?

With the first clock alone it is the version that held at a position. With both it is the last one, up to that
position, in which everything had happened by the instant; where a stream's acts are out of order, it is the row that
`projections.second_clock` folded from the events.
"""

from __future__ import annotations

from psycopg import sql

from projections.moment import AsOf, is_true


def version_join(
    as_of: AsOf,
    versions: sql.Identifier,
    key: sql.Composable,
    *,
    table: str = "milestone_versions",
    of: str = "milestone",
) -> sql.Composed:
    """Return the JOIN of the version, named ``versions``, of the stream whose position is ``key``.

    ``of`` is the column of ``table`` with that position. A stream of which nothing was known has no row.
    """
    if as_of.position is None:
        return sql.SQL("JOIN {table} AS {v} ON {v}.{of} = {key} AND {is_true}").format(
            table=sql.Identifier(table),
            v=versions,
            of=sql.Identifier(of),
            key=key,
            is_true=is_true(as_of, versions),
        )
    return sql.SQL("JOIN LATERAL ({then}) AS {v} ON true").format(
        then=_then(as_of, table, of, key), v=versions
    )


def process_join(as_of: AsOf) -> sql.Composed:
    """Return the JOIN of the version ``v`` of a process ``p``."""
    v, key = sql.Identifier("v"), sql.Identifier("p", "position")
    return version_join(as_of, v, key, table="process_versions", of="process")


def schedule_then(as_of: AsOf, key: sql.Composable) -> sql.Composed:
    """Return the query of the dates of the milestone whose position is ``key``: one row of ``milestone_schedules``."""
    if as_of.happened_by is None:
        return _LAST_SCHEDULE.format(key=key)
    return _then(as_of, "milestone_schedules", "milestone", key)


_LAST_SCHEDULE = sql.SQL("""
    SELECT * FROM milestone_schedules AS every
    WHERE every.milestone = {key} AND every.valid_from <= coalesce(%(position)s::bigint, every.valid_from)
    ORDER BY every.valid_from DESC LIMIT 1""")

# One look into the index, however long the history: a version ends where the next begins, so the last one that had
# begun is the one that was true. Asked for by both its ends, half of a stream's versions are read.
_LAST_KNOWN = sql.SQL("""
    SELECT * FROM {table} AS every
    WHERE every.{of} = {key} AND every.valid_from <= %(position)s
    ORDER BY every.valid_from DESC LIMIT 1""")

_IN_ORDER = sql.SQL("""
    (SELECT * FROM {table} AS every
     WHERE every.{of} = {key} AND every.valid_from <= %(position)s AND every.happened_at <= %(happened_by)s {unless}
     ORDER BY every.valid_from DESC LIMIT 1)""")

_OUT_OF_ORDER = sql.SQL("""
    UNION ALL
    SELECT again.* FROM jsonb_populate_record(NULL::{table}, {folded} -> {key}::text) AS again
    WHERE {folded} ? {key}::text""")


def _then(as_of: AsOf, table: str, of: str, key: sql.Composable) -> sql.Composed:
    names = {"table": sql.Identifier(table), "of": sql.Identifier(of), "key": key}
    if as_of.happened_by is None:
        return _LAST_KNOWN.format(**names)
    if as_of.folded is None or not getattr(as_of.folded, table):
        return _IN_ORDER.format(**names, unless=sql.SQL(""))
    folded = sql.Placeholder(f"folded_{table}")
    unless = sql.SQL("AND NOT {folded} ? {key}::text").format(folded=folded, key=key)
    return _IN_ORDER.format(**names, unless=unless) + _OUT_OF_ORDER.format(**names, folded=folded)
