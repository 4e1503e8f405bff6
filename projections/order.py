"""What waits for what, and did it happen in order?

A milestone is *blocked* while one it follows is open and late or suspended; it was *out of sequence* if it was
completed before one it follows. Links from start to start say nothing about either. Only acts that are counted hold
others up: periods, limits and prohibitions open and close by the calendar.

Of two repeated duties, an occurrence follows its own month's. Between a repeated duty and one act, an occurrence is
compared only where the plan puts the earlier of the two at least a day before the later: October's session waits for
the councils due in September, not for those due on 30 November. So an occurrence without a date follows nothing.

What replaced another stands in its place of the plan: what followed that follows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, Cursor, sql

from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import MilestonePlanned, MilestoneReplanned
from projections.bulk import close_replaced, copy_rows
from projections.fold import Batch, Step
from projections.known import OVER, known
from projections.moment import AsOf, moment_parameters
from projections.projection import Projection
from projections.replacements import stand_ins

TABLES = """
CREATE TABLE milestone_links (
    milestone   bigint NOT NULL,
    process     text   NOT NULL,
    predecessor text   NOT NULL,
    -- The milestone's own, so that those of other states are passed over without looking each up.
    territory   text   NOT NULL,
    requires    text   NOT NULL,
    valid_from  bigint NOT NULL,
    valid_to    bigint NOT NULL
);
CREATE INDEX ON milestone_links (milestone);
CREATE INDEX ON milestone_links (process, predecessor);
"""

FOLLOWS = sql.SQL("""
    {earlier}.process = link.process AND {earlier}.plan_row = link.predecessor
    AND ({earlier}.territory = {later}.territory OR 'MX' IN ({earlier}.territory, {later}.territory))
    AND ({earlier}.occurrence = {later}.occurrence
         OR '' IN ({earlier}.occurrence, {later}.occurrence)
            AND {earlier}.place_at <= {later}.due_at - interval '1 day') -- a day: states have their own midnights
    AND {earlier}.orders
    AND {earlier}.milestone <> {later}.milestone -- what replaced its own condition would wait for itself
    AND link.valid_from <= coalesce(%(position)s::bigint, link.valid_from)
    AND link.valid_to > coalesce(%(position)s::bigint, 9223372036854775806)""").format(
    earlier=sql.Identifier("earlier"), later=sql.Identifier("later")
)
"""When one milestone follows another: the row says so, in the same state or where either is national, and for
occurrences where the plan's dates put them in that order. What may be ``earlier`` is a row of `as_planned` or of
`instead`; its ``place_at`` is when the act in whose place it stands is due."""

_AS_PLANNED = sql.SQL("""
    SELECT milestone, id, process, plan_row, territory, occurrence, due_at AS place_at, orders, responsible, status,
           late, due_at, completed_at
    FROM ({rows}) AS rows""")

# A row that stands for an act of another plan remains the one that is followed in its own.
_INSTEAD = sql.SQL("""
    SELECT one.milestone, one.id, here.process, here.plan_row, here.territory, here.occurrence,
           here.due_at AS place_at, here.orders, one.responsible, done.status, done.late, done.due_at,
           done.completed_at
    FROM ({stand_ins}) AS stand_ins
    JOIN ({known}) AS here ON here.milestone = stand_ins.milestone
    JOIN ({known}) AS done ON done.milestone = stand_ins.stand_in
    CROSS JOIN LATERAL (
        SELECT done.milestone, done.id, done.responsible WHERE done.process = here.process
        UNION ALL SELECT here.milestone, here.id, here.responsible WHERE done.process <> here.process
    ) AS one""")

BLOCKS = sql.SQL("""
    (later.status NOT IN {over} AND earlier.status NOT IN {over} AND (earlier.late OR earlier.status = 'suspended'))
""").format(over=OVER)

OUT_OF_SEQUENCE = sql.SQL("""
    (later.status = 'completed' AND later.completed_at IS NOT NULL
     AND (earlier.status NOT IN {over} OR earlier.completed_at > later.completed_at))
