"""How many milestones stand how?

Every figure comes from one grouped query (`cells`), so that totals and parts cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Any, Literal, get_args

from psycopg import Connection, sql

from domain.procedure import procedures
from domain.step import Responsible
from projections.known import OVER, known
from projections.moment import AsOf, moment_parameters
from projections.order import BLOCKS, FOLLOWS, followed
from projections.page import Row


class Tally(Row):
    """How many milestones stand how at an instant.

    ``due = done_on_time + done_late + reported_unfinished + without_report + suspended`` and
    ``counted = due + done_ahead + pending + undated + done_undated + estimated``.
    """

    total: int = 0
    """Rows of the plan, whether or not they enter figures of progress."""
    counted: int = 0
    """Those that enter figures of progress."""
    due: int = 0
    """Those whose date has passed: the denominator of all progress."""
    done_on_time: int = 0
    """Due to date, and the act was in time."""
    done_late: int = 0
    """Due to date, and the act was late."""
    reported_unfinished: int = 0
    """Due to date, and last reported under way."""
    without_report: int = 0
    """Due to date with no report: *vencida sin reporte*, which says nothing about the act."""
    suspended: int = 0
    """Due to date while suspended."""
    done_ahead: int = 0
    """Done before a date that has not come yet."""
    pending: int = 0
    """Not done, and the date has not come yet."""
    due_soon: int = 0
    """Of the pending, those whose date comes within the days asked for."""
    undated: int = 0
    """Not done and without a date."""
    done_undated: int = 0
    """Done, though no date was loaded."""
    estimated: int = 0
    """Those with an estimated date, which is never late."""
    left_out: int = 0
    """Cancelled, or closed as not applicable: in no figure of progress."""
    late_by_law: int = 0
    """Late ones (done late, unfinished, without report) whose date is of law or of an approved calendar."""
    blocked: int = 0
    """Counted and open, but a predecessor is late or suspended."""

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return total((self, other))


class StageTally(Row):
    """The figures of one stage of the process."""

    stage: str
    """The stage's id: ``preparation``, ``election_day``, ``results``, ``close``."""
    tally: Tally


class ResponsibleTally(Row):
    """The figures of one kind of responsible: whose lateness it is."""

    responsible: str
    """``INE``, ``OPL``, ``parties``, ``tribunals`` or ``others``."""
    tally: Tally


@dataclass(frozen=True, slots=True)
class Cell:
    """The figures of the milestones that share a process, a territory, a stage and a responsible."""

    process: str
    territory: str
    stage: str
    responsible: str
    is_national: bool
    """Whether they are rows of a national plan; those that a state's own plan adds are counted apart."""
    position: int
    """The last position that changed any of them."""
    reported_at_position: int
    """The last position at which something was reported of any of them, 0 where nothing was."""
    counts: Sequence[int]
    """The figures of `Tally`, in the order of its fields: a `Tally` for each of hundreds of cells would cost more
    than the query."""


