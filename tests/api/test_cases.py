"""Case files by HTTP: opened whole, led on by what is reported of them, and put right by a correction."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from domain.process import CaseOpened, process_stream
from ledger.log import Tail
from tests.api.cases import case_of, due, open_case, report, step_of
from tests.api.harness import Api

CASE = "pos-2026-mx-ut-scg-q-12-2026"


@pytest.fixture(scope="module")
def case(api: Api) -> str:
    """A case that was opened, registered and admitted."""
    assert open_case(api).status_code == 201
    for step, words in (("S01", {}), ("S02", {"outcome": "admitted"})):
        answer = report(api, CASE, step, body=words)
        assert answer.status_code == 200, answer.text
    return CASE


def test_opening_a_case_records_its_steps_and_their_first_dates(api: Api) -> None:
    opened = open_case(api, folio="Q-1")
    receipt = opened.json()

    assert (opened.status_code, receipt["status"], receipt["changed"]) == (201, "open", True)
    assert receipt["process"] == "pos-2026-mx-q-1"
    assert due(api, "pos-2026-mx-q-1", "S01") == "2026-11-22T10:00"
    assert step_of(api, "pos-2026-mx-q-1", "S15")[0].plan is not None


def test_opening_the_same_case_twice_records_it_once(api: Api) -> None:
    key = str(uuid4())
    first, repeated = (open_case(api, folio="Q-2", key=key) for _ in range(2))
    again = open_case(api, folio="Q-2")

    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert repeated.json()["position"] == first.json()["position"]
    assert (again.status_code, again.json()["changed"]) == (200, False)


def test_another_case_cannot_take_its_folio(api: Api) -> None:
    open_case(api, folio="Q-3")

    refused = open_case(api, folio="q 3", matter="Otro asunto")

    assert (refused.status_code, refused.json()["rule"]) == (422, "folio-taken")


def test_an_outcome_opens_the_steps_it_leads_to_and_dates_them(api: Api, case: str) -> None:
    assert step_of(api, case, "S05")[0].has_arisen
    assert due(api, case, "S08") == "2026-12-30"
    assert step_of(api, case, "S03")[0].status == "not_applicable", "nobody can be warned any more"


def test_what_follows_is_recorded_with_the_report_it_follows_from(api: Api, case: str) -> None:
    log = api.resources.ledger.log
    (command,) = {
        event.command_id
        for event in log.read(0, 10_000)
        if event.stream.startswith(f"milestone/{case}/") and event.type == "MilestoneCompleted.v1"
        if event.stream.endswith("/S02")
    }
    followed = [event.type for event in log.read(0, 10_000) if event.command_id == command]

    assert followed[0] == "MilestoneCompleted.v1"
    assert {"MilestoneArose.v1", "MilestoneClosedAsNotApplicable.v1"} <= set(followed)


def test_an_outcome_the_step_cannot_come_to_is_refused_with_those_it_can(api: Api) -> None:
    open_case(api, folio="Q-4")
    report(api, "pos-2026-mx-q-4", "S01")

    refused = report(api, "pos-2026-mx-q-4", "S02", body={"outcome": "perdonada"})

    assert (refused.status_code, refused.json()["rule"]) == (422, "unknown-outcome")
    assert "admitted_with_measures" in refused.json()["detail"]


def test_a_case_that_comes_to_its_end_closes_and_a_correction_opens_it_again(api: Api) -> None:
    case = "pos-2026-mx-q-5"
    open_case(api, folio="Q-5")
    report(api, case, "S01")
    ended = report(api, case, "S02", body={"outcome": "not_filed"})
    assert ended.status_code == 200, ended.text
    assert case_of(api, case).status == "closed"
    assert last_event(api, case) == {
        "instrument": None, "reason": None, "step": f"{case}/S02", "open_milestones": 0,
    }  # fmt: skip

    words = {"report": "completion", "reason": "Sí se presentó", "outcome": "admitted"}
    corrected = report(api, case, "S02", "correction", words)

    assert corrected.status_code == 200, corrected.text
    assert case_of(api, case).status == "open"
    assert last_event(api, case) == {"step": f"{case}/S02"}
    assert step_of(api, case, "S05")[0].has_arisen


def last_event(api: Api, case: str) -> dict[str, Any]:
    """Return the last event of a case itself, as it is stored."""
    told = api.resources.ledger.log.read_streams([Tail(process_stream(case))])[0]
    found: dict[str, Any] = json.loads(told[-1].body)
    return found


def test_a_case_says_in_which_zone_it_was_received(api: Api) -> None:
    open_case(api, folio="Q-8", territory="MX", about="pef-2026-2027/F070")
    opened = case_of(api, "pos-2026-mx-q-8").opened

    assert isinstance(opened, CaseOpened)
    assert (opened.received, opened.zone) == ("2026-11-20T10:00", "America/Mexico_City")
    assert opened.about == "pef-2026-2027/F070"


def test_a_case_that_was_not_received_yet_is_not_opened(api: Api) -> None:
    refused = open_case(api, folio="Q-7", received="2026-12-24T10:00")

    assert (refused.status_code, refused.json()["rule"]) == (422, "act-in-the-future")


def test_a_case_is_opened_only_where_its_opener_speaks(api: Api) -> None:
    refused = open_case(api, token=api.token("coordinator", "MX-JAL"))

    assert refused.status_code == 403


def test_a_case_waits_for_the_calendar_of_its_own_institute(api: Api) -> None:
    """What needs business days has no date before the calendar is loaded, and says so; then it has."""
    open_case(api, folio="Q-6", facts=[{"id": "filed", "value": "outside_process"}])
    case = "pos-2026-mx-q-6"
    report(api, case, "S01")
    waiting = step_of(api, case, "S02")[0].schedule
    assert waiting is not None
    assert waiting.due is None
    assert "INE para 2026 no está cargado" in waiting.explanation.es

    for year in (2026, 2027):
        loaded = api.client.post(
            "/api/v1/working-calendars",
            json={
                "occurred_at": "2026-11-20T12:00:00-06:00",
                "territory": "MX",
                "year": year,
                "days": [f"{year}-12-23"],
                "instrument": "INE/JGE-1",
            },
            headers={
                "Authorization": f"Bearer {api.token('administrator', 'MX')}",
                "Idempotency-Key": str(uuid4()),
            },
        )
        assert loaded.status_code == 201, loaded.text
    report(api, case, "S02", "start")

    assert due(api, case, "S02") == "2026-11-27"
