"""The days between steps, and the days one authority waits for another, counted by hand from the log.

Written without the program's queries: every milestone is folded from its events and looked at one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.milestone import MILESTONE, OPEN, Milestone
from domain.process import CaseOpened, ProcessOpened
from domain.timeliness import counts, due_at, starts_at
from ledger.ledger import recorded_event
from tests.pages.site import Site

A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Counted:
    """One milestone as it stands; of one that stands for others, as they stand together."""

    name: str
    """``process/id``."""
    state: Milestone
    is_case: bool
    is_act: bool
    is_over: bool
    status: str
    due: datetime | None
    starts: datetime | None
    done_at: datetime | None

    @property
    def process(self) -> str:
        """The process it is of."""
        return self.name.partition("/")[0]

    @property
    def row(self) -> str:
        """The row of its plan."""
        assert self.state.plan is not None
        return self.state.plan.row

    @property
    def territory(self) -> str:
        """Where it is."""
        assert self.state.plan is not None
        return self.state.plan.territory

    @property
    def responsible(self) -> str:
        """Who answers for it."""
        assert self.state.plan is not None
        return self.state.responsible or self.state.plan.responsible


class Count:
    """Everything a log says of milestones."""

    def __init__(self, site: Site) -> None:
        self.kinds: dict[str, str] = {}
        cases: set[str] = set()
        self.reserved: set[str] = set()
        states: dict[str, Milestone] = defaultdict(lambda: MILESTONE.initial)
        for stored in site.resources.ledger.log.read(0, 1_000_000):
            event, envelope = recorded_event(stored)
            family, _, rest = stored.stream.partition("/")
            if isinstance(event, CaseOpened | ProcessOpened):
                self.kinds[rest] = event.kind
            if isinstance(event, CaseOpened):
                cases.add(rest)
                self.reserved |= {rest} if event.docket == "reserved" else set()
            if family == "milestone":
                states[rest] = MILESTONE.evolve(states[rest], event, envelope)
        alone = {name: _alone(name, state, cases) for name, state in states.items()}
        self.all = {name: _with_the_acts(one, alone) for name, one in alone.items()}
        self.of_row: dict[tuple[str, str], list[Counted]] = defaultdict(list)
        for one in self.all.values():
            self.of_row[one.process, one.row].append(one)

    def before(self, later: Counted) -> list[Counted]:
        """Return the acts that one follows."""
        assert later.state.plan is not None
        rows = [link.row for link in later.state.plan.after if not link.start_to_start]
        return [
            earlier
            for row in rows
            for earlier in self.of_row[later.process, row]
            if earlier.is_act and _in_one_place(earlier, later) and _in_that_order(earlier, later)
        ]

    def waits(self, at: datetime) -> Iterator[tuple[Counted, str, float | None, float | None]]:
        """Yield each step with whom it waits for, the days it waited, and the days it has been waiting at ``at``.

        The first is None while it is not handed over, the second where it is not waiting.
        """
        for later in self.all.values():
            if not later.is_act or later.status in {"cancelled", "not_applicable"}:
                continue
            before = self.before(later)
            for awaited in sorted({one.responsible for one in before} - {later.responsible}):
                theirs = [one for one in before if one.responsible == awaited]
                own = [one for one in before if one.responsible == later.responsible]
                yield later, awaited, *self._wait(later, own, theirs, at)

    def _wait(
        self, later: Counted, own: list[Counted], theirs: list[Counted], at: datetime
    ) -> tuple[float | None, float | None]:
        begun = self._begun(later, own, theirs)
        handed = _last(theirs)
        if all(one.is_over for one in theirs):
            if handed is None or (later.done_at and later.done_at < handed):
                return None, None
            return (max(0.0, (handed - begun).total_seconds() / A_DAY) if begun else 0.0), None
        held_back = [
            one for each in theirs if not each.is_over for one in self.before(each) if not one.is_over
        ]
        if held_back or not all(one.is_over for one in own) or later.status == "completed":
            return None, None
        return None, ((at - begun).total_seconds() / A_DAY if begun and begun <= at else None)

    def _begun(self, later: Counted, own: list[Counted], theirs: list[Counted]) -> datetime | None:
        turn = _last([one for each in theirs for one in self.before(each)])
        ready = [moment for moment in (_last(own), later.starts) if moment]
        dues = [one.due for one in theirs if one.due]
        begun = max(ready) if ready else max(dues, default=None)
        if begun is None:
            return turn if later.is_case else None
        return max(begun, turn) if turn else begun


def _last(steps: list[Counted]) -> datetime | None:
    return max((one.done_at for one in steps if one.done_at), default=None)


def _alone(name: str, state: Milestone, cases: set[str]) -> Counted:
    assert state.plan is not None
    schedule = state.schedule or state.plan.schedule
    return Counted(
        name, state, name.partition("/")[0] in cases, counts(state.plan, arisen=state.has_arisen), state.is_over,
        state.status, due_at(schedule, state.plan.zone), starts_at(schedule, state.plan.zone),
        state.completed.occurred_at if state.completed else None,
    )  # fmt: skip


def _with_the_acts(one: Counted, alone: dict[str, Counted]) -> Counted:
    """Return a local milestone as the federal ones stand that are the same act."""
    assert one.state.plan is not None
    acts = [alone[name] for name in one.state.plan.same_as if name in alone]
    if not acts:
        return one
    is_over = all(act.is_over for act in acts)
    done = any(act.status == "completed" for act in acts)
    return Counted(
        one.name, one.state, one.is_case, one.is_act or any(act.is_act for act in acts), is_over,
        ("completed" if done else "not_applicable") if is_over else OPEN[0],
        one.due or max((act.due for act in acts if act.due), default=None), one.starts,
        max((act.done_at for act in acts if act.done_at), default=None) if is_over else None,
    )  # fmt: skip


def _in_one_place(earlier: Counted, later: Counted) -> bool:
    return earlier.territory == later.territory or "MX" in {earlier.territory, later.territory}


def _in_that_order(earlier: Counted, later: Counted) -> bool:
    """Tell whether their occurrences are the same, or dated a day apart."""
    assert earlier.state.plan is not None
    assert later.state.plan is not None
    occurrences = (earlier.state.plan.occurrence, later.state.plan.occurrence)
    if occurrences[0] == occurrences[1]:
        return True
    if "" not in occurrences or earlier.due is None or later.due is None:
        return False
    return (later.due - earlier.due).total_seconds() >= A_DAY
