"""Making a step public by HTTP: reported, put right, listed while it is missing; and what no list looks for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.cases import open_case, report
from tests.api.harness import Api, milestone

EVERY = "/api/v1/milestones"


@pytest.fixture(scope="module")
def case(api: Api) -> str:
    """A case whose first step was completed and has to be made public."""
    facts = [
        {"id": "session_at", "value": "2026-11-25T10:00"},
        {"id": "session", "value": "Consejo General, ordinaria"},
    ]
    opened = open_case(api, kind="session_coverage", folio="AVISO-1", matter=None, facts=facts)
    assert opened.status_code == 201, opened.text
    process = str(opened.json()["process"])
    done = report(api, process, "S01")
    assert done.status_code == 200, done.text
    return process


def missing(api: Api) -> list[Any]:
    """Return the steps of such cases that are closed without their notice."""
    found = api.read(f"{EVERY}?among=cases&notice=missing&procedure=session_coverage")
    assert found.status_code == 200, found.text
    return [item["process"] for item in found.json()["items"]]


def test_a_step_closed_without_its_notice_is_listed_until_it_is_given_and_put_right(
    api: Api, case: str
) -> None:
    row = milestone("S01", case)
    assert api.read(row).json()["notice"] == "missing"
    assert missing(api) == [case]

    wrong = report(api, case, "S01", "announcement", {"where": "Página del órgano"})
    right = report(api, case, "S01", "announcement", {"where": "Gaceta 41", "instrument": "Tomo II"})
    assert (wrong.json()["changed"], right.json()["changed"]) == (True, True)

    now = api.read(row).json()
    assert (now["notice"], now["announced_where"]) == ("given", "Gaceta 41")
    assert now["announced_instrument"] == "Tomo II"
    assert missing(api) == []
    first, second = api.read(f"{row}/history").json()["items"][-2:]
    assert (first["payload"]["where"], first["corrected_by"]) == ("Página del órgano", second["position"])


def test_steps_of_all_cases_are_not_looked_for_one_by_one(api: Api) -> None:
    refused = api.read(f"{EVERY}?among=cases&search=gaceta")

    assert (refused.status_code, refused.json()["rule"]) == (422, "too-wide")
    assert api.read(f"{EVERY}?search=gaceta").status_code == 200
