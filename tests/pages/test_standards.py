"""The states' plans beside the national standard: the figures, the rows behind them, and where they lead."""

from __future__ import annotations

import re

import pytest

from domain.entity import entities
from domain.plan import opening
from domain.variant import plan_for
from tests.pages.site import Site, text_of
from tests.pages.test_procedures import faults

STATES_WITH_A_CALENDAR = ("MX-HID", "MX-MEX")


def test_every_state_is_compared_with_the_standard(site: Site) -> None:
    rows = {row["code"]: row for row in site.data("/conformance")["items"]}

    assert list(rows) == list(entities())
    for code, row in rows.items():
        planned = opening(
            plan_for("local_election", code, "2026-2027"), code, "2026-2027"
        ).milestones.values()
        ruled = {each.row for each in planned if each.schedule.rule_due and not each.same_as}
        if code not in STATES_WITH_A_CALENDAR:  # There rules count from dates of the state's own, too.
            assert row["compared"] == len(ruled), code
        assert row["compared"] == sum(
            row[word] for word in ("same", "tightened", "loosened", "undated", "missing")
        )
        assert row["kept"] == row["same"] + row["tightened"]


def test_the_dates_a_state_sets_itself_are_told_as_its_own(site: Site) -> None:
    rows = {row["code"]: row for row in site.data("/conformance")["items"]}

    assert {code for code, row in rows.items() if row["dated"]} >= set(STATES_WITH_A_CALENDAR)


@pytest.mark.parametrize("code", ["MX-JAL", *STATES_WITH_A_CALENDAR])
def test_the_rows_behind_a_state_s_figures_add_up_to_them(site: Site, code: str) -> None:
    figures = next(row for row in site.data("/conformance")["items"] if row["code"] == code)
    rows = site.data(f"/conformance/{code}")["items"]

    for word in ("same", "tightened", "loosened", "undated", "missing", "added", "dated", "open"):
        assert figures[word] == sum(row["difference"] == word for row in rows), word


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_pages_say_what_the_api_says(site: Site, language: str) -> None:
    figures = next(row for row in site.data("/conformance")["items"] if row["code"] == "MX-MEX")
    listed = site.get(f"/estandares?lang={language}").text
    one = site.get(f"/estandares/MX-MEX?lang={language}").text

    assert faults(listed) == faults(one) == []
    assert f"{figures['kept']}/{figures['compared']}" in text_of(listed)
    assert re.search(rf"{figures['kept']} (de|of) {figures['compared']}", text_of(one))
    assert one.count("<tr>") == 1 + len(site.data("/conformance/MX-MEX")["items"])


def test_a_state_s_own_plan_is_told_with_its_names_and_only_the_state_s(site: Site) -> None:
    figures = {row["code"]: row for row in site.data("/conformance")["items"]}
    rows = {row["row"]: row for row in site.data("/conformance/MX-MEX")["items"]}
    added = [row for row in rows.values() if row["difference"] == "added"]

    assert {code: row["added"] for code, row in figures.items() if row["added"]} == {"MX-MEX": 54}
    assert rows["P007"]["name"]["es"] == "Acuerdo que integra el COTAPREP"
    assert rows["P007"]["basis"] == ["Reglamento de Elecciones, anexo 13, entregable 4"]
    assert all(row["name"]["es"] != row["row"] and row["basis"] and row["own"] for row in added)
    assert (rows["L082"]["difference"], rows["L082"]["own"]) == ("dated", "2026-11-11")


def test_what_only_the_state_has_comes_first_on_its_page(site: Site) -> None:
    page = site.get("/estandares/MX-MEX?lang=es").text
    told = re.findall(r"/actividades/(\w+)", page)
    others = text_of(site.get("/estandares/MX-JAL?lang=es").text)

    assert told[:54] == [f"P{number:03}" for number in range(1, 55)]
    assert "Añade 54 renglones que el nacional no tiene." in text_of(page)
    assert "Añade" not in others


def test_each_row_leads_to_the_activity(site: Site) -> None:
    page = site.get("/estandares/MX-JAL").text
    links = re.findall(r'href="(/procesos/pel-2026-2027-jal/actividades/[^"]+)"', page)

    assert len(links) > 20
    assert {site.get(link).status_code for link in links[:12]} == {200}


def test_a_code_that_is_no_state_s_is_told(site: Site) -> None:
    assert site.get("/estandares/MX-XXX").status_code == 404
    assert site.get("/api/v1/conformance/MX-XXX").status_code == 404
