"""Moving a whole plan by HTTP: rehearsed first, then recorded in one piece with its instrument."""

from __future__ import annotations

import pytest

from tests.api.harness import FEDERAL, JALISCO, Api, milestone

PLAN = f"/api/v1/processes/{FEDERAL}"


def test_another_day_of_the_vote_is_rehearsed_and_then_moved(api: Api) -> None:
    api.token("administrator", "MX")
    head = api.head()
    told = api.client.get(f"{PLAN}/what-if", params={"election_day": "2027-06-13"}).json()
    moves = {row["milestone"]: row for row in told["changes"]}

    assert api.head() == head, "a rehearsal records nothing"
    assert len(moves) > 500
    moved = api.write(
        f"{PLAN}/election-day", {"election_day": "2027-06-13", "instrument": "DOF", "reason": "Reforma"}
    )
    assert moved.status_code == 200, moved.text
    assert api.head() == head + len(moves) + 1
    some = min(id_ for id_ in moves if moves[id_]["change"] == "moved")
    assert api.read(milestone(some, FEDERAL)).json()["due"] == moves[some]["after"]
    assert api.read(PLAN).json()["election_day"] == "2027-06-13"


def test_moving_to_where_it_is_records_nothing(api: Api) -> None:
    head = api.head()
    day = api.read(PLAN).json()["election_day"]

    assert (
        api.write(f"{PLAN}/election-day", {"election_day": day, "instrument": "x", "reason": "x"}).json()[
            "changed"
        ]
        is False
    )
    assert (
        api.write(f"{PLAN}/plan-version", {"plan_version": 1, "instrument": "x"}).json()["changed"] is False
    )
    assert api.head() == head


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({}, "invalid-fields"),
        ({"election_day": "2026-09-01"}, "plan-cannot-be-dated"),
        ({"plan_version": 7}, "unknown-plan-version"),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(api: Api, asked: dict[str, str], rule: str) -> None:
    answer = api.client.get(f"{PLAN}/what-if", params=asked)

    assert (answer.status_code, answer.json()["rule"]) == (422, rule)


def test_only_who_administers_a_territory_moves_its_plan(api: Api) -> None:
    words = {"election_day": "2027-06-13", "instrument": "x", "reason": "x"}
    refused = api.write(
        f"/api/v1/processes/{JALISCO}/election-day", words, token=api.token("coordinator", "MX-JAL")
    )

    assert refused.status_code == 403
