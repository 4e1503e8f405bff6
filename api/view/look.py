"""How an activity looks on a page: one word and one tone for how it stands, the same everywhere.

The tone is a class of the style sheet; the word goes beside it, so that colour is never the only signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import closes_at, opens_at
from domain.milestone import Status
from domain.step import Kind
from domain.timeliness import Standing
from projections.milestones import MilestoneRow
from projections.outlines import Outline
from projections.tally import Tally

DUE_SOON = timedelta(days=7)
"""How far ahead a date is near."""


@dataclass(frozen=True, slots=True)
class Look:
    """A tone (``done``, ``late`` …) and the word for it (a name in ``words/look.toml``)."""

    tone: str
    word: str


SIGNS = {
    "done": "✓", "done-late": "✓+", "running": "…", "soon": "…", "late": "✗", "silent": "?",
    "suspended": "‖", "idle": "·", "undated": "·", "off": "–",
}  # fmt: skip
"""A sign for each tone, where there is no room for the word; the word is always there for who does not see."""

_BY_STANDING = {
    "done_on_time": Look("done", "done"),
    "done_late": Look("done-late", "done_late"),
    "done_ahead": Look("done", "done_ahead"),
    "done_undated": Look("done", "done_undated"),
    "reported_unfinished": Look("late", "late"),
    "without_report": Look("silent", "silent"),
    "suspended": Look("suspended", "suspended"),
}
_BY_STATUS = {
    "completed": Look("done", "done_plain"),
    "cancelled": Look("off", "cancelled"),
    "not_applicable": Look("off", "not_applicable"),
    "suspended": Look("suspended", "suspended"),
}
_REPLACED = Look("off", "replaced")
"""Recorded as cancelled, but not given up: it is done in another's place."""


def look_of(row: MilestoneRow, at: datetime) -> Look:
    """Return how a milestone looks at an instant."""
    if row.replaced_by:
        return _REPLACED
    dates = _Dates(row.kind, row.starts, row.due, row.zone)
    return _look(row.status, row.standing, dates, at, late=row.late, mirrors=bool(row.same_as))


def look_of_outline(row: Outline, at: datetime) -> Look:
    """Return how a row of the plan looks at an instant: its only milestone, or the worst of its parts."""
    dates = _Dates(row.kind, row.starts, row.due, row.zone)
    if row.alone is not None and row.alone.replaced_by:
        return _REPLACED
    if row.alone is not None:
        return _look(
            row.alone.status, row.alone.standing, dates, at, late=row.alone.late, mirrors=row.mirrors
        )
    tally = row.tally
    if not tally.counted:
        return _by_calendar(dates, at) if row.kind in BY_CALENDAR else Look("idle", "parts")
    for standing in ("without_report", "reported_unfinished", "suspended"):
        if getattr(tally, standing):
            return _BY_STANDING[standing]
    if tally.due and tally.due == tally.counted:
        return _BY_STANDING["done_late" if tally.done_late else "done_on_time"]
    return Look("undated", "undated") if tally.undated == tally.counted else Look("idle", "parts")


BY_CALENDAR = ("period", "limit", "prohibition")
"""The kinds that open and close by themselves."""


@dataclass(frozen=True, slots=True)
class _Dates:
    """What a look depends on besides what was recorded."""

    kind: Kind
    starts: str | None
    due: str | None
    zone: str

    @property
    def opens_at(self) -> datetime | None:
        return opens_at(self.starts, self.zone) if self.starts else None

    @property
    def closes_at(self) -> datetime | None:
        return closes_at(self.due, self.zone) if self.due else None


def _look(
    status: Status, standing: Standing, dates: _Dates, at: datetime, *, late: bool, mirrors: bool
) -> Look:
    if status in {"cancelled", "not_applicable"}:
        return _BY_STATUS[status]
    if mirrors and late:
        return _BY_STANDING["reported_unfinished" if status == "in_progress" else "without_report"]
    if standing in _BY_STANDING:
        return _BY_STANDING[standing]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    is_soon = standing == "pending" and dates.closes_at is not None and dates.closes_at - at <= DUE_SOON
    if status == "in_progress":
        return Look("soon", "running_soon") if is_soon else Look("running", "running")
    if standing == "not_counted" and (not mirrors or dates.kind in BY_CALENDAR):
        return _UNCOUNTED.get(dates.kind) or _by_calendar(dates, at)
    if standing == "undated":
        return Look("undated", "undated")
    if standing == "estimated":
        return Look("idle", "estimated")
    return Look("soon", "soon") if is_soon else Look("idle", "planned")


_UNCOUNTED = {"conditional": Look("idle", "not_arisen"), "recurring": Look("idle", "duty")}


def _by_calendar(dates: _Dates, at: datetime) -> Look:
    """Return how a period, a limit or a prohibition looks."""
    opens, closes = dates.opens_at, dates.closes_at
    if opens is None and closes is None:
        return Look("undated", "undated")
    if closes is not None and closes <= at:
        return Look("off", "closed")
    if opens is not None and opens > at:
        return Look("idle", "ahead")
    if opens is None and dates.kind != "limit":
        # A right that has only a last day can be used already; of the rest, nothing says that it has begun.
        return Look("idle", "no_start")
    return Look("running", "in_force" if dates.kind == "prohibition" else "open")


def level_of(tally: Tally) -> str:
    """Return how far behind a group is on what is due to date: ``none``, ``ok``, ``few`` or ``many``."""
    if not tally.due:
        return "none"
    pending = tally.due - tally.done_on_time - tally.done_late
    if not pending:
        return "ok"
    return "few" if pending <= 2 else "many"
