"""How does an activity that is followed state by state stand as a whole?"""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from psycopg import Connection, sql

from domain.calendar import Moment
from domain.names import Names
from domain.step import Kind, Responsible, Scope
from domain.timeliness import DUE_TO_DATE, Standing
from projections.milestone_filter import may_be_shown
from projections.milestones import MilestoneRow, select_milestones
from projections.moment import AsOf
from projections.page import Row
from projections.tally import Tally


class ActivityRow(Row):
    """A row of the plan with the milestones it is followed by: one in each state, one for each occurrence."""

    process: str
    """The process it belongs to."""
    id: str
    """The row of the plan: ``F005``."""
    name: Names
    """What is to be done."""
    stage: str
    """The stage of the process it belongs to."""
    group: str
    """The subject it is listed under."""
    kind: Kind
    """Act, period, limit, prohibition, recurring or conditional."""
    scope: Scope
    """The territory the activity is carried out by."""
    responsible: Responsible
    """Whose lateness it is, when it is late."""
    body: str
    """The organ that acts; empty where it is another in each state."""
    basis: list[str]
    """Articles and instruments."""
    rule: Names
    """The deadline in the words of the law."""
    starts: Moment | None
    """The first day of any of its parts."""
    due: Moment | None
    """The last day of any of its parts."""
    unit: Names | None
    """What it counts."""
    done: int | None
    """How many are done, summed over its parts; null where none has reported a figure."""
    target: int | None
    """How many there should be, summed over its parts; null where that is not known of every part."""
    tally: Tally
    """How many of its parts stand how."""
    parts: list[MilestoneRow]
    """Its milestones, in the order of the plan."""
    position: int
    """The last position that changed any of them."""


def get_activity(
    connection: Connection[Any], process: str, row: str, as_of: AsOf, reach: str | None = None
) -> ActivityRow | None:
    """Return a row of the plan with its parts, or None where the process has no such row."""
    condition = sql.SQL("known.process = %(process)s AND known.plan_row = %(row)s")
    parameters = {"process": process, "row": row}
    found = select_milestones(connection, [condition, may_be_shown(reach)], parameters, as_of)
    parts = [part for _, part in found]
    return _together(parts) if parts else None


def _together(parts: list[MilestoneRow]) -> ActivityRow:
    first = parts[0]
    starts = [part.starts for part in parts if part.starts]
    dues = [part.due for part in parts if part.due]
    figures = [part.done for part in parts if part.done is not None]
    targets = [part.target for part in parts]
    return ActivityRow(
        process=first.process, id=first.row, name=first.name, stage=first.stage, group=first.group, kind=first.kind,
        scope=first.scope, responsible=first.responsible,
        body=first.body if all(part.body == first.body for part in parts) else "",
        basis=first.basis, rule=first.rule,
        starts=min(starts, default=None), due=max(dues, default=None), unit=first.unit,
        done=sum(figures) if figures else None,
        target=sum(target or 0 for target in targets) if all(targets) else None,
        tally=tally_of(parts), parts=parts, position=max(part.position for part in parts),
    )  # fmt: skip


def tally_of(parts: list[MilestoneRow]) -> Tally:
    """Return the figures of milestones that are at hand."""
    standings = Counter(part.standing for part in parts)
    counted = [part for part in parts if part.counted]
    by_standing = {name: standings[name] for name in get_args(Standing) if name in Tally.model_fields}
    return Tally(
        **by_standing,
        total=len(parts),
        counted=len(counted),
        due=sum(standings[name] for name in DUE_TO_DATE),
        left_out=sum(part.status in {"cancelled", "not_applicable"} and not part.same_as for part in parts),
        late_by_law=sum(
            part.by_law and part.standing in {"done_late", "reported_unfinished", "without_report"}
            for part in parts
        ),
        blocked=sum(bool(part.blocked_by) for part in counted),
    )
