"""The log is published verbatim, so what would identify a reserved case is refused before it is recorded."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.api.cases import open_case, report, step_of
from tests.api.harness import Api

FOLIO = "PES-VPMRG-0012-2026"
WORDS = "Juana Pérez, regidora"
KINDS = {
    "data_rights_request": "MX-JAL", "gender_violence_sanctioning": "MX-JAL", "sanctioned_persons_entry": "MX-JAL",
}  # fmt: skip
FACTS = {"sanctioned_persons_entry": [{"id": "gravity", "value": "minor"}]}
SAID: dict[str, dict[str, Any]] = {
    "completion": {"instrument": WORDS, "outcome": None}, "start": {"note": WORDS},
    "suspension": {"instrument": WORDS, "reason": WORDS}, "announcement": {"where": WORDS},
}  # fmt: skip


def feed(api: Api) -> str:
    """Return the whole log as it is published."""
    return str(api.read("/api/v1/events").text)


def opened(api: Api, kind: str, folio: str) -> str:
    """Open a reserved case; return its id."""
    answer = open_case(
        api, kind=kind, territory=KINDS[kind], folio=folio, matter=None, facts=FACTS.get(kind, [])
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["process"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_identifies_a_reserved_case_is_nowhere_in_the_log(api: Api, kind: str) -> None:
    refused = open_case(
        api, kind=kind, territory=KINDS[kind], folio=FOLIO, matter=None, facts=FACTS.get(kind, [])
    )
    case = opened(api, kind, str(uuid4()))
    answers = [report(api, case, "S01", what, words) for what, words in SAID.items()]
    closing = api.write(
        f"/api/v1/processes/{case}/closing", {"instrument": WORDS}, etag=f'"{step_of(api, case, "S01")[1]}"'
    )

    assert (refused.status_code, refused.json()["rule"]) == (422, "reference-needed")
    assert {answer.status_code for answer in (*answers, closing)} == {422}
    assert {answer.json()["rule"] for answer in (*answers, closing)} <= {"reference-needed", "private-words"}
    assert [word for word in (FOLIO, FOLIO.lower(), "Juana", "regidora") if word in feed(api)] == []


def test_a_reserved_case_is_led_with_references(api: Api) -> None:
    reference, document = str(uuid4()), str(uuid4())
    case = opened(api, "data_rights_request", reference)
    done = report(api, case, "S01", body={"instrument": document})

    assert done.status_code == 200, done.text
    its_own = [json.loads(line) for line in feed(api).splitlines() if case in line]
    (opening,) = (one["data"] for one in its_own if one["type"].startswith("CaseOpened"))
    (completion,) = (one["data"] for one in its_own if one["type"].startswith("MilestoneCompleted"))
    assert (opening["folio"], opening["subject"], opening["matter"]) == (reference, None, None)
    assert (completion["instrument"], completion["note"], completion["evidence"]) == (document, None, [])


def test_of_a_public_case_the_same_words_are_in_the_log(api: Api) -> None:
    """The control: the same search finds them where they may be told."""
    open_case(api, folio="Q-71")
    assert report(api, "pos-2026-mx-q-71", "S01", body={"instrument": "Acuerdo Q-71"}).status_code == 200

    assert "Acuerdo Q-71" in feed(api)
