"""The receipt of a report: the same by API, page and command line, and told to nobody it is not for."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.cases import open_case, report
from tests.api.harness import JALISCO, Api, milestone
from tests.api.test_cli import bitacora
from tests.pages.site import text_of
from tests.qr_codes import scanned

ADDRESS = "/api/v1/receipts"


def reported(api: Api, id_: str = "L012", what: str = "start") -> str:
    """Report something, and return the key it was reported under."""
    key = str(uuid4())
    answer = api.write(f"{milestone(id_)}/{what}", key=key, token=api.token())
    assert answer.status_code == 200, answer.text
    return key


def test_a_receipt_says_what_was_recorded_when_and_by_whom(api: Api) -> None:
    key = reported(api)
    found = api.client.get(f"{ADDRESS}/{key}").json()
    event = api.client.get(f"/api/v1/events/{found['folio']}").json()

    assert (found["act"], found["process"], found["milestone"]) == ("MilestoneStarted", JALISCO, "L012")
    assert (found["post"], found["body"], found["on_behalf_of"]) == ("Enlace de seguimiento", "IEPC", None)
    assert found["event"] == event["id"]
    assert found["command_id"] == event["commandid"] == key
    assert found["address"].endswith(f"/acuses/{key}")
    assert found["occurred_at"] == "2026-11-20T18:30:00Z"


def test_the_page_of_a_receipt_has_the_hour_of_the_place_and_a_code_to_scan(api: Api) -> None:
    key = reported(api, "L013")
    found = api.client.get(f"{ADDRESS}/{key}").json()
    answer = api.client.get(f"/acuses/{key}", headers={"Accept": "text/html"})
    page = text_of(answer.text)

    assert f"Folio {found['folio']:,}" in page
    assert "20/11/2026 12:30" in page
    assert "Enlace de seguimiento, IEPC" in page
    assert key in page
    assert 'class="qr"' in answer.text
    assert "style=" not in answer.text


def test_whoever_scans_the_code_gets_the_address(api: Api) -> None:
    key = reported(api, "L041")
    answer = api.client.get(f"/acuses/{key}", headers={"Accept": "text/html"})

    assert scanned(answer.text) == [api.client.get(f"{ADDRESS}/{key}").json()["address"]]


def test_what_follows_from_a_report_is_part_of_its_receipt(api: Api) -> None:
    key = str(uuid4())
    opened = open_case(api, key=key, folio="UT/SCG/Q/77/2026")
    found = api.client.get(f"{ADDRESS}/{key}").json()

    assert (found["act"], found["milestone"]) == ("CaseOpened", None)
    assert opened.status_code == 201
    assert found["last_position"] - found["folio"] > 5, "its steps are part of it"


@pytest.mark.parametrize("key", ["not-an-id", "6f1c2d1e-0000-4000-8000-00000000000f"])
def test_there_is_no_receipt_of_what_was_never_recorded(api: Api, key: str) -> None:
    assert api.client.get(f"{ADDRESS}/{key}").status_code == 404
    assert api.client.get(f"/acuses/{key}", headers={"Accept": "text/html"}).status_code == 404


def test_what_administrators_record_has_no_receipt(api: Api) -> None:
    issued = api.issue("auditor", "MX").split("_")[1]
    events = api.client.get("/api/v1/events", params={"stream": f"token/{issued}"}).text

    assert api.client.get(f"{ADDRESS}/{json.loads(events)['commandid']}").status_code == 404


def test_the_receipt_of_a_reserved_case_is_for_its_authority_alone(api: Api) -> None:
    opened = open_case(
        api,
        kind="data_rights_request",
        territory="MX-JAL",
        folio="0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d13",
        facts=[],
        matter=None,
    )
    assert opened.status_code == 201, opened.text
    case = opened.json()["process"]
    answer = report(api, case, "S01", body={"instrument": "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d14"})
    assert answer.status_code == 200, answer.text
    key = answer.json()["command_id"]
    never = api.client.get(f"{ADDRESS}/{uuid4()}").json()
    hidden = api.client.get(f"{ADDRESS}/{key}")
    other = api.client.get(f"{ADDRESS}/{key}", headers=_bearer(api.token("coordinator", "MX-SON")))

    assert (hidden.status_code, other.status_code) == (404, 404)
    same = {"type", "title", "status", "detail", "rule"}
    assert {name: hidden.json()[name] for name in same} == {name: never[name] for name in same}
    assert {name: other.json()[name] for name in same} == {name: never[name] for name in same}
    assert api.client.get(f"/acuses/{key}", headers={"Accept": "text/html"}).status_code == 404
    assert (
        api.client.get(f"{ADDRESS}/{key}", headers=_bearer(api.token("auditor", "MX-JAL"))).status_code == 200
    )


def test_a_token_that_is_not_good_is_refused_also_where_none_is_needed(api: Api) -> None:
    key = reported(api, "L045")

    assert api.client.get(f"{ADDRESS}/{key}", headers=_bearer("bit_0")).status_code == 401


def test_the_command_line_prints_the_receipt(api: Api, tmp_path: Path) -> None:
    key = reported(api, "L047")
    environment = {
        "DATABASE_URL": api.resources.database_url, "BITACORA_UNSAFE_DURABILITY": "1",
        "BITACORA_HOME": str(tmp_path), "BITACORA_ORIGIN": api.resources.settings.origin,
        "BITACORA_PUBLIC_URL": "https://b.example.mx",
    }  # fmt: skip
    printed = bitacora("receipt", key, environment=environment)
    nothing = bitacora("receipt", str(uuid4()), environment=environment)

    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout)["address"] == f"https://b.example.mx/acuses/{key}"
    assert json.loads(printed.stdout)["milestone"] == "L047"
    assert nothing.returncode == 1
    assert "There is no receipt with that id" in nothing.stderr


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
