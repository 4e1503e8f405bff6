"""A process opens once, may be confirmed, and ends once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.event import Event, Refused
from domain.names import Names
from domain.procedure import Stage
from domain.process import (
    PROCESS,
    CaseOpened,
    CloseProcess,
    ConfirmProcess,
    ElectionDayMoved,
    Matter,
    PlanText,
    Process,
    ProcessClosed,
    ProcessCommand,
    ProcessConfirmed,
    ProcessMoved,
    ProcessOpened,
    ProcessReopened,
    process_id,
    process_stream,
)
from tests.domain.decisions import envelope

MATTER: TypeAdapter[str] = TypeAdapter(Matter)
WORDS = Names(es="palabras", en="words")
OPENED = ProcessOpened(
    kind="local_election", plan_version=1, plan_digest="0" * 64, name=WORDS, territory="MX-COA", cycle="2026-2027",
    election_day="2027-06-06", election_day_basis="law", stages=(Stage(id="close", name=WORDS),), milestones=68,
    confirmed=False, doubt=WORDS,
)  # fmt: skip
A_WEEK_LATER = ElectionDayMoved(
    election_day="2027-06-13", election_day_basis="calendar", instrument="CG/9/2026", reason="A decree."
)
CONFIRM = ConfirmProcess(instrument="IEC/CG/1/2026")
CLOSE = CloseProcess(instrument="SUP-JDC-1/2027", reason="The last challenge is resolved.")


def process_after(events: Sequence[Event]) -> Process:
    process = PROCESS.initial
    for event in events:
        process = PROCESS.evolve(process, event, envelope(process.version + 1))
    return process


def test_a_process_opens_in_doubt_and_is_confirmed_with_an_instrument() -> None:
    doubtful = process_after([OPENED])
    assert (doubtful.status, doubtful.confirmed, doubtful.opened) == ("open", False, OPENED)
    assert doubtful.opened_at == envelope(1).occurred_at
    assert list(CONFIRM.decide(doubtful, 0)) == [ProcessConfirmed(instrument="IEC/CG/1/2026")]

    certain = process_after([OPENED, *CONFIRM.decide(doubtful, 0)])
    assert (certain.confirmed, certain.version) == (True, 2)


def test_a_process_that_is_certain_from_the_start_needs_no_confirmation() -> None:
    assert list(CONFIRM.decide(process_after([OPENED.model_copy(update={"confirmed": True})]), 0)) == []


def test_a_process_ends_with_the_ruling_that_ends_it() -> None:
    (event,) = CLOSE.decide(process_after([OPENED]), 0)
    assert event == ProcessClosed(instrument="SUP-JDC-1/2027", reason="The last challenge is resolved.")

    closed = process_after([OPENED, event])
    assert (closed.status, closed.closed_at) == ("closed", envelope(2).occurred_at)


def test_a_process_may_be_closed_with_activities_to_be_done_and_says_how_many() -> None:
    (event,) = CLOSE.decide(process_after([OPENED]), 3)
    closed = process_after([OPENED, event])
    again = process_after([OPENED, event, ProcessReopened(step="pos-2026-mx-q-1/S08")])

    assert isinstance(event, ProcessClosed)
    assert (event.open_milestones, closed.open_milestones, again.open_milestones) == (3, 3, 0)


@pytest.mark.parametrize(
    "about",
    ["pef-2026-2027", "pef-2026-2027/F070", "pel-2026-2027-jal/F008.2026-10-JAL", "pos-2026-mx-q-1/S10.2"],
)
def test_what_a_case_is_about_is_an_id(about: str) -> None:
    assert MATTER.validate_python(about) == about


@pytest.mark.parametrize(
    "about", ["", "pef 2026", "María N.", "pef-2026-2027/", "pef-2026-2027/F070/x", "PEF/F070"]
)
def test_what_a_case_is_about_is_not_free_words(about: str) -> None:
    with pytest.raises(ValidationError):
        MATTER.validate_python(about)


def test_a_case_is_a_process_that_is_certain_and_has_no_day_of_the_vote() -> None:
    case = CaseOpened(
        kind="information_request", plan_version=2, plan_digest="1" * 64, name=WORDS, territory="MX", folio="330031426",
        received="2026-11-05T10:30", zone="America/Mexico_City", year=2026, body="INE", docket="listed",
        stages=(Stage(id="answer", name=WORDS),), milestones=9,
    )  # fmt: skip
    process = process_after([case])

    assert (process.status, process.confirmed, process.election_day) == ("open", True, None)
    assert process.plan == PlanText("information_request", 2, "1" * 64)
    assert case.cycle == "2026"
    assert list(CONFIRM.decide(process, 0)) == []


def test_what_was_closed_by_mistake_is_open_again() -> None:
    closed = [OPENED, ProcessClosed(instrument="SUP-JDC-1/2027")]
    again = process_after([*closed, ProcessReopened(step="pos-2026-mx-q-1/S08")])
    assert (again.status, again.closed_at, again.version) == ("open", None, 3)


def test_a_process_that_moved_follows_the_other_text_and_keeps_how_it_was_opened() -> None:
    moved = process_after(
        [OPENED, ProcessMoved(plan_version=2, plan_digest="2" * 64, instrument="CG/9/2026")]
    )
    assert moved.plan == PlanText("local_election", 2, "2" * 64)
    assert moved.opened == OPENED
    assert (moved.status, moved.election_day) == ("open", "2027-06-06")


def test_the_day_of_the_vote_may_move_and_the_first_stays_known() -> None:
    moved = process_after([OPENED, A_WEEK_LATER])
    assert (moved.election_day, moved.election_day_basis) == ("2027-06-13", "calendar")
    assert isinstance(moved.opened, ProcessOpened)
    assert (moved.opened.election_day, moved.opened.election_day_basis) == ("2027-06-06", "law")


@pytest.mark.parametrize("command", [CONFIRM, CLOSE], ids=lambda command: type(command).__name__)
@pytest.mark.parametrize(
    "past",
    [[OPENED], [OPENED, ProcessClosed(instrument="x")], [OPENED, ProcessConfirmed(instrument="x")]],
)
def test_asking_a_process_twice_records_once(command: ProcessCommand, past: list[Event]) -> None:
    once = [*past, *command.decide(process_after(past), 0)]
    assert list(command.decide(process_after(once), 0)) == []


@pytest.mark.parametrize("command", [CONFIRM, CLOSE], ids=lambda command: type(command).__name__)
def test_nothing_can_be_asked_of_a_process_nobody_opened(command: ProcessCommand) -> None:
    with pytest.raises(Refused) as caught:
        command.decide(PROCESS.initial, 0)
    assert caught.value.rule == "unknown-process"
    assert caught.value.es != caught.value.en


def test_there_is_a_test_for_every_command() -> None:
    assert set(ProcessCommand.__subclasses__()) == {type(CONFIRM), type(CLOSE)}


@pytest.mark.parametrize(
    ("kind", "territory", "name"),
    [
        ("federal_election", "MX", "pef-2026-2027"),
        ("local_election", "MX-JAL", "pel-2026-2027-jal"),
        ("recall_vote", "MX", "recall-vote-2026-2027"),
        ("recall_vote", "MX-JAL", "recall-vote-2026-2027-jal"),
    ],
)
def test_a_process_has_a_name_people_read(kind: str, territory: str, name: str) -> None:
    assert process_id(kind, territory, "2026-2027") == name
    assert process_stream(name) == f"process/{name}"
