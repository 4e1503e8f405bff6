"""A case that is not public is recorded without words about people: what must not be seen is not in the log."""

from __future__ import annotations

import random

import pytest
from pydantic import ValidationError

from domain.case import OpenCase
from domain.docket import refuse_private_words
from domain.event import Payload, Refused
from domain.legal_time import LegalTime
from domain.milestone_commands import CompleteMilestone
from domain.milestone_events import Evidence
from domain.procedure import Procedure, procedures
from domain.process import PROCESS, CaseSubject, CloseProcess, FactGiven
from tests.domain.milestones import COMMANDS
from tests.domain.test_every_case import value_of

RESERVED = [kind for kind, procedure in procedures().items() if procedure.docket == "reserved"]
LISTED = [kind for kind, procedure in procedures().items() if procedure.docket == "listed"]
REFERENCE = "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d10"
PARTY = CaseSubject(name="Partido X", public=True)


def case(kind: str, **words: object) -> OpenCase:
    """Return the opening of a case of a procedure, with the facts it asks for."""
    procedure = procedures()[kind]
    territory = "MX-CMX" if procedure.jurisdiction == "state" else "MX"
    dice = random.Random(0)
    given = tuple(
        FactGiven(id=fact.id, value=value_of(fact, dice)) for fact in procedure.facts if fact.required
    )
    folio = REFERENCE if procedure.docket == "reserved" else "A-1"
    return OpenCase.model_validate(
        {"kind": kind, "territory": territory, "folio": folio, "received": "2026-11-05T10:00",
         "facts": given, **words}
    )  # fmt: skip


def open_(command: OpenCase) -> None:
    """Decide the opening where nothing was opened."""
    command.decide(PROCESS.initial, LegalTime())


@pytest.mark.parametrize("kind", RESERVED)
@pytest.mark.parametrize(
    ("field", "value"),
    [("subject", PARTY), ("matter", "María N. contra el diputado"), ("about", "pef-2026-2027/F070")],
)
def test_a_reserved_case_is_opened_without_words(kind: str, field: str, value: object) -> None:
    open_(case(kind))

    with pytest.raises(Refused) as caught:
        open_(case(kind, **{field: value}))
    assert (caught.value.rule, caught.value.fields) == ("private-words", (field,))


@pytest.mark.parametrize("kind", LISTED)
def test_a_listed_case_has_no_public_subject_but_may_have_an_opaque_one(kind: str) -> None:
    open_(case(kind, subject=CaseSubject(name="a81f-2b90", public=False), matter="Asunto"))

    with pytest.raises(Refused, match="private-words"):
        open_(case(kind, subject=PARTY))


@pytest.mark.parametrize(
    "name", ["Juana Pérez", "juana", "JuanaPerez", "5551234", "CURP de alguien 12345678"]
)
def test_a_subject_that_is_not_public_is_an_id_and_not_a_name(name: str) -> None:
    with pytest.raises(ValidationError, match="opaque id"):
        CaseSubject(name=name, public=False)


@pytest.mark.parametrize(
    "words", [{"note": "La víctima dijo"}, {"evidence": (Evidence(name="Acta de María"),)}]
)
def test_reports_on_a_reserved_case_have_no_notes_and_no_documents(words: dict[str, object]) -> None:
    command = CompleteMilestone.model_validate(words)

    with pytest.raises(Refused, match="private-words"):
        refuse_private_words(procedures()[RESERVED[0]], command)
    refuse_private_words(procedures()[LISTED[0]], command)


@pytest.mark.parametrize("kind", RESERVED)
@pytest.mark.parametrize(
    "folio", ["PES-VPMRG-12/2026", "A-1", REFERENCE.upper(), REFERENCE.replace("-4f", "-1f")]
)
def test_the_folio_of_a_reserved_case_is_a_random_reference(kind: str, folio: str) -> None:
    with pytest.raises(Refused) as caught:
        open_(case(kind, folio=folio))
    assert (caught.value.rule, caught.value.fields) == ("reference-needed", ("folio",))


def free_fields(command: Payload) -> set[str]:
    """Return the fields of a command that take any words."""
    return {name for name in type(command).model_fields if _takes(command, name, "Juana Pérez, regidora")}


def _takes(command: Payload, field: str, words: str) -> bool:
    try:
        said = getattr(type(command).model_validate(command.model_dump() | {field: words}), field)
    except ValidationError:
        return False
    return bool(said == words)


@pytest.mark.parametrize(
    "command", [*COMMANDS.values(), CloseProcess(instrument="x")], ids=lambda one: type(one).__name__
)
def test_no_report_on_a_reserved_case_takes_words_of_somebody_s(command: Payload) -> None:
    """Every field of every command, so that a new one is thought of."""
    procedure = procedures()[RESERVED[0]]
    fields = free_fields(command)
    quiet = command.model_copy(
        update={
            name: "INE" if name == "body" else REFERENCE if name not in {"outcome", "note"} else None
            for name in fields
        }
        | ({"evidence": ()} if "evidence" in type(command).model_fields else {})
    )
    refuse_private_words(procedure, quiet)

    for field in fields:
        with pytest.raises(Refused) as caught:
            refuse_private_words(procedure, quiet.model_copy(update={field: "Juana Pérez, regidora"}))
        assert caught.value.fields == (field,)


def test_the_search_for_free_fields_finds_them() -> None:
    assert free_fields(CloseProcess(instrument="x")) == {"instrument", "reason"}
    assert {name for command in COMMANDS.values() for name in free_fields(command)} >= {
        "body", "instrument", "note", "outcome", "reason", "source", "where",
    }  # fmt: skip


def test_a_fact_in_free_words_is_not_given_of_a_reserved_case() -> None:
    procedure: Procedure = procedures()["copaco_election"].model_copy(update={"docket": "reserved"})

    with pytest.raises(Refused, match="private-words"):
        refuse_private_words(
            procedure,
            case("copaco_election", folio=REFERENCE),
            [FactGiven(id="territorial_unit", value="x").id],
        )
