"""What was true of each case file, from which position to which?

A case's stage, outcome and next due date follow from all its steps together. They are kept as they are now in
``case_steps``, so that telling an event costs one look-up of its case, however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Cursor

from domain.calendar import Moment
from domain.milestone import Milestone
from domain.notice import missing_from
from domain.owed import owed
from domain.procedure import procedures
from domain.process import CaseOpened, Process
from domain.text import without_accents
from domain.timeliness import counts, due_at, late_by_law
from projections.bulk import close_versions, copy_rows
from projections.case_figures import FIGURES_TABLE, CaseFigures, Part, part_of, systems_of
from projections.fold import Batch, Step
from projections.projection import Projection

TABLES = """
CREATE TABLE cases (
    -- Of its opening: it identifies the case in all tables and puts cases in order.
    position  bigint   PRIMARY KEY,
    id        text     NOT NULL UNIQUE,
    kind      text     NOT NULL,
    system    smallint NOT NULL,
    territory text     NOT NULL,
    docket    text     NOT NULL,
    folio     text     NOT NULL
);
CREATE INDEX ON cases (folio text_pattern_ops);
CREATE INDEX ON cases (id) WHERE docket <> 'public';

-- What lists are filtered by is repeated in every version: one table answers, whatever is asked for.
CREATE TABLE case_versions (
    process    bigint   NOT NULL,
    valid_from bigint   NOT NULL,
    valid_to   bigint   NOT NULL,
    -- The earliest of the dates of steps that are to be done and can be late.
    late_from  timestamptz,
    due_at     timestamptz,
    dues       timestamptz[] NOT NULL,
    system     smallint NOT NULL,
    status     text     NOT NULL,
    kind       text     NOT NULL,
    territory  text     NOT NULL,
    body       text     NOT NULL,
    docket     text     NOT NULL,
    stage      text     NOT NULL,
    due        text,
    due_step   text,
    outcome_step text,
    outcome      text
) PARTITION BY LIST (valid_to);
CREATE TABLE case_versions_now PARTITION OF case_versions
    (PRIMARY KEY (process)) FOR VALUES IN (9223372036854775807);
CREATE TABLE case_versions_past PARTITION OF case_versions
    (PRIMARY KEY (process, valid_from)) DEFAULT;
CREATE INDEX ON case_versions_now (territory, process);
CREATE INDEX ON case_versions_now (kind, process);
CREATE INDEX ON case_versions_now (system, process);

-- The steps of cases as they are now; ``part`` is what they are counted as (`projections.case_figures`).
CREATE TABLE case_steps (
    milestone bigint  PRIMARY KEY,
    process   bigint  NOT NULL,
    id        text    NOT NULL,
    stage     text    NOT NULL,
    part      text    NOT NULL,
    by_law    boolean NOT NULL,
    is_open   boolean NOT NULL,
    ends      boolean NOT NULL,
    territory text    NOT NULL,
    systems   smallint[] NOT NULL,
    due       text,
    due_at    timestamptz,
    completed_at timestamptz,
    outcome   text,
    -- From when it is closed without its notice; null while no notice is owed.
    notice_from timestamptz,
    owes_validation boolean NOT NULL,
    owes_evidence   boolean NOT NULL,
    kind        text NOT NULL,
    quality     text,
    -- Counted, and in no list (`projections.docket`).
    withheld    boolean NOT NULL
);
CREATE INDEX ON case_steps (process);
CREATE INDEX ON case_steps (due_at);
CREATE INDEX ON case_steps (territory) WHERE is_open AND due IS NULL;
-- Of steps of all cases (`projections.case_steps`): what is filtered by most stands in the index itself.
CREATE INDEX ON case_steps (part, milestone) INCLUDE (due_at, territory, systems, withheld);
CREATE INDEX ON case_steps (quality, part, milestone) INCLUDE (due_at, territory, systems, withheld)
    WHERE quality IS NOT NULL;
CREATE INDEX ON case_steps (territory, notice_from) INCLUDE (milestone, systems, withheld)
    WHERE notice_from IS NOT NULL;