def cells(
    connection: Connection[Any],
    as_of: AsOf,
    *,
    due_soon_days: int,
    processes: Collection[str],
    territories: Collection[str] | None = None,
) -> list[Cell]:
    """Return the figures of processes in their smallest parts, in the order of the plan.

    Of some ``territories`` only, what another one holds up in them is not seen.
    """
    parameters = moment_parameters(as_of) | {
        "soon": as_of.at + timedelta(days=due_soon_days),
        "processes": list(processes),
        "territories": None if territories is None else list(territories),
        "national": [row for plan in procedures().values() if plan.is_plan for row in plan.by_id],
    }
    earlier = followed(as_of, sql.SQL("SELECT * FROM known"))
    query = _CELLS.format(known=known(as_of), followed=earlier, follows=FOLLOWS, blocks=BLOCKS, over=OVER)
    rows = connection.execute(query, parameters)
    return [
        Cell(
            process=process,
            territory=territory,
            stage=stage,
            responsible=responsible,
            is_national=is_national,
            position=position,
            reported_at_position=reported,
            counts=counts,
        )
        for process, territory, stage, responsible, is_national, position, reported, counts in rows
    ]


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some figures."""
    return _sum(_counts_of(tally) for tally in tallies)


def together(cells: Iterable[Cell]) -> Tally:
    """Return the figures of some cells as one."""
    return _sum(cell.counts for cell in cells)


def by_stage(cells: Iterable[Cell], order: Iterable[str] = ()) -> list[StageTally]:
    """Return the sums by stage: those of ``order`` first, in it, the others as they come in."""
    parts = _parts(cells, "stage")
    return [
        StageTally(stage=stage, tally=together(parts[stage]))
        for stage in dict.fromkeys((*order, *parts))
        if stage in parts
    ]


def by_responsible(cells: Iterable[Cell]) -> list[ResponsibleTally]:
    """Return the sums by responsible, in the order of `domain.procedure.Responsible`."""
    parts = _parts(cells, "responsible")
    return [
        ResponsibleTally(responsible=one, tally=together(parts[one]))
        for one in get_args(Responsible)
        if one in parts
    ]


def _parts(cells: Iterable[Cell], name: Literal["stage", "responsible"]) -> dict[str, list[Cell]]:
    parts: dict[str, list[Cell]] = {}
    for cell in cells:
        parts.setdefault(getattr(cell, name), []).append(cell)
    return parts


def _sum(rows: Iterable[Sequence[int]]) -> Tally:
    columns = list(zip(*rows, strict=True)) or [()] * len(_COUNTED)
    sums: dict[str, Any] = dict(zip(_COUNTED, map(sum, columns), strict=True))
    # What is summed was made here or counted by the database: it is not validated again.
    return Tally.model_construct(**sums)


_COUNTED = tuple(Tally.model_fields)
_counts_of: Callable[[Tally], tuple[int, ...]] = attrgetter(*_COUNTED)

_CELLS = sql.SQL("""
    WITH known AS MATERIALIZED (
        SELECT * FROM ({known}) AS every
        WHERE process = ANY(%(processes)s)
          AND (%(territories)s::text[] IS NULL OR territory = ANY(%(territories)s::text[]))
    ),
    blocked AS MATERIALIZED (
        SELECT DISTINCT later.milestone
        FROM ({followed}) AS earlier
        JOIN milestone_links AS link ON link.process = earlier.process AND link.predecessor = earlier.plan_row
        JOIN known AS later ON later.milestone = link.milestone AND {follows}
        WHERE {blocks}
    )
    SELECT process, territory, stage, responsible, plan_row = ANY(%(national)s) AS is_national, max(valid_from),
           coalesce(max(valid_from) FILTER (WHERE valid_from <> known.milestone), 0),
           ARRAY[
           count(*),
           count(*) FILTER (WHERE standing <> 'not_counted'),
           count(*) FILTER (WHERE standing IN ('done_on_time', 'done_late', 'reported_unfinished', 'without_report',
                                               'suspended')),
           count(*) FILTER (WHERE standing = 'done_on_time'),
           count(*) FILTER (WHERE standing = 'done_late'),
           count(*) FILTER (WHERE standing = 'reported_unfinished'),
           count(*) FILTER (WHERE standing = 'without_report'),
           count(*) FILTER (WHERE standing = 'suspended'),
           count(*) FILTER (WHERE standing = 'done_ahead'),
           count(*) FILTER (WHERE standing = 'pending'),
           count(*) FILTER (WHERE standing = 'pending' AND due_at <= %(soon)s),
           count(*) FILTER (WHERE standing = 'undated'),
           count(*) FILTER (WHERE standing = 'done_undated'),
           count(*) FILTER (WHERE standing = 'estimated'),
           count(*) FILTER (WHERE NOT is_mirror AND status IN ('cancelled', 'not_applicable')),
           count(*) FILTER (WHERE standing IN ('done_late', 'reported_unfinished', 'without_report') AND by_law),
           count(*) FILTER (WHERE standing <> 'not_counted' AND blocked.milestone IS NOT NULL)
           ] -- in the order of the fields of Tally
    FROM known LEFT JOIN blocked ON blocked.milestone = known.milestone
    GROUP BY process, territory, stage, responsible, is_national
    ORDER BY min(known.milestone)""")
