"""The few words in which a procedure says when another deadline takes the place of the usual one."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

import domain.condition
from domain.condition import BadCondition, Fact, Happened, holds, parts_of, rows_of

OUTCOMES = {"S03": "admitted", "S06": ""}
"""S03 came to an outcome, S06 to none in particular; S07 is not done."""
FACTS = {"kind": "national_party"}


def is_so(condition: str) -> bool:
    return holds(condition, OUTCOMES.get, FACTS.get)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("S03 = admitted", True),
        ("S03 = dismissed", False),
        ("S03 done", True),
        ("S03 not done", False),
        ("S06 done", True),
        ("S06 not done", False),
        ("S06 = admitted", False),
        ("S07 = admitted", False),
        ("S07 done", False),
        ("S07 not done", True),
        ("fact kind = national_party", True),
        ("fact kind = local_party", False),
        ("fact route = online", False),
        ("S03 = admitted and S07 not done", True),
        ("S03 = admitted and S07 done", False),
        ("S03 done and S06 done and fact kind = national_party", True),
    ],
)
def test_a_condition_holds_when_all_its_parts_do(condition: str, expected: bool) -> None:
    assert is_so(condition) == expected


@pytest.mark.parametrize("row", ["S03", "S06", "S07"])
def test_a_step_is_done_or_it_is_not(row: str) -> None:
    assert is_so(f"{row} done") != is_so(f"{row} not done")


def test_a_condition_names_the_steps_and_facts_it_looks_at() -> None:
    condition = "S06 = extended and S07 not done and fact kind = national_party"
    assert parts_of(condition) == (
        Happened("S06", "extended", done=True),
        Happened("S07", None, done=False),
        Fact("kind", "national_party"),
    )
    assert rows_of(condition) == {"S06", "S07"}


def test_every_example_of_the_modules_own_words_is_a_condition() -> None:
    lines = (domain.condition.__doc__ or "").splitlines()
    examples = [line.split("   ")[0] for line in lines if "   " in line]
    assert len(examples) == 5
    for example in examples:
        assert parts_of(example)


BAD_CONDITIONS = [
    "", "S03", "S03 = ", "S03=admitted", "S03 is done", "S03 = Admitted", "s03 done", "S done", "S03 done or S04 done",
    "S03 done and", "S03 done  and S04 done", "S03 done\n", "not S03 done", "fact = x", "fact kind", "fact Kind = x",
    "S03 = admitted done",
]  # fmt: skip


@pytest.mark.parametrize("condition", BAD_CONDITIONS)
def test_what_is_not_a_condition_is_refused_quoting_it(condition: str) -> None:
    with pytest.raises(BadCondition, match="not a condition: '"):
        parts_of(condition)


@hypothesis.given(st.text(max_size=40))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parts_of(f"?{text}")
