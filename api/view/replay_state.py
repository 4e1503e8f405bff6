"""How everything in a scope stood at a moment, as the replay room draws it: figures, and a square for each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from api.view.look import SIGNS, Look, level_of, look_of, look_of_outline
from api.view.replay_scope import KnownScope
from api.view.visit import Visit
from api.words import speak_plainly
from domain.entity import FEDERATION
from projections.entities import entity_status, national_status
from projections.milestones import MilestoneRow, get_milestone
from projections.moment import AsOf
from projections.outlines import Outline, list_outlines
from projections.processes import get_process
from projections.tally import Tally
from projections.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class Square:
    """A row of a plan, or a state, as one sign."""

    tone: str
    sign: str
    title: str
    """Which it is and how it stands, in words."""
    changed: bool
    """Whether the event that is shown happened to it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the scope: its figures, the filters of the lists behind them, and its squares."""

    name: str
    tally: Tally
    filters: Mapping[str, object]
    squares: list[Square] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ScopeState:
    """How a scope stood."""

    lines: list[Line]
    row: MilestoneRow | None = None
    """The activity, where the scope is one."""
    look: Look | None = None
    """How that stood."""

    @property
    def figures(self) -> list[tuple[str, Tally, Mapping[str, object]]]:
        """The lines as a table of figures has them."""
        return [(line.name, line.tally, line.filters) for line in self.lines]


def scope_state(
    visit: Visit, connection: Connection[Any], scope: KnownScope, moment: AsOf, entry: TimelineEntry | None
) -> ScopeState:
    """Return how a scope stood at a moment, by the reads that every page and the API are made from."""
    if scope.milestone is not None and scope.process is not None:
        row = get_milestone(connection, scope.process.id, scope.milestone.id, moment)
        return ScopeState([], row, look_of(row, moment.at) if row else None)
    draw = _Drawing(visit, connection, moment, entry)
    if scope.process is not None:
        return ScopeState(draw.process(scope.process.id))
    if scope.asked.territory in {None, FEDERATION}:
        return ScopeState(draw.nation())
    return ScopeState(draw.state(scope.territory))


@dataclass(frozen=True, slots=True)
class _Drawing:
    visit: Visit
    connection: Connection[Any]
    moment: AsOf
    entry: TimelineEntry | None

    def process(self, id_: str) -> list[Line]:
        """Return a process by stage, with a square for each row of its plan."""
        process = get_process(self.connection, id_, self.moment)
        if process is None:
            return []
        outlines = list_outlines(self.connection, self.moment, process=id_)
        lines = [
            Line(
                self.visit.in_language(stage.name), stage.tally,
                self._filters(proceso=id_, etapa=stage.id),
                self._rows(row for row in outlines if row.stage == stage.id),
            )
            for stage in process.stages
        ]  # fmt: skip
        return [*lines, Line(self._total(), process.tally, self._filters(proceso=id_))]

    def state(self, code: str) -> list[Line]:
        """Return a state's own process by stage, and beside it the federal work there."""
        status = entity_status(self.connection, code, self.moment)
        if status is None:
            return []
        lines = self.process(status.process) if status.process else []
        say = speak_plainly(self.visit.language)
        federal = Line(say("replay.federal_there"), status.federal, self._filters(entidad=code))
        return [*lines, federal]

    def nation(self) -> list[Line]:
        """Return the federal process, and the local ones with a square for each state."""
        status = national_status(self.connection, self.moment)
        say = speak_plainly(self.visit.language)
        states = [
            Square(
                level_of(one.local), one.abbreviation,
                f"{one.name}: {self._done(one.local)}",
                self.entry is not None and self.entry.territory == one.code,
            )
            for one in status.entities
        ]  # fmt: skip
        return [
            Line(say("replay.federal"), status.federal, self._filters()),
            Line(say("replay.local"), status.local, self._filters(), states),
            Line(self._total(), status.total, self._filters()),
        ]

    def _rows(self, rows: Iterable[Outline]) -> list[Square]:
        return [self._square(row, look_of_outline(row, self.moment.at)) for row in rows]

    def _square(self, row: Outline, look: Look) -> Square:
        say = speak_plainly(self.visit.language)
        happened = self.entry is not None and self.entry.process == row.process
        changed = happened and _row_of(self.entry.milestone if self.entry else None) == row.row
        title = f"{row.row} · {self.visit.in_language(row.name)}: {say(f'look.{look.word}')}"
        return Square(look.tone, SIGNS[look.tone], title, changed)

    def _done(self, tally: Tally) -> str:
        say = speak_plainly(self.visit.language)
        if not tally.due:
            return say("national.level_none")
        return say("national.stage_due", done=tally.done_on_time + tally.done_late, due=tally.due)

    def _total(self) -> str:
        return speak_plainly(self.visit.language)("entity.total")

    def _filters(self, **asked: str) -> Mapping[str, object]:
        """Return filters of lists that tell of the same moment."""
        return {**asked, "al": self.moment.position}


def _row_of(milestone: str | None) -> str:
    """Return the row of the plan that an activity is of: ``F008`` of ``F008.2026-10-JAL``."""
    return (milestone or "").partition("-")[0].partition(".")[0]
