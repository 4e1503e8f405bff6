"""Every error is a problem document in the reader's language."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.language import preferred_language
from tests.api.harness import FEDERAL, Api, milestone


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"), ("es", "es"), ("en", "en"), ("en-US,en;q=0.9", "en"), ("es-MX,en;q=0.9", "es"), ("fr",
        "es"),
        ("fr,en;q=0.2", "en"), ("en;q=0.3,es;q=0.4", "es"), ("en;q=0", "es"), ("*", "es"), ("en;q=x", "es"),
        (";;;,,,", "es"),
    ],
)  # fmt: skip
def test_the_language_is_the_one_preferred_of_the_two(header: str, language: str) -> None:
    assert preferred_language(header, "es") == language


def test_a_problem_is_told_in_the_language_asked_for(api: Api) -> None:
    path = f"{milestone('F175', FEDERAL)}/completion"
    spanish = api.write(path)
    english = api.write(path, Accept_Language="en")
    by_query = api.client.get("/api/v1/processes/none?lang=en")

    assert spanish.headers["Content-Language"] == "es"
    assert spanish.json()["detail"].startswith("Antes debe concluir")
    assert english.headers["Content-Language"] == "en"
    assert english.json()["detail"].endswith("name it in 'declare'.")
    assert {**spanish.json(), "detail": "", "title": "", "errors": []} == {
        **english.json(), "detail": "", "title": "", "errors": []
    }  # fmt: skip
    assert by_query.json()["title"] == "Not found"


@pytest.mark.parametrize(
    ("method", "path", "status", "rule"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", "/api/v1/processes/none", 404, "unknown-process"),
        ("GET", "/api/v1/processes/none/milestones", 404, "unknown-process"),
        ("GET", "/api/v1/processes/none/history", 404, "unknown-process"),
        ("GET", "/api/v1/processes/none/milestones/F001", 404, "unknown-milestone"),
        ("GET", "/api/v1/processes/none/milestones/F001/history", 404, "unknown-milestone"),
        ("GET", "/api/v1/entities/XX", 404, "not-found"),
        ("GET", "/api/v1/events/0", 404, "not-found"),
        ("GET", "/api/v1/events/99999999999999999999", 404, "not-found"),
        ("PUT", "/api/v1/processes", 405, "method-not-allowed"),
        ("DELETE", "/api/v1/events/1", 405, "method-not-allowed"),
        ("PATCH", "/livez", 405, "method-not-allowed"),
        ("POST", "/api/v1/processes", 401, "token-missing"),
    ],
)
def test_what_cannot_be_answered_says_why(api: Api, method: str, path: str, status: int, rule: str) -> None:
    answer = api.client.request(method, path)
    problem = answer.json()

    assert (answer.status_code, problem["rule"]) == (status, rule)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"/problemas/{rule}"
    assert problem["instance"] == path
    assert api.client.get(problem["type"]).status_code == 200


def test_who_asks_for_no_language_gets_the_one_that_is_set(api: Api) -> None:
    english = api.resources.settings.model_copy(update={"language": "en"})
    client = TestClient(create_app(replace(api.resources, settings=english)))

    assert client.get("/api/v1/nowhere").json()["title"] == "Not found"
    assert client.get("/api/v1/nowhere", headers={"Accept-Language": "es"}).json()["title"] == "No encontrado"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (
            "/api/v1/processes",
            {"kind": "local_election", "territory": "MX-COL", "cycle": "2026-2029"},
            "ciclo",
        ),
        (f"{milestone('L001')}/correction", {"report": "start", "reason": "r", "done": 5}, "corrección"),
        (f"{milestone('L001')}/start", {"note": "a\u200bb\x07"}, "carácter"),
        (f"{milestone('L001')}/start", {"occurred_at": "1999-01-01T00:00:00Z"}, "2000 y 2100"),
        (f"{milestone('L001')}/date", {"due": "2027-02-30", "basis": "law", "source": "x"}, "día no existe"),
        (f"{milestone('L001')}/date", {"due": "mañana", "basis": "law", "source": "x"}, "2027-06-06"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_spanish(
    api: Api, path: str, body: dict[str, str], words: str
) -> None:
    answer = api.write(path, body, etag='"1"')

    assert (answer.status_code, answer.json()["rule"]) == (422, "invalid-fields")
    assert words in answer.json()["errors"][0]["message"]


def test_what_is_allowed_is_said_with_what_is_not(api: Api) -> None:
    assert api.client.put("/api/v1/processes").headers["Allow"] == "GET, HEAD, POST"
    assert api.client.get(f"{milestone('L001')}/start").headers["Allow"] == "POST"


def test_a_format_that_is_not_offered_is_said(api: Api) -> None:
    answer = api.read("/api/v1/processes", Accept="application/xml")
    refused = api.read("/api/v1/processes", Accept="application/json;q=0, text/csv;q=0")

    assert (answer.status_code, answer.json()["rule"]) == (406, "format-not-available")
    assert refused.status_code == 406
    assert api.read("/api/v1/processes", Accept="application/xml, */*;q=0.1").status_code == 200


def test_pages_of_other_sites_are_not_let_in(api: Api) -> None:
    """No CORS, on purpose: programs ask, browsers of other sites do not."""
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    for answer in (
        api.client.get("/api/v1/processes", headers=asked),
        api.client.options("/api/v1/processes", headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_every_answer_says_where_the_log_ends_and_what_a_browser_may_do(api: Api) -> None:
    for path in ("/livez", "/nowhere", "/api/v1/processes", "/api/v1/openapi.json"):
        answer = api.client.get(path)
        assert int(answer.headers["Bitacora-Position"]) > 2_000
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "require-trusted-types-for 'script'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Cache-Control"]


def test_a_proxys_number_for_a_request_is_kept_if_it_is_one(api: Api) -> None:
    assert (
        api.client.get("/livez", headers={"X-Request-ID": "abcdef123456"}).headers["X-Request-ID"]
        == "abcdef123456"
    )
    for nonsense in ("x", "a b c d e f g h", "a" * 65):
        assert (
            api.client.get("/livez", headers={"X-Request-ID": nonsense}).headers["X-Request-ID"] != nonsense
        )
