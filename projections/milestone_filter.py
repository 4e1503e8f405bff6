"""Which milestones are asked for: a filter, and the conditions it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import sql

from domain.milestone import Status
from domain.notice import NoticeStatus
from domain.owed import Owed
from domain.procedure import Procedure, procedures
from domain.step import Kind, Quality, Responsible
from domain.text import without_accents
from domain.timeliness import Standing
from domain.variant import rows_of as every_row_of
from projections.case_figures import systems_of
from projections.docket import is_shown
from projections.elections import LATEST
from projections.moment import AsOf
from projections.order import is_blocked


@dataclass(frozen=True, slots=True)
class MilestoneFilter:
    """Which milestones to list: every condition that is given has to hold."""

    process: str | None = None
    among: Literal["elections", "cases"] = "elections"
    """Of which processes, where none is named."""
    system: int | None = None
    """A function, 1 to 14. Of elections, the activities of the latest of each territory: those its figures count."""
    quality: Quality | None = None
    """A group of processes of quality management."""
    procedure: str | None = None
    """A kind of process: ``ordinary_sanctioning``."""
    territory: str | None = None
    stage: str | None = None
    responsible: Responsible | None = None
    status: Status | None = None
    standing: Standing | Collection[Standing] | None = None
    """How it stands; of several, any."""
    by_law: bool | None = None
    """Whether its date rests on the law or an approved calendar."""
    kind: Kind | None = None
    row: str | None = None
    due_after: datetime | None = None
    """Its deadline ends at or after this instant."""
    due_before: datetime | None = None
    """Its deadline ends before this instant."""
    search: str | None = None
    """Every word must occur in its id, name, body, article or state; accents and case are ignored."""
    counted_only: bool = False
    """Only those that enter figures of progress."""
    blocked: bool | None = None
    """Whether a predecessor is late or suspended."""
    notice: NoticeStatus | None = None
    """How its public notice stands."""
    owes: Owed | None = None
    """What it was completed without."""
    reach: str | None = None
    """The territory of whoever looks; None for anyone (`projections.docket`)."""


def may_be_shown(reach: str | None) -> sql.Composed:
    """Return the condition that whoever looks may see a milestone of ``known``."""
    return is_shown(sql.Identifier("known", "process"), reach)


_COLUMNS = {
    "process": "process",
    "territory": "territory",
    "stage": "stage",
    "responsible": "responsible",
    "status": "status",
    "by_law": "by_law",
    "kind": "kind",
    "row": "plan_row",
}
"""The filters that compare a column for equality."""


def conditions_of(where: MilestoneFilter, as_of: AsOf) -> tuple[list[sql.Composable], dict[str, Any]]:
    """Return a filter as conditions on ``known`` and their parameters."""
    asked = {name: value for name in _COLUMNS if (value := getattr(where, name)) is not None}
    conditions: list[sql.Composable] = [
        sql.SQL("{} = {}").format(sql.Identifier("known", _COLUMNS[name]), sql.Placeholder(name))
        for name in asked
    ]
    parameters: dict[str, Any] = dict(asked)
    conditions += _of_processes(where)
    if where.system is not None or where.quality is not None or where.procedure is not None:
        rows = rows_of(where)
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join([*map(_of_rows, rows), _NOTHING])))
        parameters |= {f"rows_{kind}": list(each) for kind, each in rows.items()}
    if where.standing is not None:
        conditions.append(sql.SQL("known.standing = ANY(%(standing)s)"))
        parameters["standing"] = [where.standing] if isinstance(where.standing, str) else list(where.standing)
    if where.due_after is not None:
        conditions.append(sql.SQL("known.due_at >= %(due_after)s"))
        parameters["due_after"] = where.due_after
    if where.due_before is not None:
        conditions.append(sql.SQL("known.due_at < %(due_before)s"))
        parameters["due_before"] = where.due_before
    for number, word in enumerate(without_accents(where.search or "").split()):
        # strpos, not LIKE: what people type is text, not a pattern.
        conditions.append(sql.SQL("strpos(known.search, {}) > 0").format(sql.Placeholder(f"word_{number}")))
        parameters[f"word_{number}"] = word
    if where.counted_only:
        conditions.append(sql.SQL("known.standing <> 'not_counted'"))
    if where.notice is not None:
        conditions.append(sql.SQL("known.notice = %(notice)s"))
        parameters["notice"] = where.notice
    if where.owes is not None:
        conditions.append(sql.Identifier("known", f"owes_{where.owes}"))
    if where.blocked is not None:
        conditions.append(sql.SQL("{} = %(blocked)s").format(is_blocked(as_of)))
        parameters["blocked"] = where.blocked
    return conditions, parameters


def _of_processes(where: MilestoneFilter) -> list[sql.Composable]:
    """Return the conditions on the process, where only some are asked about."""
    if where.process is not None:
        return [may_be_shown(where.reach)]
    if where.among == "cases":
        return [sql.SQL("known.is_case"), may_be_shown(where.reach)]
    elections: list[sql.Composable] = [sql.SQL("NOT known.is_case")]
    return [*elections, LATEST] if where.system is not None else elections


def rows_of(where: MilestoneFilter) -> Mapping[str, list[str]]:
    """Return the rows of each kind of process that belong to a function, a group and a procedure."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for procedure in procedures().values():
        if where.procedure not in {None, procedure.kind} or (
            where.process is None and _is_other(procedure, where)
        ):
            continue
        for step in every_row_of(procedure.kind).values():
            in_system = where.system is None or where.system in systems_of(procedure.kind, step.id)
            if in_system and where.quality in {None, step.quality}:
                found[procedure.kind].append(step.id)
    return found


def _is_other(procedure: Procedure, where: MilestoneFilter) -> bool:
    """Tell whether its processes are not among those asked about."""
    return procedure.is_plan == (where.among == "cases")


def _of_rows(kind: str) -> sql.Composed:
    # A process' id says nothing of its kind; the processes of a kind are looked up once.
    return sql.SQL(
        "(known.process IN (SELECT id FROM processes WHERE kind = {kind}) AND known.plan_row = ANY({rows}))"
    ).format(kind=sql.Literal(kind), rows=sql.Placeholder(f"rows_{kind}"))


_NOTHING = sql.SQL("false")
