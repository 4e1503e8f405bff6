"""Which milestones are there, and how did each stand at a moment?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from domain.calendar import Moment, day_of
from domain.deadline import DateBasis
from domain.entity import FEDERATION
from domain.milestone import Status
from domain.milestone_events import Order, Schedule
from domain.names import Names
from domain.notice import NoticeStatus
from domain.owed import Owed
from domain.step import Kind, Notice, Read, Responsible, Scope
from domain.timeliness import Standing
from projections.case_steps import can_tell, count_steps, page_of_steps
from projections.known import PLANNED_AT, known
from projections.milestone_filter import MilestoneFilter, conditions_of, may_be_shown
from projections.milestone_words import FigureRow, figures_of, planned, schedule_of
from projections.moment import AsOf, moment_parameters
from projections.order import Place, places
from projections.page import Page, Row, position_in
from projections.replacements import replaced_by
from projections.true_then import schedule_then


class Blocker(Row):
    """A predecessor that is late or suspended while another waits for it."""

    id: str
    """The predecessor's id in the same process."""
    reason: Literal["required", "usual"]
    """Whether an article makes it a condition, or it is only the usual order."""
    basis: str
    """That article; empty where the order is usual."""


class MilestoneRow(Row):
    """A milestone: the plan's row, its dates, what was reported, and how that stands at the moment asked about."""

    process: str
    """The process it belongs to: ``pef-2026-2027``."""
    id: str
    """Its id in the process: ``F047``, ``F005-JAL``, ``F008.2026-10``."""
    row: str
    """The row of the plan, the same in every state: ``F005``."""
    name: Names
    """What is to be done."""
    stage: str
    """The stage of the process it belongs to."""
    group: str
    """The subject it is listed under."""
    kind: Kind
    """Act, period, limit, prohibition, recurring or conditional. Only acts enter figures of progress."""
    territory: str
    """``MX`` or the state it is followed in: ``MX-JAL``."""
    scope: Scope
    """The territory the activity is carried out by."""
    occurrence: str
    """Which occurrence of a recurring duty (``2026-10``), or empty."""
    zone: str
    """IANA zone in which its deadlines end."""
    responsible: Responsible
    """Whose lateness it is, when it is late: INE's or the OPL's as it was assumed, attracted or delegated."""
    body: str
    """The organ that acts, as it was last reassigned."""
    support: str
    """Who helps."""
    coordination: str
    """Who coordinates."""
    basis: list[str]
    """Articles and instruments."""
    rule: Names
    """The deadline in the words of the law."""
    status: Status
    """What was recorded. Of a milestone that mirrors others (``same_as``), what theirs come to together."""
    standing: Standing
    """How it stands against its date at the moment asked about."""
    counted: bool
    """Whether it enters figures of progress at all (see ``kind`` and ``same_as``)."""
    late: bool
    """Whether it is open and past its date; of a mirror, whether any it mirrors is."""
    by_law: bool
    """Whether its date rests on the law or an approved calendar."""
    starts: Moment | None
    """The plan's first day, or day and hour, in ``zone``."""
    due: Moment | None
    """The plan's last day, or day and hour, in ``zone``."""
    rule_starts: Moment | None
    """What the law's rule for the start comes to."""
    rule_due: Moment | None
    """What the law's rule for the end comes to."""
    first_due: Moment | None
    """The first date that was loaded, to show beside the one that replaced it."""
    due_at: datetime | None
    """The first instant at which it is late."""
    date_basis: DateBasis | None
    """Where the date comes from."""
    rests_on: DateBasis | None
    """The weakest date it was computed from."""
    date_official: bool
    """Whether who loaded the date cited the instrument that sets it; nobody else has checked that."""
    date_source: str
    """Where the date was read."""
    explanation: Names
    """How the date was found, or why there is none."""
    article: Read
    """Whether the cited article was read."""
    done: int | None
    """How many of what it counts are done, by the last report."""
    target: int | None
    """How many there should be."""
    unit: Names | None
    """What it counts."""
    figures: list[FigureRow]
    """The last figures of each quantity and group, where they were reported apart."""
    outcome: str | None
    """How it ended, as reported."""
    instrument: str | None
    """The agreement, minutes or ruling that records the act."""
    started_at: datetime | None
    """When work on it began, by the reporter's account."""
    completed_at: datetime | None
    """When the act that completed it happened, by the reporter's account."""
    completed_recorded_at: datetime | None
    """When that was recorded."""
    announced_at: datetime | None
    """When it was made public."""
    announced_where: str | None
    """The gazette, the board or the address."""
    announced_instrument: str | None
    """The edition, the folio or the certificate of posting."""
    notice: NoticeStatus
    """Whether it was made public as the law asks: `missing` once it is closed and its notice should have been given."""
    notice_where: Names | None
    """Where the law asks for it to be made public; null where it asks for no notice."""
    notice_within: str | None
    """How soon after its completion, where the law says so: `24 hours`, `3 business days`."""
    notice_basis: list[str]
    """The articles that ask for it."""
    notice_from: datetime | None
    """The first instant at which its notice is missing: the end of its period, or its completion where none is set."""
    validated_by: str
    """The body whose agreement it needs, where that is another."""
    evidence: list[Names]
    """The documents asked for when it is completed."""
    owes: list[Owed]
    """What it was completed without: another body's `validation`, its documents (`evidence`). Neither bars a report."""
    days_late: int | None
    """Days from the due day to the act or, while there is none, to the moment asked about; null while not late."""
    report_delay_days: int | None
    """Days from the act to its report."""
    redatings: int
    """How often its dates moved."""
    corrections: int
    """How often a report was restated."""
    validated: bool
    """Whether a second person agreed with the last report that stands."""
    blocked_by: list[Blocker]
    """Predecessors that are late or suspended while this one is open."""
    holds_back: int
    """How many open milestones wait for this one directly."""
    out_of_sequence: bool
    """Whether it was completed before a milestone it usually follows."""
    replaced_by: str | None
    """The id in its process of the activity that is to be done instead of it, where it was cancelled for that."""
    replaces: list[str]
    """The ids in its process of the activities it is to be done instead of."""
    same_as: list[str]
    """``process/id`` of the milestones that are this same act: reported there, shown here, counted once."""
    condition: Names | None
    """Why it may not apply, where that is not known yet."""
    arisen: bool
    """Whether it is an act to be done: not while what it depends on (``condition``) has not happened."""
    note: Names | None
    """A contradiction or doubt to show beside it."""
    source: str
    """Where the row of the plan comes from."""
    after: list[Order]
    """The rows of the same process it follows."""
    version: int
    """How many events its stream has."""
    position: int
    """The last position that changed it."""


