"""Deadlines that were computed by hand, day by day, without this program: each is what the program comes to, too."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.legal_time import LegalTime, UnderWay
from domain.procedure import procedures
from tests.domain.small_case import Walk

FOLDER = Path(__file__).parent / "hand_computed"
FEDERAL_PROCESS_SINCE = "2026-09-10"


def dates() -> list[Any]:
    """Return each date with the procedure it is of."""
    return [
        pytest.param(file.stem, each, id=f"{file.stem}-{each['step']}-{number}")
        for file in sorted(FOLDER.glob("*.toml"))
        for number, each in enumerate(tomllib.loads(file.read_text("utf-8"))["date"])
    ]


def walked(kind: str, said: dict[str, Any]) -> Walk:
    """Return the case with everything done that the date rests on."""
    procedure = procedures()[kind]
    regime = (UnderWay(date.fromisoformat(said.get("process_since", FEDERAL_PROCESS_SINCE))),)
    walk = Walk(
        procedure,
        said["opened"],
        facts={name: str(value) for name, value in said["facts"].items()},
        time=LegalTime(processes=regime if procedure.regime else ()),
        territory="MX-CMX" if procedure.jurisdiction == "state" else "MX",
    )
    rounds: Counter[str] = Counter()
    for row, at, outcome in said["walk"]:
        rounds[row] += 1
        walk.done(row if rounds[row] == 1 else f"{row}.{rounds[row]}", at, outcome)
    return walk


def asked(walk: Walk, said: dict[str, Any]) -> str:
    """Return the id of the milestone the date is of: the last round, or the occurrence of a period."""
    row: str = said["step"]
    if row in walk.milestones and "." in row:
        return row
    rounds = [id_ for id_ in walk.milestones if id_.partition(".")[0] == row]
    if end := said.get("period_end"):
        quarter = f"{end[:4]}-Q{(int(end[5:7]) + 2) // 3}"
        return next(id_ for id_ in rounds if id_.partition(".")[2] in {quarter, end[:7], end[:4]})
    return rounds[-1]


@pytest.mark.parametrize(("kind", "said"), dates())
def test_a_deadline_is_what_a_person_computes_from_the_law(kind: str, said: dict[str, Any]) -> None:
    walk = walked(kind, said)

    assert walk.due(asked(walk, said)) == said["due"], f"{said['basis']}: {said['why']}"


def test_there_are_enough_of_them_for_every_procedure_with_a_deadline() -> None:
    assert len(dates()) >= 120
