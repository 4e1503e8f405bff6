"""What the pages say in figures adds up, and is what the API says."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import unescape
from typing import Any

import pytest

from domain.entity import entities
from projections.moment import AsOf
from projections.named import list_named
from projections.outlines import list_outlines
from projections.processes import list_processes
from projections.tally import Tally
from tests.pages.site import FEDERAL, JALISCO, NOW, Site, text_of

DUE = ("done_on_time", "done_late", "reported_unfinished", "without_report", "suspended")


def figures(sentence: str) -> list[int]:
    return [int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*", sentence)]


def sentence(page: str, pattern: str) -> str:
    match = re.search(pattern, text_of(page))
    assert match is not None, pattern
    return match[0]


@pytest.mark.parametrize("moment", ["", "4000", "6500"])
def test_the_national_sentence_adds_up_and_is_the_api_s(site: Site, moment: str) -> None:
    page = site.get(f"/?al={moment}").text
    total = site.data("/entities/MX/status", **({"as_of": moment} if moment else {}))["total"]

    if not total["due"]:
        assert "Todavía no vence ninguna actividad" in page
        return
    due, *groups = figures(sentence(page, r"A la fecha vencieron .*? suspendidas"))

    assert due == sum(groups)
    assert groups == [total[name] for name in DUE]
    assert figures(sentence(page, r"De [\d,]+ actividades vencidas a la fecha, [\d,]+ están concluidas")) == [
        total["due"],
        total["done_on_time"] + total["done_late"],
    ]


def test_the_sentence_in_english_is_the_same(site: Site) -> None:
    total = site.data("/entities/MX/status")["total"]
    due, *groups = figures(sentence(site.get("/?lang=en").text, r"To date .*? suspended"))

    assert due == total["due"]
    assert groups == [total[name] for name in DUE]


def test_every_state_s_sentence_adds_up_and_is_the_api_s(site: Site) -> None:
    wrong = {}
    for entity in site.data("/entities")["items"]:
        local = entity["local"]
        page = text_of(site.get(f"/entidades/{entity['code']}").text)
        found = re.search(r"De ([\d,]+) actividad(?:es)? local.*? suspendidas", page)
        told = figures(found[0]) if found else [0] * 6
        if told != [local["due"], *(local[name] for name in DUE)] or told[0] != sum(told[1:]):
            wrong[entity["code"]] = (told, local)

    assert wrong == {}


def test_the_table_of_states_is_the_api_s(site: Site) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", site.get("/entidades").text.split("<tbody>")[1], re.DOTALL)
    told = [figures(text_of(" ".join(re.findall(r'<td class="n[^"]*">(.*?)</td>', row)))) for row in rows]
    expected = [_columns(entity) for entity in site.data("/entities")["items"]]

    assert told == expected


def _columns(entity: dict[str, Any]) -> list[int]:
    local, federal = entity["local"], entity["federal"]

    def group(tally: dict[str, int]) -> list[int]:
        done = tally["done_on_time"] + tally["done_late"]
        return [tally["due"], done, *(tally[name] for name in DUE[2:])]

    return [*group(local), entity["undated"], local["counted"], *group(federal)]


LINK = re.compile(r'<a href="/actividades\?([^"]+)">(?:<span>)?([^<]*\d)[^<]*(?:</span>)?</a>')
"""A figure with the list behind it; of several in a sentence the last is what the list holds."""
STATES = [f"/entidades/{code}" for code in entities()]
WITH_FIGURES = [
    "/",
    "/?vista=tabla",
    "/entidades",
    "/procesos",
    f"/procesos/{FEDERAL}",
    f"/procesos/{JALISCO}",
    *STATES,
]


@pytest.fixture(scope="module")
def behind(site: Site) -> Callable[[str], int]:
    """How many activities the list at an address holds."""

    @cache
    def count(query: str) -> int:
        return len(site.get(f"/actividades.csv?{query}").text.splitlines()) - 1

    return count


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_the_list_behind_every_figure_has_as_many_rows(
    site: Site, behind: Callable[[str], int], path: str
) -> None:
    links = LINK.findall(site.get(path).text)
    wrong = {
        query: (said, behind(unescape(query)))
        for query, said in links
        if figures(said)[-1] != behind(unescape(query))
    }

    assert links
    assert wrong == {}


def test_no_figure_of_the_first_page_is_without_its_list(site: Site) -> None:
    """Outside its links the national page says only dates, days left, positions and what the map's tiles lead to."""
    page = site.get("/").text
    numbers = " ".join(re.findall(r"<dd.*?</dd>", page.partition("</dl>")[0], re.DOTALL))
    table = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[0]
    lede = re.findall(r'<p class="lede">(.*?)</p>', page, re.DOTALL)[0]
    unlinked = [re.sub(r"<a .*?</a>", "", part, flags=re.DOTALL) for part in (numbers, table, lede)]

    assert [figure for part in unlinked for figure in figures(text_of(part)) if figure] == []


