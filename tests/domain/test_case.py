"""A case is opened from its procedure with a folio and what its deadlines are counted from, and never with a person."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from domain.case import CaseOpening, OpenCase, why_it_may_not_arise
from domain.event import Refused
from domain.legal_time import LegalTime
from domain.names import Names
from domain.procedure import procedures
from domain.process import PROCESS, CaseOpened, CaseSubject, FactGiven, Process
from tests.domain.decisions import envelope
from tests.domain.small_case import case_procedure, case_step, outcome

NOBODY_YET = Process()
ASKED = OpenCase(
    kind="ordinary_sanctioning", territory="MX", folio="Q/1/2026", received="2026-11-05T10:30",
    facts=(
        FactGiven(id="filed", value="outside_process"),
        FactGiven(id="facts_known_on", value="2026-10-01"),
    ),
)  # fmt: skip


def asked(**changes: object) -> OpenCase:
    return ASKED.model_copy(update=changes)


def opened(command: OpenCase) -> CaseOpening:
    found = command.decide(NOBODY_YET, LegalTime())
    assert found is not None
    return found


def after(event: CaseOpened) -> Process:
    return PROCESS.evolve(NOBODY_YET, event, envelope(1))


def refusal(command: OpenCase, process: Process = NOBODY_YET) -> Refused:
    with pytest.raises(Refused) as caught:
        command.decide(process, LegalTime())
    assert caught.value.es.endswith(".")
    assert caught.value.en.endswith(".")
    return caught.value


# Opening -----------------------------------------------------------------------------------------------


def test_opening_a_case_records_the_text_it_follows_and_all_its_steps() -> None:
    found, procedure = opened(ASKED), procedures()["ordinary_sanctioning"]

    assert found.process == "pos-2026-mx-q-1-2026"
    assert (found.opened.plan_version, found.opened.plan_digest) == (procedure.version, procedure.digest)
    assert (found.opened.folio, found.opened.received, found.opened.year) == (
        "Q/1/2026",
        "2026-11-05T10:30",
        2026,
    )
    assert found.opened.docket == procedure.docket
    assert found.opened.milestones == len(found.milestones) == len(procedure.steps)
    assert list(found.milestones) == [step.id for step in procedure.steps]


def test_a_step_that_something_must_open_is_conditional_and_says_what_opens_it() -> None:
    procedure = case_procedure(
        case_step("S01", outcomes=[outcome("admitted", opens=["S02"]), outcome("warned", opens=["S03"])]),
        case_step("S02"),
        case_step("S03", opens=["S02"]),
    )
    assert why_it_may_not_arise(procedure, procedure.step("S01")) is None
    assert why_it_may_not_arise(procedure, procedure.step("S02")) == Names(
        es="Surge si S01 resulta «admitted» o se cumple S03.",
        en="It arises if S01 comes to 'admitted' or S03 is done.",
    )


def test_a_case_is_open_once_however_often_it_is_asked_for() -> None:
    assert ASKED.decide(after(opened(ASKED).opened), LegalTime()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"received": "2026-11-06T10:30"},
        {"folio": "Q-1-2026"},
        {"matter": "Propaganda"},
        {"subject": CaseSubject(name="PVEM", public=True)},
    ],
    ids=["another moment", "a folio that reads the same", "another matter", "another subject"],
)
def test_a_folio_is_of_one_case(changes: dict[str, object]) -> None:
    refused = refusal(asked(**changes), after(opened(ASKED).opened))
    assert (refused.rule, refused.fields) == ("folio-taken", ("folio",))
    assert "pos-2026-mx-q-1-2026" in refused.es


def test_a_case_that_was_opened_is_a_process_without_a_day_of_the_vote() -> None:
    case = after(opened(ASKED).opened)
    assert (case.status, case.confirmed, case.election_day) == ("open", True, None)
    assert case.plan is not None
    assert case.plan.kind == "ordinary_sanctioning"


# Its id ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folio", "id_"),
    [
        ("Q/1/2026", "pos-2026-mx-q-1-2026"),
        ("  ut/scg  nº 7 ", "pos-2026-mx-ut-scg-no-7"),
        ("QUEJA-Ñandú-3", "pos-2026-mx-queja-nandu-3"),
    ],
)
def test_the_id_of_a_case_is_its_folio_in_plain_letters(folio: str, id_: str) -> None:
    assert asked(folio=folio).process == id_


def test_the_state_is_in_the_id() -> None:
    assert asked(territory="MX-JAL").process == "pos-2026-jal-q-1-2026"


def test_a_folio_of_signs_alone_is_refused() -> None:
    assert refusal(asked(folio="///")).rule == "folio-unreadable"


def test_the_year_it_is_about_is_a_fact_or_that_of_its_reception() -> None:
    assert ASKED.year == 2026
    assert asked(facts=(FactGiven(id="year", value="2025"),)).year == 2025


# What is refused ---------------------------------------------------------------------------------------


def test_an_election_is_not_opened_as_a_case() -> None:
    assert refusal(asked(kind="federal_election")).rule == "not-a-case"
    assert refusal(asked(kind="no_such_thing")).rule == "unknown-procedure"


@pytest.mark.parametrize(
    ("kind", "territory"),
    [
        ("national_party_registration", "MX-JAL"),
        ("local_party_registration", "MX"),
        ("information_request", "MX-XXX"),
    ],
)
def test_a_procedure_is_not_opened_where_it_does_not_exist(kind: str, territory: str) -> None:
    refused = refusal(asked(kind=kind, territory=territory, facts=()))
    assert (refused.rule, refused.fields) == ("wrong-territory", ("territory",))


@pytest.mark.parametrize(
    ("facts", "word", "to_do"),
    [
        ([("facts_known_on", "2026-10-01")], "filed", "add it to 'facts'"),
        ([("filed", "somewhere"), ("facts_known_on", "2026-10-01")], "during_process", "use one of"),
        ([("filed", "outside_process"), ("facts_known_on", "October")], "October", "write it as 2026-11-05"),
        (
            [("filed", "outside_process"), ("facts_known_on", "2026-10-01T09:00")],
            "2026-10-01T09:00",
            "write it as 2026-11-05",
        ),
        (
            [("filed", "outside_process"), ("facts_known_on", "2026-10-01"), ("colour", "red")],
            "colour",
            "use filed",
        ),
        ([("filed", "outside_process"), ("filed", "outside_process")], "repeated", "send each once"),
    ],
    ids=["missing", "no such choice", "not a day", "an instant for a day", "unknown", "twice"],
)
def test_a_case_is_not_opened_with_wrong_facts(
    facts: Sequence[tuple[str, str]], word: str, to_do: str
) -> None:
    given = tuple(FactGiven(id=id_, value=value) for id_, value in facts)
    refused = refusal(asked(facts=given))
    assert (refused.rule, refused.fields) == ("wrong-fact", ("facts",))
    assert word in refused.en
    assert to_do in refused.en
    assert refused.es.count(":") == refused.en.count(":"), "both languages say what to do"


@pytest.mark.parametrize(
    "wrong",
    [
        {"received": "yesterday"}, {"received": "2026-02-30"}, {"territory": "Jalisco"}, {"kind": "Queja"},
        {"folio": ""}, {"folio": "a\nb"}, {"about": "pef 2026"}, {"complainant": "somebody"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)  # fmt: skip
def test_a_request_out_of_shape_is_refused_at_the_door(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        OpenCase.model_validate({**ASKED.model_dump(), **wrong})
