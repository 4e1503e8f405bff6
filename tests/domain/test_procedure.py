"""A wrong procedure file is refused with the file, the line, the step and the reason."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest

from domain.procedure import PlanError, in_date_order, load_procedure, procedures
from tests.domain.small_procedure import FILE, NAMES, procedure, procedure_text, step


def refusal(*steps: str, **fields: Any) -> str:
    with pytest.raises(PlanError) as caught:
        procedure(*steps, **fields)
    return str(caught.value)


# What is right -----------------------------------------------------------------------------------------


def test_a_good_file_is_read_whole_and_signed_with_its_digest() -> None:
    text = procedure_text(step("S01"), step("S02", after=[{"id": "S01", "requires": "LGIPE 79"}]))
    read = load_procedure(text, FILE)

    assert read.digest == hashlib.sha256(text).hexdigest()
    assert [each.id for each in read.steps] == ["S01", "S02"]
    assert read.step("S02").after[0].requires == "LGIPE 79"
    with pytest.raises(KeyError):
        read.step("S99")


def test_another_text_has_another_digest() -> None:
    assert procedure(step("S01")).digest != procedure(step("S01"), version=2).digest


def test_a_due_date_may_count_from_the_steps_own_start() -> None:
    procedure(step("S01", starts="election day - 60 days", due="S01.start + 10 days"))


def test_steps_come_after_those_their_dates_count_from_whatever_the_files_order() -> None:
    read = procedure(
        step("S01", due="S02.due + 1 days"),
        step("S02", due="S03.start + 1 days"),
        step("S03", starts="election day"),
    )
    assert [each.id for each in in_date_order(read.steps)] == ["S03", "S02", "S01"]
    assert [each.id for each in read.steps] == ["S01", "S02", "S03"]


def test_an_act_without_a_date_says_why() -> None:
    procedure(step("S01", due=None, undated=NAMES))


def test_every_procedure_of_the_folder_is_known_by_its_kind() -> None:
    assert {"federal_election", "local_election"} <= set(procedures())
    assert all(kind == read.kind for kind, read in procedures().items())


# What is wrong -----------------------------------------------------------------------------------------

WRONG_STEPS: list[tuple[str, list[str], list[str]]] = [
    ("repeated ids", [step("S01"), step("S02"), step("S01")], ["repeated ids: S01"]),
    ("an unknown stage", [step("S01", stage="afterwards")], ["S01", "unknown stage 'afterwards'"]),
    ("an unknown predecessor", [step("S01", after=[{"id": "S09"}])], ["S01", "unknown step S09"]),
    ("a date from an unknown step", [step("S01", due="S09.due + 1 days")], ["S01", "unknown step S09"]),
    (
        "a circle in the order",
        [step("S01", after=[{"id": "S02"}]), step("S02", after=[{"id": "S01"}])],
        ["the order of these steps go in a circle", "S01, S02"],
    ),
    ("a step after itself", [step("S01", after=[{"id": "S01"}])], ["the order", "circle", "S01"]),
    (
        "a circle in the dates",
        [step("S01", due="S02.due + 1 days"), step("S02", due="S01.due - 1 days")],
        ["the dates of these steps go in a circle", "S01, S02"],
    ),
    ("a due date counted from itself", [step("S01", due="S01.due + 1 days")], ["the dates", "circle", "S01"]),
    (
        "a start counted from itself",
        [step("S01", starts="S01.start + 1 days")],
        ["the dates", "circle", "S01"],
    ),
    ("a start counted from its own due date", [step("S01", starts="S01.due - 9 days")], ["the dates", "S01"]),
    (
        "an act with neither date nor reason",
        [step("S01", due=None)],
        ["S01", "a due rule or says why it has none"],
    ),
    ("occurrences of an act", [step("S01", every="month")], ["S01", "only a recurring duty has occurrences"]),
    ("no legal basis", [step("S01", basis=[])], ["S01", "names its legal basis"]),
    ("an unknown field", [step("S01", dueish="election day")], ["S01 → dueish", "not permitted"]),
    (
        "an unknown field of a link",
        [step("S01"), step("S02", after=[{"id": "S01", "hard": True}])],
        ["S02 → after"],
    ),
    ("a missing field", [step("S01", body=None)], ["S01 → body", "required"]),
    ("a rule that is none", [step("S01", due="thirty days before")], ["S01 → due", "'thirty days before'"]),
    ("a day that is none", [step("S01", due="2026-02-30")], ["S01 → due", "'2026-02-30'"]),
    ("an unknown kind", [step("S01", kind="wish")], ["S01 → kind"]),
    ("an unknown responsible", [step("S01", responsible="ine")], ["S01 → responsible"]),
    ("an id out of shape", [step("s-1")], ["s-1 → id"]),
    ("a name in one language", [step("S01", name={"es": "una cosa"})], ["S01 → name → en"]),
    ("a text where a list belongs", [step("S01", basis="LGIPE 225")], ["S01 → basis"]),
    (
        "a number that is a text",
        [step("S01", count={"unit": NAMES, "target": "9"})],
        ["S01 → count → target"],
    ),
    ("a target of nothing", [step("S01", count={"unit": NAMES, "target": 0})], ["S01 → count → target"]),
    ("a step without an id", [step("S01"), "[[steps]]\nstage = 'preparation'\n"], ["step 2 → id"]),
]


@pytest.mark.parametrize(
    ("steps", "words"), [row[1:] for row in WRONG_STEPS], ids=[row[0] for row in WRONG_STEPS]
)
def test_a_wrong_step_is_refused_with_the_file_the_step_and_the_reason(
    steps: list[str], words: list[str]
) -> None:
    said = refusal(*steps)
    for word in [FILE, *words]:
        assert word in said


STAGE = {"id": "preparation", "name": NAMES}

WRONG_HEADS: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown field", {"author": "me"}, "author"),
    ("no stages", {"stages": None}, "stages"),
    ("a version of nothing", {"version": 0}, "version"),
    ("a kind out of shape", {"kind": "Small Election"}, "kind"),
    ("an unknown jurisdiction", {"jurisdiction": "municipal"}, "jurisdiction"),
    ("an election day that is no rule", {"election_day": "in june"}, "'in june'"),
    (
        "a stage that begins at no boundary",
        {"stages": [STAGE | {"starts": "in june"}]},
        "stages → 0 → starts",
    ),
    ("a stage that begins with an unknown step", {"stages": [STAGE | {"starts": "S09.start"}]}, "step S09"),
    ("a stage that ends with an unknown step", {"stages": [STAGE | {"ends": "S09.due"}]}, "step S09"),
]


@pytest.mark.parametrize(
    ("fields", "word"), [row[1:] for row in WRONG_HEADS], ids=[row[0] for row in WRONG_HEADS]
)
def test_a_wrong_head_is_refused_with_the_file_and_the_field(fields: dict[str, Any], word: str) -> None:
    said = refusal(step("S01"), **fields)
    assert FILE in said
    assert word in said


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'kind = "caf\xe9"', "utf-8"),
        (b"kind = ", "Invalid value"),
        (b"kind = 'a'\nkind = 'b'", "overwrite"),
        (b"", "kind"),
        (b"steps = 3", "steps"),
        (b"steps = ['S01']", "step 1"),
        (b"steps = [[]]", "step 1"),
        (b"version = nan", "version"),
        (b"version = 2026-01-01", "version"),
        (b"\xff\xfek\x00", "utf-8"),
        (b'kind = "\\u0000"', "kind"),
    ],
)
def test_what_is_not_a_procedure_at_all_is_refused_with_the_file_and_the_place(
    content: bytes, word: str
) -> None:
    with pytest.raises(PlanError) as caught:
        load_procedure(content, FILE)
    assert FILE in str(caught.value)
    assert word in str(caught.value)


def test_every_wrong_step_is_named_at_once() -> None:
    said = refusal(step("S01", kind="wish"), step("S02", due="soon"))
    assert "S01 → kind" in said
    assert "S02 → due" in said
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([step("S01"), step("S02", kind="wish")], 'kind = "wish"'),
        ([step("S01", dueish="soon")], "dueish ="),
        ([step("S01"), step("S02", basis=[])], 'id = "S02"'),
        ([step("S01"), step("S02", due="S09.due + 1 days")], 'id = "S02"'),
        ([step("S01"), step("S02", after=[{"id": "S03"}]), step("S03", after=[{"id": "S02"}])], 'id = "S02"'),
        ([step("S01"), step("S02", opens=["S02"])], 'id = "S02"'),
        ([step("S01"), step("S02", body=None)], 'id = "S02"'),
        ([step("S01"), step("S02", outcomes=[{"id": "Yes", "name": NAMES}])], "outcomes ="),
    ],
)
def test_a_refusal_says_the_line_to_look_at(steps: list[str], line: str) -> None:
    """For a value its own; for a step that is missing something or contradicts another, where the step begins."""
    written = procedure_text(*steps).decode().splitlines()
    (number,) = [at for at, words in enumerate(written, start=1) if words.startswith(line)]

    place = re.escape(FILE)
    said = re.match(rf"{place}:(\d+): ", refusal(*steps))

    assert said is not None
    assert int(said[1]) == (number - 1 if line.startswith("id =") else number)


def test_a_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(PlanError, match="line 2"):
        load_procedure(b"kind = 'a'\nversion = \n", FILE)
