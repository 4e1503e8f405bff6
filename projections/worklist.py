"""What is mine to do, the most urgent first?

A worklist is a sequence of groups, each in the order of its dates. *Mine* is what one's authorities reach and one's
body answers for: INE's people are asked for INE's work and an OPL's for the OPLs', and for that of parties, tribunals
and others only where they ask for it. To validate are also these others' reports. Any other body sees all it reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from psycopg import Connection, sql

from domain.access import Action, Authority, Caller
from domain.entity import FEDERATION, entities
from domain.step import Responsible
from domain.territory import state_of_district
from domain.text import without_accents
from projections.milestones import MilestoneRow, select_milestones
from projections.moment import AsOf
from projections.page import BadCursor, Page, Row
from projections.replacements import stand_ins

Group = Literal["silent", "late", "soon", "waiting", "validation", "documents", "later"]
"""Why a milestone is on a worklist, in its order: due without a report (*vencida sin reporte*), reported unfinished
past its date, due within a week, waiting for others (one before it is late or suspended, or it is suspended itself),
for one to validate what another reported, for documents (*soporte pendiente*), and what is open and further off."""

NEAR = timedelta(days=7)
"""How far ahead a date is near."""

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Written for no date: it comes after all of them."""

NEEDS: Mapping[Group, Action] = {"validation": "validate"}
"""What one must be allowed to do to have a group on one's list; to report, for all others."""


class WorkRow(Row):
    """One thing to do: an activity, and why it is on the list."""

    group: Group
    """`silent`, `late`, `soon`, `waiting`, `validation`, `documents` or `later`."""
    milestone: MilestoneRow
    """The activity as it stands now."""


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """What to list of one's work: every condition that is given has to hold."""

    group: Group | None = None
    process: str | None = None
    stage: str | None = None
    responsible: Responsible | None = None
    """Whose work; where it is given, also another's than one's body's."""
    search: str | None = None
    """Every word must occur in its id, name, body, article or state; accents and case are ignored."""


_HELD = sql.SQL("""
    EXISTS (
        SELECT FROM work_items AS earlier
        WHERE earlier.process = w.process AND earlier.plan_row = ANY(w.follows) AND {past} AND {follows}
    ) OR EXISTS (
        -- What stands for an act of another plan holds back what follows it here.
        SELECT FROM milestones AS here
        JOIN milestone_mirrors AS mirror ON mirror.milestone = here.position
        JOIN milestones AS same ON same.process = mirror.process AND same.id = mirror.id
        JOIN work_items AS earlier ON earlier.milestone = same.position AND {past}
        WHERE here.process = w.process AND here.plan_row = ANY(w.follows) AND here.is_mirror AND {follows_here}
    ) OR EXISTS (
        -- What replaced another holds back what follows that.
        SELECT FROM ({stand_ins}) AS stand_ins
        JOIN milestones AS here ON here.position = stand_ins.milestone
        JOIN milestone_versions_now AS replaced ON replaced.milestone = stand_ins.milestone
        JOIN work_items AS earlier ON earlier.milestone = stand_ins.stand_in AND {past}
        WHERE here.process = w.process AND here.plan_row = ANY(w.follows) AND earlier.milestone <> w.milestone
            AND {follows_replaced}
    )""")
_FOLLOWS = sql.SQL("""
    ({place}.territory = w.territory OR 'MX' IN ({place}.territory, w.territory))
    AND ({place}.occurrence = w.occurrence
         OR '' IN ({place}.occurrence, w.occurrence) AND {placed_at} <= w.late_from - interval '1 day')""")
_HOLDS = sql.SQL("earlier.is_open AND (earlier.late_from <= %(at)s OR earlier.status = 'suspended')")
_IS_HELD = _HELD.format(
    past=_HOLDS,
    stand_ins=stand_ins(AsOf(None, _NEVER)),
    follows=_FOLLOWS.format(
        place=sql.Identifier("earlier"), placed_at=sql.Identifier("earlier", "late_from")
    ),
    follows_here=_FOLLOWS.format(
        place=sql.Identifier("here"), placed_at=sql.Identifier("earlier", "late_from")
    ),
    follows_replaced=_FOLLOWS.format(
        place=sql.Identifier("here"), placed_at=sql.Identifier("replaced", "due_at")
    ),
)
"""Whether ``w`` waits: what is late or suspended holds back what follows it, as `projections.order` has it."""

