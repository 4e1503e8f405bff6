"""The replay by what had happened: a scope day after day, or a night of tally sheets minute after minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from api.problems import Problem
from api.view.night_chart import DRAWN_SECONDS, FIGURES, LINES, polyline, share_of
from api.view.page import Content
from api.view.replay_scope import KnownScope
from api.view.replay_state import scope_state
from api.view.replay_steps import Controls, controls, number_in
from api.view.visit import Reading, Visit, instant_of
from domain.entity import CENTRAL_ZONE
from projections.moment import AsOf, BadMoment
from projections.replay import ActSpan, act_span
from projections.second_clock import at_both_clocks, happened_by_in
from projections.tally_sheets import get_tally_sheet_summary, list_tally_sheet_curve, tally_sheet_span
from projections.timeline import list_timeline

ZONE = ZoneInfo(CENTRAL_ZONE)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LISTED = 8
"""How many of the last acts are shown."""


@dataclass(frozen=True, slots=True)
class Acts:
    """From when to when acts happened, and how finely they are told: a night by the minute, the rest by the day."""

    first: datetime
    """The first day or minute, at its beginning, in the capital's hour."""
    unit: timedelta
    steps: int

    def written(self, number: int) -> str:
        """Return a step as an address says it: a day means its end."""
        at = self.first + (number - 1) * self.unit
        return at.strftime("%Y-%m-%d" if self.unit == DAY else "%Y-%m-%dT%H:%M")

    def number_at(self, at: datetime) -> int:
        """Return the step an instant is in, or the nearest."""
        local = at.astimezone(ZONE).replace(tzinfo=None)
        return min(max((local - self.first) // self.unit + 1, 1), self.steps)


def acts_of(reading: Reading, scope: KnownScope, now: datetime) -> Acts | None:
    """Return the steps of a scope by what had happened; None where nothing has."""
    night = None
    if scope.process is not None and scope.milestone is None:
        night = tally_sheet_span(reading.connection, scope.process.id, reading.as_of)
    span = night or act_span(reading.connection, scope.asked.where(), reading.as_of)
    if span is None:
        return None
    return _acts(span, MINUTE if night else DAY, now)


def _acts(span: ActSpan, unit: timedelta, now: datetime) -> Acts:
    first, last = (at.astimezone(ZONE).replace(tzinfo=None) for at in (span.first_at, min(span.last_at, now)))
    first = first.replace(second=0, microsecond=0)
    if unit == DAY:
        first = first.replace(hour=0, minute=0)
        return Acts(first, unit, max((last - first) // unit + 1, 1))
    # The minute at which the last of them had happened is a whole one.
    return Acts(first, unit, max(-((first - last) // unit) + 1, 1))


def act_asked_for(visit: Visit, acts: Acts, paso: str) -> int:
    """Return the number of the step an address leads to; the last one where it names none. Raises a 422 `Problem`."""
    number = number_in(paso)
    if number is not None:
        return min(max(number, 1), acts.steps)
    if not visit.ocurrido:
        return acts.steps
    now = visit.resources.clock()
    try:
        return acts.number_at(happened_by_in(instant_of(visit.ocurrido, now) or "", now))
    except BadMoment as bad:
        raise Problem(422, "bad-moment", es=bad.es, en=bad.en) from bad


def acts_content(visit: Visit, reading: Reading, scope: KnownScope, acts: Acts, number: int) -> Content:
    """Return what is shown of a day or a minute: the last acts, the state, or the figures of the night."""
    now, written = visit.resources.clock(), acts.written(number)
    moment = at_both_clocks(
        reading.connection, reading.as_of, _instant(written, now), now, scope.asked.read_by_the_second_clock()
    )
    is_night = acts.unit == MINUTE
    latest = list_timeline(
        reading.connection, scope.asked.where(), moment, newest_first=True, limit=LISTED
    ).items
    return {
        "by": "acts",
        "acts": acts,
        "written": written,
        "controls": _controls(visit, scope, acts, number),
        "moment": moment,
        "latest": [] if is_night else latest,
        "night": _night(reading, scope, moment) if is_night else None,
        "state": None if is_night else scope_state(visit, reading.connection, scope, moment, None),
        "data": _data(visit, scope, moment) if is_night else None,
    }


def _controls(visit: Visit, scope: KnownScope, acts: Acts, number: int) -> Controls:
    return controls(scope, visit, number, acts.steps, reloj="hechos")


def _instant(written: str, now: datetime) -> str:
    """Return the instant of a step, which has come: of a day that is not over, now."""
    return min(datetime.fromisoformat(instant_of(written, now) or ""), now).isoformat()


def _data(visit: Visit, scope: KnownScope, moment: AsOf) -> str:
    by = moment.at.astimezone(UTC).isoformat()
    return visit.data(f"/api/v1/processes/{scope.asked.proceso}/tally-sheets/summary", happened_by=by)


def _night(reading: Reading, scope: KnownScope, moment: AsOf) -> Content:
    """Return the figures of the night at an instant, and its lines with the place of that instant on them."""
    connection, process = reading.connection, scope.asked.proceso
    summary = get_tally_sheet_summary(connection, process, reading.as_of, happened_by=moment.at)
    drawn = list_tally_sheet_curve(connection, process, reading.as_of, step_seconds=DRAWN_SECONDS)[1:]
    whole = drawn[-1].expected if drawn else 0
    share = 0.0
    if len(drawn) > 1:
        share = share_of(moment.at, drawn[0].at, drawn[-1].at)
    return {
        "figures": [(name, getattr(summary, name), getattr(summary, f"{name}_percent", None)) for name in FIGURES],
        "lines": [(name, polyline(drawn, name, whole)) for name in LINES],
        "x": round(1_000 * min(max(share, 0.0), 1.0), 1),
    }  # fmt: skip
