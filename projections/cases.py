"""Which case files are there, and how is each?

What may be seen of a case depends on its docket and on who looks (`projections.docket`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.access import may_see
from domain.calendar import Moment
from domain.names import Names
from domain.procedure import Docket, procedures
from domain.process import CaseOpened, ProcessStatus
from domain.text import without_accents
from projections.docket import is_listed, is_whole, shown_subject
from projections.moment import AsOf, is_true, moment_parameters
from projections.page import Page, Row, position_in
from projections.process_versions import beginning


class CaseRow(Row):
    """A case file (*expediente*): a complaint, a request, an audit of one subject."""

    id: str
    """Its id: ``pos-2026-mx-ut-scg-q-12``."""
    kind: str
    """The procedure it follows: ``ordinary_sanctioning``."""
    system: int
    """Which of the fourteen functions that procedure carries; 0 where the program no longer has it."""
    name: Names
    """What it is called."""
    folio: str
    """Its number in the authority's own register."""
    territory: str
    """``MX`` or a state's code."""
    body: str
    """Who carries it."""
    docket: Docket
    """What anyone may see of it; of a ``listed`` one folio, matter, stage and ruling: the rest is null."""
    subject: str | None
    """Whom it is about, where that is a public name and the docket is public."""
    matter: str | None
    """What it is about."""
    received: Moment | None
    """When it was received, in the authority's zone."""
    year: int
    """The year it is about."""
    opened_at: datetime | None
    """When it began to be followed."""
    status: ProcessStatus
    """Whether it is under way."""
    stage: str
    """The stage of the first step to be done; once there is none, of the last that was done."""
    stage_name: Names
    """What that stage is called."""
    outcome: str | None
    """Its ruling: the outcome that ended it, else that of the last step that came to one."""
    outcome_name: Names | None
    """What that outcome is called, where the procedure names it."""
    outcome_step: str | None
    """The step that came to it."""
    due: Moment | None
    """The earliest date of a step that has arisen and is to be done, past or not, in the step's zone."""
    due_at: datetime | None
    """The first instant at which that step is late."""
    due_step: str | None
    """That step: ``S04``."""
    due_step_name: Names | None
    """What it is called."""
    late: int | None
    """How many of its steps are to be done and past their date."""
    milestones: int | None
    """How many steps it was opened with."""
    position: int
    """The last position that changed it or any of its steps."""


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases to list: every condition that is given has to hold."""

    folio: str | None = None
    """How its folio begins; accents and case are ignored."""
    kind: str | None = None
    system: int | None = None
    territory: str | None = None
    body: str | None = None
    status: ProcessStatus | None = None
    docket: Docket | None = None
    due_after: datetime | None = None
    """Its next deadline ends at or after this instant."""
    due_before: datetime | None = None
    """Its next deadline ends before this instant."""
    late_only: bool = False
    """Only those with a step past its date."""
    reach: str | None = None
    """The territory of whoever looks; None for anyone. Only of what they may see whole are dates asked for."""


def list_cases(
    connection: Connection[Any],
    where: CaseFilter,
    as_of: AsOf,
    *,
    after: str | None = None,
    limit: int = 100,
) -> Page[CaseRow]:
    """Return cases in the order they were opened. Raises `projections.page.BadCursor`."""
    conditions, parameters = _conditions(where)
    conditions.append(sql.SQL("v.process > %(after)s"))
    parameters["after"] = position_in(after, otherwise=0)
    found = _select(connection, conditions, parameters, as_of, limit=limit + 1)
    items = [_row(row, where.reach) for row in found[:limit]]
    return Page(items=items, next=str(found[limit - 1].process) if len(found) > limit else None)


def count_cases(connection: Connection[Any], where: CaseFilter, as_of: AsOf) -> int:
    """Return how many cases there are to list."""
    conditions, parameters = _conditions(where)
    query = sql.SQL("SELECT count(*) FROM case_versions AS v WHERE {is_true} AND {conditions}").format(
        is_true=is_true(as_of, sql.Identifier("v")), conditions=sql.SQL(" AND ").join(conditions)
    )
    row = connection.execute(query, parameters | moment_parameters(as_of)).fetchone()
    return int(row[0]) if row else 0


def get_case(
    connection: Connection[Any],
    id: str,  # noqa: A002 - the word of the API
    as_of: AsOf,
    reach: str | None = None,
) -> CaseRow | None:
    """Return one case, or None where there was none at that moment or whoever looks may not know of it."""
    conditions: list[sql.Composable] = [
        is_listed(_V, reach), sql.SQL("v.process = (SELECT position FROM cases WHERE id = %(id)s)"),
    ]  # fmt: skip
    found = _select(connection, conditions, {"id": id}, as_of, limit=1)
    return _row(found[0], reach) if found else None


_V = sql.Identifier("v")
_OF_STEPS = dict.fromkeys(
    (
        "received",
        "opened_at",
        "outcome_step",
        "due",
        "due_at",
        "due_step",
        "due_step_name",
        "late",
        "milestones",
    )
)
"""What only those are told who may see a case whole: when it was received, and how it goes on step by step."""
_COLUMNS = ("kind", "system", "territory", "body", "status", "docket")
"""The filters that compare a column for equality."""


def _conditions(where: CaseFilter) -> tuple[list[sql.Composable], dict[str, Any]]:
    """Return a filter as conditions on ``v`` and their parameters."""
    asked = {name: value for name in _COLUMNS if (value := getattr(where, name)) is not None}
    conditions: list[sql.Composable] = [is_listed(_V, where.reach)]
    if where.late_only or where.due_after or where.due_before:
        conditions.append(is_whole(_V, where.reach))
    conditions += [
        sql.SQL("{} = {}").format(sql.Identifier("v", name), sql.Placeholder(name)) for name in asked
    ]
    parameters: dict[str, Any] = dict(asked)
    if where.folio is not None:
        conditions.append(_FOLIO_BEGINS)
        folio = without_accents(where.folio)
        parameters |= {"folio": folio, "beyond": folio + chr(0x10FFFF)}
    if where.due_after is not None:
        conditions.append(sql.SQL("v.due_at >= %(due_after)s"))
        parameters["due_after"] = where.due_after
    if where.due_before is not None:
        conditions.append(sql.SQL("v.due_at < %(due_before)s"))
        parameters["due_before"] = where.due_before
    if where.late_only:
        conditions.append(sql.SQL("v.late_from <= %(at)s"))
    return conditions, parameters


_FOLIO_BEGINS = sql.SQL(
    # Not LIKE: what people type is text, not a pattern, and these two use the index whatever is asked for.
    "v.process IN (SELECT position FROM cases WHERE folio ~>=~ %(folio)s AND folio ~<~ %(beyond)s)"
)

_SELECT = sql.SQL("""
    SELECT v.*, cases.id, opened.type, opened.body AS opening, opened.occurred_at AS opened_at,
           (SELECT count(*) FROM unnest(v.dues) AS due WHERE due <= %(at)s) AS late
    FROM (SELECT * FROM case_versions AS v WHERE {is_true} AND {conditions} ORDER BY process LIMIT %(limit)s) AS v
    JOIN cases ON cases.position = v.process
    JOIN ledger.events AS opened ON opened.position = v.process
    ORDER BY v.process""")


def _select(
    connection: Connection[Any],
    conditions: list[sql.Composable],
    parameters: dict[str, Any],
    as_of: AsOf,
    *,
    limit: int,
) -> list[Any]:
    query = _SELECT.format(
        is_true=is_true(as_of, sql.Identifier("v")), conditions=sql.SQL(" AND ").join(conditions)
    )
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(query, parameters | moment_parameters(as_of) | {"limit": limit}).fetchall()


def _row(row: Any, reach: str | None) -> CaseRow:
    opened = beginning(row.type, row.opening)
    if not isinstance(opened, CaseOpened):
        raise TypeError(f"{row.id} is no case")
    subject = shown_subject(opened, reach)
    whole = CaseRow(
        id=row.id, kind=row.kind, system=row.system, name=opened.name, folio=opened.folio, territory=row.territory,
        body=row.body, docket=row.docket, subject=subject.name if subject else None, matter=opened.matter,
        received=opened.received, year=opened.year, opened_at=row.opened_at, status=row.status, stage=row.stage,
        stage_name=next(stage.name for stage in opened.stages if stage.id == row.stage),
        outcome=row.outcome, outcome_name=_outcome_name(row), outcome_step=row.outcome_step,
        due=row.due, due_at=row.due_at, due_step=row.due_step, due_step_name=_step_name(row.kind, row.due_step),
        late=row.late, milestones=opened.milestones, position=row.valid_from,
    )  # fmt: skip
    return whole if may_see(row.docket, row.territory, reach) else whole.model_copy(update=_OF_STEPS)


def _step_name(kind: str, id_: str | None) -> Names | None:
    """Return what a step is called, where the program has its procedure."""
    procedure = procedures().get(kind)
    step = procedure.by_id.get(id_.partition(".")[0]) if procedure and id_ else None
    return step.name if step else None


def _outcome_name(row: Any) -> Names | None:
    procedure = procedures().get(row.kind)
    if procedure is None or row.outcome is None:
        return None
    step = procedure.by_id.get(row.outcome_step.partition(".")[0])
    outcome = step.outcome(row.outcome) if step else None
    return outcome.name if outcome else None
