"""The geometry of the charts, in per cent of their width: no style attributes, no script, any screen.

A chart is an SVG whose rectangles are placed by percentages; its words are HTML beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from api.settings import Language
from api.view.formats import month_name
from api.view.look import Look
from domain.calendar import add_months, day_of
from projections.tally import Tally

PARTS = (
    ("done", "done_on_time"),
    ("done-late", "done_late"),
    ("late", "reported_unfinished"),
    ("silent", "without_report"),
    ("suspended", "suspended"),
)
"""What is due to date, in the order it is drawn and said: tone and field of `Tally`."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar."""

    tone: str
    x: float
    width: float
    value: int


def segments(tally: Tally) -> list[Segment]:
    """Return what is due to date as the pieces of one bar."""
    found: list[Segment] = []
    x = 0.0
    for tone, name in PARTS:
        value: int = getattr(tally, name)
        if value:
            width = 100 * value / tally.due
            found.append(Segment(tone, round(x, 2), round(width, 2), value))
            x += width
    return found


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a month begins, its name, and its year where that begins too."""

    x: float
    name: str
    year: str


@dataclass(frozen=True, slots=True)
class Span:
    """The days a timeline shows, both included."""

    first: date
    last: date

    def x(self, day: date) -> float:
        """Return where a day begins, in per cent of the width; outside the span it is at its edge."""
        share = 100 * (day - self.first).days / self.days
        return round(min(max(share, 0.0), 100.0), 2)

    @property
    def days(self) -> int:
        """How many days it shows."""
        return (self.last - self.first).days + 1

    def holds(self, day: date) -> bool:
        """Tell whether a day is in it."""
        return self.first <= day <= self.last

    def months(self, language: Language) -> list[Tick]:
        """Return where each month begins; the year is said where it begins, and at the start."""
        found: list[Tick] = []
        month = self.first.replace(day=1)
        while month <= self.last:
            year = str(month.year) if month.month == 1 or not found else ""
            found.append(Tick(self.x(month), month_name(month, language), year))
            # More than thirty names would not fit.
            month = add_months(month, 1 + self.days // 900)
        return found


def span_of(moments: Iterable[str | None], extra: Iterable[date] = ()) -> Span | None:
    """Return the whole months that hold every given moment, or None where there is none."""
    days = [day_of(moment) for moment in moments if moment] + list(extra)
    if not days:
        return None
    return Span(min(days).replace(day=1), add_months(max(days).replace(day=1), 1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Lane:
    """One activity on a timeline: its planned days, how it looks and how long it is overdue."""

    tone: str
    x: float
    width: float
    is_point: bool
    overdue_width: float


def lane(
    starts: str | None, due: str | None, look: Look, span: Span, *, until: date | None = None
) -> Lane | None:
    """Return an activity's place on a timeline; None where it has no date there.

    ``until`` is the day up to which it is late: of the act, or today.
    """
    begins = starts or due
    if begins is None:
        return None
    first = day_of(begins)
    last = day_of(due) if due else first
    end = max(last, until) if until else last
    if end < span.first or first > span.last:
        return None
    x, width = span.x(first), span.x(last + timedelta(days=1)) - span.x(first)
    overdue = span.x(end + timedelta(days=1)) - span.x(last + timedelta(days=1))
    return Lane(look.tone, x, round(max(width, 0.0), 2), (last - first).days < 2, round(max(overdue, 0.0), 2))