CREATE INDEX ON case_steps (milestone) INCLUDE (territory, systems, withheld) WHERE owes_validation;
CREATE INDEX ON case_steps (milestone) INCLUDE (territory, systems, withheld) WHERE owes_evidence;
"""


class CaseStep(NamedTuple):
    """A step of a case as it is now, in the order of the columns of ``case_steps``."""

    milestone: int
    process: int
    id: str
    stage: str
    part: Part
    by_law: bool
    is_open: bool
    """Whether it has arisen and is to be done."""
    ends: bool
    """Whether the outcome it came to ends the case."""
    territory: str
    systems: Sequence[int]
    due: Moment | None
    due_at: datetime | None
    completed_at: datetime | None
    outcome: str | None
    notice_from: datetime | None
    owes_validation: bool
    owes_evidence: bool
    kind: str
    quality: str | None
    withheld: bool


@dataclass(slots=True)
class Case:
    """A case while a batch is told of it."""

    position: int
    kind: str
    territory: str
    docket: str
    system: int
    body: str
    status: str
    first_stage: str
    steps: dict[int, CaseStep] = field(default_factory=dict)

    def version(self, position: int) -> tuple[Any, ...]:
        """Return what is true of it from a position on; ``valid_to`` is put in by whoever writes it."""
        to_do = sorted(
            (step for step in self.steps.values() if step.is_open), key=lambda step: step.milestone
        )
        next_due = min(
            (step for step in to_do if step.due_at),
            key=lambda step: (step.due_at, step.milestone),
            default=None,
        )
        dues = sorted(step.due_at for step in to_do if step.due_at and step.part in _CAN_BE_LATE)
        last = self._last_outcome()
        return (
            self.position, position, dues[0] if dues else None, next_due and next_due.due_at,
            dues, self.system, self.status, self.kind, self.territory, self.body, self.docket,
            self._stage(to_do), next_due and next_due.due, next_due and next_due.id,
            last and last.id, last and last.outcome,
        )  # fmt: skip

    def _stage(self, to_do: list[CaseStep]) -> str:
        """Return the stage of the first step to be done, else of the last one that was done."""
        if to_do:
            return to_do[0].stage
        done = max(self._done(), key=_completed, default=None)
        return done.stage if done else self.first_stage

    def _last_outcome(self) -> CaseStep | None:
        """Return the step whose outcome is the case's: the one that ended it, else the last that came to one."""
        told = [step for step in self._done() if step.outcome]
        return max(told, key=lambda step: (step.ends, *_completed(step)), default=None)

    def _done(self) -> Iterable[CaseStep]:
        return (step for step in self.steps.values() if step.completed_at)


_CAN_BE_LATE: tuple[Part, ...] = ("planned", "in_progress")


