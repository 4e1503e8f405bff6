"""What was true of each milestone, from which position to which?

Only what is filtered or counted is a column. The words of the plan are read from the log itself, where the position
of its planning leads; a schedule is kept once for as long as it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from psycopg import Cursor
from pydantic import TypeAdapter

from domain.calendar import Moment, closes_at
from domain.entity import entities
from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import Figure, MilestonePlanned, MilestoneReplanned, Schedule
from domain.notice import missing_from
from domain.owed import owed
from domain.text import without_accents
from domain.timeliness import counts, late_by_law
from projections.bulk import close_replaced, copy_rows
from projections.docket import cases_among
from projections.fold import Batch, Step
from projections.irregular import last_act, mark_irregular
from projections.projection import Projection

TABLES = """
CREATE TABLE milestones (
    -- Of its planning: it identifies the milestone in all tables and puts it in the order of the plan.
    position    bigint  PRIMARY KEY,
    process     text    NOT NULL,
    id          text    NOT NULL,
    plan_row    text    NOT NULL,
    territory   text    NOT NULL,
    occurrence  text    NOT NULL,
    -- Whether any row of its plan ever stood for others: ``milestone_mirrors`` says which, and since when.
    is_mirror   boolean NOT NULL,
    search      text    NOT NULL,
    is_case     boolean NOT NULL,
    -- The first event that restates another or is of an act before one told earlier; NULL for most.
    irregular_from bigint,
    UNIQUE (process, id)
);
CREATE INDEX ON milestones (process) WHERE irregular_from IS NOT NULL;
-- Those of elections, among a hundred times as many of case files.
CREATE INDEX ON milestones (position) WHERE NOT is_case;
CREATE INDEX ON milestones (process, plan_row);
CREATE INDEX ON milestones (process, plan_row) WHERE is_mirror;

CREATE TABLE milestone_versions (
    milestone  bigint NOT NULL,
    valid_from bigint NOT NULL,
    valid_to   bigint NOT NULL,
    due_at                timestamptz,
    started_at            timestamptz,
    completed_at          timestamptz,
    completed_recorded_at timestamptz,
    done           bigint,
    target         bigint,
    stream_version integer NOT NULL,
    redatings      integer NOT NULL,
    corrections    integer NOT NULL,
    counts         boolean NOT NULL,
    estimated      boolean NOT NULL,
    by_law         boolean NOT NULL,
    validated      boolean NOT NULL,
    arisen         boolean NOT NULL,
    status         text    NOT NULL,
    stage          text    NOT NULL,
    kind           text    NOT NULL,
    responsible    text    NOT NULL,
    -- Whoever acts, where that is no longer whom the plan names.
    body           text,
    outcome        text,
    instrument     text,
    announced_at   timestamptz,
    announced_where      text,
    announced_instrument text,
    needs_notice   boolean NOT NULL,
    -- From when its notice is missing unless it was given.
    notice_from    timestamptz,
    owes_validation boolean NOT NULL,
    owes_evidence   boolean NOT NULL,
    figures        text,
    -- The id in its process of what is to be done instead.
    replaced_by    text,
    -- The last moment at which anything of it happened up to here (`projections.second_clock`).
    happened_at    timestamptz NOT NULL
) PARTITION BY LIST (valid_to);
-- What is true now is apart, so that asking for it costs the same however long the history is;
-- closing a version moves it over, at a third of what an index of both would cost.
CREATE TABLE milestone_versions_now PARTITION OF milestone_versions
    (PRIMARY KEY (milestone)) FOR VALUES IN (9223372036854775807);
CREATE TABLE milestone_versions_past PARTITION OF milestone_versions
    (PRIMARY KEY (milestone, valid_from)) DEFAULT;
-- What replaces what: a handful among millions.
CREATE INDEX ON milestone_versions (milestone) WHERE replaced_by IS NOT NULL;

CREATE TABLE milestone_schedules (
    milestone  bigint NOT NULL,
    valid_from bigint NOT NULL,
    starts     text,
    due        text,
    first_due  text,
    schedule   text NOT NULL,
    -- As in the version it came with.
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (milestone, valid_from)
);

-- From where its row of the plan is another: the process moved to another version of its procedure.
CREATE TABLE milestone_plans (
    milestone  bigint NOT NULL,
    valid_from bigint NOT NULL,
    search     text   NOT NULL,
    PRIMARY KEY (milestone, valid_from)
);

-- The milestones a row stands for: the same act, reported there. ``planned_at`` is the event that says so.
CREATE TABLE milestone_mirrors (
    milestone  bigint NOT NULL,
    planned_at bigint NOT NULL,
    process    text   NOT NULL,
    id         text   NOT NULL,
    PRIMARY KEY (milestone, planned_at, process, id)
);
CREATE INDEX ON milestone_mirrors (process, id);
"""

FIGURES = TypeAdapter(tuple[Figure, ...])
"""How the figures of a report are written."""

# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write one version for each event, and close the version it replaces."""
    steps = batch.of(MILESTONE)
    if not steps:
        return
    planned = [step for step in steps if isinstance(step.event, MilestonePlanned)]
    if planned:
        cases = cases_among(cursor, {_names(step.stored.stream)[0] for step in planned})
        copy_rows(
            cursor,
            "milestones",
            (milestone_row(step, is_case=_names(step.stored.stream)[0] in cases) for step in planned),
        )
        copy_rows(cursor, "milestone_mirrors", (row for step in planned for row in mirror_rows(step)))
    next_versions = close_replaced(cursor, "milestone_versions", "milestone", steps)
    copy_rows(cursor, "milestone_versions", map(version_row, steps, next_versions))
    copy_rows(cursor, "milestone_schedules", (schedule_row(step) for step in steps if is_rescheduled(step)))
    replanned = [step for step in steps if isinstance(step.event, MilestoneReplanned)]
    if replanned:
        _tell_plans(cursor, replanned)
    mark_irregular(cursor, "milestones", steps)


