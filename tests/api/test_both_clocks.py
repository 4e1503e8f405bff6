"""What was known at a moment, and of that what had happened by another, as a program asks for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.harness import JALISCO, Api, milestone

L080 = milestone("L080")
THE_20TH, THE_21ST = "2026-11-20T12:30:00-06:00", "2026-11-21T09:00:00-06:00"
BEFORE, BETWEEN, AFTER = "2026-11-19T00:00:00Z", "2026-11-21T12:00:00Z", "2026-11-21T17:00:00Z"


@pytest.fixture(scope="module")
def reported(api: Api) -> int:
    """The position of a completion said to be of the 20th, which then is corrected to the 21st."""
    api.token("administrator", "MX")
    assert api.write(f"{L080}/completion", {"occurred_at": THE_20TH}).status_code == 200
    position = api.head()
    correction = {"report": "completion", "reason": "Fue al día siguiente", "occurred_at": THE_21ST}
    assert api.write(f"{L080}/correction", correction).status_code == 200
    return position


def read(api: Api, path: str, **query: object) -> Any:
    answer = api.read(f"{path}?{urlencode(query)}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_milestone_is_told_by_both_clocks(api: Api, reported: int) -> None:
    def status(**query: object) -> str:
        return str(read(api, L080, **query)["status"])

    assert status(happened_by=BETWEEN) == "planned"
    assert status(happened_by=BETWEEN, as_of=reported) == "completed", (
        "as it was known before it was corrected"
    )
    assert status(happened_by=AFTER) == "completed"
    assert status(happened_by=BEFORE, as_of=reported) == "planned"


def test_a_list_a_process_a_state_and_the_country_count_what_had_happened(api: Api, reported: int) -> None:
    def done(**query: object) -> list[int]:
        listed = read(api, f"/api/v1/processes/{JALISCO}/milestones", status="completed", **query)["items"]
        tallies = [
            read(api, f"/api/v1/processes/{JALISCO}", **query)["tally"],
            read(api, "/api/v1/entities/MX-JAL/status", **query)["local"],
            read(api, "/api/v1/entities/MX/status", **query)["local"],
            next(one for one in read(api, "/api/v1/entities", **query)["items"] if one["code"] == "MX-JAL")[
                "local"
            ],
            next(one for one in read(api, "/api/v1/processes", **query)["items"] if one["id"] == JALISCO)[
                "tally"
            ],
        ]
        names = ("done_on_time", "done_late", "done_ahead", "done_undated")
        return [len(listed), *(sum(tally[name] for name in names) for tally in tallies)]

    assert done(happened_by=BETWEEN) == [0] * 6
    assert done(happened_by=BETWEEN, as_of=reported) == [1] * 6
    assert done(happened_by=AFTER) == [1] * 6


def test_a_list_of_all_elections_and_a_history_tell_what_had_happened(api: Api, reported: int) -> None:
    def known(**query: object) -> tuple[int, list[str]]:
        listed = read(api, "/api/v1/milestones", status="completed", **query)["items"]
        history = read(api, f"{L080}/history", **query)["items"]
        return len(listed), [one["type"] for one in history]

    assert known(happened_by=BETWEEN) == (0, ["MilestonePlanned"])
    assert known(happened_by=BETWEEN, as_of=reported) == (1, ["MilestonePlanned", "MilestoneCompleted"])
    assert known(happened_by=AFTER)[1] == ["MilestonePlanned", "MilestoneCompleted", "MilestoneCorrected"]


def test_a_history_of_a_process_is_read_in_the_order_of_the_acts(api: Api, reported: int) -> None:
    path = f"/api/v1/processes/{JALISCO}/history"
    first = api.read(f"{path}?{urlencode({'happened_by': AFTER, 'newest_first': True, 'limit': 1})}").json()
    second = read(api, path, happened_by=AFTER, newest_first=True, limit=1, cursor=first["next"])

    assert [page["items"][0]["type"] for page in (first, second)] == [
        "MilestoneCorrected",
        "MilestoneCompleted",
    ]
    assert second["items"][0]["position"] == reported


def test_a_difference_tells_what_was_learnt_of_the_days_before(api: Api, reported: int) -> None:
    def fields(**query: object) -> list[str]:
        (row,) = read(api, f"{L080}/changes", since=reported, **query)["items"]
        return [one["field"] for one in row["fields"]]

    assert "status" in fields(happened_by=BETWEEN)
    assert "status" not in fields()


@pytest.mark.parametrize(
    "moment", ["4711", "2026-11-20", "ayer", "2099-01-01T00:00:00Z", "2026-12-31T00:00:00Z"]
)
@pytest.mark.parametrize(
    "path",
    ["/api/v1/entities", "/api/v1/entities/MX-JAL/status", f"/api/v1/processes/{JALISCO}", L080, f"{L080}/history",
     "/api/v1/milestones", "/api/v1/changes?since=1"],
)  # fmt: skip
def test_what_is_no_instant_that_has_passed_is_refused_in_words(api: Api, path: str, moment: str) -> None:
    answer = api.client.get(f"{path}{'&' if '?' in path else '?'}happened_by={moment}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.happened_by"


def test_the_steps_of_all_cases_are_told_by_one_clock_only(api: Api) -> None:
    path = "/api/v1/milestones?among=cases&territory=MX-JAL&procedure=ordinary_sanctioning"
    answer = api.client.get(f"{path}&happened_by={AFTER}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.happened_by"