""").format(over=OVER)


@dataclass(slots=True)
class Place:
    """Where a milestone stands among those it follows and those that follow it."""

    blocked_by: dict[str, str] = field(default_factory=dict)
    """By id, the article that makes it a condition or an empty text."""
    holds_back: int = 0
    out_of_sequence: bool = False


def as_planned(rows: sql.Composable) -> sql.Composed:
    """Return the query of what is followed where the plan has it, among ``rows`` of `known`."""
    return _AS_PLANNED.format(rows=rows)


def instead(as_of: AsOf) -> sql.Composed:
    """Return the query of what is followed where the plan has what it replaced."""
    return _INSTEAD.format(known=known(as_of), stand_ins=stand_ins(as_of))


def followed(as_of: AsOf, rows: sql.Composable) -> sql.Composed:
    """Return the query of all that is followed, among ``rows`` of `known` and instead of others."""
    return sql.SQL("{} UNION ALL {}").format(as_planned(rows), instead(as_of))


def places(connection: Connection[Any], milestones: Iterable[int], as_of: AsOf) -> defaultdict[int, Place]:
    """Return the places of the milestones with these positions."""
    found: defaultdict[int, Place] = defaultdict(Place)
    parameters = moment_parameters(as_of) | {"milestones": list(milestones)}
    rows = known(as_of)
    # Not as one: what is united is read as a whole before it is looked up in.
    for earlier in (as_planned(rows), instead(as_of)):
        query = _PREDECESSORS.format(
            known=rows, earlier=earlier, follows=FOLLOWS, blocks=BLOCKS, out_of_sequence=OUT_OF_SEQUENCE
        )
        for milestone, id_, requires, blocks, out_of_sequence in connection.execute(query, parameters):
            place = found[milestone]
            if blocks:
                place.blocked_by[id_] = place.blocked_by.get(id_) or requires
            place.out_of_sequence |= bool(out_of_sequence)
    query = _SUCCESSORS.format(known=rows, earlier=followed(as_of, rows), follows=FOLLOWS, over=OVER)
    for milestone, waiting in connection.execute(query, parameters):
        found[milestone].holds_back = waiting
    return found


def is_blocked(as_of: AsOf) -> sql.Composed:
    """Return the condition that a row ``known`` of `known` is blocked."""
    rows = known(as_of)
    return sql.SQL("({} OR {})").format(*(
        _IS_BLOCKED.format(known=rows, earlier=earlier, follows=FOLLOWS, blocks=BLOCKS)
        for earlier in (as_planned(rows), instead(as_of))
    ))  # fmt: skip


_PREDECESSORS = sql.SQL("""
    SELECT later.milestone, earlier.id, link.requires, {blocks}, {out_of_sequence}
    FROM ({known}) AS later
    JOIN milestone_links AS link ON link.milestone = later.milestone
    JOIN ({earlier}) AS earlier ON {follows}
    WHERE later.milestone = ANY(%(milestones)s) AND ({blocks} OR {out_of_sequence})
    ORDER BY later.milestone, earlier.milestone""")

_SUCCESSORS = sql.SQL("""
    SELECT earlier.milestone, count(DISTINCT later.milestone)
    FROM ({earlier}) AS earlier
    JOIN milestone_links AS link ON link.process = earlier.process AND link.predecessor = earlier.plan_row
        AND (link.territory = earlier.territory OR 'MX' IN (link.territory, earlier.territory))
    JOIN ({known}) AS later ON later.milestone = link.milestone AND {follows}
    WHERE earlier.milestone = ANY(%(milestones)s) AND earlier.status NOT IN {over} AND later.status NOT IN {over}
    GROUP BY earlier.milestone""")

_IS_BLOCKED = sql.SQL("""
    EXISTS (
        SELECT FROM ({known}) AS later
        JOIN milestone_links AS link ON link.milestone = later.milestone
        JOIN ({earlier}) AS earlier ON {follows}
        WHERE later.milestone = known.milestone AND {blocks}
    )""")


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write the links of the rows that entered a plan, or that are others in another version of it."""
    steps = [
        step for step in batch.of(MILESTONE) if isinstance(step.event, MilestonePlanned | MilestoneReplanned)
    ]
    if not steps:
        return
    next_versions = close_replaced(cursor, "milestone_links", "milestone", steps)
    copy_rows(
        cursor,
        "milestone_links",
        (row for step, valid_to in zip(steps, next_versions, strict=True) for row in _links(step, valid_to)),
    )


def _links(step: Step[Milestone], valid_to: int) -> Iterator[tuple[Any, ...]]:
    plan = step.after.plan
    if plan is None:
        return
    process = step.stored.stream.split("/")[1]
    for link in plan.after:
        if not link.start_to_start:
            yield (
                step.origin, process, link.row, plan.territory, link.requires, step.stored.position, valid_to,
            )  # fmt: skip


PROJECTION = Projection("order", TABLES, tell)
