"""Case files are told from first step to last, as much of each as its docket lets anyone see."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from domain.milestone_authority import AnnounceMilestone
from domain.milestone_commands import StartMilestone
from projections.activities import get_activity
from projections.cases import CaseFilter, CaseRow, count_cases, get_case, list_cases
from projections.entities import national_status
from projections.milestone_filter import MilestoneFilter
from projections.milestones import get_milestone, list_milestones
from projections.moment import AsOf
from projections.named import list_named
from projections.outlines import list_outlines
from projections.page import BadCursor
from projections.processes import get_process, list_process_names, list_processes
from projections.systems import list_systems
from projections.timeline import TimelineFilter, list_timeline
from tests.projections.asking import AFTER, Asked
from tests.projections.case_histories import COMPLAINT, PARTY, PERSON, REQUEST, RESERVED, CaseFile

NOW = AsOf(None, AFTER)
LATER = datetime(2027, 9, 1, tzinfo=UTC)


def complaint(asked: Asked, folio: str = "UT/SCG/Q/12/2027", **given: Any) -> CaseFile:
    return CaseFile(asked.written, COMPLAINT, folio, **{"facts": {"filed": "during_process"}, **given})


def told(asked: Asked, case: CaseFile, at: datetime = AFTER, position: int | None = None) -> CaseRow:
    with asked.reading() as connection:
        found = get_case(connection, case.id, AsOf(position, at))
    assert found is not None
    return found


def listed(asked: Asked, at: datetime = AFTER, **where: Any) -> list[str]:
    with asked.reading() as connection:
        found = [case.folio for case in list_cases(connection, CaseFilter(**where), AsOf(None, at)).items]
        assert count_cases(connection, CaseFilter(**where), AsOf(None, at)) == len(found)
    return found


def test_a_case_is_told_with_what_it_was_opened_with_and_what_is_due_next(asked: Asked) -> None:
    row = told(asked, complaint(asked, subject=PARTY, matter="Propaganda"))

    assert (row.kind, row.system, row.territory, row.body, row.docket) == (
        COMPLAINT,
        7,
        "MX",
        "INE",
        "public",
    )
    assert (row.folio, row.subject, row.matter) == ("UT/SCG/Q/12/2027", "Partido Ejemplo", "Propaganda")
    assert (row.received, row.year, row.status, row.stage) == ("2027-03-01T10:00", 2027, "open", "intake")
    assert (row.due_step, row.due) == ("S01", "2027-03-03T10:00"), "48 hours (LGIPE 465.6)"
    assert (row.outcome, row.outcome_step, row.outcome_name) == (None, None, None)
    assert row.due_step_name is not None
    assert row.position == asked.written.log.head().position


def test_what_is_done_moves_the_stage_and_the_next_date(asked: Asked) -> None:
    case = complaint(asked).done("S01", "2027-03-02T10:00")
    waiting = told(asked, case)
    case.done("S02", "2027-03-04T10:00", "admitted")
    row = told(asked, case)

    assert (waiting.due_step, waiting.due) == ("S02", "2027-03-07")
    assert row.due_step != "S02"
    assert row.stage == "inquiry"
    assert (row.outcome, row.outcome_step) == ("admitted", "S02")
    assert row.outcome_name is not None
    assert row.outcome_name.es == "Admitida"


def test_a_step_that_has_not_arisen_is_neither_due_nor_late(asked: Asked) -> None:
    case = complaint(asked)
    with asked.reading() as connection:
        steps = list_milestones(connection, MilestoneFilter(process=case.id), AsOf(None, LATER)).items
    waiting = [step for step in steps if not step.arisen]

    assert waiting
    assert not any(step.counted for step in waiting)
    assert told(asked, case, LATER).late == 1, "only the first step is to be done"


def test_an_outcome_that_ends_it_is_its_ruling_and_a_correction_opens_it_again(asked: Asked) -> None:
    case = complaint(asked).done("S01", "2027-03-02T10:00").done("S02", "2027-03-03T10:00", "not_filed")
    position = asked.written.log.head().position
    ended = told(asked, case)
    case.corrected("S02", "2027-03-03T10:00", "warned")
    row = told(asked, case)

    assert (ended.status, ended.outcome, ended.due, ended.late) == ("closed", "not_filed", None, 0)
    assert (row.status, row.outcome, row.due_step) == ("open", "warned", "S03")
    assert told(asked, case, position=position).status == "closed", "the past stays as it was"


def test_a_step_is_late_from_the_instant_its_time_is_over(asked: Asked) -> None:
    case = complaint(asked)
    over_at = datetime(2027, 3, 3, 16, 0, tzinfo=UTC)

    assert told(asked, case, over_at.replace(hour=15, minute=59)).late == 0
    assert told(asked, case, over_at).late == 1
    assert told(asked, case, over_at).due_at == over_at


def test_cases_are_found_by_what_people_know_of_them(asked: Asked) -> None:
    complaint(asked, "UT/SCG/Q/12/2027")
    complaint(asked, "UT/SCG/Q/120/2027").done("S01", "2027-03-01T12:00").done(
        "S02", "2027-03-02T10:00", "not_filed"
    )
    CaseFile(asked.written, REQUEST, "Solicitud 0007", "2027-03-10T09:00", territory="MX-JAL")

    assert listed(asked, folio="ut/scg/q/12") == ["UT/SCG/Q/12/2027", "UT/SCG/Q/120/2027"]
    assert listed(asked, folio="UT/SCG/Q/12/") == ["UT/SCG/Q/12/2027"]
    assert listed(asked, folio="UT%") == []
    assert listed(asked, kind=REQUEST) == listed(asked, system=8) == listed(asked, docket="listed")
    assert listed(asked, territory="MX-JAL") == ["Solicitud 0007"]
    assert listed(asked, body="INE") == ["UT/SCG/Q/12/2027", "UT/SCG/Q/120/2027"]
    assert listed(asked, status="closed") == ["UT/SCG/Q/120/2027"]
    assert listed(asked, late_only=True) == ["UT/SCG/Q/12/2027"]
    assert listed(asked, datetime(2027, 3, 1, 18, tzinfo=UTC), late_only=True) == []
    due_at = datetime(2027, 3, 3, 16, 0, tzinfo=UTC)
    assert "UT/SCG/Q/12/2027" in listed(asked, due_after=due_at)
    assert "UT/SCG/Q/12/2027" not in listed(asked, due_before=due_at)


def test_a_list_is_cut_into_pages(asked: Asked) -> None:
    cases = [complaint(asked, f"Q-{number}") for number in range(5)]
    found: list[str] = []
    after: str | None = None
    with asked.reading() as connection:
        while True:
            page = list_cases(connection, CaseFilter(), NOW, after=after, limit=2)
            found += [row.id for row in page.items]
            after = page.next
            if after is None:
                break
        with pytest.raises(BadCursor):
            list_cases(connection, CaseFilter(), NOW, after="Q-1")

    assert found == [case.id for case in cases]


def test_of_a_public_case_a_person_is_not_named(asked: Asked) -> None:
    assert told(asked, complaint(asked, subject=PERSON)).subject is None


def everything(connection: Connection[Any], ids: list[str]) -> str:
    """Return what every question answers, of these processes and of all, as text."""
    named = [f"{id_}/S01" for id_ in ids]
    answers: list[Any] = [
        list_cases(connection, CaseFilter(), NOW), list_processes(connection, NOW), list_outlines(connection, NOW),
        list_milestones(connection, MilestoneFilter(), NOW), list_timeline(connection, TimelineFilter(), NOW),
        list_named(connection, named, NOW), list_process_names(connection, NOW), national_status(connection, NOW),
    ]  # fmt: skip
    for id_ in ids:
        answers += [
            get_case(connection, id_, NOW), get_process(connection, id_, NOW),
            get_milestone(connection, id_, "S01", NOW), get_activity(connection, id_, "S01", NOW),
            list_outlines(connection, NOW, process=id_),
            list_milestones(connection, MilestoneFilter(process=id_), NOW),
            list_timeline(connection, TimelineFilter(process=id_), NOW),
            list_timeline(connection, TimelineFilter(process=id_, milestone="S01"), NOW),
        ]  # fmt: skip
    return json.dumps([_plain(answer) for answer in answers], ensure_ascii=False, default=str)


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    return answer.model_dump(mode="json") if answer is not None else None


CANARIES = ("canario-sujeto-1", "canario-nota")


def canary_case(asked: Asked, kind: str) -> str:
    """Open a case in which names stand wherever they can, even where the rules would refuse them."""
    subject = PERSON.model_copy(update={"name": CANARIES[0]})
    case = CaseFile(
        asked.written, kind, "F-CANARIO-9", recorded={"subject": subject, "about": "canario-nota"}
    )
    case.decide("S01", StartMilestone(note=CANARIES[1]), "2027-03-02T10:00")
    return case.id


def test_a_listed_case_is_told_without_its_subject_and_without_what_was_written_in_it(asked: Asked) -> None:
    id_ = canary_case(asked, REQUEST)
    with asked.reading() as connection:
        text = everything(connection, [id_])

    assert "F-CANARIO-9" in text, "its folio is listed"
    assert not [canary for canary in CANARIES if canary in text]


def test_nothing_of_a_reserved_case_is_in_any_answer_but_it_is_counted(asked: Asked) -> None:
    with asked.reading() as connection:
        before = everything(connection, [])
    id_ = canary_case(asked, RESERVED)
    with asked.reading() as connection:
        text, after = everything(connection, [id_]), everything(connection, [])
        counted = {row.number: row.cases_open for row in list_systems(connection, NOW)}

    assert not [word for word in (*CANARIES, "CANARIO", "canario", id_) if word in text]
    assert _without_position(after) == _without_position(before)
    assert counted[8] == 1


def test_a_canary_in_a_public_case_is_seen(asked: Asked) -> None:
    """The control: the same search finds a note that may be shown."""
    id_ = canary_case(asked, COMPLAINT)
    with asked.reading() as connection:
        text = everything(connection, [id_])

    assert CANARIES[1] in text
    assert CANARIES[0] not in text, "a person is named nowhere"


def test_lists_and_figures_of_elections_are_the_same_with_cases_beside_them(asked: Asked) -> None:
    with asked.reading() as connection:
        before = everything(connection, [])
    complaint(asked, territory="MX-JAL")
    with asked.reading() as connection:
        answers = json.loads(everything(connection, []))

    assert len(answers[0]["items"]) == 1
    assert _without_position(json.dumps(answers[1:])) == _without_position(json.dumps(json.loads(before)[1:]))


def _without_position(text: str) -> Any:
    """Return answers without the one position that tells how long the log is."""
    answers = json.loads(text)
    answers[-1].pop("position")
    return answers


def test_a_case_is_a_process_without_an_election(asked: Asked) -> None:
    case = complaint(asked)
    with asked.reading() as connection:
        process = get_process(connection, case.id, NOW)

    assert process is not None
    assert (process.election_day, process.election_day_basis, process.cycle) == (None, None, None)
    assert process.tally.total == process.milestones == len(case.course.milestones)
    assert process.tally.counted < process.tally.total, "what has not arisen is not counted"


def test_an_announced_step_says_when(asked: Asked) -> None:
    case = complaint(asked).done("S01", "2027-03-02T10:00")
    case.decide("S01", AnnounceMilestone(where="Estrados"), "2027-03-05T10:00")
    with asked.reading() as connection:
        row = get_milestone(connection, case.id, "S01", NOW)

    assert row is not None
    assert row.announced_at == datetime(2027, 3, 5, 16, 0, tzinfo=UTC)
