"""The worklist by API: whose token it is says what is on it."""

from __future__ import annotations

from httpx2 import Response

from tests.api.harness import JALISCO, Api, milestone


def work(api: Api, token: str, **query: str) -> Response:
    api.read("/api/v1/processes")
    return api.client.get("/api/v1/worklist", params=query, headers={"Authorization": f"Bearer {token}"})


def test_a_token_lists_what_its_authority_reaches_and_is_kept_by_nobody(api: Api) -> None:
    answer = work(api, api.token("coordinator", "MX-JAL"), limit="500")
    rows = [row["milestone"] for row in answer.json()["items"]]

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert rows
    assert {row["territory"] for row in rows} == {"MX-JAL"}
    assert {row["responsible"] for row in rows} & {"INE"} == set(), "it is IEPC's token"
    assert work(api, api.token("coordinator", "MX-SON")).json()["items"] == []


def test_without_a_token_there_is_no_list(api: Api) -> None:
    assert api.client.get("/api/v1/worklist").status_code == 401


def test_what_is_reported_waits_for_a_validator(api: Api) -> None:
    api.write(f"{milestone('L012')}/completion", {"instrument": "A-1"})
    rows = work(api, api.token("validator", "MX-JAL")).json()["items"]
    found = [row["milestone"]["id"] for row in rows if row["group"] == "validation"]

    assert found == ["L012"] == [row["milestone"]["id"] for row in rows]
    api.write(f"{milestone('L012')}/validation", token=api.token("validator", "MX-JAL"))
    assert work(api, api.token("validator", "MX-JAL")).json()["items"] == []


def test_page_by_page_it_is_whole(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL")
    whole = [row["milestone"]["id"] for row in work(api, token, limit="500").json()["items"]]
    found, cursor = [], None
    while True:
        page = work(api, token, limit="7", **({"cursor": cursor} if cursor else {}))
        found += [row["milestone"]["id"] for row in page.json()["items"]]
        cursor = page.json()["next"]
        assert ("Link" in page.headers) == (cursor is not None)
        if cursor is None:
            break

    assert found == whole


def test_what_it_does_not_know_is_refused(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL")

    assert work(api, token, group="nothing").status_code == 422
    assert work(api, token, grupo="late").status_code == 422
    assert work(api, token, cursor="x").json()["rule"] == "bad-cursor"
    assert work(api, token, process=JALISCO).status_code == 200


def test_it_is_a_table_too(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL")
    table = api.client.get(
        "/api/v1/worklist?limit=1", headers={"Authorization": f"Bearer {token}", "Accept": "text/csv"}
    )

    assert table.text.startswith("group,milestone.process,milestone.id,")
    assert len(table.text.splitlines()) == 2
