"""How well is work done, by the groups of processes of a quality management system (ISO/TS 54001)?

Everything is worked out from what was reported; nobody fills an indicator in.
"""

from __future__ import annotations

from functools import cache
from typing import Any, cast, get_args

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.procedure import procedures
from domain.step import Quality
from domain.variant import rows_of
from projections.known import STANDING
from projections.moment import AsOf, is_true, moment_parameters
from projections.page import Row

RETURNED = "returned"
"""The outcome by which procedures say that work was sent back."""


class IndicatorRow(Row):
    """One group of processes, and how its steps were carried out."""

    quality: Quality
    """The group: ``electoral_logistics``."""
    steps: int
    """How many steps of the group there are."""
    done: int
    """How many are done."""
    on_time: int
    """How many of those that are done had a date and kept it."""
    late: int
    """How many were done after their date."""
    on_time_percent: float | None
    """Of those done with a date, the share that kept it; null while there is none."""
    median_days_late: float | None
    """How late those done late were, half of them at most."""
    median_days_taken: float | None
    """From the report of a start to the completion, half of them at most; where it was started apart."""
    median_days_to_report: float | None
    """From the act to its record, half of them at most."""
    redatings: int
    """How often a date was moved."""
    corrections: int
    """How often a report was restated."""
    returned: int
    """How often work was sent back."""
    validated: int
    """How many completions a second pair of eyes agreed with."""


def list_indicators(
    connection: Connection[Any], as_of: AsOf, territory: str | None = None
) -> list[IndicatorRow]:
    """Return the eight groups in order, in a territory or in the whole country; cases and elections together."""
    v = sql.Identifier("v")
    kinds, rows, groups = zip(*_tagged(), strict=True)
    parameters = {
        "kinds": list(kinds), "rows": list(rows), "groups": list(groups), "territory": territory,
        "returned": RETURNED, **moment_parameters(as_of),
    }  # fmt: skip
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        query = _INDICATORS.format(standing=STANDING.format(v=v), is_true=is_true(as_of, v))
        found: dict[str, Any] = {row.quality: row for row in cast("Any", cursor.execute(query, parameters))}
    return [_row(quality, found.get(quality)) for quality in get_args(Quality)]


def _row(quality: Quality, found: Any) -> IndicatorRow:
    if found is None:
        nothing = dict.fromkeys(
            ("steps", "done", "on_time", "late", "redatings", "corrections", "returned", "validated"), 0
        )
        medians = dict.fromkeys(
            ("on_time_percent", "median_days_late", "median_days_taken", "median_days_to_report")
        )
        return IndicatorRow.model_validate({"quality": quality, **nothing, **medians})
    dated = found.on_time + found.late
    return IndicatorRow(
        quality=quality, steps=found.steps, done=found.done, on_time=found.on_time, late=found.late,
        on_time_percent=round(100 * found.on_time / dated, 1) if dated else None,
        median_days_late=_days(found.days_late), median_days_taken=_days(found.days_taken),
        median_days_to_report=_days(found.days_to_report), redatings=found.redatings,
        corrections=found.corrections, returned=found.returned, validated=found.validated,
    )  # fmt: skip


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(float(seconds) / 86_400, 1)


@cache
def _tagged() -> list[tuple[str, str, str]]:
    """Return every step that belongs to a group: (procedure, row, group)."""
    return [
        (procedure.kind, step.id, step.quality)
        for procedure in procedures().values()
        for step in rows_of(procedure.kind).values()
        if step.quality
    ]


_INDICATORS = sql.SQL("""
    WITH tagged AS (
        SELECT * FROM unnest(%(kinds)s::text[], %(rows)s::text[], %(groups)s::text[]) AS t (kind, plan_row, quality)
    ), steps AS (
        SELECT tagged.quality, v.*, {standing} AS standing
        FROM tagged
        JOIN processes AS p USING (kind)
        JOIN milestones AS m ON m.process = p.id AND m.plan_row = tagged.plan_row
        JOIN milestone_versions AS v ON v.milestone = m.position AND {is_true}
        WHERE m.territory = coalesce(%(territory)s, m.territory)
    )
    SELECT quality,
           count(*) FILTER (WHERE standing <> 'not_counted') AS steps,
           count(*) FILTER (WHERE status = 'completed') AS done,
           count(*) FILTER (WHERE standing IN ('done_on_time', 'done_ahead')) AS on_time,
           count(*) FILTER (WHERE standing = 'done_late') AS late,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - due_at))
               FILTER (WHERE standing = 'done_late') AS days_late,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - started_at))
               FILTER (WHERE status = 'completed' AND completed_at > started_at) AS days_taken,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_recorded_at - completed_at))
               FILTER (WHERE status = 'completed') AS days_to_report,
           coalesce(sum(redatings), 0) AS redatings,
           coalesce(sum(corrections), 0) AS corrections,
           count(*) FILTER (WHERE outcome = %(returned)s) AS returned,
           count(*) FILTER (WHERE validated) AS validated
    FROM steps GROUP BY quality""")
