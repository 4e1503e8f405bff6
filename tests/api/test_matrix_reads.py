"""Every read × who asks × state of the process: who is shown what is what `matrix.toml` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx2 import Response

from domain.access import ACTIONS, Role
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import JALISCO, running_api
from tests.api.matrix import HERE, HOLDERS, REACHING, READS, Ground, prepared, routes_of
from tests.database import fresh_database

RESERVED = {path: row for path, row in READS.items() if "reserved" in row}
LEADING_TO_CASES = {"process", "case", "proposal", "command_id"}
"""The words of an address that may be those of a case that is not public."""


@pytest.fixture(scope="module", params=["open", "closed"])
def ground(
    request: pytest.FixtureRequest, postgres_18: EmbeddedPostgres, opened_template: str
) -> Iterator[Ground]:
    """A database in which Jalisco's process is open or closed, and something is at every address."""
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as api:
        closing = api.write(f"/api/v1/processes/{JALISCO}/closing", {"instrument": "x"}, by_two=False)
        assert closing.status_code == 202, closing.text
        if request.param == "closed":
            api.approve(closing)
        found = prepared(api, closing.json()["proposal"])
        api.read("/api/v1/processes")
        yield found


def asked(
    ground: Ground, path: str, headers: Mapping[str, str], words: Mapping[str, str] | None = None
) -> Response:
    """Return the answer at an address of the table."""
    row = READS[path]
    address = f"{path}?{row['query']}" if "query" in row else path
    for name, value in {**(words or ground.words), **row.get("words", {})}.items():
        address = address.replace(f"{{{name}}}", value)
    kind = "application/json, */*;q=0.5" if path.startswith("/api/") else "text/html, */*;q=0.5"
    sent = {"Accept": kind, "Bitacora-Min-Position": str(ground.api.head()), **headers}
    return ground.api.client.get(HERE + address, headers=sent, follow_redirects=False)


def as_holder(ground: Ground, path: str, role: Role, territory: str) -> dict[str, str]:
    """Return what a system, or at a page a person, with a role in a territory proves who it is with."""
    if path.startswith("/api/"):
        return {"Authorization": f"Bearer {ground.api.token(role, territory)}"}
    return {"Cookie": ground.cookie(role, territory)}


def let_through(row: Mapping[str, Any], role: Role, territory: str) -> bool:
    """Tell whether the table lets a role in a territory pass."""
    if "action" not in row:
        return True
    allowed = bool(set(row["action"]) & set(ACTIONS[role]))
    return allowed and (row.get("anywhere", False) or territory in REACHING)


def said(answer: Response, ground: Ground) -> tuple[int, str]:
    """Return what was answered, without the ids it was asked with and the keys of its own forms."""
    text = answer.text
    for words in (ground.reserved, ground.missing):
        for name in LEADING_TO_CASES:
            text = text.replace(words[name], "…")
    return answer.status_code, re.sub(r"[0-9a-f]{32,64}", "…", text)


def test_every_read_of_the_router_is_in_the_table_and_no_other(ground: Ground) -> None:
    reads = {path for path, methods in routes_of(ground.api).items() if methods & {"GET", "HEAD"}}

    assert reads == set(READS)


def test_the_table_says_of_each_read_that_may_lead_to_a_case_who_is_shown_a_reserved_one() -> None:
    """``/api/v1/cases`` and the other lists are looked through by the test of what names one."""
    leading = {path for path in READS if LEADING_TO_CASES & set(re.findall(r"{(\w+)}", path))}

    assert leading == set(RESERVED)
    assert {row["who"] for row in READS.values()} == {"public", "token", "session"}


@pytest.mark.parametrize("path", READS)
def test_who_brings_nothing_is_answered_as_the_table_says(ground: Ground, path: str) -> None:
    row, answer = READS[path], asked(ground, path, {})

    if row["who"] == "public":
        assert answer.status_code == row.get("answers", 200), answer.text
    elif row["who"] == "token":
        assert (answer.status_code, answer.json()["rule"]) == (401, "token-missing")
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/entrar?destino=")


