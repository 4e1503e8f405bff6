"""The days between two steps, and the days one authority waits for another, are what one counts in the log."""

from __future__ import annotations

from collections import defaultdict
from statistics import median, quantiles
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from api.settings import Language
from tests.pages.counting_waits import A_DAY, Count
from tests.pages.site import NOW, Site, text_of
from tests.pages.test_in_a_browser import sideways, visiting
from tests.pages.test_procedures import faults

PAIRS = [
    ("local_election", "L001", "L010"),
    ("local_election", "L010", "L030"),
    ("federal_election", "F003", "F004"),
    ("federal_election", "F004", "F005"),
    ("federal_election", "F005", "F003"),
    ("ordinary_sanctioning", "S01", "S02"),
    ("information_request", "S01", "S04"),
    ("data_rights_request", "S01", "S02"),
]
"""Among them steps followed state by state, one that stands for federal ones, some done the other way round, and a
reserved docket."""


@pytest.fixture(scope="module")
def count(docket: Site) -> Count:
    return Count(docket)


def rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 1)


def counted_between(
    count: Count, kind: str, first: str, second: str, territory: str | None
) -> dict[str, Any]:
    """Count the pairs of two steps one by one; of several rounds the last that was not called off."""
    taken: list[float] = []
    back = 0
    waiting: list[float] = []
    for process in [id_ for id_, of in count.kinds.items() if of == kind and id_ not in count.reserved]:
        last: dict[tuple[str, str], Any] = {}
        for row in (first, second):
            for one in count.of_row[process, row]:
                if one.status not in {"cancelled", "not_applicable"} or (row, one.territory) not in last:
                    last[row, one.territory] = one
        for (row, here), begun in last.items():
            if row != first or begun.status != "completed":
                continue
            for (other, there), ended in last.items():
                if other != second or not (here == there or "MX" in {here, there}):
                    continue
                if territory not in {None, here if there == "MX" else there}:
                    continue
                if ended.done_at is None:
                    waiting += (
                        [(NOW - begun.done_at).total_seconds() / A_DAY]
                        if ended.is_act and not ended.is_over
                        else []
                    )
                    continue
                days = (ended.done_at - begun.done_at).total_seconds() / A_DAY
                back += days < 0
                taken += [days] if days >= 0 else []
    ninetieth = (
        quantiles(taken, n=10, method="inclusive")[-1] if len(taken) > 1 else taken[0] if taken else None
    )
    return {
        "done": len(taken), "median_days": rounded(median(taken) if taken else None),
        "ninetieth_percentile_days": rounded(ninetieth), "reversed": back, "waiting": len(waiting),
        "longest_wait_days": rounded(max(waiting, default=None)),
    }  # fmt: skip


@pytest.mark.parametrize("territory", [None, "MX-JAL"])
@pytest.mark.parametrize(("kind", "first", "second"), PAIRS)
def test_the_days_between_two_steps_are_what_one_counts(
    docket: Site, count: Count, kind: str, first: str, second: str, territory: str | None
) -> None:
    asked = {"kind": kind, "from": first, "to": second} | ({"territory": territory} if territory else {})
    (row,) = docket.data("/indicators/throughput", **asked)["items"]

    wanted = counted_between(count, kind, first, second, territory)
    assert {name: row[name] for name in wanted} == wanted
    assert (row["kind"], row["first"], row["second"]) == (kind, first, second)


def test_those_days_are_not_all_noughts(docket: Site) -> None:
    rows = [
        docket.data("/indicators/throughput", kind=kind, **{"from": first, "to": second})["items"][0]
        for kind, first, second in PAIRS
    ]

    assert sum(row["done"] > 1 for row in rows) >= 4
    assert any(row["reversed"] for row in rows)
    assert any(row["waiting"] for row in rows)


@pytest.mark.parametrize("territory", [None, "MX", "MX-JAL"])
def test_the_waits_are_what_one_counts(docket: Site, count: Count, territory: str | None) -> None:
    waited: dict[tuple[str, str], list[float]] = defaultdict(list)
    waiting: dict[tuple[str, str], list[float]] = defaultdict(list)
    pairs: set[tuple[str, str]] = set()
    for later, awaited, days, days_so_far in count.waits(NOW):
        if territory in {None, later.territory}:
            pair = (later.responsible, awaited)
            pairs.add(pair)
            waited[pair] += [] if days is None else [days]
            waiting[pair] += [] if days_so_far is None else [days_so_far]

    query = {"territory": territory} if territory else {}
    rows = docket.data("/indicators/waiting", **query)["items"]

    assert {(row["responsible"], row["awaited"]) for row in rows} == pairs
    for row in rows:
        pair = (row["responsible"], row["awaited"])
        kept = [days for days in waited[pair] if days > 0]
        assert row == {
            "responsible": pair[0], "awaited": pair[1],
            "handed_over": len(waited[pair]), "kept_waiting": len(kept),
            "median_days_waited": rounded(median(kept)) if kept else None,
            "longest_days_waited": rounded(max(kept, default=None)),
            "waiting": len(waiting[pair]), "longest_days_waiting": rounded(max(waiting[pair], default=None)),
        }, pair  # fmt: skip


