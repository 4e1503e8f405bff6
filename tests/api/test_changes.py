"""What changed between two moments, as a program asks for it."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.harness import FEDERAL, JALISCO, NOW, Api, milestone

L081 = milestone("L081")


@pytest.fixture(scope="module")
def since(api: Api) -> int:
    """The position before a completion and its correction were recorded."""
    api.token("administrator", "MX")
    before = api.head()
    assert api.write(f"{L081}/completion", {"outcome": "aprobado"}).status_code == 200
    correction = {"report": "completion", "reason": "Era otro acuerdo", "outcome": "desechado"}
    assert api.write(f"{L081}/correction", correction).status_code == 200
    return before


def changes(api: Api, path: str, **query: object) -> Any:
    answer = api.read(f"/api/v1{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "path",
    ["/changes", f"/processes/{JALISCO}/changes", "/entities/MX-JAL/changes", f"{L081[7:]}/changes"],
)
def test_a_change_is_told_of_the_milestone_its_process_its_state_and_the_nation(
    api: Api, since: int, path: str
) -> None:
    (row,) = changes(api, path, since=since)["items"]

    assert (row["change"], row["process"], row["milestone"]) == ("changed", JALISCO, "L081")
    assert {"field": "outcome", "before": None, "after": "desechado"} in row["fields"]
    wrong, right = row["events"]
    assert (wrong["type"], wrong["corrected_by"]) == ("MilestoneCompleted", right["position"])
    assert wrong["post"]
    assert wrong["body"]


def test_between_two_moments_is_not_until_now(api: Api, since: int) -> None:
    (row,) = changes(api, f"{L081[7:]}/changes", since=since, until=since + 1)["items"]

    assert {"field": "outcome", "before": None, "after": "aprobado"} in row["fields"]
    assert changes(api, "/changes", since=since, until=since) == {"items": [], "next": None}


def test_changes_are_read_page_by_page(api: Api, since: int) -> None:
    whole = changes(api, f"/processes/{JALISCO}/changes", since=1, until=since, limit=500)["items"]
    first = api.read(f"/api/v1/processes/{JALISCO}/changes?since=1&until={since}&limit=2")
    second = changes(
        api, f"/processes/{JALISCO}/changes", since=1, until=since, limit=2, cursor=first.json()["next"]
    )

    assert [*first.json()["items"], *second["items"]] == whole[:4]
    assert 'rel="next"' in first.headers["Link"]
    assert {row["change"] for row in whole} == {"added"}


def test_changes_are_also_a_table(api: Api, since: int) -> None:
    answer = api.read(f"/api/v1/changes?since={since}", Accept="text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))

    assert row["milestone"] == "L081"
    assert row["fields"].startswith(
        "status: planned → completed; outcome: null → desechado; started_at: null → "
    )
    assert row["fields"].endswith("; corrections: 0 → 1")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "query.since"),
        ("since=", "query.since"),
        ("since=0", "query.since"),
        ("since=2001-01-01T00:00:00Z", "query.since"),
        ("since=ayer", "query.since"),
        ("since=1&until=999999999", "query.until"),
        ("since=1&until=2026-12-31T00:00:00Z", "query.until"),
        ("since=3&until=2", "query.since"),
        ("since=1&cursor=x", "query.cursor"),
        ("since=1&hasta=2", "query.hasta"),
    ],
)
def test_moments_that_are_none_are_refused_with_their_name(api: Api, query: str, field: str) -> None:
    answer = api.client.get(f"/api/v1/changes?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["detail"]


def test_an_instant_takes_an_offset_even_where_the_plus_was_not_escaped(api: Api) -> None:
    assert "+00:00" in NOW.isoformat()
    refused = api.client.get(f"/api/v1/changes?since={NOW.isoformat()}").json()["detail"]
    assert "anterior a la bitácora" in refused, "an instant, though these tests' log began after it"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("/processes/pel-2026-2027-xxx/changes", "unknown-process"),
        (f"/processes/{FEDERAL}/milestones/F999/changes", "unknown-milestone"),
        ("/entities/MX-XXX/changes", "unknown-entity"),
    ],
)
def test_of_what_is_not_there_nothing_is_compared(api: Api, path: str, rule: str) -> None:
    answer = api.client.get(f"/api/v1{path}?since=1")

    assert answer.status_code == 404
    assert answer.json()["type"].endswith(rule)
