"""Two moments compared, and two clocks read, on the pages."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

from api.view.change_words import value_words
from api.words import sayings
from projections.change_fields import MILESTONE_FACTS, PROCESS_FACTS
from tests.pages.site import FEDERAL, JALISCO, Site, text_of


def test_the_page_compares_what_the_api_compares(site: Site) -> None:
    rows = site.data(f"/processes/{JALISCO}/changes", since="5000", limit="50")["items"]
    page = site.get(f"/cambios?desde=5000&proceso={JALISCO}").text
    shown = re.findall(r'<h3 id="c-(\d+)"', page)

    assert rows
    assert [int(position) for position in shown] == [row["position"] for row in rows]
    for row in rows:
        for event in row["events"]:
            assert f"/api/v1/events/{event['position']}" in page


def test_an_old_value_is_struck_through_and_the_new_one_beside_it(site: Site) -> None:
    rows = site.data(f"/processes/{FEDERAL}/changes", since="5000", limit="500")["items"]
    changed = next(
        row
        for row in rows
        if row["change"] == "changed" and "status" in {one["field"] for one in row["fields"]}
    )
    status = next(one for one in changed["fields"] if one["field"] == "status")
    address = f"/cambios?desde=5000&proceso={FEDERAL}&actividad={changed['milestone']}"
    page = unescape(site.get(address).text)

    before, after = (value_words("status", status[name], "es") for name in ("before", "after"))
    assert f"<s>{before}</s> → {after}" in page
    assert "cambió" in page


def test_what_was_corrected_stays_struck_through(site: Site) -> None:
    rows = site.data("/changes", since="4000", limit="500")["items"]
    event, row = next(
        (event, row) for row in rows for event in row["events"] if event["corrected_by"] and row["milestone"]
    )
    page = site.get(f"/cambios?desde=4000&proceso={row['process']}&actividad={row['milestone']}").text

    assert f"corregido por el asiento n.º {event['corrected_by']:,}" in page
    assert re.search(r"<li><s>[^<]+</s> <span class=\"tag plain\">corregido", page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("desde=ayer", "no es un asiento"),
        ("desde=99999999", "No hay un asiento"),
        ("desde=2001-01-01", "anterior a la bitácora"),
        ("desde=9&hasta=3", "escribe primero el momento más antiguo"),
        ("desde=1&despues=x", "cursor"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(site: Site, query: str, said: str) -> None:
    answer = site.get(f"/cambios?{query}")

    assert answer.status_code == 422
    assert said in text_of(answer.text)


def test_without_a_moment_the_page_is_the_question(site: Site) -> None:
    page = site.get("/cambios").text

    assert 'name="desde"' in page
    assert 'class="change"' not in page


@pytest.mark.parametrize(
    ("path", "link"),
    [
        (f"/procesos/{JALISCO}", f"/cambios?proceso={JALISCO}"),
        ("/entidades/MX-JAL", "/cambios?entidad=MX-JAL"),
        (f"/procesos/{JALISCO}/actividades/L001", f"/cambios?proceso={JALISCO}&actividad=L001"),
    ],
)
def test_other_dates_lead_to_the_comparison(site: Site, path: str, link: str) -> None:
    assert f'href="{link}"' in unescape(site.get(path).text)


def test_every_fact_has_its_word() -> None:
    assert {f"changes.field_{name}" for name in (*MILESTONE_FACTS, *PROCESS_FACTS)} <= set(sayings())


# Two clocks ---------------------------------------------------------------------------------------------------


def test_the_pages_tell_what_had_happened_and_say_so(site: Site) -> None:
    rows = site.data(f"/processes/{FEDERAL}/milestones", status="completed", limit="500")["items"]
    row = next(one for one in rows if not one["same_as"])
    day_before = (datetime.fromisoformat(row["started_at"]) - timedelta(days=2)).date().isoformat()
    address = f"/procesos/{FEDERAL}/actividades/{row['id']}"
    now, then = (text_of(site.get(path).text) for path in (address, f"{address}?ocurrido={day_before}"))

    assert "Dos relojes: lo que se sabía al" in then
    assert "lo que había ocurrido al" in then
    assert "Fecha del acto" in now
    assert "Fecha del acto" not in then
    assert "Reportar" not in then, "nothing is reported in the past"


@pytest.mark.parametrize("path", [f"/procesos/{JALISCO}", "/entidades/MX-JAL"])
def test_a_process_and_a_state_are_told_by_both_clocks(site: Site, path: str) -> None:
    page = site.get(f"{path}?ocurrido=2026-10-15&al=6000").text
    status = site.data(
        "/entities/MX-JAL/status", happened_by="2026-10-16T05:59:59.999999+00:00", as_of="6000"
    )["local"]
    whole = site.data("/entities/MX-JAL/status", as_of="6000")["local"]

    assert "Dos relojes" in page
    assert status["due"] < whole["due"]
    assert f"{status['due']} vencidas" in text_of(page) or f"de {status['due']}" in text_of(page).lower()
    assert "ocurrido=2026-10-15" in page
    assert "happened_by=2026-10-15" in unescape(page)


def test_a_second_clock_that_lies_ahead_is_refused_in_words(site: Site) -> None:
    answer = site.get("/entidades/MX-JAL?ocurrido=2030-01-01T00:00")

    assert answer.status_code == 422
    assert "todavía no se sabe qué habrá ocurrido" in text_of(answer.text)