def _completed(step: CaseStep) -> tuple[datetime, int]:
    if step.completed_at is None:
        raise ValueError(f"{step.id} was not completed")
    return step.completed_at, step.milestone


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write one version of a case for each event of it, its steps as they are now, and what is counted of them."""
    steps = batch.of_processes()
    cases = _Cases(cursor, steps)
    if not cases.are_any:
        return
    figures = CaseFigures()
    versions = [version for step in steps if (version := cases.hear(step, figures))]
    cases.write()
    next_versions = close_versions(
        cursor, "case_versions", "process", [(version[0], version[1]) for version in versions]
    )
    copy_rows(
        cursor,
        "case_versions",
        (
            (*version[:2], valid_to, *version[2:])
            for version, valid_to in zip(versions, next_versions, strict=True)
        ),
    )
    figures.write(cursor)


class _Cases:
    """The cases a batch is about."""

    def __init__(self, cursor: Cursor[Any], steps: list[Step[Any]]) -> None:
        self._cursor = cursor
        self._known: dict[str, Case] = {}
        self._opened: list[tuple[Any, ...]] = []
        self._changed: dict[int, CaseStep] = {}
        self._load({_process(step) for step in steps})
        self.are_any = bool(self._known) or any(isinstance(step.event, CaseOpened) for step in steps)
        """Whether a batch is about any case: most are about elections alone."""

    def hear(self, step: Step[Any], figures: CaseFigures) -> tuple[Any, ...] | None:
        """Return the version an event makes of its case, None where it is of no case."""
        if isinstance(step.event, CaseOpened):
            self._open(step, step.event)
        case = self._known.get(_process(step))
        if case is None:
            return None
        if isinstance(step.after, Process):
            before = None if isinstance(step.event, CaseOpened) else case.status
            case.status = step.after.status
            figures.case(_process(step), case.territory, case.system, before, case.status)
        else:
            now = _case_step(step, case)
            figures.step(_process(step), case.steps.get(step.origin), now)
            case.steps[step.origin] = self._changed[step.origin] = now
        return case.version(step.stored.position)

    def write(self) -> None:
        """Write the cases that were opened and the steps that changed."""
        copy_rows(self._cursor, "cases", self._opened)
        self._cursor.execute("DELETE FROM case_steps WHERE milestone = ANY(%s)", [list(self._changed)])
        copy_rows(self._cursor, "case_steps", self._changed.values())

    def _open(self, step: Step[Any], opened: CaseOpened) -> None:
        id_, position, procedure = _process(step), step.stored.position, procedures().get(opened.kind)
        # A case outlives its procedure's file: it is told without a function then.
        system = procedure.system if procedure else 0
        self._known[id_] = Case(
            position, opened.kind, opened.territory, opened.docket, system, opened.body, "open",
            opened.stages[0].id,
        )  # fmt: skip
        folio = without_accents(opened.folio)
        self._opened.append((position, id_, opened.kind, system, opened.territory, opened.docket, folio))

    def _load(self, processes: set[str]) -> None:
        """Read the cases that were opened before."""
        rows = self._cursor.execute(_LOAD, [list(processes)]).fetchall()
        by_position: dict[int, Case] = {}
        for id_, *columns in rows:
            self._known[id_] = by_position[columns[0]] = Case(*columns)
        if not by_position:
            return
        for row in self._cursor.execute(
            "SELECT * FROM case_steps WHERE process = ANY(%s)", [list(by_position)]
        ):
            step = CaseStep(*row)
            by_position[step.process].steps[step.milestone] = step


_LOAD = """
    SELECT cases.id, cases.position, cases.kind, cases.territory, cases.docket, cases.system, v.body, v.status,
           first.stage
    FROM cases
    JOIN case_versions AS v ON v.process = cases.position AND v.valid_to = 9223372036854775807
    -- Its first version has the stage it began in.
    JOIN LATERAL (SELECT stage FROM case_versions WHERE process = cases.position AND valid_from = cases.position)
         AS first ON true
    WHERE cases.id = ANY(%s)"""


def _process(step: Step[Any]) -> str:
    return step.stored.stream.split("/")[1]


def _case_step(step: Step[Milestone], case: Case) -> CaseStep:
    """Return a step of a case as an event left it. Raises ``ValueError`` where it was never planned."""
    state = step.after
    plan, schedule = state.plan, state.schedule
    if plan is None or schedule is None:
        raise ValueError(f"{step.stored.stream} was never planned")
    counted = counts(plan, arisen=state.has_arisen)
    due, owes = due_at(schedule, plan.zone), owed(state)
    return CaseStep(
        step.origin, case.position, step.stored.stream.split("/")[2], plan.stage,
        part_of(state, schedule, due, counts=counted), late_by_law(schedule),
        counted and not state.is_over, _ends(case.kind, plan.row, state.outcome), plan.territory,
        list(systems_of(case.kind, plan.row)), schedule.due, due,
        state.completed.occurred_at if state.completed else None, state.outcome,
        None if state.announced else missing_from(state),
        "validation" in owes, "evidence" in owes, case.kind, _quality(case.kind, plan.row), case.docket != "public",
    )  # fmt: skip


def _quality(kind: str, row: str) -> str | None:
    """Return the group of processes of quality management that a step belongs to."""
    procedure = procedures().get(kind)
    step = procedure.by_id.get(row) if procedure else None
    return step.quality if step else None


def _ends(kind: str, row: str, outcome: str | None) -> bool:
    """Tell whether this outcome of a step ends the case."""
    procedure = procedures().get(kind)
    step = procedure.by_id.get(row) if procedure else None
    found = step.outcome(outcome) if step and outcome else None
    return found is not None and found.ends


PROJECTION = Projection("case_versions", TABLES + FIGURES_TABLE, tell)
