"""What was true of each process, from which position to which?

What it was opened as is read from the log itself, where the position of its opening leads.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from psycopg import Cursor

from domain.process import PROCESS, CaseOpened, PlanText, Process, ProcessOpened
from ledger.codec import decode
from projections.bulk import close_replaced, copy_rows
from projections.fold import Batch, Step
from projections.irregular import last_act, mark_irregular
from projections.projection import Projection

TABLES = """
CREATE TABLE processes (
    -- Of its opening.
    position  bigint PRIMARY KEY,
    id        text   NOT NULL UNIQUE,
    kind      text   NOT NULL,
    territory text   NOT NULL,
    is_case   boolean NOT NULL,
    -- One that is there only for what was imported of it has none.
    has_plan  boolean NOT NULL,
    -- In which its cycle begins.
    first_year integer NOT NULL,
    -- As of a milestone.
    irregular_from bigint
);
-- Elections are few among many thousand cases.
CREATE INDEX ON processes (territory, position) WHERE NOT is_case;

CREATE TABLE process_versions (
    process        bigint  NOT NULL,
    valid_from     bigint  NOT NULL,
    valid_to       bigint  NOT NULL,
    stream_version integer NOT NULL,
    status         text    NOT NULL,
    confirmed      boolean NOT NULL,
    closed_at      timestamptz,
    open_milestones integer NOT NULL,
    election_day   text,
    election_day_basis text,
    plan_version   integer NOT NULL,
    plan_digest    text    NOT NULL,
    happened_at    timestamptz NOT NULL,
    PRIMARY KEY (process, valid_from)
);
"""


@lru_cache(maxsize=256)
def beginning(type_: str, body: bytes) -> ProcessOpened | CaseOpened:
    """Return an opening from its stored bytes, which never change."""
    event = decode(type_, body)
    if not isinstance(event, ProcessOpened | CaseOpened):
        raise TypeError(f"a process is opened by a ProcessOpened or a CaseOpened, not by {type_}")
    return event


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write one version for each event, and close the version it replaces."""
    steps = batch.of(PROCESS)
    if not steps:
        return
    copy_rows(cursor, "processes", (_process(step) for step in steps if step.stored.position == step.origin))
    next_versions = close_replaced(cursor, "process_versions", "process", steps)
    copy_rows(cursor, "process_versions", map(process_version_row, steps, next_versions))
    mark_irregular(cursor, "processes", steps)


def _process(step: Step[Process]) -> tuple[Any, ...]:
    opened = _opened(step)
    id_ = step.stored.stream.partition("/")[2]
    is_case, first_year = isinstance(opened, CaseOpened), int(opened.cycle[:4])
    has_plan = isinstance(opened, CaseOpened) or opened.without_plan is None
    return step.stored.position, id_, opened.kind, opened.territory, is_case, has_plan, first_year, None


def process_version_row(step: Step[Process], valid_to: int) -> tuple[Any, ...]:
    """Return the row of what an event made true. Raises ``ValueError`` where nothing was opened."""
    state, opened = step.after, _opened(step)
    plan = state.plan or PlanText(opened.kind, opened.plan_version, opened.plan_digest)
    return (
        step.origin, step.stored.position, valid_to, state.version, state.status, state.confirmed, state.closed_at,
        state.open_milestones, state.election_day, state.election_day_basis, plan.version, plan.digest,
        last_act(state.last_act_at),
    )  # fmt: skip


def _opened(step: Step[Process]) -> ProcessOpened | CaseOpened:
    """Return the opening of a process. Raises ``ValueError`` where something happened to one never opened."""
    if step.after.opened is None:
        raise ValueError(f"{step.stored.stream} was never opened")
    return step.after.opened


PROJECTION = Projection("process_versions", TABLES, tell)