@pytest.mark.parametrize("path", [path for path, row in READS.items() if row["who"] != "public"])
def test_what_proves_nothing_is_as_nothing(ground: Ground, path: str) -> None:
    forged = {"Authorization": "Bearer bit_000000000000_" + "A" * 43, "Cookie": "bitacora-local=" + "A" * 43}

    assert asked(ground, path, forged).status_code == (401 if path.startswith("/api/") else 303)


@pytest.mark.parametrize("path", [path for path, row in READS.items() if row["who"] == "public"])
def test_what_is_public_is_answered_to_all_alike(ground: Ground, path: str) -> None:
    of_another_state = asked(ground, path, as_holder(ground, path, "coordinator", "MX-COL"))
    of_its_own = asked(ground, path, as_holder(ground, path, "administrator", "MX-JAL"))
    # Who is signed in already is led on from where one signs in.
    expected = 303 if path == "/entrar" else READS[path].get("answers", 200)

    assert {of_another_state.status_code, of_its_own.status_code} == {expected}


@pytest.mark.parametrize("path", [path for path, row in READS.items() if row["who"] != "public"])
def test_who_is_let_through_is_who_the_table_says(ground: Ground, path: str) -> None:
    row = READS[path]
    for role, territory in HOLDERS:
        answer = asked(ground, path, as_holder(ground, path, role, territory))
        if let_through(row, role, territory):
            assert answer.status_code == row.get("answers", 200), (role, territory, answer.text)
            assert not answer.headers.get("Location", "").startswith("/entrar")
        else:
            assert answer.status_code == row.get("refused", 403), (role, territory, answer.text)


@pytest.mark.parametrize("path", [path for path, row in READS.items() if "offers" in row])
def test_a_form_is_offered_to_whom_the_table_says(ground: Ground, path: str) -> None:
    offered = READS[path]["offers"]
    for role, territory in HOLDERS:
        answer = asked(ground, path, as_holder(ground, path, role, territory))
        is_for_them = bool(set(offered["to"]) & set(ACTIONS[role]))
        assert (offered["form"] in answer.text) == is_for_them, (role, territory, answer.text)


@pytest.mark.parametrize("path", RESERVED)
def test_a_reserved_case_is_shown_to_whom_the_table_says_and_is_to_others_as_if_it_never_was(
    ground: Ground, path: str
) -> None:
    row = RESERVED[path]
    nobody = asked(ground, path, {}, ground.reserved)
    if row["who"] == "public":
        assert nobody.status_code == 404, nobody.text
        assert said(nobody, ground) == said(asked(ground, path, {}, ground.missing), ground)
    for role, territory in HOLDERS:
        holder = as_holder(ground, path, role, territory)
        answer = asked(ground, path, holder, ground.reserved)
        if row["reserved"] == "its authority" and territory in REACHING:
            assert answer.status_code != 404, (role, territory, answer.text)
        else:
            missing = asked(ground, path, holder, ground.missing)
            assert missing.status_code == 404, (role, territory, missing.text)
            assert said(answer, ground) == said(missing, ground), (role, territory)


@pytest.mark.parametrize(
    "path",
    [path for path, row in READS.items() if row["who"] == "public" and row.get("answers", 200) == 200],
)
def test_no_public_answer_but_the_log_itself_names_a_reserved_case(ground: Ground, path: str) -> None:
    answer = asked(ground, path, {})
    named = [ground.reserved[name] for name in ("case", "proposal") if ground.reserved[name] in answer.text]

    if path == "/api/v1/events":
        assert named, "the control: the same search finds it in the log"
    elif not READS[path].get("verbatim"):
        assert named == []


def test_no_session_and_no_token_opens_what_is_the_others(ground: Ground) -> None:
    """A system does not act as a person, nor a browser as a system."""
    role, territory = "administrator", "MX"
    token = {"Authorization": f"Bearer {ground.api.token('administrator', 'MX')}"}

    assert asked(ground, "/administracion", token).status_code == 303
    assert asked(ground, "/api/v1/people", {"Cookie": ground.cookie(role, territory)}).status_code == 401  # type: ignore[arg-type]  # it is a role
