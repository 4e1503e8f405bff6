"""Whether an electoral process is under way, for the clocks that depend on it."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from domain.calendar import day_of
from domain.entity import FEDERATION, zone_of
from domain.legal_time import UnderWay
from domain.milestone import Milestone
from domain.procedure import Procedure
from domain.process import Process, process_id

PROCEDURAL = frozenset({"procedural days", "procedural hours"})
"""The units that mean one thing while an election is under way, and another when none is."""


def depends_on_working_days(procedure: Procedure) -> bool:
    """Tell whether a date of a procedure may rest on which days its authority works."""
    return not procedure.units.isdisjoint(PROCEDURAL | {"business days"})


def depends_on_elections(procedure: Procedure) -> bool:
    """Tell whether a date of a procedure may rest on whether an election is under way."""
    return procedure.regime is not None and not procedure.units.isdisjoint(PROCEDURAL)


def election_of(territory: str, election_year: int) -> tuple[str, str]:
    """Return the plan's kind and the id of a territory's own election in a year."""
    kind = "federal_election" if territory == FEDERATION else "local_election"
    return kind, process_id(kind, territory, f"{election_year - 1}-{election_year}")


def under_way(process: Process, beginning: Milestone) -> UnderWay | None:
    """Return from when to when a process was under way, None where its beginning has neither happened nor a date.

    It begins with the act that begins it (LGIPE 225.1), or with that act's date until it is reported.
    """
    opened = process.opened
    if opened is None or beginning.plan is None:
        return None
    zone = ZoneInfo(zone_of(opened.territory))
    since: date | None = None
    if beginning.completed is not None:
        since = beginning.completed.occurred_at.astimezone(zone).date()
    elif beginning.schedule is not None and beginning.schedule.due is not None:
        since = day_of(beginning.schedule.due)
    if since is None:
        return None
    return UnderWay(since, process.closed_at.astimezone(zone).date() if process.closed_at else None)
