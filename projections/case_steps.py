"""Which steps of all cases stand so now?

Among a million steps a list has to find its page, and say how long it is, without looking at each: both are asked of
``case_steps``, which `projections.case_versions` keeps as of now. How a step stands is what it is counted as, and
whether its date has passed (`projections.case_figures`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast, get_args

from psycopg import Connection, sql

from domain.timeliness import Standing
from projections.case_figures import PAST_AND_AHEAD, Part
from projections.milestone_filter import MilestoneFilter
from projections.moment import AsOf

TOLD = {
    "among",
    "procedure",
    "system",
    "quality",
    "territory",
    "stage",
    "standing",
    "by_law",
    "counted_only",
    "notice",
    "owes",
}
"""The filters that ``case_steps`` can answer."""


NOW = AsOf(None, datetime.max.replace(tzinfo=UTC))


class StepsFound(NamedTuple):
    """How many steps may be listed, and how many are of cases that are not public, which are only counted."""

    listed: int
    withheld: int


def is_too_wide(where: MilestoneFilter) -> bool:
    """Tell whether a filter would have every step of every case looked at, one by one."""
    return where.among == "cases" and where.process is None and not can_tell(where, NOW)


def can_tell(where: MilestoneFilter, as_of: AsOf) -> bool:
    """Tell whether ``case_steps`` answers: it knows the steps of cases as they are now."""
    others = (field for field in fields(MilestoneFilter) if field.name not in TOLD)
    is_told = where.among == "cases" and where.notice in {None, "missing"} and as_of.position is None
    return is_told and all(getattr(where, field.name) is None for field in others)


def page_of_steps(
    connection: Connection[Any], where: MilestoneFilter, as_of: AsOf, *, after: int, limit: int
) -> list[int]:
    """Return the positions of the next steps that may be listed, in the order of the log."""
    common, parameters = _conditions(where)
    common.append(sql.SQL("milestone > %(after)s AND NOT withheld"))
    pieces = [_PAGE.format(conditions=sql.SQL(" AND ").join([*piece, *common])) for piece in _pieces(where)]
    query = _TOGETHER.format(pieces=sql.SQL(" UNION ALL ").join(pieces))
    rows = connection.execute(query, parameters | {"at": as_of.at, "after": after, "limit": limit})
    return [milestone for (milestone,) in rows]


def count_steps(connection: Connection[Any], where: MilestoneFilter, as_of: AsOf) -> StepsFound:
    """Return how many steps there are."""
    common, parameters = _conditions(where)
    pieces = [_COUNT.format(conditions=sql.SQL(" AND ").join([*piece, *common])) for piece in _pieces(where)]
    query = sql.SQL(" UNION ALL ").join(pieces)
    counted = connection.execute(query, parameters | {"at": as_of.at}).fetchall()
    return StepsFound(sum(listed for listed, _ in counted), sum(withheld for _, withheld in counted))


# One piece for each part, in order by itself: its page is the beginning of an index.
_PAGE = sql.SQL("(SELECT milestone FROM case_steps WHERE {conditions} ORDER BY milestone LIMIT %(limit)s)")
_TOGETHER = sql.SQL("SELECT milestone FROM ({pieces}) AS found ORDER BY milestone LIMIT %(limit)s")
_COUNT = sql.SQL("""
    SELECT count(*) FILTER (WHERE NOT withheld), count(*) FILTER (WHERE withheld)
    FROM case_steps WHERE {conditions}""")


def _conditions(where: MilestoneFilter) -> tuple[list[sql.Composable], dict[str, Any]]:
    """Return what holds for every part asked for, and its parameters."""
    asked = {
        name: getattr(where, name)
        for name in ("territory", "stage", "by_law", "quality")
        if getattr(where, name) is not None
    }
    conditions: list[sql.Composable] = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in asked
    ]
    if where.procedure is not None:
        conditions.append(sql.SQL("kind = %(procedure)s"))
    if where.system is not None:
        conditions.append(sql.SQL("%(system)s = ANY(systems)"))
    if where.notice is not None:
        conditions.append(sql.SQL("notice_from <= %(at)s"))
    if where.owes is not None:
        conditions.append(sql.Identifier(f"owes_{where.owes}"))
    return conditions or [sql.SQL("true")], {**asked, "system": where.system, "procedure": where.procedure}


def _pieces(where: MilestoneFilter) -> list[list[sql.Composable]]:
    """Return the conditions of each part asked for; one piece without any where all are."""
    standings = _standings(where)
    if standings is None:
        return [[]]
    return [
        [sql.SQL("part = {}").format(sql.Literal(part)), *_sides(part, set(standings))]
        for part in get_args(Part)
        if not standings.isdisjoint(_stands(part))
    ]


def _standings(where: MilestoneFilter) -> frozenset[Standing] | None:
    """Return how the steps asked for stand; None where that does not matter."""
    asked: Collection[Standing] = get_args(Standing)
    if isinstance(where.standing, str):
        asked = [where.standing]
    elif where.standing is not None:
        asked = where.standing
    elif not where.counted_only:
        return None
    return frozenset(one for one in asked if not (where.counted_only and one == "not_counted"))


def _stands(part: Part) -> Iterable[Standing]:
    """Return how steps of a part may stand: past their date and before it, where they have one."""
    if part in PAST_AND_AHEAD:
        return PAST_AND_AHEAD[part]
    return ("not_counted",) if part == "left_out" else (cast("Standing", part),)


def _sides(part: Part, standings: Collection[Standing]) -> list[sql.Composable]:
    """Return on which side of its date a step of a part has to be."""
    if part not in PAST_AND_AHEAD:
        return []
    past, ahead = PAST_AND_AHEAD[part]
    if past in standings and ahead in standings:
        return []
    return [sql.SQL("due_at <= %(at)s" if past in standings else "due_at > %(at)s")]
