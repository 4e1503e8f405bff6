"""Bodies as nobody should send them: each is refused in words, and nothing is recorded."""

from __future__ import annotations

import json
from uuid import uuid4

from api.body import request_model
from domain.milestone_commands import CompleteMilestone, StartMilestone
from tests.api.bodies import GOOD, bodies
from tests.api.harness import Api, milestone

CASES = list(bodies())
PATH = f"{milestone('L001')}/progress"


def headers(api: Api, content_type: str) -> dict[str, str]:
    given = {
        "Authorization": f"Bearer {api.token('administrator', 'MX')}",
        "Idempotency-Key": str(uuid4()),
        "If-Match": api.etag(milestone("L001")),
    }
    return {**given, "Content-Type": content_type} if content_type else given


def test_the_body_of_a_request_is_made_once_for_each_command() -> None:
    assert request_model(StartMilestone) is request_model(StartMilestone)
    assert request_model(CompleteMilestone).__name__ == "CompleteMilestoneRequest"


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 150
    assert len({name for name, *_ in CASES}) == len(CASES)


def test_every_one_is_refused_and_nothing_is_recorded(api: Api) -> None:
    given = headers(api, "application/json")
    head = api.head()

    surprises = []
    for name, raw, content_type, expected in CASES:
        sent = {key: value for key, value in {**given, "Content-Type": content_type}.items() if value}
        answer = api.client.post(PATH, content=raw, headers=sent)
        if answer.status_code != expected:
            surprises.append((name, answer.status_code, answer.text[-200:]))
            continue
        problem = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json", name
        assert problem["status"] == expected, name
        assert problem["detail"], name
        if expected == 422:
            assert all(error["message"] for error in problem["errors"]), name

    assert surprises == []
    assert api.head() == head


def test_the_same_body_written_well_is_recorded(api: Api) -> None:
    """The control: without it, a route that refuses everything would pass."""
    for content_type in (
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
    ):
        done = len(content_type)
        note = "José\nsegunda línea 🗳"
        answer = api.client.post(
            PATH,
            content=json.dumps({**GOOD, "done": done, "note": note}),
            headers=headers(api, content_type),
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["changed"]


def test_a_compressed_body_is_not_unpacked(api: Api) -> None:
    answer = api.client.post(
        PATH, content=b"\x1f\x8b", headers={**headers(api, "application/json"), "Content-Encoding": "gzip"}
    )

    assert (answer.status_code, answer.json()["rule"]) == (415, "content-encoding-unsupported")