_GOES_ON = sql.SQL("w.is_open AND w.status <> 'suspended'")
_PAST = sql.SQL("{} AND w.late_from <= %(at)s").format(_GOES_ON)
_AHEAD = sql.SQL("{} AND (w.late_from > %(near)s OR w.late_from IS NULL)").format(_GOES_ON)
_GROUPS: Mapping[Group, sql.Composable] = {
    "silent": sql.SQL("{} AND w.status = 'planned'").format(_PAST),
    "late": sql.SQL("{} AND w.status = 'in_progress'").format(_PAST),
    "soon": sql.SQL("{} AND w.late_from > %(at)s AND w.late_from <= %(near)s").format(_GOES_ON),
    "waiting": sql.SQL("w.is_open AND (w.status = 'suspended' OR {} AND ({}))").format(_AHEAD, _IS_HELD),
    "validation": sql.SQL("w.to_validate AND w.reported_by <> %(caller)s"),
    "documents": sql.SQL("w.awaits_documents"),
    "later": sql.SQL("{} AND NOT ({})").format(_AHEAD, _IS_HELD),
}
"""Which milestones are in each group. No one is in two of those that are open."""


def list_work(
    connection: Connection[Any],
    caller: Caller,
    where: WorkFilter,
    at: datetime,
    *,
    after: str | None = None,
    limit: int = 50,
) -> Page[WorkRow]:
    """Return what is to be done, the most urgent first. Raises `projections.page.BadCursor`."""
    found: list[tuple[Group, int, datetime | None]] = []
    named = _named(connection, caller, where) if where.search else None
    for group, beyond in _groups_beyond(where, after):
        parameters: dict[str, Any] = {"at": at, "near": at + NEAR, "limit": limit + 1 - len(found)}
        parameters |= {"named": named, "position": None}
        found += _of_group(connection, caller, where, group, beyond, parameters)
        if len(found) > limit:
            break
    shown = found[:limit]
    as_of = AsOf(None, at)
    condition = sql.SQL("known.milestone = ANY(%(milestones)s)")
    positions = {"milestones": [position for _, position, _ in shown]}
    rows = dict(select_milestones(connection, [condition], positions, as_of)) if shown else {}
    return Page(
        items=[WorkRow(group=group, milestone=rows[position]) for group, position, _ in shown],
        next=_cursor(*shown[-1]) if len(found) > limit else None,
    )


def own_reports_to_validate(connection: Connection[Any], caller: Caller) -> set[tuple[str, str]]:
    """Return the activities, by process and id, whose last report is the caller's own and waits for somebody else."""
    query = (
        "SELECT m.process, m.id FROM work_items AS w JOIN milestones AS m ON m.position = w.milestone"
        " WHERE w.to_validate AND w.reported_by = %s"
    )
    return {(process, id_) for process, id_ in connection.execute(query, (caller.actor,))}


def _groups_beyond(
    where: WorkFilter, after: str | None
) -> Iterator[tuple[Group, tuple[datetime, int] | None]]:
    """Yield the groups to list, from where the page before ended."""
    asked: tuple[Group, ...] = (where.group,) if where.group else get_args(Group)
    if after is None:
        yield from ((group, None) for group in asked)
        return
    name, instant, position = _read_cursor(after)
    if name not in asked:
        raise BadCursor(after)
    rest = asked[asked.index(name) :]
    yield rest[0], (instant, position)
    yield from ((group, None) for group in rest[1:])


def _of_group(
    connection: Connection[Any], caller: Caller, where: WorkFilter, group: Group,
    beyond: tuple[datetime, int] | None, parameters: dict[str, Any],
) -> list[tuple[Group, int, datetime | None]]:  # fmt: skip
    conditions, values = _conditions(caller, where, group)
    parameters |= values
    if beyond is not None:
        conditions.append(
            sql.SQL(
                "(coalesce(w.late_from, 'infinity'), w.milestone) > (%(instant)s::timestamptz, %(position)s)"
            )
        )
        parameters["instant"], parameters["position"] = _written(beyond[0]), beyond[1]
    if parameters["named"] is not None:
        conditions.append(sql.SQL("w.milestone = ANY(%(named)s)"))
    query = sql.SQL(
        "SELECT w.milestone, w.late_from FROM work_items AS w WHERE {conditions}"
        " ORDER BY w.late_from NULLS LAST, w.milestone LIMIT %(limit)s"
    ).format(conditions=sql.SQL(" AND ").join(conditions))
    return [(group, position, instant) for position, instant in connection.execute(query, parameters)]


