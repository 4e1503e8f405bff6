"""A state's plan beside the national standard: what it adds, lacks, tightens, loosens and dates by itself.

INE sets the standards (LGIPE 32.2.b to j, 104.1.a) and each local institute its calendar within its law. That a state
differs is no breach: its law may ask for it. What is told is where, and by which article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from domain.calendar import Moment, closes_at
from domain.deadline import Resolved, spoken
from domain.entity import entities, zone_of
from domain.procedure import Procedure, procedures
from domain.timetable import Grounds, Timetable

Difference = Literal["same", "added", "missing", "tightened", "loosened", "dated", "undated", "open"]
"""How a row stands to the national one: *dated* by the state where the national plan gives no date, *undated* where
the national plan gives one and the state's does not, *open* where neither does."""


COMPARED: tuple[Difference, ...] = ("same", "tightened", "loosened", "undated", "missing")
"""The differences that enter the figure of conformance."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of both plans."""

    row: str
    difference: Difference
    national: Moment | None
    own: Moment | None


@dataclass(frozen=True, slots=True)
class Conformance:
    """A state's plan beside the national one."""

    rows: Sequence[Comparison]

    @property
    def compared(self) -> int:
        """How many rows the national plan asks of the state by a date, or that it lacks."""
        return sum(row.difference in COMPARED for row in self.rows)

    @property
    def kept(self) -> int:
        """How many of them it keeps: on the same date, or sooner."""
        return sum(row.difference in {"same", "tightened"} for row in self.rows)


def compare(
    national: Procedure, territory: str, election_day: Moment, own: Mapping[str, Moment | None]
) -> Conformance:
    """Compare a state's rows with the national plan; ``own`` is when each is due, in the order of the state's plan.

    Rows that do not apply in the state, and those that are reported in the federal process, are not compared.
    """
    entity, zone = entities()[territory], zone_of(territory)
    standard = _standard(national.kind, election_day)
    rows = [
        Comparison(
            step.id, _difference(step.id, standard[step.id], own, zone), standard[step.id], own.get(step.id)
        )
        for step in national.steps
        if entity.satisfies(step.applies) is not False and not step.same_as
    ]
    added = [Comparison(row, "added", None, due) for row, due in own.items() if row not in national.by_id]
    return Conformance([*rows, *added])


@lru_cache(maxsize=16)
def _standard(kind: str, election_day: Moment) -> Mapping[str, Moment | None]:
    """Return when each row of a national plan is due by its rule alone, before anybody's calendar."""
    day = Resolved(election_day, "law", spoken(election_day))
    schedules = Timetable(procedures()[kind].steps, Grounds(int(election_day[:4]), day)).schedules
    return {row: schedule.due for row, schedule in schedules.items()}


def _difference(row: str, asked: Moment | None, own: Mapping[str, Moment | None], zone: str) -> Difference:
    if row not in own:
        return "missing"
    given = own[row]
    if asked is None or given is None:
        return "open" if asked == given else "dated" if asked is None else "undated"
    limit, date = closes_at(asked, zone), closes_at(given, zone)
    return "same" if date == limit else "tightened" if date < limit else "loosened"
