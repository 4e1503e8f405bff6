"""Acts of legal effect: proposed by one, done when another agrees with the same bytes, and never otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from domain.proposal import GOOD_FOR
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ACT, FEDERAL, JALISCO, NOW, Api, milestone, running_api
from tests.database import fresh_database

CLOSING = f"/api/v1/processes/{JALISCO}/closing"
RESULT = {"instrument": "IEPC-ACG-900/2027"}


@pytest.fixture
def api(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application over a database of the test's own: a process is closed once."""
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as running:
        yield running


def proposed(api: Api, path: str = CLOSING, body: dict[str, Any] | None = None, **options: Any) -> Response:
    """Return the answer to the first of two."""
    answer = api.write(path, body or RESULT, by_two=False, **options)
    assert answer.status_code == 202, answer.text
    return answer


def proposal(api: Api, answer: Response) -> dict[str, Any]:
    """Return a proposal as it is read."""
    read: dict[str, Any] = api.read(answer.headers["Location"]).json()
    return read


def test_what_has_legal_effect_waits_for_a_second_person(api: Api) -> None:
    answer = proposed(api)
    told = proposal(api, answer)

    assert api.read(f"/api/v1/processes/{JALISCO}").json()["status"] == "open"
    assert (told["status"], told["effect"], told["territory"], told["process"]) == (
        "pending", "closing", "MX-JAL", JALISCO,
    )  # fmt: skip
    assert told["digest"] == answer.json()["digest"]
    assert told["command"] == '{"instrument":"IEPC-ACG-900/2027","reason":null}'
    assert [row["id"] for row in api.read("/api/v1/proposals?status=pending").json()["items"]] == [told["id"]]


def test_it_is_done_in_the_commit_in_which_another_agrees(api: Api) -> None:
    answer = proposed(api)
    approved = api.approve(answer)

    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "closed"
    assert approved.json()["process"] == JALISCO
    told = proposal(api, answer)
    assert told["status"] == "approved"
    assert told["decided_by"]["actor"] != told["proposed_by"]["actor"]
    assert api.read(f"/api/v1/processes/{JALISCO}").json()["status"] == "closed"


def test_the_moment_of_the_act_is_the_one_that_was_proposed(api: Api) -> None:
    api.approve(proposed(api))

    assert api.read(f"/api/v1/processes/{JALISCO}").json()["closed_at"] == "2026-11-20T18:30:00Z"


def test_nobody_agrees_with_themselves(api: Api) -> None:
    answer = proposed(api)
    refused = api.approve(answer, token=api.token("administrator", "MX"))

    assert (refused.status_code, refused.json()["rule"]) == (422, "own-proposal")
    assert proposal(api, answer)["status"] == "pending"


@pytest.mark.parametrize(
    ("role", "territory", "rule"),
    [
        ("coordinator", "MX-JAL", "role-not-enough"),
        ("auditor", "MX", "role-not-enough"),
        ("validator", "MX-COL", "another-territory"),
        ("administrator", "MX-COL", "another-territory"),
    ],
)
def test_who_may_not_approve_there_does_not(api: Api, role: Any, territory: str, rule: str) -> None:
    answer = proposed(api)
    refused = api.approve(answer, token=api.token(role, territory))

    assert (refused.status_code, refused.json()["rule"]) == (403, rule)
    assert proposal(api, answer)["status"] == "pending"


def test_a_validator_of_the_place_approves(api: Api) -> None:
    assert api.approve(proposed(api), token=api.token("validator", "MX-JAL")).status_code == 200


def test_who_may_not_do_it_cannot_propose_it_either(api: Api) -> None:
    head = api.head()
    refused = api.write(CLOSING, RESULT, token=api.token("coordinator", "MX-JAL"))

    assert (refused.status_code, refused.json()["rule"]) == (403, "role-not-enough")
    assert api.head() == head + 1, "only the token was recorded"


def test_what_was_looked_at_has_to_be_what_was_proposed(api: Api) -> None:
    answer = proposed(api)
    refused = api.client.post(
        f"{answer.headers['Location']}/approval",
        json={"occurred_at": ACT, "digest": "0" * 64},
        headers={
            "Authorization": f"Bearer {api.token('administrator', 'MX', days=2)}",
            "Idempotency-Key": str(uuid4()),
            "If-Match": answer.headers["ETag"],
        },
    )

    assert (refused.status_code, refused.json()["rule"]) == (422, "other-bytes")


@pytest.mark.parametrize(
    ("tag", "status", "rule"), [('"1"', 412, "changed-since-read"), ('"not-ours"', 428, "if-match-missing")]
)
def test_who_has_not_read_the_proposal_as_it_is_does_not_agree_with_it(
    api: Api, tag: str, status: int, rule: str
) -> None:
    answer = proposed(api)
    answer.headers["ETag"] = tag
    refused = api.approve(answer)

    assert (refused.status_code, refused.json()["rule"]) == (status, rule)
    assert proposal(api, answer)["status"] == "pending"


def test_what_moved_in_between_voids_it(api: Api) -> None:
    redate = {"due": "2026-12-05", "basis": "law", "instrument": "DOF", "reason": "Reforma"}
    path = milestone("F006-JAL", FEDERAL)
    answer = proposed(api, f"{path}/redating", redate)
    api.write(f"{path}/start")
    refused = api.approve(answer)

    assert (refused.status_code, refused.json()["rule"]) == (412, "changed-since-read")
    assert proposal(api, answer)["status"] == "pending"