def list_milestones(
    connection: Connection[Any],
    where: MilestoneFilter,
    as_of: AsOf,
    *,
    after: str | None = None,
    limit: int = 100,
) -> Page[MilestoneRow]:
    """Return milestones in the order of the plan. Raises `projections.page.BadCursor`."""
    first = position_in(after, otherwise=0)
    conditions: list[sql.Composable]
    parameters: dict[str, Any]
    # One more than asked for tells whether there is another page.
    if can_tell(where, as_of):
        steps = page_of_steps(connection, where, as_of, after=first, limit=limit + 1)
        conditions, parameters = [sql.SQL("known.milestone = ANY(%(steps)s)")], {"steps": steps}
    else:
        conditions, parameters = conditions_of(where, as_of)
        conditions.append(sql.SQL("known.milestone > %(after)s"))
        parameters["after"] = first
    found = select_milestones(connection, conditions, parameters, as_of, limit=limit + 1)
    rows = [row for _, row in found[:limit]]
    return Page(items=rows, next=str(found[limit - 1][0]) if len(found) > limit else None)


def count_milestones(connection: Connection[Any], where: MilestoneFilter, as_of: AsOf) -> int:
    """Return how many milestones there are to list."""
    if can_tell(where, as_of):
        return count_steps(connection, where, as_of).listed
    return _count(connection, *conditions_of(where, as_of), as_of)