def _conditions(
    caller: Caller, where: WorkFilter, group: Group
) -> tuple[list[sql.Composable], dict[str, Any]]:
    """Return what is asked for and reached as conditions on ``w``."""
    parameters: dict[str, Any] = {"caller": caller.actor}
    reached = _reached(
        caller, NEEDS.get(group, "report"), parameters, everyones=where.responsible is not None
    )
    conditions: list[sql.Composable] = [_GROUPS[group], reached]
    for name in ("process", "stage", "responsible"):
        if (value := getattr(where, name)) is not None:
            conditions.append(sql.SQL("w.{} = {}").format(sql.Identifier(name), sql.Placeholder(name)))
            parameters[name] = value
    return conditions, parameters


def _named(connection: Connection[Any], caller: Caller, where: WorkFilter) -> list[int]:
    """Return what has every word that is looked for, whatever its group: looked for once, not in each of them."""
    conditions: list[sql.Composable] = []
    parameters: dict[str, Any] = {}
    actions: tuple[Action, ...] = ("report", "validate")
    reached = [
        _reached(caller, action, parameters, everyones=where.responsible is not None) for action in actions
    ]
    conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(reached)))
    for number, word in enumerate(without_accents(where.search or "").split()):
        # strpos, not LIKE: what people type is text, not a pattern.
        conditions.append(sql.SQL("strpos(m.search, {}) > 0").format(sql.Placeholder(f"word_{number}")))
        parameters[f"word_{number}"] = word
    query = sql.SQL(
        "SELECT w.milestone FROM work_items AS w JOIN milestones AS m ON m.position = w.milestone WHERE {}"
    ).format(sql.SQL(" AND ").join(conditions))
    return [position for (position,) in connection.execute(query, parameters)]


def _reached(
    caller: Caller, action: Action, parameters: dict[str, Any], *, everyones: bool
) -> sql.Composable:
    """Return the condition that one of the caller's authorities reaches ``w`` and that it is theirs to do.

    Milestones are followed in the country or in a state. An authority over a district reaches those of its state that
    go on and that districts report their parts of; one over a municipality reaches none.
    """
    reached: list[sql.Composable] = []
    for number, authority in enumerate(one for one in caller.authorities if one.allows(action)):
        state = state_of_district(authority.territory) if action == "report" else None
        terms = [sql.SQL("w.by_district AND {}").format(_GOES_ON) if state else sql.SQL("true")]
        given = {"territory": state or authority.territory, "process": authority.process}
        if authority.territory == FEDERATION:
            del given["territory"]
        if (own := asked_of(authority)) is not None and not everyones:
            if action == "validate":
                terms.append(sql.SQL("w.responsible <> {}").format(_OTHER_AUTHORITY[own]))
            else:
                given["responsible"] = own
        for name, value in given.items():
            if value is not None:
                terms.append(sql.SQL("w.{} = {}").format(
                    sql.Identifier(name), sql.Placeholder(f"{name}_{number}")))  # fmt: skip
                parameters[f"{name}_{number}"] = value
        reached.append(sql.SQL("({})").format(sql.SQL(" AND ").join(terms)))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(reached or [sql.SQL("false")]))


_OTHER_AUTHORITY: Mapping[Responsible, Responsible] = {"INE": "OPL", "OPL": "INE"}


def asked_of(authority: Authority) -> Responsible | None:
    """Return whose work is asked of who acts for a body: INE's, the OPLs', or everybody's (None) of another body."""
    body = authority.on_behalf_of or authority.body
    if body == "INE":
        return "INE"
    return "OPL" if any(one.opl.acronym == body for one in entities().values()) else None


# A page's end ----------------------------------------------------------------------------------------------


def _cursor(group: Group, position: int, instant: datetime | None) -> str:
    microseconds = ((instant or _NEVER) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return f"{group}.{microseconds}.{position}"


def _read_cursor(text: str) -> tuple[Group, datetime, int]:
    name, _, rest = text.partition(".")
    microseconds, _, position = rest.partition(".")
    groups: tuple[Group, ...] = get_args(Group)
    group = next((one for one in groups if one == name), None)
    is_number = all(
        part.isascii() and part.isdigit() and len(part) <= 18 for part in (microseconds, position)
    )
    if group is None or not is_number:
        raise BadCursor(text)
    instant = min(int(microseconds), (_NEVER - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))
    return group, datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant), int(position)


def _written(instant: datetime) -> str:
    return "infinity" if instant == _NEVER else instant.isoformat()
