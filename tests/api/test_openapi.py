"""The API's description: whole, in words, and readable without a network."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.routes.milestone_reports import REPORTS
from tests.api.harness import JALISCO, Api


@pytest.fixture(scope="module")
def described(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = api.client.get("/api/v1/openapi.json").json()
    return document


FILES = {"post /api/v1/batches", "post /api/v1/plan-imports"}
"""Writes that take a file, and what is written in rows."""

BEGINNINGS = {
    "post /api/v1/processes", "post /api/v1/cases", "post /api/v1/working-calendars", "post /api/v1/tokens",
    "post /api/v1/clients", "post /api/v1/plan-imports/layouts",
    "post /api/v1/processes/{process}/milestones/{milestone}/parts",
}  # fmt: skip
"""The writes of what does not exist yet, or is replaced whole."""


FOR_A_TOKEN = "post /api/v1/oauth/token"
"""What speaks OAuth's own way, with a form."""

DESK = "post /api/v1/webhooks"
"""What begins like this records nothing: it is kept beside the log."""


def operations(described: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_says_what_it_does_and_is_named_once(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(described)]

    assert len(set(names)) == len(names)
    for name, operation in operations(described):
        assert len(operation["description"]) > 20, name
        assert operation["tags"], name


DOCUMENTS = {"post /api/v1/documents", "post /api/v1/documents/uploads"}
"""What takes a document and no command: it is recorded by attaching it."""


def test_only_what_is_for_programs_is_described(described: dict[str, Any]) -> None:
    assert all(path.startswith(("/api/v1/", "/livez", "/readyz", "/metrics")) for path in described["paths"])


def test_every_write_names_its_body_its_key_its_tag_and_its_token(described: dict[str, Any]) -> None:
    writes = [
        (name, one)
        for name, one in operations(described)
        if name.startswith("post")
        and not name.startswith((DESK, FOR_A_TOKEN))
        and name not in FILES | DOCUMENTS
    ]

    assert len(writes) == len(REPORTS) + 18
    for name, operation in writes:
        headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
        assert headers >= {"Idempotency-Key"}, name
        assert ("If-Match" in headers) == (name not in BEGINNINGS), name
        assert operation["security"] == [{"token": []}], name
        body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = described["components"]["schemas"][body]
        assert schema["additionalProperties"] is False, name
        assert "occurred_at" in schema["required"], name
        assert schema["description"], name


def test_what_is_kept_beside_the_log_names_its_token_and_asks_strictly(described: dict[str, Any]) -> None:
    beside = {name: one for name, one in operations(described) if "/webhooks" in name}
    body = described["components"]["schemas"]["Subscription"]

    assert len(beside) == 7
    for name, operation in beside.items():
        assert operation["security"] == [{"token": []}], name
    assert "Idempotency-Key" in {one["name"] for one in beside[DESK]["parameters"]}
    assert body["additionalProperties"] is False
    assert set(body["required"]) == {"address", "territory"}


def test_asking_for_a_token_is_described_as_the_rfcs_have_it(described: dict[str, Any]) -> None:
    asking = described["paths"]["/api/v1/oauth/token"]["post"]
    (kind,) = asking["requestBody"]["content"]
    schema = described["components"]["schemas"]["TokenRequest"]

    assert kind == "application/x-www-form-urlencoded"
    assert schema["required"] == ["grant_type", "client_assertion_type", "client_assertion"]
    assert schema["properties"]["grant_type"]["const"] == "client_credentials"
    assert schema["properties"]["client_assertion_type"]["const"].endswith(":jwt-bearer")
    assert asking["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/AccessToken"
    )
    assert {"400", "401"} < set(asking["responses"])
    assert "security" not in asking, "who asks has no token yet"


def test_what_takes_files_names_its_kinds_of_body_and_its_token(described: dict[str, Any]) -> None:
    found = {name: one for name, one in operations(described) if name in FILES}

    assert set(found) == FILES
    for name, operation in found.items():
        assert operation["security"] == [{"token": []}], name
        assert {"text/csv"} < set(operation["requestBody"]["content"]), name
    batch = found["post /api/v1/batches"]
    assert "Idempotency-Key" in {one["name"] for one in batch["parameters"]}
    assert batch["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/BatchRequest")
    assert described["components"]["schemas"]["BatchRequest"]["properties"]["items"]["maxItems"] == 10_000
    assert "occurred_at" in described["components"]["schemas"]["BatchItem"]["required"]


def test_every_operation_that_sends_a_document_takes_a_token_and_says_what_it_gets(
    described: dict[str, Any],
) -> None:
    found = dict(operations(described))
    sending = [
        one for name, one in found.items() if "/documents" in name and not name.startswith(("get", "head"))
    ]

    assert len(sending) == 4
    assert all(operation["security"] == [{"token": []}] for operation in sending)
    assert "application/octet-stream" in found["post /api/v1/documents"]["requestBody"]["content"]
    assert {"413", "507"} <= found["post /api/v1/documents"]["responses"].keys()


def test_every_read_says_how_to_see_what_was_just_reported_and_only_what_changed(
    api: Api, described: dict[str, Any]
) -> None:
    reads = [
        (name, one)
        for name, one in operations(described)
        if name.startswith("get /api/v1/") and name != "get /api/v1/events"
    ]

    for name, operation in reads:
        parameters = {one["name"] for one in operation["parameters"]}
        assert "If-None-Match" in parameters, name
        assert ("Bitacora-Min-Position" in parameters) == bool(parameters & {"as_of", "since"}), name
        assert operation["responses"]["200"]["headers"].keys() >= {"ETag", "Bitacora-Position"}, name
        assert "304" in operation["responses"], name


def test_what_is_described_as_csv_is_given_as_csv(api: Api, described: dict[str, Any]) -> None:
    described_as_csv = {
        name
        for name, operation in operations(described)
        if "text/csv" in str(operation["responses"].get("200"))
    }
    said_to_be = {name for name, operation in operations(described) if "CSV" in operation["description"]}
    lists = ("get /api/v1/entities", "get /api/v1/processes", "get /api/v1/processes/{process}/history")

    assert described_as_csv == said_to_be
    assert described_as_csv > set(lists)
    for name in lists:
        path = name.removeprefix("get ").format(process=JALISCO)
        assert api.read(path, Accept="text/csv").headers["Content-Type"].startswith("text/csv")


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    references = set(re.findall(r"'#/components/schemas/([^']+)'", str(described)))

    assert references <= set(described["components"]["schemas"])
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_every_field_of_an_answer_is_explained(described: dict[str, Any]) -> None:
    for name in ("MilestoneRow", "EntityStatus", "ProcessRow", "Receipt", "TimelineEntry", "ProblemDocument"):
        for field, schema in described["components"]["schemas"][name]["properties"].items():
            if field in {"tally", "title", "status"} or "description" in schema:
                continue
            assert "$ref" in str(schema), (name, field)


def test_the_reference_page_needs_no_script_and_nothing_from_elsewhere(
    api: Api, described: dict[str, Any]
) -> None:
    answer = api.client.get("/api/v1")

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert not re.findall(r'(?:href|src)="(?!/|#)', answer.text)
    for name, _ in operations(described):
        method, _, path = name.partition(" ")
        assert f"{method.upper()} {path}" in answer.text
    targets = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert targets <= set(re.findall(r'id="([^"]+)"', answer.text))


def test_what_takes_a_token_says_so(described: dict[str, Any]) -> None:
    found = {
        name
        for name, one in operations(described)
        if one.get("security") == [{"token": []}] and name.startswith("get ")
    }

    assert found == {
        "get /api/v1/batches/template.{kind}", "get /api/v1/clients", "get /api/v1/clients/{client}",
        "get /api/v1/documents/uploads/{upload}", "get /api/v1/people", "get /api/v1/tokens",
        "get /api/v1/people/{person}", "get /api/v1/tokens/{token}", "get /api/v1/webhooks",
        "get /api/v1/webhooks/{webhook}", "get /api/v1/webhooks/{webhook}/deliveries", "get /api/v1/worklist",
    }  # fmt: skip


RECORD_NOTHING = {*DOCUMENTS, "patch /api/v1/documents/uploads/{upload}"}
"""Writes of what is beside the log: documents enter it once they are attached."""


def test_the_answer_to_everything_that_records_says_where_its_proof_is_had(described: dict[str, Any]) -> None:
    without = {
        name
        for name, operation in operations(described)
        if name.partition(" ")[0] != "get"
        and not name.startswith((DESK, FOR_A_TOKEN, "delete /api/v1/webhooks"))
        and not all(
            "proof" in words_of(described, answer)
            for status, answer in operation["responses"].items()
            if status in {"200", "201", "202"}
        )
    }

    assert without == RECORD_NOTHING


def words_of(described: dict[str, Any], answer: dict[str, Any]) -> set[str]:
    """Return the fields of an answer, or of its rows where it has those."""
    (content,) = answer.get("content", {"": {"schema": {}}}).values()
    fields = schema_of(described, content["schema"]).get("properties", {})
    rows = fields.get("rows", {}).get("items")
    return set(schema_of(described, rows)["properties"]) if rows else set(fields)


def schema_of(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described["components"]["schemas"][name] if name else schema
    return found