def test_a_list_says_how_many_it_holds_and_leads_to_the_same_in_the_api(site: Site) -> None:
    where = f"proceso={JALISCO}&situacion=proximas"
    page = site.get(f"/actividades?{where}").text
    rows = len(site.get(f"/actividades.csv?{where}").text.splitlines()) - 1
    address = re.search(r'href="(/api/v1/processes/[^"]+)">JSON', page)

    assert f"{rows} actividad" in text_of(page)
    assert address is not None
    assert len(site.client.get(site.address + unescape(address[1])).json()["items"]) == rows


def test_a_list_the_api_cannot_be_asked_for_is_not_said_to_be_in_it(site: Site) -> None:
    page = site.get(f"/actividades?proceso={FEDERAL}&situacion=plazo-de-ley").text

    assert 'href="/api/v1/processes/' not in page


def test_the_parts_of_an_activity_are_those_of_the_api(site: Site) -> None:
    page = site.get(f"/procesos/{FEDERAL}/actividades/F005").text
    parts = site.data(f"/processes/{FEDERAL}/milestones", row="F005")["items"]

    assert len(parts) == 32
    assert all(f"/actividades/{part['id']}" in page for part in parts)


def test_no_citizen_s_date_known_only_from_the_law_is_on_the_first_page(site: Site) -> None:
    limits = [
        row["id"]
        for row in site.data(f"/processes/{FEDERAL}/milestones", kind="limit", limit="500")["items"]
        if not row["date_official"]
    ]
    page = site.get("/").text

    assert limits
    assert [one for one in limits if f"/actividades/{one}" in page] == []


def test_a_citizen_s_date_sends_to_the_authority(site: Site) -> None:
    limit = site.data(f"/processes/{FEDERAL}/milestones", kind="limit")["items"][0]["id"]

    assert "confírmala con la autoridad" in site.get(f"/procesos/{FEDERAL}/actividades/{limit}").text


def test_the_rows_of_a_plan_add_up_to_their_process(site: Site) -> None:
    now = AsOf(None, NOW)
    with site.resources.readers.connection() as connection:
        processes = list_processes(connection, now, limit=500).items
        for process in processes:
            rows = list_outlines(connection, now, process=process.id)
            together = sum((row.tally for row in rows), Tally())
            told = process.tally

            assert sum(row.parts for row in rows) == process.milestones
            # What a row in one line does not count: what is near, blocked, or late by law.
            left = {"due_soon": told.due_soon, "late_by_law": told.late_by_law, "blocked": told.blocked}
            assert together.model_copy(update=left) == told
    assert len(processes) == 33


def test_milestones_come_in_the_order_of_their_names(site: Site) -> None:
    names = [f"{FEDERAL}/F005-JAL", f"{FEDERAL}/F999", f"{FEDERAL}/F002"]
    with site.resources.readers.connection() as connection:
        found = list_named(connection, names, AsOf(None, NOW))

    assert [row.id for row in found] == ["F005-JAL", "F002"]
