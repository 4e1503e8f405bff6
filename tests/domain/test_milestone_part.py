"""What a district reports of its part: beside the state's own figure, and in the place of its own last report alone."""

from __future__ import annotations

import pytest

from domain.entity import entities
from domain.milestone_commands import ReportProgress, SuspendMilestone
from domain.milestone_events import MilestonePartReported, MilestoneSuspended
from domain.milestone_part import ReportPart, districts_of
from tests.domain.decisions import Given, given
from tests.domain.milestones import HISTORIES, planned

THIRD, FOURTH = "MX-JAL-D03", "MX-JAL-D04"
BY_DISTRICT = planned(territory="MX-JAL", scope="district")
PLANNED = given([BY_DISTRICT])


def test_a_district_reports_how_many_are_done_there_and_the_activity_is_under_way() -> None:
    decision = PLANNED.when(ReportPart(place=THIRD, done=4, target=9))
    decision.then([MilestonePartReported(place=THIRD, done=4, target=9)])

    after = decision.after()
    assert (after.status, after.done, after.completed) == ("in_progress", None, None)
    part = after.part_of(THIRD)
    assert part is not None
    assert (part.done, part.target, part.post, part.body) == (4, 9, "Vocal Ejecutiva", "INE")
    assert after.started == part.report


def test_a_district_s_report_replaces_its_own_last_one_and_no_other() -> None:
    milestone = PLANNED.when(ReportPart(place=FOURTH, done=1)).after()
    milestone = Given(milestone).when(ReportPart(place=THIRD, done=4, target=9)).after()
    milestone = Given(milestone).when(ReportPart(place=THIRD, done=6)).after()

    told = [(part.place, part.done, part.target) for part in milestone.parts]
    assert told == [(THIRD, 6, 9), (FOURTH, 1, None)], "a target that is not said again stands"


def test_the_state_s_own_figure_is_not_the_sum_of_its_districts() -> None:
    milestone = PLANNED.when(ReportPart(place=THIRD, done=4)).after()
    milestone = Given(milestone).when(ReportProgress(done=2)).after()
    milestone = Given(milestone).when(ReportPart(place=FOURTH, done=5)).after()

    assert milestone.done == 2
    assert sum(part.done for part in milestone.parts) == 9


def test_what_a_district_said_already_is_not_recorded_again() -> None:
    milestone = PLANNED.when(ReportPart(place=THIRD, done=4, target=9, note="Visto")).after()

    Given(milestone).when(ReportPart(place=THIRD, done=4)).then_nothing()
    again = Given(milestone).when(ReportPart(place=THIRD, done=4, note="Ya con firma"))
    again.then([MilestonePartReported(place=THIRD, done=4, note="Ya con firma")])


def test_a_district_cannot_have_done_more_than_it_has_to() -> None:
    PLANNED.when(ReportPart(place=THIRD, done=10, target=9)).then_refused("more-than-the-target")
    said = PLANNED.when(ReportPart(place=THIRD, done=4, target=9)).after()
    Given(said).when(ReportPart(place=THIRD, done=10)).then_refused("more-than-the-target")


@pytest.mark.parametrize("place", ["MX", "MX-JAL", "MX-JAL-D00", "MX-JAL-D21", "MX-JAL-M039", "MX-COL-D01"])
def test_what_is_no_district_of_its_state_has_no_part_in_it(place: str) -> None:
    refused = PLANNED.when(ReportPart(place=place, done=1)).then_refused("unknown-district")

    assert "MX-JAL-D01" in refused.es
    assert "MX-JAL-D20" in refused.en


@pytest.mark.parametrize(
    "change", [{"scope": "state"}, {"scope": "section"}, {"territory": "MX"}, {"responsible": "OPL"}]
)
def test_what_is_not_carried_out_by_federal_district_has_no_parts(change: dict[str, str]) -> None:
    other = given([BY_DISTRICT.model_copy(update=change)])

    other.when(ReportPart(place=THIRD, done=1)).then_refused("not-followed-by-district")


def test_a_district_reports_no_more_on_what_is_over_and_what_it_said_stands() -> None:
    history = [BY_DISTRICT, MilestonePartReported(place=THIRD, done=4), *HISTORIES["completed"]]
    over = given(history)

    over.when(ReportPart(place=THIRD, done=5)).then_refused("cannot-report-part-of-from-completed")
    over.when(ReportPart(place=THIRD, done=4)).then_refused("cannot-report-part-of-from-completed")
    assert [part.done for part in over.milestone.parts] == [4]


def test_a_suspension_stops_the_districts_too() -> None:
    stopped = PLANNED.when(SuspendMilestone(instrument="SUP-1", reason="Sentencia"))
    stopped.then([MilestoneSuspended(instrument="SUP-1", reason="Sentencia")])

    later = Given(stopped.after()).when(ReportPart(place=THIRD, done=1))
    later.then_refused("cannot-report-part-of-from-suspended")


def test_the_districts_of_all_states_are_the_three_hundred() -> None:
    found = [
        place for code in entities() for place in districts_of(planned(territory=code, scope="district"))
    ]

    assert (len(found), len(set(found))) == (300, 300)
    assert THIRD in found
