"""What would follow, by HTTP: told before anything is recorded, and as it then happens."""

from __future__ import annotations

from tests.api.cases import due, open_case, report
from tests.api.harness import Api

CASE = "pos-2026-mx-w-1"


def test_an_outcome_tells_what_it_would_open_and_close_and_then_does(api: Api) -> None:
    open_case(api, folio="W-1")
    report(api, CASE, "S01")
    head = api.head()

    answer = api.client.get(
        f"/api/v1/cases/{CASE}/what-if",
        params={"milestone": "S02", "outcome": "admitted", "done_at": "2026-11-20T12:30:00-06:00"},
    )
    told = {row["milestone"]: row for row in answer.json()["shifts"]}

    assert answer.status_code == 200, answer.text
    assert told["S05"]["happens"] == "arises"
    assert told["S03"]["happens"] == "closes"
    assert api.head() == head, "nothing is recorded"
    report(api, CASE, "S02", body={"outcome": "admitted"})
    assert due(api, CASE, "S08") == told["S08"]["after"]


def test_another_date_tells_which_limit_it_would_break(api: Api) -> None:
    open_case(api, folio="W-2")

    answer = api.client.get(
        "/api/v1/cases/pos-2026-mx-w-2/what-if", params={"milestone": "S01", "due": "2026-11-30T10:00"}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["case"] == "pos-2026-mx-w-2"


def test_what_cannot_be_supposed_is_refused(api: Api) -> None:
    open_case(api, folio="W-3")
    path = "/api/v1/cases/pos-2026-mx-w-3/what-if"

    wrong = {
        "unknown-step": {"milestone": "S99"},
        "unknown-outcome": {"milestone": "S02", "outcome": "perdonada"},
        "invalid-fields": {"milestone": "S02", "outcome": "admitted", "due": "2026-12-01"},
    }
    for rule, asked in wrong.items():
        answer = api.client.get(path, params=asked)
        assert (answer.status_code, answer.json()["rule"]) == (422, rule), answer.text
    assert (
        api.client.get("/api/v1/cases/pos-2026-mx-none/what-if", params={"milestone": "S01"}).status_code
        == 404
    )
