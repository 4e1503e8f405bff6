"""How does each state's plan compare with the national standard?"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, get_args

from psycopg import Connection

from domain.calendar import Moment
from domain.conformance import Conformance, Difference, compare
from domain.entity import FEDERATION, entities
from domain.names import Names
from domain.procedure import procedures
from domain.variant import plan_for
from projections.elections import LOCAL, Election, latest_elections
from projections.moment import AsOf
from projections.page import Row


class ConformanceRow(Row):
    """A state's plan beside the national standard, in figures."""

    code: str
    """ISO 3166-2: ``MX-JAL``."""
    name: str
    """The state's name."""
    process: str | None
    """Its local process, once one is open; without one nothing is compared."""
    compared: int
    """Rows to which the national plan gives a date, and rows the state lacks."""
    kept: int
    """How many of those the state keeps: on the same date, or sooner."""
    same: int
    """On the same date."""
    tightened: int
    """Sooner than the standard."""
    loosened: int
    """Later than the standard."""
    undated: int
    """Without a date, though the standard gives one."""
    missing: int
    """Not in the state's plan."""
    added: int
    """Only in the state's plan."""
    dated: int
    """Dated by the state where the standard leaves it to its law."""
    open: int
    """Without a date in either."""


class ComparisonRow(Row):
    """One row of a state's plan beside the national one."""

    row: str
    """The row of the plan: ``L010``."""
    name: Names
    """What it is called."""
    difference: Difference
    """How it stands to the national row."""
    national: Moment | None
    """When the national plan's rule has it due."""
    own: Moment | None
    """When the state has it due."""
    basis: list[str]
    """The articles the row rests on: the national one, or what the state adds."""


def list_conformance(connection: Connection[Any], as_of: AsOf) -> list[ConformanceRow]:
    """Return the 32 states in INE's order."""
    found = _found(connection, as_of)
    return [_row(code, *found.get(code, (None, Conformance(())))) for code in entities()]


def list_comparisons(connection: Connection[Any], territory: str, as_of: AsOf) -> list[ComparisonRow]:
    """Return every row of a state's plan beside the national one; none where no process is open."""
    election, found = _found(connection, as_of).get(territory, (None, Conformance(())))
    own = plan_for(LOCAL, territory, election.cycle).by_id if election else {}
    rows = {**procedures()[LOCAL].by_id, **own}
    return [
        ComparisonRow(
            row=one.row, name=step.name if step else Names(es=one.row, en=one.row), difference=one.difference,
            national=one.national, own=one.own, basis=list(step.basis) if step else [],
        )
        for one in found.rows
        for step in [rows.get(one.row)]
    ]  # fmt: skip


def _row(code: str, election: Election | None, found: Conformance) -> ConformanceRow:
    counts = dict.fromkeys(get_args(Difference), 0)
    for one in found.rows:
        counts[one.difference] += 1
    return ConformanceRow(
        code=code,
        name=entities()[code].name,
        process=election.id if election else None,
        compared=found.compared,
        kept=found.kept,
        **counts,
    )


def _found(connection: Connection[Any], as_of: AsOf) -> dict[str, tuple[Election | None, Conformance]]:
    """Return each state's latest local process and its comparison."""
    elections = {
        territory: election
        for territory, election in latest_elections(connection, as_of).items()
        if territory != FEDERATION
    }
    own: dict[str, dict[str, Moment | None]] = defaultdict(dict)
    days: dict[str, Moment] = {}
    parameters = {"processes": [one.id for one in elections.values()], "position": as_of.position}
    for process, day, row, due in connection.execute(_DATES, parameters):
        days[process] = day
        own[process][row] = due
    return {
        territory: (
            election,
            compare(procedures()[LOCAL], territory, days[election.id], own[election.id]),
        )
        for territory, election in elections.items()
        if election.id in days
    }


_DATES = """
    SELECT p.id, version.election_day, m.plan_row, max(coalesce(dates.due, theirs.due))
    FROM processes AS p
    CROSS JOIN LATERAL (
        SELECT election_day FROM process_versions
        WHERE process = p.position AND valid_from <= coalesce(%(position)s::bigint, valid_from)
        ORDER BY valid_from DESC LIMIT 1
    ) AS version
    JOIN milestones AS m ON m.process = p.id
    LEFT JOIN LATERAL (
        SELECT due FROM milestone_schedules
        WHERE milestone = m.position AND valid_from <= coalesce(%(position)s::bigint, valid_from)
        ORDER BY valid_from DESC LIMIT 1
    ) AS dates ON true
    -- A row that this plan follows in its parts is due with the last of them.
    LEFT JOIN milestone_mirrors AS mirror ON mirror.milestone = m.position AND mirror.process = m.process
    LEFT JOIN milestones AS part ON part.process = mirror.process AND part.id = mirror.id
    LEFT JOIN LATERAL (
        SELECT due FROM milestone_schedules
        WHERE milestone = part.position AND valid_from <= coalesce(%(position)s::bigint, valid_from)
        ORDER BY valid_from DESC LIMIT 1
    ) AS theirs ON true
    WHERE p.id = ANY(%(processes)s) AND m.position <= coalesce(%(position)s::bigint, m.position)
    GROUP BY p.id, version.election_day, m.plan_row
    ORDER BY min(m.position)"""
