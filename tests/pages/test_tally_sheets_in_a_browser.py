"""The page of a night of tally sheets in a real Chromium: on a phone and a desk, in both languages, without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.database import Resources
from api.opening import start_log
from api.prep_imports.judging import judge
from api.prep_imports.published import read_published
from api.prep_imports.recording import PrepImport
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.pages.site import NOW, ORIGIN, Site, running_site, text_of
from tests.pages.test_in_a_browser import SCREENS, shown, sideways, visiting
from tests.prep_files import prep_file
from tests.resources import record_and_tell

pytestmark = pytest.mark.browser

PUEBLA = "pel-2023-2024-pue"


async def _begin(resources: Resources) -> None:
    await start_log(resources.ledger, ORIGIN, NOW, simulated=True)
    raw = prep_file()
    await PrepImport(
        resources.ledger, ORIGIN, PUEBLA, judge(read_published(raw), "prueba.csv", raw, NOW), NOW
    ).run()


@pytest.fixture(scope="module")
def night(postgres_18: EmbeddedPostgres) -> Iterator[Site]:
    """The site over a simulated log with a small night in it."""
    with fresh_database(postgres_18) as url:
        record_and_tell(url, ORIGIN, NOW, _begin)
        with running_site(url) as running:
            yield running


@pytest.mark.parametrize(
    "path",
    [
        f"/procesos/{PUEBLA}",
        f"/procesos/{PUEBLA}/actas",
        f"/procesos/{PUEBLA}/actas/lista",
        f"/procesos/{PUEBLA}/actas/governor.001.210000A01002.2",
        f"/auditoria?proceso={PUEBLA}",
    ],
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_the_night_can_be_read_by_everybody(night: Site, browser: Browser, path: str, language: str) -> None:
    with visiting(browser, script=False) as (page, complaints):
        for width, scheme in zip(SCREENS.values(), ("light", "dark"), strict=True):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            page.goto(night.address + shown(path, language))

            assert sideways(page) == 0
            assert page.is_visible("main h1")
    with visiting(browser) as (page, complaints):
        page.goto(night.address + shown(path, language))
        result = Axe().run(page, options={"resultTypes": ["violations"]})

        assert result.violations_count == 0, result.generate_report()
    assert complaints == []


def test_a_simulated_night_says_so(night: Site) -> None:
    assert "SIMULA" in night.get(f"/procesos/{PUEBLA}/actas").text.upper()


def test_a_sheet_that_does_not_count_is_found_and_says_why(night: Site) -> None:
    listed = night.get(f"/procesos/{PUEBLA}/actas/lista?situacion=not_counted&clave=210000").text
    (address,) = set(re.findall(rf'href="(/procesos/{PUEBLA}/actas/governor[^"]+\.1)"', listed))
    page = text_of(night.get(address).text)

    assert "Acta PREP 210000A01002" in page
    assert "No contabilizada" in page
    assert "SIN ACTA POR PAQUETE NO ENTREGADO" in page
    assert "El archivo no da la hora de alguna de sus etapas" in page
    assert "Acta PREP capturada" in page
    assert night.get(f"/procesos/{PUEBLA}/actas/nada").status_code == 404


# The night replayed ------------------------------------------------------------------------------------------


def figures_of(page: Page) -> dict[str, int]:
    """Return the figures that the replay room shows, by their words."""
    rows = page.locator("#replay-shown table.figures tbody tr").all_inner_texts()
    told = [row.split("\t") for row in rows]
    return {name: int(value.replace(",", "")) for name, value, *_ in told}


def test_an_imported_night_opens_on_what_had_happened_and_is_played_by_the_minute(
    night: Site, browser: Browser
) -> None:
    with visiting(browser) as (page, complaints):
        page.goto(f"{night.address}/auditoria?proceso={PUEBLA}")
        expect(page.locator("#replay-slider")).to_be_enabled()
        whole = figures_of(page)
        page.keyboard.press("Home")
        expect(page.locator("#replay-shown")).to_have_attribute("data-number", "1")
        first = figures_of(page)
        for minute in range(2, 6):
            page.keyboard.press("ArrowRight")
            expect(page.locator("#replay-shown")).to_have_attribute("data-number", str(minute))
            (at,) = parse_qs(urlsplit(page.url).query)["ocurrido"]
            told = night.data(f"/processes/{PUEBLA}/tally-sheets/summary", happened_by=f"{at}:00-06:00")
            assert figures_of(page)["Capturadas"] == told["captured"]
            assert re.search(r"\d\d:\d\d", page.inner_text("#night-title"))

        assert whole == figures_in_the_end(night)
        assert first["Esperadas"] == whole["Esperadas"]
        assert first["Capturadas"] < whole["Capturadas"]
    assert complaints == []


def figures_in_the_end(night: Site) -> dict[str, int]:
    """Return the same figures, of the page of the night."""
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td class="n">([\d,]+)</td>',
        night.get(f"/procesos/{PUEBLA}/actas").text,
    )
    figures = {name: int(value.replace(",", "")) for name, value in rows if ":" not in name}
    return {name: value for name, value in figures.items() if not name[0].isdigit()}


def test_what_was_known_of_an_imported_night_can_be_replayed_too(night: Site) -> None:
    page = night.get(f"/auditoria?proceso={PUEBLA}&reloj=asientos").text

    assert 'data-number="1"' in page
    assert "Proceso abierto" in page
