"""The page of one's work, and the public list of late reports: what they show, to whom, and where they lead."""

from __future__ import annotations

import asyncio
import re
from uuid import uuid4

import pytest

from api.case_opening import open_case
from api.opening import CONSOLE
from ledger.ledger import View
from tests.pages.docket import PUBLIC
from tests.pages.site import JALISCO, NOW, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in


def listed(page: str) -> list[str]:
    """Return the activities of a page of work, in its order."""
    return re.findall(r'<a href="/procesos/[^"]+/actividades/([^"/]+)">\1 · ', page)


def test_the_most_urgent_comes_first_and_each_leads_to_its_form(desk: Desk) -> None:
    page = desk.get("/trabajo").text
    groups = re.findall(r'<h2 id="g-(\w+)">', page)
    order = ["silent", "late", "soon", "waiting", "validation", "documents", "later"]

    assert groups == [group for group in order if group in groups]
    assert {"late", "soon"} <= set(groups)
    assert listed(page)[0] == "L002"
    assert f"/procesos/{JALISCO}/actividades/L002/reportar?que=completion" in page


def test_a_process_is_called_by_its_name_with_its_id_beside_it(desk: Desk) -> None:
    name = desk.site.data(f"/processes/{JALISCO}")["name"]["es"]

    assert f"{name} {JALISCO} ·" in text_of(desk.get("/trabajo").text)


def test_a_page_of_work_is_kept_by_nobody_and_for_nobody_else(desk: Desk) -> None:
    assert desk.get("/trabajo").headers["Cache-Control"] == "no-store"
    assert desk.site.get("/trabajo").headers["Location"] == "/entrar?destino=%2Ftrabajo"


def test_filters_are_addresses(desk: Desk) -> None:
    assert listed(desk.get("/trabajo?grupo=fuera-de-plazo").text) == ["L002", "L082"]
    assert listed(desk.get("/trabajo?q=cotaprep+integrado").text) == ["L082"]
    assert listed(desk.get("/trabajo?proceso=pef-2026-2027").text) == []
    assert set(listed(desk.get("/trabajo?etapa=results").text)) < set(listed(desk.get("/trabajo").text)) | {
        "L120"
    }
    assert "cumple estas condiciones" in desk.get("/trabajo?q=nadaquesellameasi").text
    assert desk.get("/trabajo?grupo=otro").status_code == 422
    assert desk.get("/trabajo?despues=x").status_code == 422


def test_who_holds_nothing_is_told_how_to_get_it(site: Site) -> None:
    with signed_in(site, enrolled(site)) as desk:
        page = desk.get("/trabajo")

        assert page.status_code == 200
        assert "Aún no tienes un nombramiento" in page.text


def test_a_validator_has_validations_to_give(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person, "validator")
    with signed_in(site, person) as desk:
        page = desk.get("/trabajo").text

        assert re.findall(r'<h2 id="g-(\w+)">', page) == ["validation"]
        assert "reportar?que=validation" in page


def test_page_by_page_everything_comes_once(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person, "administrator", "MX", body="INE")
    with signed_in(site, person) as desk:
        found, address = [], "/trabajo?grupo=por-validar"
        while address:
            page = desk.get(address).text
            found += listed(page)
            more = re.search(r'class="button" href="(/trabajo\?[^"]*despues=[^"]*)"', page)
            address = more[1].replace("&amp;", "&") if more else ""

        assert len(found) > 100


@pytest.mark.parametrize(
    "path", ["/", "/entidades/MX-JAL", f"/procesos/{JALISCO}/actividades/L082", "/actos-de-administracion"]
)
def test_a_public_page_leads_back_to_one_s_work_and_is_the_same_for_all(desk: Desk, path: str) -> None:
    mine, everybodys = desk.get(path), desk.site.get(path)

    assert '<a class="own" href="/trabajo">Mi trabajo</a>' in everybodys.text
    assert mine.text == everybodys.text
    assert "public" in mine.headers["Cache-Control"]


def test_ones_own_page_leads_to_ones_work_once(desk: Desk) -> None:
    assert len(re.findall(r'href="/trabajo"[^>]*>Mi trabajo<', desk.get("/trabajo").text)) == 1


def test_simulated_reports_are_not_counted_as_late_where_the_country_stands(site: Site) -> None:
    home = text_of(site.get("/").text)
    page = site.get("/reportes-tardios").text

    assert "Reportes tardíos : en datos simulados, cuántos son no dice nada." in home
    assert "llegaron tarde" not in home
    assert "la historia simulada se asienta completa cuando arranca la demostración" in text_of(page)
    assert "con fecha anterior al plazo, asentado después" in text_of(page)
    assert 'class="tag late"' not in page


def test_the_reports_that_were_dated_back_are_listed_apart(site: Site) -> None:
    page = site.get("/reportes-tardios?antedatados=si&dias=0&entidad=MX-JAL").text
    rows = site.data("/late-reports", dated_back="true", days="0", territory="MX-JAL", limit="500")["items"]

    assert rows
    assert f"{len(rows):,} reporte" in page
    assert page.count("con fecha anterior al plazo, asentado después") == min(len(rows), 50)
    assert '<option value="si" selected>' in page


def test_the_late_reports_of_the_page_are_those_of_the_api(site: Site) -> None:
    page = site.get("/reportes-tardios?entidad=MX-JAL&dias=30").text
    rows = site.data("/late-reports", territory="MX-JAL", days="30", limit="500")["items"]

    assert rows
    assert f"{len(rows)} reportes" in page
    assert all(row["days"] > 30 or row["after_deadline"] for row in rows)
    assert [row["position"] for row in rows] == sorted((row["position"] for row in rows), reverse=True)
    table = site.client.get(f"{site.address}/api/v1/late-reports?limit=1", headers={"Accept": "text/csv"})
    assert table.text.startswith("position,type,process,milestone,")


def test_a_case_is_called_by_its_name_with_its_id_beside_it(desk: Desk) -> None:
    async def decide(view: View) -> None:
        await open_case(view, PUBLIC.command, NOW)

    resources = desk.site.resources
    asyncio.run(resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=NOW))
    resources.projector().catch_up()
    name = desk.site.data(f"/cases/{PUBLIC.id}")["name"]["es"]
    page = text_of(desk.get(f"/trabajo?proceso={PUBLIC.id}&responsable=INE").text)

    assert f"{name} {PUBLIC.id} ·" in page