def test_those_waits_are_not_all_noughts(docket: Site) -> None:
    rows = docket.data("/indicators/waiting")["items"]

    assert len(rows) >= 6
    assert sum(row["kept_waiting"] > 0 for row in rows) >= 4
    assert sum(row["waiting"] > 0 for row in rows) >= 2


def test_of_a_past_moment_nothing_later_is_told(docket: Site) -> None:
    asked = {"kind": "local_election", "from": "L001", "to": "L010"}

    (then,) = docket.data("/indicators/throughput", **asked, as_of="5000")["items"]
    (now,) = docket.data("/indicators/throughput", **asked)["items"]

    assert then["done"] < now["done"]
    assert docket.data("/indicators/waiting", as_of="5000") != docket.data("/indicators/waiting")


@pytest.mark.parametrize(
    ("query", "status", "rule"),
    [
        ("kind=nothing&from=S01&to=S02", 404, "unknown-procedure"),
        ("kind=local_election&from=L001&to=L999", 422, "steps-not-comparable"),
        ("kind=local_election&from=F001&to=L010", 422, "steps-not-comparable"),
        ("kind=local_election&from=L010&to=L010", 422, "steps-not-comparable"),
        ("kind=local_election&from=L010&to=L006", 422, "steps-not-comparable"),
        ("kind=local_election&from=L010", 422, "invalid-fields"),
    ],
)
def test_two_steps_that_cannot_be_compared_are_refused(
    docket: Site, query: str, status: int, rule: str
) -> None:
    answer = docket.client.get(f"{docket.address}/api/v1/indicators/throughput?{query}")

    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


@pytest.mark.parametrize("path", ["throughput?kind=local_election&from=L001&to=L010", "waiting"])
def test_both_are_given_as_a_table(docket: Site, path: str) -> None:
    answer = docket.client.get(f"{docket.address}/api/v1/indicators/{path}", headers={"Accept": "text/csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    assert "waiting" in answer.text.splitlines()[0]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_of_a_procedure_measures_two_of_its_steps(docket: Site, language: Language) -> None:
    page = docket.get(f"/procedimientos/local_election?lang={language}&desde=L001&hasta=L010").text
    (row,) = docket.data("/indicators/throughput", kind="local_election", **{"from": "L001", "to": "L010"})[
        "items"
    ]

    assert faults(page) == []
    assert '<option value="L001" selected>' in page
    assert '<option value="L006"' not in page  # It recurs.
    unit = "días" if language == "es" else "days"
    for days in (row["median_days"], row["ninetieth_percentile_days"], row["longest_wait_days"]):
        assert f"{days} {unit}" in text_of(page)


def test_the_page_of_a_procedure_refuses_a_step_it_does_not_have(docket: Site) -> None:
    assert docket.get("/procedimientos/local_election?desde=L001&hasta=L999").status_code == 422


def test_of_a_reserved_docket_no_days_are_measured(docket: Site) -> None:
    assert 'id="tiempos"' not in docket.get("/procedimientos/data_rights_request").text


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_of_quality_says_who_waits_for_whom(docket: Site, language: Language) -> None:
    page = docket.get(f"/calidad?lang={language}").text
    rows = docket.data("/indicators/waiting")["items"]
    said = text_of(page)

    assert faults(page) == []
    assert ("Espera de otra autoridad" if language == "es" else "Waiting for another authority") in said
    for row in rows:
        if row["longest_days_waiting"]:
            assert f"{row['waiting']} {row['longest_days_waiting']}" in said


def test_a_percentage_stays_in_one_line(docket: Site) -> None:
    assert " %" not in docket.get("/calidad").text


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/calidad", "/procedimientos/local_election?desde=L001&hasta=L010"])
def test_the_days_are_read_on_any_screen(docket: Site, browser: Browser, path: str) -> None:
    for scheme, width in (("dark", 360), ("light", 1280), ("dark", 1280)):
        with visiting(browser, width=width) as (page, complaints):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            page.goto(docket.address + path)

            assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
            assert sideways(page) == 0
        assert complaints == []


@pytest.mark.browser
def test_two_steps_are_chosen_without_script(docket: Site, browser: Browser) -> None:
    with visiting(browser, script=False) as (page, _):
        page.goto(f"{docket.address}/procedimientos/local_election")
        page.select_option("#t-desde", "L001")
        page.select_option("#t-hasta", "L010")
        page.click("#tiempos button")

        assert "desde=L001&hasta=L010" in page.url
        assert page.locator("#tiempos dl").is_visible()
