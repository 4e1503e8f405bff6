"""How does each of the fourteen functions stand, in a state and in the country?

Cases and milestones are figures of unlike things, and so are the steps of cases and those of elections: they stand
beside each other and are never added. A step that belongs to several functions is counted in each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from psycopg import Connection, sql

from domain.names import Names
from domain.systems import systems
from domain.timeliness import DUE_TO_DATE, Standing
from projections.case_figures import EVERYWHERE, PAST_AND_AHEAD, systems_of
from projections.elections import latest_elections
from projections.known import STANDING
from projections.moment import AsOf, is_true, moment_parameters
from projections.notices import MissingNotices, missing_notices
from projections.page import Row
from projections.tally import Tally
from projections.true_then import version_join

SOCIAL_COMMUNICATION = 11
"""The function that public notices belong to."""


class SystemRow(Row):
    """One of the fourteen functions of the electoral authorities, and how it stands."""

    number: int
    """1 to 14."""
    id: str
    """Its word in addresses: ``electoral-justice``."""
    name: Names
    """What it is called."""
    cases_open: int
    """Case files under way whose procedure carries this function, reserved ones among them."""
    cases_closed: int
    """Case files that ended, reserved ones among them."""
    case_milestones: Tally
    """How many steps of case files stand how (without the figures for blocked and due soon)."""
    election_milestones: Tally
    """How many activities of the elections under way stand how (without the figures for blocked and due soon)."""
    missing_notices: MissingNotices | None
    """Of social communication (11) alone: what is closed without its public notice, in every function."""


def list_systems(connection: Connection[Any], as_of: AsOf, territory: str | None = None) -> list[SystemRow]:
    """Return the fourteen functions in a territory (``MX`` or a state's code), or in the whole country."""
    elections = _elections(connection, as_of, territory)
    if as_of.position is None:
        cases, steps = _cases_now(connection, as_of.at, territory)
    else:
        cases, steps = _cases_then(connection, as_of, territory)
    return [
        SystemRow(
            number=system.number, id=system.id, name=system.name,
            cases_open=cases[system.number]["open"], cases_closed=cases[system.number]["closed"],
            case_milestones=_tally(steps[system.number]), election_milestones=_tally(elections[system.number]),
            missing_notices=missing_notices(connection, as_of, territory)
            if system.number == SOCIAL_COMMUNICATION else None,
        )
        for system in systems().values()
    ]  # fmt: skip


Figures = defaultdict[int, Counter[str]]
"""Numbers by function and by what is counted: the fields of `Tally`, or the status of cases."""


def _tally(counts: Mapping[str, int]) -> Tally:
    """Return standings, ``left_out`` and ``late_by_law`` as figures that add up."""
    standings = {name: counts[name] for name in get_args(Standing)}
    named: dict[str, Any] = {name: standings[name] for name in standings if name in Tally.model_fields}
    return Tally.model_construct(
        **named,
        total=sum(standings.values()),
        counted=sum(standings.values()) - standings["not_counted"],
        due=sum(standings[name] for name in DUE_TO_DATE),
        left_out=counts["left_out"],
        late_by_law=counts["late_by_law"],
    )


_LATE = {"done_late", "reported_unfinished", "without_report"}


def _add(counts: Counter[str], standing: str, number: int, *, by_law: bool, left_out: bool = False) -> None:
    counts[standing] += number
    if by_law and standing in _LATE:
        counts["late_by_law"] += number
    if left_out:
        counts["left_out"] += number


# Of elections, and of cases in the past -------------------------------------------------------------------


def _elections(connection: Connection[Any], as_of: AsOf, territory: str | None) -> Figures:
    """Return how the activities of the latest elections stood."""
    latest = latest_elections(connection, as_of).values()
    processes = sql.SQL("unnest(%(ids)s::text[], %(kinds)s::text[]) AS process (id, kind)")
    named = {"ids": [one.id for one in latest], "kinds": [one.kind for one in latest]}
    return _standings(connection, as_of, territory, processes, named)


def _cases_then(connection: Connection[Any], as_of: AsOf, territory: str | None) -> tuple[Figures, Figures]:
    """Return how many cases were open and closed, and how their steps stood."""
    rows = connection.execute(_CASES.format(is_true=is_true(as_of, sql.Identifier("v"))), {
        "territory": territory, **moment_parameters(as_of),
    })  # fmt: skip
    cases: Figures = defaultdict(Counter)
    for system, status, number in rows:
        cases[system][status] += number
    return cases, _standings(connection, as_of, territory, sql.SQL("cases AS process"), {})


def _standings(
    connection: Connection[Any],
    as_of: AsOf,
    territory: str | None,
    processes: sql.SQL,
    named: Mapping[str, Any],
) -> Figures:
    """Return how the milestones of some processes stood, counted one by one."""
    v = sql.Identifier("v")
    v_join = version_join(as_of, v, sql.Identifier("m", "position"))
    query = _STANDINGS.format(processes=processes, standing=STANDING.format(v=v), v_join=v_join)
    parameters = {"territory": territory, **named, **moment_parameters(as_of)}
    found: Figures = defaultdict(Counter)
    for kind, row, standing, by_law, left_out, number in connection.execute(query, parameters):
        for system in systems_of(kind, row):
            _add(found[system], standing, number, by_law=by_law, left_out=left_out)
    return found


_STANDINGS = sql.SQL("""
    SELECT process.kind, m.plan_row, {standing} AS standing, v.by_law,
           NOT m.is_mirror AND v.status IN ('cancelled', 'not_applicable') AS left_out, count(*)
    FROM {processes}
    JOIN milestones AS m ON m.process = process.id
    {v_join}
    WHERE m.territory = coalesce(%(territory)s, m.territory)
    GROUP BY 1, 2, 3, 4, 5""")

_CASES = sql.SQL("""
    SELECT system, status, count(*) FROM case_versions AS v
    WHERE {is_true} AND territory = coalesce(%(territory)s, territory)
    GROUP BY 1, 2""")


# Of cases now -----------------------------------------------------------------------------------------------


def _cases_now(connection: Connection[Any], at: datetime, territory: str | None) -> tuple[Figures, Figures]:
    """Return the same from the figures that are kept (`projections.case_figures`)."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parameters = {
        "territory": EVERYWHERE if territory is None else territory,
        "month_on": day.date().replace(day=1),
        "day_on": day.date(),
        "day_at": day,
        "at": at,
        "everywhere": territory is None,
    }
    cases: Figures = defaultdict(Counter)
    steps: Figures = defaultdict(Counter)
    for system, part, by_law, total, due in connection.execute(_FIGURES, parameters):
        if part in {"case_open", "case_closed"}:
            cases[system][part.removeprefix("case_")] += total
        else:
            for standing, number, left_out in _as_standings(part, int(total), int(due)):
                _add(steps[system], standing, number, by_law=by_law, left_out=left_out)
    return cases, steps


def _as_standings(part: str, total: int, due: int) -> Iterable[tuple[str, int, bool]]:
    """Yield the standings of a part, of which so many are due, and whether they are left out."""
    if part in PAST_AND_AHEAD:
        past, ahead = PAST_AND_AHEAD[part]
        return [(past, due, False), (ahead, total - due, False)]
    left_out = part == "left_out"
    return [("not_counted" if left_out else part, total, left_out)]


_FIGURES = """
    SELECT system, part, by_law, sum(total), sum(due)
    FROM (
        SELECT system, part, by_law, number AS total, CASE WHEN begins_on < %(month_on)s THEN number ELSE 0 END AS due
        FROM case_figures WHERE territory = %(territory)s AND span = 'month'
        UNION ALL
        SELECT system, part, by_law, 0, number
        FROM case_figures WHERE territory = %(territory)s AND span = 'day'
         AND begins_on >= %(month_on)s AND begins_on < %(day_on)s
        UNION ALL
        SELECT system, part, by_law, 0, count(*)
        FROM case_steps CROSS JOIN LATERAL unnest(systems) AS system
        WHERE due_at >= %(day_at)s AND due_at <= %(at)s AND (%(everywhere)s OR territory = %(territory)s)
        GROUP BY system, part, by_law
    ) AS counted
    GROUP BY system, part, by_law"""
