"""The headers of a read: what the reader has, what it takes, and what caches may keep."""

from __future__ import annotations

import pytest

from tests.api.harness import Api, milestone

ROW = milestone("L073")
EVENT = "/api/v1/events/1"


@pytest.mark.parametrize("path", [ROW, EVENT])
@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
def test_what_the_reader_has_is_found_however_it_is_said(api: Api, path: str, known: str) -> None:
    tag = api.read(path).headers["ETag"]

    answer = api.read(path, If_None_Match=known.format(tag=tag))

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == tag


@pytest.mark.parametrize("path", [ROW, EVENT])
@pytest.mark.parametrize("known", ["{bare}", '"x"', '"', "W/", "%ff", ","])
def test_what_the_reader_does_not_have_is_sent(api: Api, path: str, known: str) -> None:
    bare = api.read(path).headers["ETag"].strip('"')

    assert api.read(path, If_None_Match=known.format(bare=bare)).status_code == 200


def test_a_header_in_several_lines_is_one_list(api: Api) -> None:
    tag = api.read(ROW).headers["ETag"]

    known = api.client.get(ROW, headers=[("If-None-Match", '"x"'), ("If-None-Match", tag)])
    taken = api.client.get("/api/v1/processes", headers=[("Accept", "text/html"), ("Accept", "text/csv")])

    assert known.status_code == 304
    assert taken.headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/*", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json;q=wrong", "application/json"),
        ("", "application/json"),
    ],
)
def test_the_format_is_the_one_most_welcome(api: Api, accepted: str, given: str) -> None:
    answer = api.read("/api/v1/processes", Accept=accepted)

    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, given)


def test_rows_are_kept_once_for_readers_of_every_language(api: Api) -> None:
    spanish = api.read(ROW, Accept_Language="es")
    english = api.read(ROW, Accept_Language="en")

    assert spanish.content == english.content
    assert spanish.headers["Vary"] == "Accept"
    assert spanish.headers["Cache-Control"] == "public, no-cache"


def test_no_problem_is_kept_by_a_cache(api: Api) -> None:
    for answer in (api.read(f"{ROW}?limit=x"), api.read(milestone("L999")), api.client.post(ROW)):
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/v1/entities/MX-JAL", EVENT, "/api/v1/processes"])
def test_a_word_the_query_does_not_know_is_refused_and_not_ignored(api: Api, path: str) -> None:
    answer = api.client.get(f"{path}?asof=3")

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.asof")
    assert answer.json()["title"] == "Solicitud no válida"


def test_a_history_of_nothing_is_not_found_on_any_page(api: Api) -> None:
    unknown = ("/api/v1/processes/pel-2026-2027-zzz/history", f"{milestone('L999')}/history")
    for path in unknown:
        assert api.client.get(f"{path}?cursor=5").status_code == 404
    beyond = api.read(f"{ROW}/history?cursor=999999")
    assert (beyond.status_code, beyond.json()["items"]) == (200, [])