def _count(
    connection: Connection[Any],
    conditions: list[sql.Composable],
    parameters: dict[str, Any],
    as_of: AsOf,
) -> int:
    query = _COUNT.format(
        known=known(as_of), conditions=sql.SQL(" AND ").join(conditions or [sql.SQL("true")])
    )
    row = connection.execute(query, moment_parameters(as_of) | parameters).fetchone()
    return cast("int", row[0]) if row else 0


def count_withheld(connection: Connection[Any], where: MilestoneFilter, as_of: AsOf) -> int:
    """Return how many steps of cases that are not public there are besides those to list: they are only counted."""
    if can_tell(where, as_of):
        return count_steps(connection, where, as_of).withheld
    if where.among == "elections":
        return 0
    seen, parameters = conditions_of(where, as_of)
    every, _ = conditions_of(replace(where, reach=FEDERATION), as_of)
    return _count(connection, every, parameters, as_of) - _count(connection, seen, parameters, as_of)


def get_milestone(
    connection: Connection[Any],
    process: str,
    id: str,  # noqa: A002 - the word of the API
    as_of: AsOf,
    reach: str | None = None,
) -> MilestoneRow | None:
    """Return one milestone, or None where there was none at that moment or whoever looks may not see it."""
    conditions: list[sql.Composable] = [
        sql.SQL("known.process = %(process)s AND known.id = %(id)s"), may_be_shown(reach),
    ]  # fmt: skip
    found = select_milestones(connection, conditions, {"process": process, "id": id}, as_of, limit=1)
    return found[0][1] if found else None


def select_milestones(
    connection: Connection[Any],
    conditions: list[sql.Composable],
    parameters: dict[str, Any],
    as_of: AsOf,
    *,
    limit: int | None = None,
) -> list[tuple[int, MilestoneRow]]:
    """Return the milestones that satisfy conditions on ``known``, each with the position that orders it."""
    values = moment_parameters(as_of) | parameters | {"limit": limit}
    query = _SELECT.format(
        planned_at=PLANNED_AT.format(milestone=sql.Identifier("known", "milestone")),
        known=known(as_of),
        conditions=sql.SQL(" AND ").join(conditions or [sql.SQL("true")]),
    )
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(query, values).fetchall()
    if not found:
        return []
    schedules = _schedules(connection, found, as_of)
    around = places(connection, [row.milestone for row in found], as_of)
    replaced = replaced_by(connection, [(row.process, row.id) for row in found], as_of)
    return [
        (row.milestone, _row(row, schedules, around[row.milestone], replaced[row.process, row.id], as_of.at))
        for row in found
    ]


_SELECT = sql.SQL("""
    SELECT known.*, planned.type AS plan_type, planned.body AS plan_body
    FROM ({known}) AS known
    JOIN ledger.events AS planned ON planned.position = {planned_at}
    WHERE {conditions}
    ORDER BY known.milestone
    LIMIT %(limit)s""")

_COUNT = sql.SQL("SELECT count(*) FROM ({known}) AS known WHERE {conditions}")


@dataclass(frozen=True, slots=True)
class _Dates:
    """A milestone's schedule as it was at the moment asked about."""

    schedule: Schedule
    first_due: Moment | None


def _schedules(connection: Connection[Any], found: list[Any], as_of: AsOf) -> dict[int, _Dates]:
    """Return the schedules of milestones, and of those that they mirror."""
    positions = {row.milestone for row in found} | {other for row in found for other in row.mirrored or ()}
    query = _SCHEDULES.format(then=schedule_then(as_of, sql.Identifier("named", "milestone")))
    rows = connection.execute(query, {"milestones": list(positions), **moment_parameters(as_of)})
    return {milestone: _Dates(schedule_of(text), first_due) for milestone, text, first_due in rows}


_SCHEDULES = sql.SQL("""
    SELECT last.milestone, last.schedule, last.first_due
    FROM unnest(%(milestones)s::bigint[]) AS named (milestone) CROSS JOIN LATERAL ({then}) AS last""")


