"""What must be over before a step of a case, read from the case as far as it has come."""

from __future__ import annotations

from api.courses import rounds_required
from domain.consequence import Course
from domain.milestone_events import MilestoneReplaced, Requirement
from domain.procedure import procedures
from domain.timetable import Grounds
from tests.domain.decisions import folded
from tests.domain.milestones import planned


def replaced_by(other: str) -> MilestoneReplaced:
    return MilestoneReplaced(replaced_by=other, instrument="SUP-1", reason="a ruling")


def test_beside_a_step_that_was_replaced_there_is_what_replaced_it_to_the_last() -> None:
    milestones = {
        "S05": folded([planned(row="S05"), replaced_by("S07")]),
        "S06": folded([planned(row="S06", required=(Requirement(milestone="S05", basis="LGIPE 467.1"),))]),
        "S07": folded([planned(row="S07"), replaced_by("S08")]),
        "S08": folded([planned(row="S08")]),
    }
    course = Course(procedures()["ordinary_sanctioning"], Grounds(2026), "MX", milestones)

    found = rounds_required(course, milestones["S06"])

    assert found == {name: milestones[name] for name in ("S05", "S07", "S08")}
