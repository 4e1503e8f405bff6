"""No date and no consequence depends on where in its file a row is written."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from domain.entity import FEDERATION, entities
from domain.plan import opening
from domain.procedure import Procedure, procedures
from domain.variant import plan_for
from tests.domain.small_case import Walk
from tests.domain.test_every_case import CASES, value_of

CYCLE = "2026-2027"
PLANS = [("federal_election", FEDERATION), *(("local_election", code) for code in entities())]
BEGAN = datetime.fromisoformat("2026-11-05T10:00")
STEPS_OF_A_WALK = 25


def shuffled(procedure: Procedure, seed: int) -> Procedure:
    """Return a procedure whose rows are written in another order, read anew as from a file."""
    steps = list(procedure.steps)
    random.Random(seed).shuffle(steps)
    fields = {name: getattr(procedure, name) for name in type(procedure).model_fields}
    return Procedure.model_validate(fields | {"steps": tuple(steps)})


def walk_of(
    procedure: Procedure, seed: int, *, steps: int = STEPS_OF_A_WALK, instead: Mapping[str, str] | None = None
) -> Walk:
    """Return a case of a procedure, led on by dice that look at the steps' names and not at their order.

    ``instead`` are other moments for some steps than those of the dice.
    """
    dice = random.Random(seed)
    facts = {fact.id: value_of(fact, dice) for fact in procedure.facts}
    territory = "MX" if procedure.jurisdiction != "state" else "MX-CMX"
    at = BEGAN
    walk = Walk(procedure, at.isoformat()[:16], facts=facts, territory=territory)
    for _ in range(steps):
        ready = sorted(walk.ready())
        if not ready:
            break
        id_ = dice.choice(ready)
        outcomes = sorted(outcome.id for outcome in procedure.step(id_.partition(".")[0]).outcomes)
        at += timedelta(hours=dice.randint(1, 90))
        moment = (instead or {}).get(id_, at.isoformat()[:16])
        walk.done(id_, moment, dice.choice(outcomes) if outcomes else None)
    return walk


@pytest.mark.parametrize(("kind", "territory"), PLANS)
@hypothesis.given(seed=st.integers(0, 2**32))
@hypothesis.settings(max_examples=3, deadline=None)
def test_no_date_of_a_plan_depends_on_the_order_of_its_rows(kind: str, territory: str, seed: int) -> None:
    plan = plan_for(kind, territory, CYCLE)

    again = opening(shuffled(plan, seed), territory, CYCLE).milestones

    assert dict(again) == dict(opening(plan, territory, CYCLE).milestones)


@pytest.mark.parametrize("kind", CASES)
@hypothesis.given(seed=st.integers(0, 2**32))
@hypothesis.settings(max_examples=8, deadline=None)
def test_no_date_and_no_consequence_in_a_case_depends_on_the_order_of_its_rows(kind: str, seed: int) -> None:
    expected, again = walk_of(CASES[kind], seed), walk_of(shuffled(CASES[kind], seed + 1), seed)

    assert again.statuses() == expected.statuses()
    assert {id_: each.schedule for id_, each in again.milestones.items()} == {
        id_: each.schedule for id_, each in expected.milestones.items()
    }


def test_the_rows_are_really_in_another_order() -> None:
    """The control: a shuffle that left them where they were would prove nothing."""
    for procedure in procedures().values():
        again = shuffled(procedure, 1)
        assert [step.id for step in again.steps] != [step.id for step in procedure.steps]
        assert again.by_id == procedure.by_id
