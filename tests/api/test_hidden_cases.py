"""A write about a case that is not public is answered, to who has no authority there, as if the case never was."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from httpx2 import Response

from domain.access import Role
from tests.api.harness import ACT, JALISCO, Api
from tests.api.matrix import ROLES, WRITES, Ground, prepared

ABOUT_CASES = [
    path for path in WRITES if path.startswith("/api/") and re.search(r"{(process|proposal)}", path)
]


@pytest.fixture(scope="module")
def ground(api: Api) -> Ground:
    """A reserved case of Jalisco, and a proposal about it."""
    waiting = api.write(f"/api/v1/processes/{JALISCO}/closing", {"instrument": "x"}, by_two=False)
    assert waiting.status_code == 202, waiting.text
    return prepared(api, waiting.json()["proposal"])


def sent(ground: Ground, path: str, words: dict[str, str], token: str) -> Response:
    """Send a write of the table that is not decided on what is there now."""
    address = path
    for name, value in words.items():
        address = address.replace(f"{{{name}}}", value)
    body = {"occurred_at": ACT, **WRITES[path]["body"]} | ({"digest": "0" * 64} if "approval" in path else {})
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    return ground.api.client.post(address, json=body, headers=headers)


def said(answer: Response, words: dict[str, str]) -> tuple[int, str]:
    """Return what was answered, without the ids it was sent to."""
    text = answer.text
    for name in ("process", "proposal"):
        text = text.replace(words[name], "…")
    return answer.status_code, text


@pytest.mark.parametrize("path", ABOUT_CASES)
@pytest.mark.parametrize("role", ROLES)
def test_a_write_about_a_reserved_case_of_another_state_is_answered_as_if_it_never_was(
    ground: Ground, path: str, role: Role
) -> None:
    token, head = ground.api.token(role, "MX-COL"), ground.api.head()
    answer = sent(ground, path, ground.reserved, token)

    assert answer.status_code == 404, answer.text
    assert said(answer, ground.reserved) == said(sent(ground, path, ground.missing, token), ground.missing)
    assert ground.api.head() == head


@pytest.mark.parametrize("path", ABOUT_CASES)
def test_who_has_authority_there_is_told_what_keeps_it_from_being_recorded(ground: Ground, path: str) -> None:
    """The control: the same requests find the case, and are refused for what they say or who may say it."""
    for role in ROLES:
        assert sent(ground, path, ground.reserved, ground.api.token(role, "MX-JAL")).status_code in {
            403,
            412,
            422,
        }


def test_a_row_of_a_batch_about_a_reserved_case_of_another_state_is_refused_as_if_it_never_was(
    ground: Ground,
) -> None:
    token = ground.api.token("coordinator", "MX-COL")

    def reason(words: dict[str, str]) -> str:
        row = {"process": words["process"], "milestone": "S02", "report": "start", "occurred_at": ACT}
        answer = ground.api.client.post(
            "/api/v1/batches",
            json={"mode": "itemised", "items": [row]},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["rows"][0]).replace(words["process"], "…")

    assert "unknown-milestone" in reason(ground.reserved)
    assert reason(ground.reserved) == reason(ground.missing)
