"""Every write sent again, and the same write sent fifty times at once: recorded once, answered alike."""

from __future__ import annotations

import json
import threading
from collections import Counter
from uuid import uuid4

import pytest
from httpx2 import Response

from tests.api.harness import ACT, JALISCO, Api, milestone
from tests.api.matrix import WRITES
from tests.api.test_matrix import PROGRAMS

AT_ONCE = 50


@pytest.mark.parametrize("path", [path for path in PROGRAMS if "{proposal}" not in path])
def test_a_write_sent_again_has_the_same_answer_and_records_nothing(api: Api, path: str) -> None:
    """Whatever the answer was. What is done to a proposal is sent again in `test_four_eyes`."""
    api.token("administrator", "MX")
    resource = path.rpartition("/")[0].replace("{process}", JALISCO).replace("{milestone}", "L001")
    headers = {
        "Authorization": f"Bearer {api.token('administrator', 'MX')}",
        "Idempotency-Key": str(uuid4()),
        "If-Match": api.etag(resource) if "{process}" in path else '"1"',
    }
    address = path.replace("{process}", JALISCO).replace("{milestone}", "L001")

    def send() -> Response:
        return api.client.post(address, json={"occurred_at": ACT, **WRITES[path]["body"]}, headers=headers)

    first = send()
    head = api.head()
    again = send()

    # A token is kept nowhere: it is shown with the first answer and never again.
    assert (again.status_code, _without_token(again)) == (first.status_code, _without_token(first))
    assert api.head() == head


def _without_token(answer: Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "token"}


def test_fifty_identical_commands_at_once_are_one_event(api: Api) -> None:
    path = milestone("L012")
    headers = {
        "Authorization": f"Bearer {api.token('coordinator', 'MX-JAL')}",
        "Idempotency-Key": str(uuid4()),
        "If-Match": api.etag(path),
    }
    head = api.head()
    answers: list[Response] = []
    barrier = threading.Barrier(AT_ONCE)

    def send() -> None:
        barrier.wait()
        answers.append(api.client.post(f"{path}/start", json={"occurred_at": ACT}, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(answer.status_code for answer in answers) == {200: AT_ONCE}
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
    assert api.head() == head + 1
