"""Another program that counts: all it knows are the published events and an instant.

It shares nothing with ours, neither folds nor tables nor the order of their questions, so that both can only agree
by being right. Its input are CloudEvents documents as they are read from the feed, each with its place there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
Figures = Counter[str]

OVER = {"done", "out"}
LATE = {"reported_unfinished", "without_report"}
SOON = timedelta(days=7)


@dataclass(slots=True)
class Activity:
    """One activity, as far as the events tell."""

    planned_at_position: int
    process: str
    id: str
    plan: Document
    dates: Document
    state: str = "open"
    state_before_suspension: str = "open"
    begun: bool = False
    done_at: datetime | None = None

    @property
    def name(self) -> str:
        """Return what lists call it."""
        return f"{self.process}/{self.id}"

    def hear(self, kind: str, document: Document) -> None:
        """Take in what happened to it. Raises `KeyError` for a kind of event this program never heard of."""
        data, at = document["data"], datetime.fromisoformat(document["occurredat"])
        if kind in ("MilestoneDated", "MilestoneRedated"):
            self.dates = data["schedule"]
        elif kind == "MilestoneCorrected":
            self.done_at = at if data["report"] == "completion" else self.done_at
        elif kind == "MilestoneResumed":
            self.state = self.state_before_suspension
        elif kind != "MilestoneValidated":
            self.state_before_suspension, self.state = self.state, _LEADS_TO[kind]
            self.begun |= self.state in ("under way", "done")
            self.done_at = at if self.state == "done" else None

    @property
    def enters(self) -> bool:
        """Return whether it is of the kind that figures of progress are made of."""
        kind = self.plan["kind"]
        by_itself = kind == "act" or (kind == "recurring" and self.plan["occurrence"] != "")
        return not self.plan["same_as"] and (by_itself or (kind == "conditional" and self.begun))

    @property
    def late_from(self) -> datetime | None:
        """Return the first instant after its deadline: the next midnight where it lives, or the hour itself."""
        due = self.dates["due"]
        if due is None:
            return None
        end = datetime.fromisoformat(due) + timedelta(days=0 if "T" in due else 1)
        return end.replace(tzinfo=ZoneInfo(self.plan["zone"]))

    def standing(self, at: datetime) -> str:
        """Return the one group it is counted in, or nothing where it is in none."""
        late_from = self.late_from
        if self.state == "out" or not self.enters:
            return ""
        if late_from is None:
            return "done_undated" if self.done_at else "undated"
        if self.dates["rests_on"] == "estimated":
            return "estimated"
        if self.done_at:
            in_time = "done_ahead" if late_from > at else "done_on_time"
            return "done_late" if self.done_at >= late_from else in_time
        if late_from > at:
            return "pending"
        return {"stopped": "suspended", "under way": "reported_unfinished", "open": "without_report"}[
            self.state
        ]

    def figures(self, at: datetime, *, is_blocked: bool) -> Figures:
        """Return what it adds to the figures."""
        found, standing = Figures(total=1), self.standing(at)
        if self.state == "out" and not self.plan["same_as"]:
            found["left_out"] = 1
        if not standing:
            return found
        found.update(["counted", standing])
        if standing in {"done_on_time", "done_late", "suspended", *LATE}:
            found["due"] = 1
        if standing in {"done_late", *LATE} and self.dates["rests_on"] in ("law", "calendar"):
            found["late_by_law"] = 1
        if standing == "pending" and self.late_from and self.late_from <= at + SOON:
            found["due_soon"] = 1
        if is_blocked:
            found["blocked"] = 1
        return found


_LEADS_TO = {
    "MilestoneStarted": "under way", "MilestoneProgressed": "under way", "MilestoneReopened": "under way",
    "MilestonePartReported": "under way",
    "MilestoneCompleted": "done", "MilestoneSuspended": "stopped",
    "MilestoneCancelled": "out", "MilestoneReplaced": "out", "MilestoneClosedAsNotApplicable": "out",
}  # fmt: skip


Place = tuple[str, str]
"""A process, and the territory in it."""


@dataclass(slots=True)
class Count:
    """What the feed says at an instant."""

    at: datetime
    opened: dict[str, Document] = field(default_factory=dict)
    """The opening of each process, by its id."""
    activities: dict[str, Activity] = field(default_factory=dict)
    """Every activity by ``process/id``, in the order of the plan."""
    work: defaultdict[Place, list[Activity]] = field(default_factory=lambda: defaultdict(list))
    """The activities of each process in each territory."""
    heard: defaultdict[Place, list[tuple[int, Document]]] = field(default_factory=lambda: defaultdict(list))
    """What happened there, with its place in the feed."""
    blocked: set[str] = field(default_factory=set)
    """The activities that wait for one that is late or suspended."""
    holds_back: Counter[str] = field(default_factory=Counter)
    """How many that are to be done follow each that is to be done."""
    adds: dict[str, Figures] = field(default_factory=dict)
    """What each activity adds to the figures."""

    def figures(self, activities: Iterable[Activity] | None = None) -> Figures:
        """Return the figures of some activities, or of all."""
        found = Figures()
        for one in self.activities.values() if activities is None else activities:
            found.update(self.adds[one.name])
        return found

    def acts(self, one: Activity) -> list[Activity]:
        """Return the activities it stands for, which are this same act; most stand for themselves."""
        return [self.activities[name] for name in one.plan["same_as"] if name in self.activities] or [one]

    def is_to_be_done(self, one: Activity) -> bool:
        """Return whether something of it is still open."""
        return any(act.state not in OVER for act in self.acts(one))

    def holds_up(self, one: Activity) -> bool:
        """Return whether others have to wait for it: what closes by the calendar holds up nobody."""
        return self.is_to_be_done(one) and any(act.enters for act in self.acts(one))

    def is_late_or_stopped(self, one: Activity) -> bool:
        """Return whether what waits for it is blocked."""
        acts = self.acts(one)
        is_stopped = all(act.state in {*OVER, "stopped"} for act in acts)
        return is_stopped or any(act.standing(self.at) in LATE for act in acts)


def count(documents: Iterable[tuple[int, Document]], at: datetime) -> Count:
    """Return what these documents, each with its position, say at an instant."""
    counted = Count(at)
    for position, document in documents:
        family, _, name = document["subject"].partition("/")
        if family == "process":
            news = {"ProcessOpened.v1": document["data"], "ProcessConfirmed.v1": {"confirmed": True}}
            counted.opened[name] = counted.opened.get(name, {}) | news.get(document["type"], {})
            counted.heard[name, counted.opened[name]["territory"]].append((position, document))
        elif family == "milestone":
            one = _activity(counted, name, position, document)
            counted.heard[one.process, one.plan["territory"]].append((position, document))
    _put_in_order(counted)
    for name, one in counted.activities.items():
        counted.adds[name] = one.figures(at, is_blocked=name in counted.blocked)
    return counted


def _activity(counted: Count, name: str, position: int, document: Document) -> Activity:
    """Return an activity after one more document about it."""
    kind = document["type"].partition(".")[0]
    if kind != "MilestonePlanned":
        counted.activities[name].hear(kind, document)
        return counted.activities[name]
    process, _, id_ = name.partition("/")
    plan = document["data"]
    one = Activity(position, process, id_, plan, plan["schedule"])
    counted.activities[name] = one
    counted.work[process, plan["territory"]].append(one)
    return one


def _put_in_order(counted: Count) -> None:
    """Find what waits for what."""
    by_row = defaultdict(list)
    for one in counted.activities.values():
        by_row[one.process, one.plan["row"]].append(one)
    for later in counted.activities.values():
        if not counted.is_to_be_done(later):
            continue
        rows = {link["row"] for link in later.plan["after"] if not link["start_to_start"]}
        for row in rows:
            for earlier in by_row[later.process, row]:
                if not (_meet(earlier, later) and counted.holds_up(earlier)):
                    continue
                counted.holds_back[earlier.name] += 1
                if later.enters and counted.is_late_or_stopped(earlier):
                    counted.blocked.add(later.name)


def _meet(earlier: Activity, later: Activity) -> bool:
    """Return whether they are of one state and one month; of an act and a month, the earlier is due a day before."""
    places = {earlier.plan["territory"], later.plan["territory"]}
    months = {earlier.plan["occurrence"], later.plan["occurrence"]}
    in_time = len(months) == 1 or ("" in months and _is_due_before(earlier, later))
    return (len(places) == 1 or "MX" in places) and in_time


def _is_due_before(earlier: Activity, later: Activity) -> bool:
    first, last = earlier.late_from, later.late_from
    return first is not None and last is not None and first + timedelta(days=1) <= last