def test_it_expires(api: Api) -> None:
    answer = proposed(api, token=api.issue("administrator", "MX", days=3))
    api.resources.clock = lambda: NOW + GOOD_FOR
    refused = api.approve(answer, token=api.issue("administrator", "MX", days=3))

    assert (refused.status_code, refused.json()["rule"]) == (422, "proposal-not-pending")
    assert proposal(api, answer)["status"] == "expired"


def test_a_proposer_who_was_revoked_meanwhile_proposes_nothing(api: Api) -> None:
    token = api.issue("administrator", "MX-JAL")
    answer = proposed(api, token=token)
    api.revoke(token)
    refused = api.approve(answer)

    assert (refused.status_code, refused.json()["rule"]) == (403, "no-grant")


def test_the_same_request_sent_twice_is_one_proposal(api: Api) -> None:
    key, etag = str(uuid4()), api.etag(f"/api/v1/processes/{JALISCO}")
    first = proposed(api, key=key, etag=etag)
    head = api.head()
    again = proposed(api, key=key, etag=etag)

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.head() == head


def test_the_same_agreement_sent_twice_is_done_once(api: Api) -> None:
    answer = proposed(api)
    key = str(uuid4())

    def approve() -> Response:
        return api.client.post(
            f"{answer.headers['Location']}/approval",
            json={"occurred_at": ACT, "digest": answer.json()["digest"]},
            headers={
                "Authorization": f"Bearer {second}", "Idempotency-Key": key, "If-Match": answer.headers["ETag"],
            },
        )  # fmt: skip

    second = api.token("administrator", "MX", days=2)
    first, head = approve(), api.head()
    again = approve()

    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert api.head() == head


def test_a_proposal_resent_after_it_was_done_is_still_told_as_proposed(api: Api) -> None:
    key, etag = str(uuid4()), api.etag(f"/api/v1/processes/{JALISCO}")
    first = proposed(api, key=key, etag=etag)
    api.approve(first)

    assert proposed(api, key=key, etag=etag).json() == first.json()


def test_a_proposal_is_rejected_with_its_reason_and_done_no_more(api: Api) -> None:
    answer = proposed(api)
    path = answer.headers["Location"]
    rejected = api.write(
        f"{path}/rejection",
        {"reason": "Falta la última impugnación."},
        token=api.token("validator", "MX-JAL"),
    )
    told = proposal(api, answer)

    assert rejected.status_code == 200
    assert (told["status"], told["reason"]) == ("rejected", "Falta la última impugnación.")
    assert api.approve(replace_etag(answer, api.etag(path))).json()["rule"] == "proposal-not-pending"


def test_who_proposed_takes_it_back(api: Api) -> None:
    token = api.token("administrator", "MX-JAL")
    answer = proposed(api, token=token)
    taken = api.write(f"{answer.headers['Location']}/rejection", {"reason": "Me equivoqué."}, token=token)

    assert taken.status_code == 200
    assert proposal(api, answer)["status"] == "rejected"


@pytest.mark.parametrize("act", ["approval", "rejection"])
def test_an_unknown_proposal_is_neither_approved_nor_rejected(api: Api, act: str) -> None:
    body = {"digest": "0" * 64} if act == "approval" else {"reason": "x"}
    answer = api.write(f"/api/v1/proposals/{uuid4()}/{act}", body, etag='"1"')

    assert (answer.status_code, answer.json()["rule"]) == (404, "unknown-proposal")


def test_re_dating_what_no_law_fixes_takes_one(api: Api) -> None:
    path = milestone("L001")
    api.write(f"{path}/date", {"due": "2026-12-15", "basis": "calendar", "instrument": "CG", "source": "CG"})
    answer = api.write(
        f"{path}/redating",
        {"due": "2026-12-20", "instrument": "CG 2", "reason": "Se difirió la sesión."},
        by_two=False,
    )

    assert answer.status_code == 200, answer.text


def test_correcting_what_was_validated_takes_two_and_what_was_not_takes_one(api: Api) -> None:
    path = milestone("L001")
    correction = {"report": "completion", "reason": "Era otro acuerdo.", "instrument": "CG446 bis"}
    api.write(f"{path}/completion", {"instrument": "CG446"})
    assert api.write(f"{path}/correction", correction, by_two=False).status_code == 200
    api.write(f"{path}/validation", token=api.token("validator", "MX-JAL"))
    again = {**correction, "instrument": "CG446 ter"}

    answer = proposed(api, f"{path}/correction", again)
    assert answer.json()["effect"] == "validated_correction"
    assert api.approve(answer).status_code == 200
    assert api.read(path).json()["instrument"] == "CG446 ter"


def test_the_list_is_cut_into_pages_and_looked_at_as_of_a_moment(api: Api) -> None:
    first = proposed(api)
    before = api.head()
    second = proposed(api)
    api.approve(second)
    page = api.read("/api/v1/proposals?limit=1").json()
    rest = api.read(f"/api/v1/proposals?limit=1&cursor={page['next']}").json()

    assert [row["id"] for row in page["items"] + rest["items"]] == [
        second.json()["proposal"], first.json()["proposal"],
    ]  # fmt: skip
    assert [row["status"] for row in api.read(f"/api/v1/proposals?as_of={before}").json()["items"]] == [
        "pending"
    ]


def replace_etag(answer: Response, etag: str) -> Response:
    """Return an answer as if it had brought another tag."""
    answer.headers["ETag"] = etag
    return answer