def _tell_plans(cursor: Cursor[Any], replanned: list[Step[Milestone]]) -> None:
    """Write from where on the rows of a plan are others: what is searched in, and what they stand for."""
    copy_rows(cursor, "milestone_plans", map(_plan_row, replanned))
    mirrors = [row for step in replanned for row in mirror_rows(step)]
    if mirrors:
        copy_rows(cursor, "milestone_mirrors", mirrors)
        cursor.execute(
            "UPDATE milestones SET is_mirror = true WHERE position = ANY(%s)", [[row[0] for row in mirrors]]
        )


def _plan_row(step: Step[Milestone]) -> tuple[Any, ...]:
    _, id_ = _names(step.stored.stream)
    return step.origin, step.stored.position, _search_text(id_, _replanned(step))


def milestone_row(step: Step[Milestone], *, is_case: bool = False) -> tuple[Any, ...]:
    """Return the row of a milestone that entered a plan or a case file."""
    plan, (process, id_) = _plan(step), _names(step.stored.stream)
    return (
        step.stored.position, process, id_, plan.row, plan.territory, plan.occurrence, bool(plan.same_as),
        _search_text(id_, plan), is_case, None,
    )  # fmt: skip


def mirror_rows(step: Step[Milestone]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the milestones that an event which plans it says it stands for."""
    for same in dict.fromkeys(_replanned(step).same_as):
        process, _, id_ = same.partition("/")
        yield step.origin, step.stored.position, process, id_


def version_row(step: Step[Milestone], valid_to: int) -> tuple[Any, ...]:
    """Return the row of what an event made true. Raises ``ValueError`` where nothing was planned."""
    state = step.after
    plan = _plan(step)
    schedule = state.schedule or plan.schedule
    started, completed, owes = state.started, state.completed, owed(state)
    last_report = completed or state.progressed or started
    return (
        step.origin,
        step.stored.position,
        valid_to,
        _due_at(schedule, plan.zone),
        started and started.occurred_at,
        completed and completed.occurred_at,
        completed and completed.recorded_at,
        state.done,
        state.target,
        state.version,
        state.redatings,
        state.corrections,
        counts(plan, arisen=state.has_arisen),
        schedule.rests_on == "estimated",
        late_by_law(schedule),
        last_report is not None and last_report.version in state.validated,
        plan.condition is None or state.has_arisen,
        state.status,
        plan.stage,
        plan.kind,
        state.responsible or plan.responsible,
        state.body,
        state.outcome,
        state.instrument,
        state.announced and state.announced.occurred_at,
        state.announced_where,
        state.announced_instrument,
        plan.notice is not None and not plan.same_as,
        missing_from(state),
        "validation" in owes,
        "evidence" in owes,
        FIGURES.dump_json(state.figures).decode() if state.figures else None,
        state.replaced_by,
        last_act(state.last_act_at),
    )


def schedule_row(step: Step[Milestone]) -> tuple[Any, ...]:
    """Return the row of the dates an event brought."""
    schedule, first = step.after.schedule, step.after.first_schedule
    if schedule is None:
        raise ValueError("a milestone without a schedule")
    return (
        step.origin,
        step.stored.position,
        schedule.starts,
        schedule.due,
        first.due if first else None,
        schedule.model_dump_json(),
        last_act(step.after.last_act_at),
    )


def is_rescheduled(step: Step[Milestone]) -> bool:
    """Tell whether an event brought dates."""
    return step.after.schedule is not step.before.schedule


def _plan(step: Step[Milestone]) -> MilestonePlanned:
    """Return the plan of a milestone. Raises ``ValueError`` where something happened to one never planned."""
    if step.after.plan is None:
        raise ValueError(f"{step.stored.stream} was never planned")
    return step.after.plan


def _replanned(step: Step[Milestone]) -> MilestonePlanned:
    """Return the row of a plan as an event brought it."""
    return step.event.planned if isinstance(step.event, MilestoneReplanned) else _plan(step)


def _names(stream: str) -> tuple[str, str]:
    """Return the process and the id in the name of a milestone's stream."""
    _, process, id_ = stream.split("/")
    return process, id_


def _search_text(id_: str, plan: MilestonePlanned) -> str:
    """Return what a search looks in: id, names, body, articles and the state, without accents."""
    entity = entities().get(plan.territory)
    place = (entity.name, entity.abbreviation, entity.opl.acronym) if entity else ()
    said = (id_, plan.name.es, plan.name.en, plan.body, *plan.basis, plan.territory, *place)
    return " ".join(map(_plain, said))


_plain = lru_cache(maxsize=4096)(without_accents)
"""The same words come in every state."""


def _due_at(schedule: Schedule, zone: str) -> str | None:
    return _end_of(schedule.due, zone) if schedule.due else None


@lru_cache(maxsize=8192)
def _end_of(due: Moment, zone: str) -> str:
    """Work out and write each deadline once: thousands of events share a few hundred."""
    return closes_at(due, zone).isoformat()


PROJECTION = Projection("milestone_versions", TABLES, tell)
