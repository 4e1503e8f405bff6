"""The parts of the districts by API: who may report which, on nothing they had to read, and what is told of them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from httpx2 import Response

from tests.api.harness import ACT, FEDERAL, Api, milestone

BY_DISTRICT = milestone("F006-JAL", FEDERAL)
DONE = milestone("F007-JAL", FEDERAL)
BUSY = milestone("F010-JAL", FEDERAL)


def report(
    api: Api, token: str, place: str, done: int = 1, path: str = BY_DISTRICT, **more: object
) -> Response:
    """Report a district's part, without having read anything."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    body = {"occurred_at": ACT, "place": place, "done": done, **more}
    return api.client.post(f"{path}/parts", json=body, headers=headers)


def parts(api: Api, path: str = BY_DISTRICT) -> list[tuple[str, int, int | None]]:
    return [(row["place"], row["done"], row["target"]) for row in api.read(f"{path}/parts").json()["items"]]


@pytest.mark.parametrize(
    ("territory", "may"),
    [
        ("MX", True),
        ("MX-JAL", True),
        ("MX-JAL-D03", True),
        ("MX-JAL-D04", False),
        ("MX-COL", False),
        ("MX-JAL-M039", False),
    ],
)
def test_a_district_is_reported_by_itself_its_state_and_the_country(
    api: Api, territory: str, may: bool
) -> None:
    answer = report(api, api.token("coordinator", territory), "MX-JAL-D03", len(territory))

    if may:
        assert (answer.status_code, answer.json()["status"]) == (200, "in_progress"), answer.text
        assert ("MX-JAL-D03", len(territory), None) in parts(api)
    else:
        assert (answer.status_code, answer.json()["rule"]) == (403, "another-territory")
        assert territory in answer.json()["detail"]
        assert "MX-JAL-D03" in answer.json()["detail"]


def test_a_district_says_nothing_else_of_its_state_s_activity(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL-D03")

    for resource in ("start", "progress", "completion"):
        answer = api.write(f"{DONE}/{resource}", {"done": 1} if resource == "progress" else {}, token=token)
        assert (answer.status_code, answer.json()["rule"]) == (403, "another-territory"), resource


def test_a_district_of_another_state_has_no_part_in_it(api: Api) -> None:
    answer = report(api, api.token("coordinator", "MX-COL-D01"), "MX-COL-D01")

    assert (answer.status_code, answer.json()["rule"]) == (422, "unknown-district")
    elsewhere = report(api, api.token("coordinator", "MX-JAL-D03"), "MX-JAL-D03", path=milestone("L002"))
    assert (elsewhere.status_code, elsewhere.json()["rule"]) == (422, "not-followed-by-district")


def test_no_district_has_to_read_first_what_another_reported(api: Api) -> None:
    places = [f"MX-JAL-D{number:02}" for number in range(1, 4)]
    answers = [report(api, api.token("coordinator", place), place, 3, BUSY) for place in places]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert parts(api, BUSY) == [(place, 3, None) for place in places]
    stale = api.write(f"{BUSY}/completion", etag='"1"')
    assert stale.status_code == 412, "the state completes on what its districts have said by then"


def test_the_state_s_figure_stays_its_own_and_a_completion_ends_the_parts(api: Api) -> None:
    district = api.token("coordinator", "MX-JAL-D03")
    api.write(f"{DONE}/progress", {"done": 2})
    report(api, district, "MX-JAL-D03", 5, DONE, target=6, note="Falta una sede.")
    assert api.read(DONE).json()["done"] == 2

    assert api.write(f"{DONE}/completion").status_code == 200
    answer = report(api, district, "MX-JAL-D03", 6, DONE)

    assert (answer.status_code, answer.json()["rule"]) == (422, "cannot-report-part-of-from-completed")
    assert parts(api, DONE) == [("MX-JAL-D03", 5, 6)]


def test_the_parts_are_a_table_and_can_be_asked_for_as_they_were(api: Api) -> None:
    path = milestone("F011-JAL", FEDERAL)
    first = report(api, api.token("coordinator", "MX-JAL"), "MX-JAL-D01", 1, path).json()["position"]
    report(api, api.token("coordinator", "MX-JAL"), "MX-JAL-D01", 4, path)

    assert parts(api, path) == [("MX-JAL-D01", 4, None)]
    then = api.client.get(f"{path}/parts", params={"as_of": str(first)}).json()["items"]
    assert [(row["done"], row["post"], row["body"]) for row in then] == [(1, "Enlace de seguimiento", "IEPC")]
    table = api.client.get(f"{path}/parts", headers={"Accept": "text/csv"}).text
    assert table.startswith("place,done,target,note,occurred_at,")
    assert api.client.get(f"{milestone('F999', FEDERAL)}/parts").status_code == 404


def test_a_row_of_a_file_reports_a_district_whatever_was_read(api: Api) -> None:
    path = milestone("F044-JAL", FEDERAL)
    row = f"{FEDERAL},F044-JAL,distrito,{ACT},MX-JAL-D03,7,1"
    answer = api.client.post(
        "/api/v1/batches",
        content=f"proceso,actividad,reporte,ocurrió,lugar,hechos,asiento\n{row}\n".encode(),
        headers={
            "Authorization": f"Bearer {api.token('coordinator', 'MX-JAL-D03')}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "text/csv",
        },
    )

    assert answer.json()["counts"] == {"recorded": 1}, answer.text
    assert parts(api, path) == [("MX-JAL-D03", 7, None)]


def work(api: Api, token: str) -> list[dict[str, str]]:
    """Return what is INE's to do, as a token's list tells it."""
    headers, query = {"Authorization": f"Bearer {token}"}, {"responsible": "INE", "limit": "500"}
    api.read("/api/v1/processes")
    rows = api.client.get("/api/v1/worklist", params=query, headers=headers).json()["items"]
    return [row["milestone"] for row in rows]


def test_a_district_s_work_is_what_its_state_s_districts_carry_out(api: Api) -> None:
    mine = {row["id"] for row in work(api, api.token("coordinator", "MX-JAL-D03"))}
    states = work(api, api.token("coordinator", "MX-JAL"))
    goes_on = {"planned", "in_progress"}

    assert len(mine) > 20
    assert mine == {row["id"] for row in states if row["scope"] == "district" and row["status"] in goes_on}
    assert work(api, api.token("coordinator", "MX-JAL-M039")) == []
    assert work(api, api.token("validator", "MX-JAL-D03")) == []
