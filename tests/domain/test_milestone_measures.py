"""Figures that add up, outcomes the procedure knows, and the threshold an outcome needs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from domain.milestone import Milestone
from domain.milestone_commands import CompleteMilestone, CorrectMilestone, ReportProgress
from domain.milestone_events import Figure, MilestoneCompleted
from domain.milestone_measures import total_of
from domain.step import Quantity, Step
from tests.domain.decisions import Decision, Given, given
from tests.domain.milestones import planned
from tests.domain.small_case import case_procedure, case_step, outcome
from tests.domain.small_procedure import NAMES

SIGNATURES = {
    "id": "signatures", "unit": NAMES, "of": "nominal_list", "at_least_percent": "0.4",
    "by": ["women", "men"], "basis": ["LGPP 15.1.b"],
}  # fmt: skip
ASSEMBLIES = {"id": "assemblies", "unit": NAMES, "target": 20, "basis": ["LGPP 15.1.a"]}
STEP: Step = case_procedure(
    case_step(
        "S01",
        "opened + 10 days",
        quantities=[SIGNATURES, ASSEMBLIES],
        outcomes=[outcome("granted", needs=["signatures", "assemblies"]), outcome("denied")],
    ),
    facts=[{"id": "nominal_list", "kind": "number", "name": NAMES}],
).step("S01")
LIST = {"nominal_list": "1000"}


def signatures(value: int, by: str | None = None) -> Figure:
    return Figure(quantity="signatures", by=by, value=value)


def assemblies(value: int) -> Figure:
    return Figure(quantity="assemblies", value=value)


def reported(done: int, *figures: Figure) -> Decision:
    row = given([planned(target=None)])
    return row.when(ReportProgress(done=done, figures=figures), step=STEP, facts=LIST)


def completed(
    before: Milestone, outcome: str | None = "granted", *, facts: Mapping[str, str] = LIST
) -> Decision:
    return Given(before).when(CompleteMilestone(outcome=outcome), step=STEP, facts=facts)


# Figures -----------------------------------------------------------------------------------------------


def test_groups_add_up_to_the_figure_of_the_first_quantity_and_the_others_stand_by_themselves() -> None:
    figures = (signatures(3, "women"), signatures(2, "men"), assemblies(20))
    after = reported(5, *figures).after()

    assert (after.done, after.figures) == (5, figures)
    assert [total_of(figures, each) for each in ("signatures", "assemblies", "members")] == [5, 20, None]


@pytest.mark.parametrize(
    ("figures", "named", "to_do"),
    [
        ([Figure(quantity="members", value=5)], "members", "use signatures, signatures/women"),
        ([signatures(5, "children")], "signatures/children", "use signatures, signatures/women"),
        ([Figure(quantity="assemblies", by="women", value=5)], "assemblies/women", "use signatures"),
        ([signatures(3, "women"), signatures(2, "women")], "signatures/women", "leave one figure"),
        ([signatures(5), signatures(5)], "signatures", "leave one figure"),
        ([signatures(3, "women"), signatures(3, "men")], "signatures", "correct the one that is wrong"),
    ],
    ids=["unknown", "unknown group", "not by group", "twice a group", "twice the whole", "another sum"],
)
def test_figures_that_are_not_measured_or_do_not_add_up_are_refused_and_named(
    figures: list[Figure], named: str, to_do: str
) -> None:
    refused = reported(5, *figures).then_refused("wrong-figures", basis="LGIPE 225")
    assert to_do in refused.en
    assert refused.en.startswith("The figures of S01 ")
    assert named in refused.es
    assert named in refused.en
    assert refused.fields == ("figures",)


def test_a_step_that_measures_nothing_takes_no_figures() -> None:
    row = given([planned(target=None)])
    row.when(ReportProgress(done=5, figures=(signatures(5),))).then_refused("wrong-figures")
    assert row.when(ReportProgress(done=5)).after().done == 5


# Outcomes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [None, "Granted", "approved"])
def test_a_step_with_outcomes_comes_to_one_of_them(words: str | None) -> None:
    refused = completed(reported(4).after(), words).then_refused("unknown-outcome", basis="LGIPE 225")
    for said in (refused.es, refused.en):
        assert "granted, denied" in said


def test_a_step_without_outcomes_takes_any_words() -> None:
    given([planned()]).when(CompleteMilestone(outcome="as agreed")).then(
        [MilestoneCompleted(outcome="as agreed")]
    )


# Thresholds --------------------------------------------------------------------------------------------


def test_an_outcome_is_granted_from_its_exact_threshold() -> None:
    """Four is 0.4% of a thousand, and twenty assemblies are asked for."""
    enough = reported(4, signatures(4), assemblies(20)).after()
    assert completed(enough).after().outcome == "granted"


@pytest.mark.parametrize(
    ("figures", "said", "basis"),
    [
        ([signatures(3), assemblies(20)], "0.4% of 1000", "LGPP 15.1.b"),
        ([signatures(4), assemblies(19)], "20", "LGPP 15.1.a"),
        ([signatures(4)], "20", "LGPP 15.1.a"),
    ],
    ids=["too few", "too few of the second", "nothing said of the second"],
)
def test_below_its_threshold_an_outcome_is_refused_with_what_is_needed(
    figures: list[Figure], said: str, basis: str
) -> None:
    before = reported(figures[0].value, *figures).after()
    refused = completed(before).then_refused("threshold-not-reached", basis=basis)
    assert f"{said} are needed" in refused.en
    assert completed(before, "denied").after().outcome == "denied"


def test_where_the_whole_is_not_known_no_part_of_it_is_enough() -> None:
    before = reported(999, signatures(999), assemblies(20)).after()
    completed(before, facts={}).then_refused("threshold-not-reached", basis="LGPP 15.1.b")


def test_a_completion_is_not_corrected_to_an_outcome_whose_threshold_was_not_reached() -> None:
    denied = completed(reported(3, signatures(3), assemblies(20)).after(), "denied").after()
    restated = CorrectMilestone(report="completion", reason="a typing error", outcome="granted")
    Given(denied).when(restated, step=STEP, facts=LIST).then_refused(
        "threshold-not-reached", basis="LGPP 15.1.b"
    )


@pytest.mark.parametrize(
    ("percent", "value", "whole", "enough"),
    [
        ("0.4", 4, 1000, True),
        ("0.4", 4, 1001, False),
        ("0.26", 26, 10000, True),
        ("33.3333", 333333, 1000000, True),
        ("33.3333", 333332, 1000000, False),
        ("100", 7, 7, True),
        ("3", 0, 0, True),
    ],
)
def test_a_percentage_is_compared_exactly(percent: str, value: int, whole: int, enough: bool) -> None:
    part = Quantity(id="votes", unit=STEP.name, of="all", at_least_percent=percent)
    assert part.reaches(value, whole) == enough
