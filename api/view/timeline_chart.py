"""The timeline of a process as a template draws it: its stages, a line for each row of the plan, and the zooms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from markupsafe import Markup

from api.problems import Problem
from api.view.charts import Lane, Span, lane, span_of
from api.view.formats import local_day, short_moment, short_span
from api.view.look import Look, look_of_outline
from api.view.visit import Visit
from api.words import speak
from domain.calendar import add_months, day_of
from domain.names import Names
from projections.outlines import Outline
from projections.processes import ProcessRow
from projections.tally import Tally


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the plan on a timeline."""

    name: Names
    address: str
    responsible: str
    when: str
    look: Look
    lane: Lane
    tally: Tally | None
    """How its parts stand, where it is followed state by state."""


@dataclass(frozen=True, slots=True)
class ChartStage:
    """A stage with its lines, and how many of its rows have no date."""

    name: Names
    lines: list[Line]
    undated: int


def _span(
    desde: Annotated[str, Query(description="Primer día del cronograma.")] = "",
    hasta: Annotated[str, Query(description="Último día del cronograma.")] = "",
) -> Span | None:
    if not desde and not hasta:
        return None
    try:
        first, last = date.fromisoformat(desde), date.fromisoformat(hasta)
    except ValueError:
        first, last = date.max, date.min
    if not first < last <= first + timedelta(days=3660):
        words = {
            "es": "«desde» y «hasta» son días como 2026-11-01, en ese orden.",
            "en": "'desde' and 'hasta' are days such as 2026-11-01, in that order.",
        }
        raise Problem(422, "bad-span", es=words["es"], en=words["en"])
    return Span(first, last)


TimelineSpan = Annotated[Span | None, Depends(_span)]
"""The days a timeline is asked for by ``?desde=&hasta=``; None for all of it."""


def timeline_content(
    visit: Visit,
    process: ProcessRow,
    outlines: Sequence[Outline],
    asked: Span | None,
    at: datetime,
    *,
    opens_near: bool = False,
) -> dict[str, Any]:
    """Return what ``timeline.html`` shows of a process.

    Where no days are asked for it shows all of them or, where it ``opens_near``, the months around now.
    """
    today = local_day(at)
    # A case file has no day of the vote; its page tells its steps one by one.
    election_day = day_of(process.election_day) if process.election_day else None
    moments = (moment for row in outlines for moment in (row.starts, row.due))
    whole = span_of(moments, [election_day]) if election_day else None
    if whole is None or election_day is None:
        return {"span": None, "whole": None, "chart": [], "months": [], "zooms": []}
    near = _months(today, -1, 4)
    span = asked or (near if opens_near else whole)
    stages = [_stage(visit, stage.name, [row for row in outlines if row.stage == stage.id], span, at)
              for stage in process.stages]  # fmt: skip
    return {
        "span": span,
        "whole": whole,
        "chart": stages,
        "months": span.months(visit.language),
        "zooms": _zooms(today, election_day, whole, opens_near=opens_near),
        "election_day": process.election_day,
    }


def _months(today: date, first: int, count: int) -> Span:
    """Return so many whole months, from one before or after this."""
    month = add_months(today.replace(day=1), first)
    return Span(month, add_months(month, count) - timedelta(days=1))


def _zooms(today: date, election_day: date, whole: Span, *, opens_near: bool) -> list[tuple[str, str, str]]:
    """Return the spans that are offered: their word, and the two parameters (empty for the one it opens with)."""
    near = _months(today, -1, 4)
    around = Span(election_day - timedelta(days=30), election_day + timedelta(days=20))
    spans = {"near": near, "month": _months(today, 0, 1), "election": around, "all": whole}
    opening = "near" if opens_near else "all"
    return [
        (word, "", "") if word == opening else (word, span.first.isoformat(), span.last.isoformat())
        for word, span in spans.items()
    ]


def _stage(visit: Visit, name: Names, rows: list[Outline], span: Span, at: datetime) -> ChartStage:
    lines = [line for row in rows if (line := _line(visit, row, span, at))]
    lines.sort(key=lambda line: line.lane.x)
    return ChartStage(name, lines, sum(row.starts is None and row.due is None for row in rows))


def _line(visit: Visit, row: Outline, span: Span, at: datetime) -> Line | None:
    look = look_of_outline(row, at)
    is_late = row.alone is not None and row.alone.late
    place = lane(row.starts, row.due, look, span, until=local_day(at, row.zone) if is_late else None)
    if place is None:
        return None
    return Line(
        name=row.name,
        address=outline_address(visit, row),
        responsible=row.responsible,
        when=_when(visit, row, local_day(at)),
        look=look,
        lane=place,
        tally=row.tally if row.parts > 1 else None,
    )


def outline_address(visit: Visit, row: Outline) -> str:
    """Return the page of a row of the plan: of its only milestone, or of all together."""
    return visit.link(f"/procesos/{row.process}/actividades/{row.alone.id if row.alone else row.row}")


def _when(visit: Visit, row: Outline, today: date) -> Markup | str:
    say = speak(visit.language)
    if row.due and row.starts and row.starts != row.due:
        start, end = short_span(row.starts, row.due, visit.language, today)
        return say("look.from_to", start=start, end=end)
    if row.due:
        return short_moment(row.due, visit.language, today)
    return say("look.from_on", start=short_moment(row.starts or "", visit.language, today))
