"""Moving a whole plan by HTTP: rehearsed first, then recorded in one piece with its instrument."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.harness import FEDERAL, JALISCO, Api, milestone
from tests.domain.manual import procedures_with
from tests.domain.test_variant import JALISCO as VARIANT

PLAN = f"/api/v1/processes/{FEDERAL}"


def test_another_day_of_the_vote_is_rehearsed_and_then_moved(api: Api) -> None:
    api.token("administrator", "MX")
    head = api.head()
    told = api.client.get(f"{PLAN}/what-if", params={"election_day": "2027-06-13"}).json()
    moves = {row["milestone"]: row for row in told["changes"]}

    assert api.head() == head, "a rehearsal records nothing"
    assert len(moves) > 500
    moved = api.write(
        f"{PLAN}/election-day",
        {"election_day": "2027-06-13", "basis": "calendar", "instrument": "DOF", "reason": "Reforma"},
    )
    assert moved.status_code == 200, moved.text
    # It takes two: what is proposed, the second person's token, and the agreement are recorded with it.
    assert api.head() == head + len(moves) + 1 + 3
    some = min(id_ for id_ in moves if moves[id_]["change"] == "moved")
    assert api.read(milestone(some, FEDERAL)).json()["due"] == moves[some]["after"]
    now = api.read(PLAN).json()
    assert (now["election_day"], now["election_day_basis"]) == ("2027-06-13", "calendar")


def test_moving_to_where_it_is_records_nothing(api: Api) -> None:
    head = api.head()
    day = api.read(PLAN).json()["election_day"]

    assert (
        api.write(
            f"{PLAN}/election-day",
            {"election_day": day, "basis": "calendar", "instrument": "x", "reason": "x"},
        ).json()["changed"]
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
    words = {"election_day": "2027-06-13", "basis": "calendar", "instrument": "x", "reason": "x"}
    refused = api.write(
        f"/api/v1/processes/{JALISCO}/election-day", words, token=api.token("coordinator", "MX-JAL")
    )

    assert refused.status_code == 403


def test_a_process_moves_to_its_state_s_own_plan_once_that_has_a_file(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = f"/api/v1/processes/{JALISCO}"
    api.token("administrator", "MX")
    assert api.read("/api/v1/procedures/local_election/variants").json()["items"][-1]["territory"] == "MX-MEX"

    with procedures_with("variants/jal.toml", VARIANT, tmp_path, monkeypatch):
        told = api.client.get(f"{process}/what-if", params={"plan_version": 2}).json()
        moved = api.write(f"{process}/plan-version", {"plan_version": 2, "instrument": "IEPC-ACG-001/2026"})
        listed = api.read("/api/v1/procedures/local_election/variants").json()["items"]
    compared = {row["row"]: row for row in api.read("/api/v1/conformance/MX-JAL").json()["items"]}

    assert {row["milestone"]: row["change"] for row in told["changes"]} | {
        "X01": "added", "L116": "removed", "L010": "changed",
    } == {row["milestone"]: row["change"] for row in told["changes"]}  # fmt: skip
    assert moved.status_code == 200, moved.text
    assert listed[0]["territory"] == "MX-JAL"
    assert {row["id"]: row["difference"] for row in listed[0]["differences"]} == {
        "X01": "added", "L116": "removed", "L010": "changed",
    }  # fmt: skip
    assert api.read(milestone("X01", JALISCO)).json()["due"] == "2027-05-07"
    assert api.read(milestone("L116", JALISCO)).json()["status"] == "not_applicable"
    assert (compared["X01"]["difference"], compared["L010"]["difference"]) == ("added", "dated")
