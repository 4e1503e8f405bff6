"""The manual of the procedure language is a file that loads, and it names every word there is."""

from __future__ import annotations

import re
from pathlib import Path

from domain.counting import UNITS
from domain.procedure import load_procedure
from domain.step import Step

MANUAL = Path(__file__).parents[2] / "docs" / "procedimientos.md"


def test_the_blocks_of_the_manual_are_one_procedure() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    procedure = load_procedure("\n".join(blocks).encode(), MANUAL.name)

    assert [step.id for step in procedure.steps] == [f"S{number:02}" for number in range(1, 11)]


def test_every_unit_is_in_the_manual() -> None:
    text = MANUAL.read_text("utf-8")
    assert all(f" {unit}" in text for unit in UNITS)


def test_every_field_of_a_step_is_in_the_manual_and_but_for_those_of_plans_in_its_example() -> None:
    text = MANUAL.read_text("utf-8")
    example = "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    of_plans_only = {"applies", "same_as"}
    for field in Step.model_fields:
        assert re.search(rf"\b{field}\b", text if field in of_plans_only else example), field
