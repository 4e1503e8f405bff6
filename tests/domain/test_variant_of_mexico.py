"""The plan of Estado de México: the national one with the 54 deliverables of its PREP plan, each act counted once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from domain.calendar import Moment
from domain.conformance import compare
from domain.entity import entities
from domain.event import Refused
from domain.milestone import MILESTONE
from domain.milestone_events import MilestonePlanned
from domain.milestone_rules import known
from domain.names import Names
from domain.plan import Opening, opening
from domain.procedure import procedures
from domain.timeliness import counts, late_by_law, standing
from domain.variant import plan_for, variants
from tests.domain.decisions import envelope

MEXICO = "MX-MEX"
CYCLE = "2026-2027"
NATIONAL = procedures()["local_election"]
DELIVERABLES = [f"P{number:03}" for number in range(1, 55)]

# The rows of the national plan that are made of deliverables, by the numbers their rules name.
GATHERED = {
    "L081": {1, 2},
    "L082": {4, 5},
    "L083": {8},
    "L084": {14, 15},
    "L085": {12},
    "L086": {21, 22, 23, 27},
    "L130": {29, 30, 31, 32},
}

# Read off the tracker of IEEM's plan by hand: deliverable of the annex, start, due.
DATES = [
    ("P001", 1, "2026-08-01", "2026-09-11"),
    ("P003", 3, "2026-09-15", "2026-10-05"),
    ("P007", 4, "2026-08-24", "2026-11-11"),
    ("P008", 5, "2026-09-14", "2026-11-11"),
    ("P012", 7, "2026-11-09", "2026-12-11"),
    ("P018", 8, "2026-10-01", "2027-01-11"),
    ("P024", 12, "2026-12-01", "2027-02-11"),
    ("P026", 14, "2027-01-18", "2027-02-06"),
    ("P029", 15, "2027-01-08", "2027-03-11"),
    ("P035", 16, None, "2027-04-11"),
    ("P042", 23, "2027-04-17", "2027-04-26"),
    ("P048", 3, "2027-05-06", "2027-06-05"),
    ("P050", 28, "2027-06-06", "2027-06-12"),
    ("P054", 31, "2027-06-07", "2027-07-06"),
]


def mexico() -> Opening:
    return opening(plan_for(NATIONAL.kind, MEXICO, CYCLE), MEXICO, CYCLE)


def number_of(row: MilestonePlanned) -> int:
    """Return the number that annex 13 gives to a deliverable."""
    return int(row.basis[0].rpartition("entregable ")[2])


def last_dues(milestones: Mapping[str, MilestonePlanned]) -> dict[str, Moment | None]:
    """Return when each row is due; where it is made of others, when the last of them is."""
    dues = {row.row: row.schedule.due for row in milestones.values()}
    for row in milestones.values():
        parts = [same.rpartition("/")[2] for same in row.same_as]
        if parts and set(parts) <= set(dues):
            dues[row.row] = max(dues[part] or "" for part in parts)
    return dues


def test_it_is_the_national_plan_and_54_deliverables() -> None:
    own = plan_for(NATIONAL.kind, MEXICO, CYCLE)

    assert (NATIONAL.kind, MEXICO) in {(one.extends, one.territory) for one in variants()}
    assert [step.id for step in own.steps] == [*NATIONAL.by_id, *DELIVERABLES]
    assert {step.id for step in NATIONAL.steps if own.step(step.id) != step} == set(GATHERED)
    assert own.version > NATIONAL.version


@pytest.mark.parametrize(("row", "number", "starts", "due"), DATES, ids=[row[0] for row in DATES])
def test_a_deliverable_has_the_number_and_the_dates_of_the_plan(
    row: str, number: int, starts: str | None, due: str
) -> None:
    found = mexico().milestones[row]

    assert number_of(found) == number
    assert (found.schedule.starts, found.schedule.due) == (starts, due)


def test_all_32_deliverables_of_the_annex_are_there_and_one_comes_each_month_from_september_to_may() -> None:
    numbers = [number_of(mexico().milestones[row]) for row in DELIVERABLES]

    assert set(numbers) == set(range(1, 33))
    assert numbers.count(3) == 9


def test_its_dates_are_a_third_party_s_and_bind_nobody_by_law() -> None:
    for row in DELIVERABLES:
        found = mexico().milestones[row]
        assert (found.schedule.basis, found.schedule.official, found.article) == ("reported", False, "not")
        assert not late_by_law(found.schedule)
        assert "de un tercero" in found.source


def test_a_national_row_made_of_deliverables_is_the_same_act_as_all_of_them() -> None:
    milestones = mexico().milestones
    for row, numbers in GATHERED.items():
        parts = [same.removeprefix("pel-2026-2027-mex/") for same in milestones[row].same_as]
        assert parts == [one for one in DELIVERABLES if number_of(milestones[one]) in numbers], row
        assert milestones[row].schedule.due is None, row
        assert "del plan federal" not in milestones[row].schedule.explanation.es


def test_an_act_is_counted_once() -> None:
    milestones = mexico().milestones
    at = datetime(2027, 1, 1, tzinfo=UTC)
    folded = {id_: MILESTONE.evolve(MILESTONE.initial, row, envelope(1)) for id_, row in milestones.items()}

    assert {row for row in GATHERED if standing(folded[row], at) != "not_counted"} == set()
    assert {row for row in DELIVERABLES if not counts(milestones[row], arisen=False)} == {"P014", "P022"}
    with pytest.raises(Refused, match="pel-2026-2027-mex/P001, pel-2026-2027-mex/P002"):
        known(folded["L081"])


def test_running_the_prep_is_none_of_its_documents() -> None:
    milestones = mexico().milestones

    assert milestones["L111"].same_as == ()
    assert [link.row for link in milestones["P050"].after] == ["L111"]


def test_no_deliverable_is_due_before_one_it_follows() -> None:
    milestones = mexico().milestones
    pairs = [(link.row, row) for row in DELIVERABLES for link in milestones[row].after]

    assert len(pairs) > 40
    for before, after in pairs:
        assert (milestones[before].schedule.due or "") <= (milestones[after].schedule.due or ""), after


def test_what_the_source_leaves_open_or_contradicts_is_said_beside_the_step() -> None:
    milestones = mexico().milestones
    noted = {row: note.es for row in DELIVERABLES if (note := milestones[row].note)}
    starts = {row: milestones[row].schedule.starts for row in DELIVERABLES}

    assert {row for row, note in noted.items() if "no se carga" in note} == {"P028", "P035"}
    assert {row for row in DELIVERABLES if starts[row] is None} == {"P028", "P035"}
    assert min(start for start in starts.values() if start) == "2026-08-01"
    assert {row for row, note in noted.items() if "no dice quién" in note} == {"P005", "P045"}
    assert {row for row, note in noted.items() if "«N/A»" in note} == {"P014", "P022"}
    assert {"P008", "P015", "P021", "P026", "P042"} < set(noted)


def test_every_other_state_s_plan_is_the_national_one_as_it_was() -> None:
    for code in entities():
        if code == MEXICO:
            continue
        assert plan_for(NATIONAL.kind, code, CYCLE) == NATIONAL
        assert not set(opening(NATIONAL, code, CYCLE).milestones) & set(DELIVERABLES)


def test_the_comparison_tells_exactly_the_added_rows_and_those_the_state_dates() -> None:
    found = compare(NATIONAL, MEXICO, "2027-06-06", last_dues(mexico().milestones))
    told = {row.row: row.difference for row in found.rows}

    assert [row for row, difference in told.items() if difference == "added"] == DELIVERABLES
    assert {row for row, difference in told.items() if difference == "dated"} == {*GATHERED, "L111"}
    assert set(told.values()) == {"added", "dated", "same", "open"}
    assert found.kept == found.compared > 0


def test_its_names_are_in_both_languages_and_no_two_alike() -> None:
    names: list[Names] = [mexico().milestones[row].name for row in DELIVERABLES]

    assert len({name.es for name in names}) == len({name.en for name in names}) == 54
