"""The fourteen functions and their procedures, as programs read them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.procedure import procedures
from domain.systems import systems
from tests.api.harness import Api
from tests.domain.manual import WORKED_EXAMPLE, manual_as_a_file, procedures_with


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The procedure of the manual, as one more file among the others."""
    with procedures_with(f"{WORKED_EXAMPLE}.toml", manual_as_a_file(), tmp_path, monkeypatch):
        yield


def test_the_fourteen_functions_are_told_with_their_procedures(api: Api) -> None:
    rows = api.read("/api/v1/systems").json()["items"]

    assert [row["number"] for row in rows] == list(range(1, 15))
    assert [row["id"] for row in rows] == [system.id for system in systems().values()]
    assert sorted(kind for row in rows for kind in row["procedures"]) == sorted(procedures())


def test_every_procedure_is_listed_page_by_page(api: Api) -> None:
    found: list[str] = []
    path = "/api/v1/procedures?limit=20"
    while path:
        answer = api.read(path)
        found += [row["kind"] for row in answer.json()["items"]]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert found == sorted(procedures())


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [("system=7", "system", 7), ("jurisdiction=state", "jurisdiction", "state")],
)
def test_a_filter_leaves_only_what_was_asked_for(api: Api, query: str, field: str, value: object) -> None:
    rows = api.read(f"/api/v1/procedures?{query}").json()["items"]

    assert {row[field] for row in rows} == {value}
    assert {row["kind"] for row in rows} == {
        procedure.kind for procedure in procedures().values() if getattr(procedure, field) == value
    }


@pytest.mark.parametrize("path", ["/api/v1/procedures", "/api/v1/systems"])
def test_the_lists_are_tables_too(api: Api, path: str) -> None:
    answer = api.read(path, Accept="text/csv")
    table = list(csv.DictReader(io.StringIO(answer.text)))
    rows = api.read(path).json()["items"]

    assert len(table) == len(rows)
    assert [line["name.es"] for line in table] == [row["name"]["es"] for row in rows]


@pytest.mark.parametrize("kind", sorted(procedures()))
def test_a_procedure_is_told_whole(api: Api, kind: str) -> None:
    procedure = procedures()[kind]
    head = api.read(f"/api/v1/procedures/{kind}").json()
    steps = api.read(f"/api/v1/procedures/{kind}/steps").json()["items"]

    assert head["digest"] == procedure.digest
    assert [fact["id"] for fact in head["facts"]] == [fact.id for fact in procedure.facts]
    assert head["steps"] == len(steps) == len(procedure.steps)
    assert head["articles_read"] + head["articles_partly_read"] + head["articles_not_read"] == len(steps)
    for told, step in zip(steps, procedure.steps, strict=True):
        assert (told["id"], told["basis"], told["article"]) == (step.id, list(step.basis), step.article)
        assert (told["due"] or {}).get("rule") == step.due
        assert [one["rule"] for one in told["due_when"]] == [one.rule for one in step.due_when]
        assert [(one["id"], one["opens"], one["closes"]) for one in told["outcomes"]] == [
            (one.id, list(one.opens), list(one.closes)) for one in step.outcomes
        ]
        assert (told["arises"] is None) == (step.id not in procedure.openers)


def test_a_rule_is_told_as_it_is_written_and_in_words(api: Api) -> None:
    steps = api.read("/api/v1/procedures/special_sanctioning/steps").json()["items"]
    by_id = {step["id"]: step for step in steps}

    assert by_id["S02"]["due"] == {
        "rule": "opened + 24 hours",
        "words": {"es": "24 horas después de la recepción", "en": "24 hours after its reception"},
    }
    assert by_id["S07"]["due_when"][0]["when_words"]["es"] == "si ya se cumplió S06"


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        ("/api/v1/procedures/nothing", 404, "unknown-procedure"),
        ("/api/v1/procedures/nothing/steps", 404, "unknown-procedure"),
        ("/api/v1/procedures?cursor=nothing", 422, "bad-cursor"),
        ("/api/v1/procedures?system=15", 422, None),
        ("/api/v1/procedures?jurisdiction=mars", 422, None),
        ("/api/v1/procedures?as_of=3", 422, None),
    ],
)
def test_what_is_not_there_or_not_understood_is_refused(
    api: Api, path: str, status: int, rule: str | None
) -> None:
    answer = api.client.get(path)

    assert answer.status_code == status
    assert rule is None or answer.json()["rule"] == rule


def test_what_the_reader_has_is_not_sent_again(api: Api) -> None:
    tag = api.etag("/api/v1/procedures/voter_card/steps")

    assert api.read("/api/v1/procedures/voter_card/steps", If_None_Match=tag).status_code == 304


def test_every_field_of_a_procedure_is_explained(api: Api) -> None:
    schemas = api.client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    bare = [
        (name, field)
        for name in (
            "SystemRow",
            "ProcedureRow",
            "ProcedureHead",
            "StepRow",
            "RuleRow",
            "AlternativeRow",
            "PauseRow",
        )
        for field, schema in schemas[name]["properties"].items()
        if "description" not in schema and not re.search(r"\$ref", str(schema))
    ]

    assert bare == []


def test_a_new_file_is_a_new_procedure(api: Api, one_more: None) -> None:
    head = api.read(f"/api/v1/procedures/{WORKED_EXAMPLE}")
    steps = api.read(f"/api/v1/procedures/{WORKED_EXAMPLE}/steps").json()["items"]
    justice = api.read("/api/v1/systems").json()["items"][6]

    assert head.status_code == 200
    assert [step["id"] for step in steps] == [f"S{number:02}" for number in range(1, 11)]
    assert WORKED_EXAMPLE in justice["procedures"]


def test_without_its_file_there_is_no_such_procedure(api: Api) -> None:
    assert api.client.get(f"/api/v1/procedures/{WORKED_EXAMPLE}").status_code == 404
