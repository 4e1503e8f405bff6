"""The table of the fourteen functions (``docs/funciones.md``) says what the data and the tests hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from domain.procedure import procedures
from domain.step import Step
from domain.systems import systems
from domain.variant import variants

ROOT = Path(__file__).parents[1]
HAND_COMPUTED = ROOT / "tests" / "domain" / "hand_computed"
FEWEST_DATES = 120


class Line(NamedTuple):
    """One procedure as the table tells it."""

    system: int
    kind: str
    name: str
    steps: int
    read: int
    dates: int


LINES = [
    Line(int(system), kind, name, int(steps), int(read), 0 if dates == "—" else int(dates))
    for system, kind, name, steps, read, dates in re.findall(
        r"^\| (\d+) \|[^|]*\| `(\w+)` ([^|]+) \| (\d+) \| (\d+) \| (\d+|—) \|$",
        (ROOT / "docs" / "funciones.md").read_text("utf-8"),
        re.MULTILINE,
    )
]


def test_the_table_lists_every_procedure_once_under_its_function() -> None:
    assert [line.kind for line in LINES if procedures()[line.kind].system != line.system] == []
    assert sorted(line.kind for line in LINES) == sorted(procedures())


def test_the_table_names_every_function() -> None:
    text = (ROOT / "docs" / "funciones.md").read_text("utf-8")

    assert [
        system.name.es
        for number, system in systems().items()
        if f"| {number} | {system.name.es} |" not in text
    ] == []


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.kind)
def test_a_line_says_what_its_file_holds(line: Line) -> None:
    procedure = procedures()[line.kind]
    file = HAND_COMPUTED / f"{line.kind}.toml"
    dates = len(tomllib.loads(file.read_text("utf-8"))["date"]) if file.exists() else 0

    assert line == Line(
        procedure.system, procedure.kind, procedure.name.es, len(procedure.steps),
        sum(step.article == "read" for step in procedure.steps), dates,
    )  # fmt: skip


def test_the_second_table_says_of_every_state_s_own_plan_what_its_file_holds() -> None:
    told = re.findall(
        r"^\| (MX-[A-Z]{3}) \| `(\w+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (.+) \|$",
        (ROOT / "docs" / "funciones.md").read_text("utf-8"),
        re.MULTILINE,
    )

    assert told == [
        (one.territory, one.extends, *(
            str(count) for count in (len(one.adds), len(one.changes), len(one.removes), _read(one.adds))
        ), one.source)
        for one in variants()
        if one.territory
    ]  # fmt: skip


def _read(steps: Iterable[Step]) -> int:
    return sum(step.article == "read" for step in steps)


def test_enough_deadlines_were_computed_by_hand() -> None:
    assert sum(line.dates for line in LINES) >= FEWEST_DATES
