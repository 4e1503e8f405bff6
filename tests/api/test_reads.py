"""Reading: at a moment, page by page, as JSON or CSV, and only what changed."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest

from tests.api.harness import FEDERAL, JALISCO, NOW, Api, milestone

MILESTONES = f"/api/v1/processes/{JALISCO}/milestones"


def test_a_list_is_read_page_by_page_and_nothing_is_missed(api: Api) -> None:
    whole = [row["id"] for row in api.read(f"{MILESTONES}?limit=500").json()["items"]]

    seen: list[str] = []
    path: str | None = f"{MILESTONES}?limit=7"
    while path:
        answer = api.read(path)
        page = answer.json()
        seen += [row["id"] for row in page["items"]]
        assert ("Link" in answer.headers) == (page["next"] is not None)
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<") or None

    assert seen == whole
    assert len(whole) == 66


def test_filters_are_conditions_that_all_hold(api: Api) -> None:
    rows = api.read(f"{MILESTONES}?responsible=OPL&kind=act&due_before=2027-06-01T00:00:00-06:00").json()[
        "items"
    ]
    found = api.read(f"/api/v1/processes/{FEDERAL}/milestones?search=insaculacion&limit=500").json()["items"]

    assert [row["id"] for row in rows] == ["L074"]
    assert all(row["responsible"] == "OPL" for row in rows)
    assert isinstance(found, list)


def test_a_row_followed_by_state_is_read_with_its_parts(api: Api) -> None:
    activity = api.read(milestone("F005", FEDERAL)).json()

    assert len(activity["parts"]) == 32
    assert activity["parts"][0]["id"].startswith("F005-")


@pytest.mark.parametrize(
    ("path", "items"),
    [
        ("/api/v1/entities", 32),
        (MILESTONES, 66),
        ("/api/v1/processes", 2),
        (f"/api/v1/processes/{JALISCO}/history", 67),
    ],
)
def test_every_list_is_also_a_csv_with_the_same_rows(api: Api, path: str, items: int) -> None:
    told = api.read(path)
    answer = api.read(path, Accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(rows) == items == len(told.json()["items"])
    assert all(None not in row and None not in row.values() for row in rows)


def test_a_cell_of_a_csv_never_becomes_a_formula(api: Api) -> None:
    for row, outcome in (("L064", "=1+1"), ("L070", "@SUM(A1)"), ("L071", "-2+3"), ("L072", "\uff1dcmd")):
        answer = api.write(f"{milestone(row)}/completion", {"outcome": outcome})
        assert answer.status_code == 200, answer.text

    text = api.read(f"{MILESTONES}?limit=500", Accept="text/csv").content.decode()
    cells = {row["id"]: row["outcome"] for row in csv.DictReader(io.StringIO(text))}

    assert [cells[row] for row in ("L064", "L070", "L071", "L072")] == [
        "'=1+1",
        "'@SUM(A1)",
        "'-2+3",
        "'\uff1dcmd",
    ]


def test_what_the_reader_has_is_not_sent_again(api: Api) -> None:
    path = milestone("L073")
    first = api.read(path)
    again = api.read(path, If_None_Match=first.headers["ETag"])
    api.write(f"{path}/start")
    changed = api.read(path, If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_the_tag_begins_with_the_position_that_changed_the_milestone(api: Api) -> None:
    row = api.read(milestone("F005-JAL", FEDERAL))

    assert row.headers["ETag"].startswith(f'"{row.json()["position"]}-')


def test_as_of_a_position_is_what_was_known_then(api: Api) -> None:
    path = milestone("L080")
    before = api.head()
    api.write(f"{path}/completion")
    after = api.head()

    assert api.read(f"{path}?as_of={before}").json()["status"] == "planned"
    assert api.read(f"{path}?as_of={after}").json()["status"] == "completed"
    assert api.read(f"{path}?as_of=1").status_code == 404


def test_as_of_an_instant_takes_an_offset_even_where_the_plus_was_not_escaped(api: Api) -> None:
    longest_ago = (NOW - timedelta(days=3000)).isoformat()

    assert "+00:00" in longest_ago
    assert api.read(f"/api/v1/processes/{JALISCO}?as_of={longest_ago}").status_code == 404


@pytest.mark.parametrize(
    "moment", ["0", "999999999999", "2101-01-01T00:00:00Z", "2026-11-20", "ayer", "-1", "1.5", ""]
)
def test_a_moment_that_is_none_is_refused_in_words(api: Api, moment: str) -> None:
    answer = api.client.get(f"{MILESTONES}?as_of={moment}")

    assert answer.status_code == 422 or not moment
    if moment:
        assert answer.json()["errors"][0]["field"] == "query.as_of"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "cursor=x", "as_off=1", "territory=JAL", "status=done",
     "blocked=perhaps", "lang=fr",
     "due_before=2027-06-01", "due_before=0001-01-01T00:00:00Z", "search=%01", "search=" + "x" * 201,
     "row=../x", "standing=",
     "kind=acts", "due_after=1700000000"],
)  # fmt: skip
def test_a_query_that_is_not_understood_is_refused_field_by_field(api: Api, query: str) -> None:
    answer = api.client.get(f"{MILESTONES}?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith("query.")


def test_a_reader_may_ask_to_see_its_own_write(api: Api) -> None:
    written = api.write(f"{milestone('L081')}/start")
    seen = api.client.get(
        milestone("L081"), headers={"Bitacora-Min-Position": written.headers["Bitacora-Position"]}
    )
    beyond = api.client.get(milestone("L081"), headers={"Bitacora-Min-Position": "99999999"})
    nonsense = api.client.get(milestone("L081"), headers={"Bitacora-Min-Position": "x"})

    assert seen.json()["status"] == "in_progress"
    assert beyond.json()["errors"][0]["field"] == "header.Bitacora-Min-Position"
    assert nonsense.status_code == 422


@pytest.mark.parametrize(
    ("asked", "rule"),
    [({"params": {"as_of": "999999"}}, "bad-moment"),
     ({"headers": {"Bitacora-Min-Position": "999999"}}, "min-position-beyond-the-end")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["es", "en"])
def test_who_asks_for_a_position_beyond_the_end_is_told_where_the_log_ends(
    api: Api, asked: dict[str, dict[str, str]], rule: str, language: str
) -> None:
    headers = {**asked.get("headers", {}), "Accept-Language": language}
    answer = api.client.get(MILESTONES, params=asked.get("params"), headers=headers)
    end = answer.headers["Bitacora-Position"]

    assert (answer.status_code, answer.json()["rule"]) == (422, rule)
    assert "Retry-After" not in answer.headers
    assert re.search(rf"\b{end}\b", answer.json()["detail"]), answer.text
    assert "999999" in answer.json()["detail"]


def test_every_state_has_its_status_and_the_country_its_own(api: Api) -> None:
    jalisco = api.read("/api/v1/entities/MX-JAL/status").json()
    country = api.read("/api/v1/entities/MX/status").json()

    assert jalisco["code"] == "MX-JAL"
    assert jalisco["process"] == JALISCO
    assert len(country["entities"]) == 32
    assert api.read("/api/v1/entities/MX-JAL").json()["ine_number"] == 14
    assert api.read("/api/v1/entities/MX-XXX/status").status_code == 404
    assert api.read("/api/v1/entities/MX-XXX").status_code == 404


def test_the_feed_is_the_log_line_by_line(api: Api) -> None:
    end = api.head()
    lines = api.client.get("/api/v1/events").content.splitlines(keepends=True)

    assert len(lines) == end
    assert all(line.endswith(b"\n") for line in lines)
    for position in (1, 2, 3, end):
        one = api.client.get(f"/api/v1/events/{position}")
        assert one.content + b"\n" == lines[position - 1]
        assert one.headers["Content-Type"] == "application/cloudevents+json"
    first = json.loads(lines[0])
    assert (first["type"], first["specversion"], first["source"]) == (
        "LogStarted.v1",
        "1.0",
        "bitacora.test/2026-2027",
    )


def test_the_feed_is_read_from_a_position_and_by_stream(api: Api) -> None:
    part = api.client.get("/api/v1/events?after=5&limit=3").content
    whole = api.client.get("/api/v1/events?limit=8").content
    stream = [
        json.loads(line) for line in api.client.get(f"/api/v1/events?stream=process/{JALISCO}").iter_lines()
    ]
    family = [json.loads(line) for line in api.client.get("/api/v1/events?stream=process/").iter_lines()]

    assert whole.endswith(part)
    assert len(part.splitlines()) == 3
    assert [event["type"] for event in stream] == ["ProcessOpened.v1"]
    assert len(family) == 2
    assert api.client.get("/api/v1/events/99999999").status_code == 404
    assert api.client.get("/api/v1/events?after=99999999").content == b""


def test_a_family_of_streams_is_fed_without_a_walk_through_the_log(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def walk(*_: int) -> None:
        raise AssertionError("the whole log was read")

    monkeypatch.setattr(api.resources.ledger.log, "read", walk)

    assert len(api.client.get("/api/v1/events?stream=process/").content.splitlines()) == 2
    assert api.client.get("/api/v1/events").content == b"", "the control: this one does walk"


def test_head_is_answered_as_get_without_its_body(api: Api) -> None:
    got, headed = api.read(milestone("L081")), api.client.head(milestone("L081"))

    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["ETag"] == got.headers["ETag"]
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]
