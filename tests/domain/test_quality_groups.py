"""The groups of processes of ISO/TS 54001 on the two plans."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from domain.procedure import procedures
from domain.step import Quality

FEDERAL, LOCAL = procedures()["federal_election"], procedures()["local_election"]
IN_NONE = {
    "federal_election": "F001 F003 F008 F009 F042 F049 F080 F081 F088 F089 F090 F169 F179",
    "local_election": "L010 L013 L031 L049 L051 L132",
}
"""The steps whose file says why they are in no group."""


def test_every_step_of_a_plan_has_a_group_but_those_its_file_gives_reasons_for() -> None:
    for plan in (FEDERAL, LOCAL):
        without = [step.id for step in plan.steps if step.quality is None]

        assert " ".join(without) == IN_NONE[plan.kind]
        header = plan.text.partition("\nkind = ")[0]
        assert [row for row in without if row not in header] == []


def test_the_federal_plan_has_steps_of_every_group() -> None:
    assert {step.quality for step in FEDERAL.steps} - {None} == set(get_args(Quality))


def test_the_same_act_is_in_the_same_group_in_both_plans() -> None:
    """A local step that stands for several federal ones of two groups (L065) is in that of most of them."""
    for step in LOCAL.steps:
        groups = Counter(FEDERAL.step(row).quality for row in step.same_as)
        if groups:
            most = max(groups.values())
            assert [group for group, count in groups.items() if count == most] == [step.quality], step.id