def _dates(row: Any, schedules: dict[int, _Dates]) -> _Dates:
    """Return a milestone's own dates or, where it mirrors others and has none, the last of theirs."""
    own = schedules[row.milestone]
    theirs = [schedules[other] for other in row.mirrored or () if schedules[other].schedule.due]
    if own.schedule.due or not theirs:
        return own
    return max(theirs, key=lambda dates: dates.schedule.due or "")


def _row(
    row: Any, schedules: dict[int, _Dates], place: Place, replaces: list[str], at: datetime
) -> MilestoneRow:
    plan, dates = planned(row.plan_type, row.plan_body), _dates(row, schedules)
    schedule = dates.schedule
    return MilestoneRow(
        process=row.process, id=row.id, row=plan.row, name=plan.name, stage=row.stage, group=plan.group,
        kind=row.kind, territory=plan.territory, scope=plan.scope, occurrence=plan.occurrence, zone=plan.zone,
        responsible=row.responsible, body=row.body or plan.body, support=plan.support, coordination=plan.coordination,
        basis=list(plan.basis), rule=plan.rule,
        status=row.status, standing=row.standing, counted=row.standing != "not_counted", late=row.late,
        by_law=row.by_law, starts=schedule.starts, due=schedule.due, rule_starts=schedule.rule_starts,
        rule_due=schedule.rule_due, first_due=dates.first_due, due_at=row.due_at, date_basis=schedule.basis,
        rests_on=schedule.rests_on, date_official=schedule.official, date_source=schedule.source,
        explanation=schedule.explanation, article=plan.article,
        done=row.done, target=row.target, unit=plan.unit,
        figures=figures_of(row.figures),
        outcome=row.outcome, instrument=row.instrument,
        started_at=row.started_at, completed_at=row.completed_at,
        completed_recorded_at=row.completed_recorded_at, announced_at=row.announced_at,
        announced_where=row.announced_where, announced_instrument=row.announced_instrument, notice=row.notice,
        **_notice_asked(plan.notice), notice_from=row.notice_from,
        validated_by=plan.validated_by, evidence=list(plan.evidence), owes=_owes(row),
        days_late=_days_late(row, schedule.due, plan.zone, at), report_delay_days=_report_delay(row, plan.zone),
        redatings=row.redatings, corrections=row.corrections, validated=row.validated,
        blocked_by=[_blocker(id_, requires) for id_, requires in place.blocked_by.items()], holds_back=place.holds_back,
        out_of_sequence=place.out_of_sequence, replaced_by=row.replaced_by, replaces=replaces,
        same_as=list(plan.same_as), condition=plan.condition,
        arisen=row.arisen, note=plan.note,
        source=plan.source, after=list(plan.after), version=row.stream_version, position=row.valid_from,
    )  # fmt: skip


def _notice_asked(notice: Notice | None) -> dict[str, Any]:
    """Return what the plan says of the notice."""
    if notice is None:
        return {"notice_where": None, "notice_within": None, "notice_basis": []}
    return {"notice_where": notice.where, "notice_within": notice.within, "notice_basis": list(notice.basis)}


def _owes(row: Any) -> list[Owed]:
    return [owed for owed in get_args(Owed) if getattr(row, f"owes_{owed}")]


def _blocker(id_: str, requires: str) -> Blocker:
    return Blocker(id=id_, reason="required" if requires else "usual", basis=requires)


def _days_late(row: Any, due: Moment | None, zone: str, at: datetime) -> int | None:
    """Return the days from the due day to the act, or to ``at`` while there is none; None while not late."""
    if due is None or not (row.late or row.standing in {"done_late", "suspended"}):
        return None
    act_at: datetime = row.completed_at or at
    return (act_at.astimezone(ZoneInfo(zone)).date() - day_of(due)).days


def _report_delay(row: Any, zone: str) -> int | None:
    """Return the days from the act to its report."""
    if row.completed_at is None or row.completed_recorded_at is None:
        return None
    act_at: datetime = row.completed_at
    reported_at: datetime = row.completed_recorded_at
    return (reported_at.astimezone(ZoneInfo(zone)).date() - act_at.astimezone(ZoneInfo(zone)).date()).days
