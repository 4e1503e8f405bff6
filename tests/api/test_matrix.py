"""Every write × role × territory × state of the process: who is let through is what `matrix.toml` says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from uuid import uuid4

import pytest
from httpx2 import Response

from domain.access import ACTIONS, Role
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ACT, JALISCO, Api, running_api
from tests.api.matrix import (
    HERE,
    HOLDERS,
    REACHING,
    ROLES,
    TERRITORIES,
    WRITES,
    colleague,
    form_key_of,
    routes_of,
    session_of,
    signed_in,
    targets,
)
from tests.database import fresh_database

PROGRAMS = [path for path, row in WRITES.items() if row["action"] not in {"public", "session", "own"}]
FORMS = [path for path, row in WRITES.items() if row["action"] == "session"]
FORM_WORDS = {
    "person": "p-0f3a5b7c9d1e", "process": JALISCO, "milestone": "L001", "proposal": str(uuid4()),
    "key": "0f3a5b7c9d1e", "webhook": "w-0f3a5b7c9d1e",
}  # fmt: skip
"""What the addresses of forms lead to; they are refused before anybody looks whether it is there."""
TARGETS: dict[str, dict[str, str]] = {}
"""What the addresses lead to, in each database."""


@pytest.fixture(scope="module", params=["open", "closed"])
def asked(
    request: pytest.FixtureRequest, postgres_18: EmbeddedPostgres, opened_template: str
) -> Iterator[tuple[Api, Response]]:
    """The application over a database in which Jalisco's process is open or closed, and a proposal waits."""
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as api:
        if request.param == "closed":
            api.write(f"/api/v1/processes/{JALISCO}/closing", {"instrument": "IEPC-ACG-900/2027"})
            waiting = api.write(f"/api/v1/processes/{JALISCO}/election-day", by_two=False, body={
                "election_day": "2027-06-13", "basis": "calendar", "instrument": "x", "reason": "x",
            })  # fmt: skip
        else:
            waiting = api.write(f"/api/v1/processes/{JALISCO}/closing", {"instrument": "x"}, by_two=False)
        TARGETS[url] = targets(api) | {"proposal": waiting.json()["proposal"]}
        assert waiting.status_code == 202, waiting.text
        yield api, waiting


def test_every_write_of_the_router_is_in_the_table_and_no_other(asked: tuple[Api, Response]) -> None:
    api, _ = asked
    writes = {path for path, methods in routes_of(api).items() if methods - {"GET", "HEAD"}}

    assert writes == set(WRITES)


def ask(api: Api, waiting: Response, path: str, token: str | None) -> Response:
    """Send a write whose tag is not the present one."""
    body = json.dumps(WRITES[path]["body"]).replace("{digest}", waiting.json()["digest"])
    address = path.replace("{process}", JALISCO).replace("{milestone}", "L001")
    for name, value in TARGETS[api.resources.database_url].items():
        address = address.replace(f"{{{name}}}", value)
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return api.client.post(address, json={"occurred_at": ACT, **json.loads(body)}, headers=headers)


@pytest.mark.parametrize("path", PROGRAMS)
@pytest.mark.parametrize(("where", "role"), list(product(TERRITORIES, ROLES)))
def test_who_is_let_through_is_who_the_table_says(
    asked: tuple[Api, Response], path: str, where: str, role: Role
) -> None:
    api, waiting = asked
    territory = TERRITORIES[where]
    may = WRITES[path]["action"] in ACTIONS[role] and territory in {"MX-JAL", "MX", WRITES[path].get("place")}
    head_before = api.head()
    token = api.token(role, territory)
    answer = ask(api, waiting, path, token)

    if may:
        assert answer.status_code not in {401, 403}, answer.text
        assert answer.status_code < 500, answer.text
    else:
        assert answer.status_code == 403, answer.text
        assert answer.json()["rule"] in {"role-not-enough", "another-territory"}
        assert api.head() <= head_before + 1, "only the token was recorded"


@pytest.mark.parametrize("path", PROGRAMS)
@pytest.mark.parametrize("token", [None, "bit_000000000000_" + "A" * 43])
def test_without_a_good_token_nobody_is_let_through(
    asked: tuple[Api, Response], path: str, token: str | None
) -> None:
    api, waiting = asked
    head = api.head()

    assert ask(api, waiting, path, token).status_code == 401
    assert api.head() == head


@pytest.mark.parametrize("path", FORMS)
def test_a_form_is_taken_from_who_is_signed_in_and_sent_it_from_our_own_page(
    asked: tuple[Api, Response], path: str
) -> None:
    api, _ = asked
    cookie = session_of(api, "administrator", "MX")
    head = api.head()
    address = HERE + re.sub(r"{(\w+)}", lambda name: FORM_WORDS[name[1]], path)
    elsewhere = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site"}
    nobody = api.client.post(address, headers=elsewhere)
    from_elsewhere = api.client.post(address, headers={"Cookie": cookie, **elsewhere})

    assert nobody.status_code == 401, nobody.text
    assert from_elsewhere.status_code in {403, 422}, from_elsewhere.text
    assert api.head() == head


@pytest.mark.parametrize("path", [path for path in FORMS if "then" in WRITES[path]])
def test_who_is_let_through_with_a_form_is_who_the_table_says(asked: tuple[Api, Response], path: str) -> None:
    api, waiting = asked
    row = WRITES[path]
    words = FORM_WORDS | {"person": colleague(api), "proposal": str(waiting.json()["proposal"])}
    address = HERE + re.sub(r"{(\w+)}", lambda name: words[name[1]], path) + f"?{row.get('query', '')}"
    files = {"file": ("x.csv", row["file"].encode(), "text/csv")} if "file" in row else None
    api.read("/api/v1/proposals")
    for role, territory in HOLDERS:
        (holder, cookie), head = signed_in(api, role, territory), api.head()
        # What it is recorded once under is a key where it is a report, elsewhere the number of the form.
        number = "key" if path.endswith("/reportar") else "form"
        said = {name: value.format(holder=holder, **words) for name, value in row.get("form", {}).items()}
        sent = {**said, "form_key": form_key_of(cookie), number: str(uuid4())}
        headers = {"Accept": "text/html", "Cookie": cookie}
        answer = api.client.post(address, data=sent, files=files, headers=headers, follow_redirects=False)
        is_refused = [words for words in row.get("refusal", []) if words in answer.text] != []
        if _holds(row["then"], role) and (row.get("anywhere") or territory in REACHING):
            passes = row.get("passes", [200, 303, 412, 422])
            assert answer.status_code in passes, (role, territory, answer.text)
            assert not is_refused, (role, territory, answer.text)
        else:
            assert answer.status_code == row.get("refused", 403), (role, territory, answer.text)
            assert is_refused == ("refusal" in row), (role, territory, answer.text)
            assert "foreign-form" not in answer.text
            assert api.head() == head


def _holds(then: str, role: Role) -> bool:
    """Tell whether a role is what a form takes: to hold any right at all, or one that allows an action."""
    return then == "hold" or then in ACTIONS[role]


def test_a_refusal_of_another_territory_names_it(asked: tuple[Api, Response]) -> None:
    api, waiting = asked
    path = "/api/v1/processes/{process}/milestones/{milestone}/start"
    answer = ask(api, waiting, path, api.token("coordinator", "MX-COL"))

    assert "MX-JAL" in answer.json()["detail"]
    assert "MX-COL" in answer.json()["detail"]
