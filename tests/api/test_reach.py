"""Cases that are not public: their own authority reads them whole with a token, and nobody else does."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from tests.api.cases import open_case, report
from tests.api.harness import Api

RESERVED, LISTED = "data_rights_request", "information_request"
PLACES = ("MX-JAL", "MX-COL")


def _opened(api: Api, kind: str, territory: str, folio: str) -> str:
    answer = open_case(api, kind=kind, territory=territory, folio=folio, matter=None, facts=[])
    assert answer.status_code == 201, answer.text
    return str(answer.json()["process"])


@pytest.fixture(scope="module")
def cases(api: Api) -> dict[tuple[str, str], str]:
    """A reserved and a listed case in each of two states, by kind and territory."""
    found = {
        (kind, place): _opened(api, kind, place, folio)
        for kind, folio in ((RESERVED, "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d10"), (LISTED, "330031426"))
        for place in PLACES
    }
    for case in found.values():
        assert report(api, case, "S01").status_code == 200
    return found


def asked(api: Api, path: str, token: str | None) -> Any:
    """Return the answer to a reader with a token, or to anyone."""
    return api.read(path, **({"Authorization": f"Bearer {token}"} if token else {}))


def every_case(api: Api, token: str | None) -> dict[str, Any]:
    """Return the cases a reader is shown, by id."""
    return {row["id"]: row for row in asked(api, "/api/v1/cases?limit=500", token).json()["items"]}


def addresses(case: str) -> list[str]:
    """Return where the steps of a case are told."""
    process = f"/api/v1/processes/{case}"
    return [
        process, f"{process}/history", f"{process}/milestones", f"{process}/milestones/S01",
        f"{process}/milestones/S01/history", f"/api/v1/cases/{case}/what-if?milestone=S02&due=2026-12-01",
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["coordinator", "validator", "auditor", "administrator"])
def test_an_official_is_shown_the_cases_of_their_territory_and_of_no_other(
    api: Api, cases: dict[tuple[str, str], str], role: Role
) -> None:
    rows = every_case(api, api.token(role, "MX-JAL"))

    assert cases[RESERVED, "MX-JAL"] in rows
    assert cases[RESERVED, "MX-COL"] not in rows
    assert rows[cases[LISTED, "MX-JAL"]]["received"] == "2026-11-20T10:00"
    assert rows[cases[LISTED, "MX-COL"]]["received"] is None


def test_who_speaks_for_the_country_is_shown_all_and_anyone_only_what_is_listed(
    api: Api, cases: dict[tuple[str, str], str]
) -> None:
    everything, public = every_case(api, api.token("auditor", "MX")), every_case(api, None)

    assert set(cases.values()) <= set(everything)
    assert set(cases.values()) & set(public) == {cases[LISTED, place] for place in PLACES}


@pytest.mark.parametrize("kind", [RESERVED, LISTED])
def test_the_steps_of_a_case_are_for_its_own_authority(
    api: Api, cases: dict[tuple[str, str], str], kind: str
) -> None:
    case = cases[kind, "MX-JAL"]
    readers = {
        "its own": api.token("coordinator", "MX-JAL"), "the country's": api.token("coordinator", "MX"),
        "another's": api.token("coordinator", "MX-COL"), "anyone": None,
    }  # fmt: skip
    found = {
        who: {asked(api, path, token).status_code for path in addresses(case)}
        for who, token in readers.items()
    }

    assert found == {"its own": {200}, "the country's": {200}, "another's": {404}, "anyone": {404}}


def test_an_official_reports_on_a_reserved_case_with_the_tag_they_read(
    api: Api, cases: dict[tuple[str, str], str]
) -> None:
    path = f"/api/v1/processes/{cases[RESERVED, 'MX-JAL']}/milestones/S02"
    token = api.token("coordinator", "MX-JAL")
    read = asked(api, path, token)

    assert api.write(f"{path}/start", etag=read.headers["ETag"], token=token).status_code == 200


def test_what_a_token_is_shown_is_kept_by_no_shared_cache(
    api: Api, cases: dict[tuple[str, str], str]
) -> None:
    path = f"/api/v1/cases/{cases[LISTED, 'MX-JAL']}"
    whole, told = asked(api, path, api.token("auditor", "MX-JAL")), asked(api, path, None)

    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert told.headers["Cache-Control"] == "public, no-cache"
    assert whole.headers["ETag"] != told.headers["ETag"]


def test_a_token_that_is_not_good_is_refused_where_it_would_show_more(api: Api) -> None:
    expired = api.issue("coordinator", "MX-JAL", days=-1)

    for token in ("nonsense", expired):
        answer = asked(api, "/api/v1/cases", token)
        assert (answer.status_code, answer.json()["rule"]) == (401, "token-not-good")


def test_a_second_round_has_an_address(api: Api) -> None:
    answer = api.read("/api/v1/processes/pos-2026-mx-nobody/milestones/S10.2")

    assert answer.status_code == 404
