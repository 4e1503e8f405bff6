"""Whether an electoral process is under way, for the clocks that depend on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.calendar import day_of
from domain.case import may_be_opened_in
from domain.entity import zone_of
from domain.legal_time import UnderWay
from domain.milestone import Milestone
from domain.procedure import Procedure, procedures
from domain.process import Process, called_prefix, process_id

PROCEDURAL = frozenset({"procedural days", "procedural hours"})
"""The units that mean one thing while an election is under way, and another when none is."""


def depends_on_working_days(procedure: Procedure) -> bool:
    """Tell whether a date of a procedure may rest on which days its authority works."""
    return not procedure.units.isdisjoint(PROCEDURAL | {"business days"})


def depends_on_elections(procedure: Procedure) -> bool:
    """Tell whether a date of a procedure may rest on whether an election is under way."""
    return procedure.regime is not None and not procedure.units.isdisjoint(PROCEDURAL)


def elections_of(territory: str, election_year: int) -> list[tuple[str, str]]:
    """Return the (beginning, id) of each election that law may have a territory hold in a year.

    The beginning is the step with which the process is under way.
    """
    cycle = f"{election_year - 1}-{election_year}"
    return [
        (plan.begins, process_id(plan.kind, territory, cycle))
        for plan in _plans_of(territory)
        if plan.begins is not None
    ]


def called_elections_of(territory: str, election_year: int) -> list[str]:
    """Return with what the ids of the elections that were called in a territory for a year begin: ``pee-2027-mic-``."""
    return [
        called_prefix(plan.prefix, territory, str(election_year))
        for plan in _plans_of(territory)
        if plan.called
    ]


def under_way(process: Process, beginning: Milestone | None) -> UnderWay | None:
    """Return from when to when a process was under way, None where its beginning has neither happened nor a date.

    It begins with the act that begins it (LGIPE 225.1), or with that act's date until it is reported; one without such
    an act (``None``) begins when it is opened, with the call that names its day (LGIPE 23).
    """
    opened = process.opened
    if opened is None:
        return None
    zone = ZoneInfo(zone_of(opened.territory))
    since = _day(process.opened_at, zone) if beginning is None else _begun(beginning, zone)
    return UnderWay(since, _day(process.closed_at, zone)) if since is not None else None


def _plans_of(territory: str) -> Iterator[Procedure]:
    """Yield the plans of elections that may be opened in a territory."""
    return (plan for plan in procedures().values() if plan.is_plan and territory in may_be_opened_in(plan))


def _begun(beginning: Milestone, zone: ZoneInfo) -> date | None:
    if beginning.completed is not None:
        return _day(beginning.completed.occurred_at, zone)
    due = beginning.schedule.due if beginning.schedule else None
    return day_of(due) if due else None


def _day(instant: datetime | None, zone: ZoneInfo) -> date | None:
    return instant.astimezone(zone).date() if instant else None
