"""How many cases are there, and steps of them, by territory and function?

They are counted while the log is told. Whether a date has passed is not known until somebody asks, so what has a date
is counted twice, by its month and by its day: all months before the one asked about, the days of that month, and the
steps of that day (``case_steps``) are what is due, and nobody counts a million steps to say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from zlib import crc32

from psycopg import Cursor

from domain.milestone import Milestone
from domain.milestone_events import Schedule
from domain.procedure import procedures
from domain.timeliness import Standing
from domain.variant import rows_of
from projections.parallel import MOST_PROCESSES

if TYPE_CHECKING:
    from projections.case_versions import CaseStep

Part = Literal[
    "done", "planned", "in_progress", "suspended",
    "done_late", "undated", "done_undated", "estimated", "left_out", "not_counted",
]  # fmt: skip
"""What a step is counted as whatever the instant; how the first four stand depends on whether their date has passed
(`domain.timeliness.standing`)."""

DATED: tuple[Part, ...] = ("done", "planned", "in_progress", "suspended")

PAST_AND_AHEAD: Mapping[str, tuple[Standing, Standing]] = {
    "done": ("done_on_time", "done_ahead"),
    "planned": ("without_report", "pending"),
    "in_progress": ("reported_unfinished", "pending"),
    "suspended": ("suspended", "pending"),
}
"""How a part stands whose date has passed, and whose date has not; the other parts stand as they are called, and what
was left out is not counted."""

EVERYWHERE = ""
"""The territory of the figures of the whole country."""

UNDATED_ON = date(1, 1, 1)
"""The month of what no date is looked at of."""

FIGURES_TABLE = """
CREATE TABLE case_figures (
    territory text     NOT NULL,
    span      text     NOT NULL,
    begins_on date     NOT NULL,
    system    smallint NOT NULL,
    part      text     NOT NULL,
    by_law    boolean  NOT NULL,
    -- Whose share of a rebuild (`projections.share`) they are of: those who tell shares do not wait for each other.
    share     smallint NOT NULL,
    number    bigint   NOT NULL,
    PRIMARY KEY (territory, span, begins_on, system, part, by_law, share)
);
"""


class _Key(NamedTuple):
    """What is counted together, in the order of the columns of ``case_figures``."""

    territory: str
    span: Literal["month", "day"]
    begins_on: date
    system: int
    part: str
    by_law: bool
    share: int


class CaseFigures:
    """What a batch adds to the figures, and takes away."""

    def __init__(self) -> None:
        self._changes: Counter[_Key] = Counter()

    def case(self, process: str, territory: str, system: int, before: str | None, now: str) -> None:
        """Count a case as open or closed."""
        for status, number in ((before, -1), (now, 1)):
            if status is not None and before != now:
                for place in (territory, EVERYWHERE):
                    key = _Key(place, "month", UNDATED_ON, system, f"case_{status}", False, _share(process))  # noqa: FBT003 - a column
                    self._changes[key] += number

    def step(self, process: str, before: CaseStep | None, now: CaseStep) -> None:
        """Count a step as what it is now, and no longer as what it was."""
        share = _share(process)
        for step, number in ((before, -1), (now, 1)):
            if step is not None:
                for key in _keys(step, share):
                    self._changes[key] += number

    def write(self, cursor: Cursor[Any]) -> None:
        """Write what changed; what is counted no more has no row."""
        changes = [(*key, number) for key, number in sorted(self._changes.items()) if number]
        if not changes:
            return
        columns = [list(column) for column in zip(*changes, strict=True)]
        cursor.execute(_ADD, columns)
        cursor.execute(_FORGET, columns[:-1])


def _keys(step: CaseStep, share: int) -> Iterator[_Key]:
    begins_on = step.due_at.astimezone(UTC).date() if step.due_at and step.part in DATED else None
    for system in step.systems:
        for place in (step.territory, EVERYWHERE):
            month = begins_on.replace(day=1) if begins_on else UNDATED_ON
            yield _Key(place, "month", month, system, step.part, step.by_law, share)
            if begins_on:
                yield _Key(place, "day", begins_on, system, step.part, step.by_law, share)


def _share(process: str) -> int:
    return crc32(process.encode()) % MOST_PROCESSES


_ADD = """
    INSERT INTO case_figures
    SELECT * FROM unnest(%s::text[], %s::text[], %s::date[], %s::smallint[], %s::text[], %s::boolean[],
                         %s::smallint[], %s::bigint[])
    ON CONFLICT (territory, span, begins_on, system, part, by_law, share)
    DO UPDATE SET number = case_figures.number + excluded.number"""

_FORGET = """
    DELETE FROM case_figures AS told
    USING unnest(%s::text[], %s::text[], %s::date[], %s::smallint[], %s::text[], %s::boolean[], %s::smallint[])
          AS given (territory, span, begins_on, system, part, by_law, share)
    WHERE told.territory = given.territory AND told.span = given.span AND told.begins_on = given.begins_on
      AND told.system = given.system AND told.part = given.part AND told.by_law = given.by_law
      AND told.share = given.share AND told.number = 0"""


def part_of(milestone: Milestone, schedule: Schedule, due: datetime | None, *, counts: bool) -> Part:
    """Return what a step is counted as (`domain.timeliness.standing`, but for the instant)."""
    if milestone.status in {"cancelled", "not_applicable"}:
        return "left_out"
    if not counts:
        return "not_counted"
    if due is None:
        return "done_undated" if milestone.completed else "undated"
    if schedule.rests_on == "estimated":
        return "estimated"
    if milestone.completed is not None:
        return "done_late" if milestone.completed.occurred_at >= due else "done"
    if milestone.status == "suspended":
        return "suspended"
    return "in_progress" if milestone.status == "in_progress" else "planned"


@cache
def systems_of(kind: str, row: str) -> tuple[int, ...]:
    """Return the functions a step belongs to: its procedure's and its own; none where the program knows neither."""
    procedure = procedures().get(kind)
    if procedure is None:
        return ()
    step = rows_of(kind).get(row)
    return tuple(sorted({procedure.system, *(step.systems if step else ())}))
