"""Moving what dates are counted from by a day moves what is counted from it, and nothing else.

Which dates those are is read here from the rules' own words, not asked of the program.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.condition import holds
from domain.deadline import Resolved
from domain.milestone_events import Schedule
from domain.names import Names
from domain.procedure import Procedure, procedures
from domain.timetable import Actual, Grounds, Timetable
from domain.variant import variants
from tests.domain.small_case import CENTRAL, Walk
from tests.domain.test_every_case import CASES, value_of
from tests.domain.test_order_of_rows import walk_of

YEAR = 2027
ELECTION_DAY = date(2027, 6, 6)
RECEIVED = "2026-11-05T10:00"
UNEVEN = re.compile(r"\b(business|procedural|months|years|after election day)\b")
"""What need not move by exactly a day: one day off more moves no business day, and months end."""

PLANS = [
    procedures()["federal_election"], procedures()["local_election"],
    *(variant.plan for variant in variants()),
]  # fmt: skip
"""The national plans, those of the states that have their own, and those of certain years."""

End = tuple[str, str]
"""One date of one row: its ``start`` or its ``due``."""


def resting_on(
    rules: Mapping[End, str], is_anchor: Callable[[str], bool]
) -> tuple[frozenset[End], frozenset[End]]:
    """Return the dates that rest on an anchor, and of them those that only natural days lead to."""
    resting: set[End] = set()
    even: set[End] = set()
    while True:
        found = {
            end
            for end, rule in rules.items()
            if end not in resting and (is_anchor(rule) or _counted_from(rule) in resting)
        }
        if not found:
            return frozenset(resting), frozenset(even)
        even |= {
            end
            for end in found
            if not UNEVEN.search(rules[end]) and (is_anchor(rules[end]) or _counted_from(rules[end]) in even)
        }
        resting |= found


def moves(before: Mapping[str, Schedule], after: Mapping[str, Schedule]) -> dict[End, int]:
    """Return by how many days each date moved; no date comes or goes."""
    found: dict[End, int] = {}
    for row, schedule in before.items():
        for end, was, is_now in (
            ("start", schedule.starts, after[row].starts),
            ("due", schedule.due, after[row].due),
        ):
            assert (was is None) == (is_now is None), (row, end)
            if was is not None and is_now is not None:
                found[row, end] = (date.fromisoformat(is_now[:10]) - date.fromisoformat(was[:10])).days
    return found


def assert_exactly_these_moved(
    moved: Mapping[End, int], rules: Mapping[End, str], is_anchor: Callable[[str], bool], days: int
) -> None:
    """Nothing else moved; what rests on the anchor by natural days moved as far, the rest not the other way."""
    resting, even = resting_on(rules, is_anchor)
    assert {end for end, by in moved.items() if by} <= resting
    assert {end: by for end, by in moved.items() if end in even and by != days} == {}
    assert all(by * days >= 0 for by in moved.values())


def _counted_from(rule: str) -> End | None:
    named = re.match(r"([A-Z][A-Z0-9]*)\.(start|due)\b", rule)
    return (named[1], named[2]) if named else None


# Plans -------------------------------------------------------------------------------------------------


def rules_of(plan: Procedure) -> dict[End, str]:
    """Return the rule of each date of a plan."""
    ends = (("start", "starts"), ("due", "due"))
    return {
        (step.id, end): rule for step in plan.steps for end, word in ends if (rule := getattr(step, word))
    }


def dated(plan: Procedure, day: date, actual: Mapping[str, Actual] | None = None) -> Mapping[str, Schedule]:
    """Return the dates of a plan around a day of the vote."""
    words = Names(es="el día de la jornada", en="election day")
    return Timetable(
        plan.steps, Grounds(YEAR, Resolved(day.isoformat(), "law", words, anchored=True)), actual
    ).schedules


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.kind} {plan.digest[:6]}")
@hypothesis.given(days=st.sampled_from([-1, 1]), later=st.integers(0, 200))
@hypothesis.settings(max_examples=20, deadline=None)
def test_moving_election_day_by_a_day_moves_exactly_what_is_counted_from_it(
    plan: Procedure, days: int, later: int
) -> None:
    day = ELECTION_DAY + timedelta(later)

    moved = moves(dated(plan, day), dated(plan, day + timedelta(days)))

    assert any(moved.values())
    assert_exactly_these_moved(moved, rules_of(plan), lambda rule: "election day" in rule, days)


@hypothesis.given(days=st.sampled_from([-1, 1]), dice=st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=40, deadline=None)
def test_moving_one_step_of_a_plan_by_a_day_moves_exactly_what_is_counted_from_it(
    days: int, dice: random.Random
) -> None:
    plan = procedures()["federal_election"]
    usual, rules = dated(plan, ELECTION_DAY), rules_of(plan)
    anchors = {anchor[0] for rule in rules.values() if (anchor := _counted_from(rule))}
    row = dice.choice(sorted(row for row in anchors if usual[row].due))

    given = usual[row].model_copy(
        update={end: _later(at, days) for end in ("starts", "due") if (at := getattr(usual[row], end))}
    )
    moved = moves(usual, dated(plan, ELECTION_DAY, {row: Actual(schedule=given)}))

    own = {(row, "start"), (row, "due")}
    assert any(by for end, by in moved.items() if end not in own)
    others = {end: by for end, by in moved.items() if end not in own}
    assert_exactly_these_moved(others, rules, lambda rule: _counted_from(rule) in own, days)


def _later(moment: str, days: int) -> str:
    return (date.fromisoformat(moment[:10]) + timedelta(days)).isoformat() + moment[10:]


# Cases -------------------------------------------------------------------------------------------------


@hypothesis.given(seed=st.integers(0, 2**32), days=st.sampled_from([-1, 1]))
@hypothesis.settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("kind", CASES)
def test_moving_a_moment_of_a_case_by_a_day_moves_exactly_what_is_counted_from_it(
    kind: str, seed: int, days: int
) -> None:
    procedure, dice = CASES[kind], random.Random(seed)
    facts = {fact.id: value_of(fact, dice) for fact in procedure.facts}
    actual = what_happened(procedure, dice)
    rules = rules_in_force(procedure, actual, facts)
    anchors = {"opened"} | {f"fact {fact.id}" for fact in procedure.facts if fact.kind in {"day", "instant"}}
    anchors |= {f"{row}.done" for row in actual}
    anchor = dice.choice(sorted(anchors))

    before = Timetable(procedure.steps, Grounds(YEAR, opened=RECEIVED, facts=facts), actual).schedules
    opened = _later(RECEIVED, days) if anchor == "opened" else RECEIVED
    told = {id_: _later(at, days) if anchor == f"fact {id_}" else at for id_, at in facts.items()}
    done = {
        row: each._replace(done_at=_later(each.done_at or "", days)) if anchor == f"{row}.done" else each
        for row, each in actual.items()
    }
    after = Timetable(procedure.steps, Grounds(YEAR, opened=opened, facts=told), done).schedules

    # A pause has two ends of its own; what it does is in `tests.domain.test_deadline_of_a_case`.
    paused = {
        step.id for step in procedure.steps for each in step.pauses if anchor[:-5] in {each.from_, each.to}
    }
    moved = {end: by for end, by in moves(before, after).items() if end[0] not in paused}
    assert_exactly_these_moved(moved, rules, re.compile(rf"{re.escape(anchor)}\b").match, days)  # type: ignore[arg-type]  # a match is true


def what_happened(procedure: Procedure, dice: random.Random) -> dict[str, Actual]:
    """Return steps that were done, some of all, each with some outcome."""
    found = {}
    for step in procedure.steps:
        if dice.random() < 0.7:
            at = datetime.fromisoformat(RECEIVED) + timedelta(hours=dice.randint(1, 2_000))
            outcome = dice.choice(step.outcomes).id if step.outcomes else ""
            found[step.id] = Actual(done_at=at.isoformat()[:16], outcome=outcome)
    return found


def rules_in_force(
    procedure: Procedure, actual: Mapping[str, Actual], facts: Mapping[str, str]
) -> dict[End, str]:
    """Return the rule that counts for each date: of a due date the first alternative that holds, or the usual one."""

    def outcome_of(row: str) -> str | None:
        return actual[row].outcome if row in actual else None

    found = rules_of(procedure)
    for step in procedure.steps:
        for alternative in reversed(step.due_when):
            if holds(alternative.when, outcome_of, facts.get):
                found[step.id, "due"] = alternative.rule
    return found


@pytest.mark.parametrize("kind", CASES)
@hypothesis.given(seed=st.integers(0, 2**32), hours=st.integers(-30, 30))
@hypothesis.settings(max_examples=8, deadline=None)
def test_a_case_put_right_has_the_dates_of_one_that_was_right_from_the_first(
    kind: str, seed: int, hours: int
) -> None:
    """Whatever else happened since, the correction moves what the report would have moved."""
    walk = walk_of(CASES[kind], seed, steps=8)
    done = [id_ for id_ in sorted(walk.milestones) if walk.status(id_) == "completed"]
    hypothesis.assume(done)
    row = random.Random(seed).choice(done)
    completed = walk.milestones[row].completed
    assert completed is not None
    at = f"{(completed.occurred_at.astimezone(CENTRAL) + timedelta(hours=hours)):%Y-%m-%dT%H:%M}"

    right = walk_of(CASES[kind], seed, steps=8, instead={row: at})
    walk.corrected(row, at, walk.milestones[row].outcome)

    assert open_dates(walk) == open_dates(right)


def open_dates(walk: Walk) -> dict[str, Schedule | None]:
    """Return the dates of the steps that are still to be done."""
    return {
        id_: each.schedule
        for id_, each in walk.milestones.items()
        if walk.status(id_) in {"planned", "in_progress"}
    }
