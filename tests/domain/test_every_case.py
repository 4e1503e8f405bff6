"""Every case procedure can be walked, by any path, to an end: nothing is left waiting for what can never come."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest

from domain.procedure import Fact, Procedure, procedures
from tests.domain.small_case import Walk

CASES = {kind: procedure for kind, procedure in procedures().items() if not procedure.is_plan}
WALKS = 12
WALKS_TO_A_RARE_END = 600
LONGEST = 120


def value_of(fact: Fact, dice: random.Random) -> str:
    """Return some value a fact may have."""
    if fact.choices:
        return dice.choice(fact.choices).id
    return {
        "day": "2026-10-01",
        "instant": "2026-10-01T09:00",
        "year": "2026",
        "number": "1000",
        "text": "algo",
    }[fact.kind]


def walked(procedure: Procedure, dice: random.Random) -> Walk:
    """Return a case in which steps that are open were completed, in any order, until none was."""
    facts = {fact.id: value_of(fact, dice) for fact in procedure.facts}
    territory = "MX" if procedure.jurisdiction != "state" else "MX-CMX"
    at = datetime.fromisoformat("2026-11-05T10:00")
    walk = Walk(procedure, at.isoformat()[:16], facts=facts, territory=territory)
    for _ in range(LONGEST):
        ready = walk.ready()
        if not ready:
            return walk
        id_ = dice.choice(ready)
        outcomes = procedure.step(id_.partition(".")[0]).outcomes
        at += timedelta(hours=dice.randint(1, 90))
        walk.done(id_, at.isoformat()[:16], dice.choice(outcomes).id if outcomes else None)
    raise AssertionError(f"{procedure.kind}: no end after {LONGEST} steps")


@pytest.mark.parametrize("kind", CASES)
def test_every_path_comes_to_an_end_and_leaves_nothing_waiting(kind: str) -> None:
    for seed in range(WALKS):
        walk = walked(CASES[kind], random.Random(seed))
        waiting = {
            id_: status
            for id_, status in walk.statuses().items()
            if status not in {"completed", "not_applicable"}
        }
        assert waiting == {}, f"seed {seed}"


@pytest.mark.parametrize("kind", CASES)
def test_every_outcome_is_reached_by_some_path(kind: str) -> None:
    procedure = CASES[kind]
    missing = {(step.id, outcome.id) for step in procedure.steps for outcome in step.outcomes}
    for seed in range(WALKS_TO_A_RARE_END):
        milestones = walked(procedure, random.Random(seed)).milestones.values()
        missing -= {(each.plan.row, each.outcome) for each in milestones if each.plan and each.outcome}
        if not missing:
            break
    assert missing == set()
