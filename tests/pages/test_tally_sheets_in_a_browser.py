"""The page of a night of tally sheets in a real Chromium: on a phone and a desk, in both languages, without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from api.database import Resources
from api.opening import start_log
from api.prep_imports.judging import judge
from api.prep_imports.published import read_published
from api.prep_imports.recording import PrepImport
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.pages.site import NOW, ORIGIN, Site, running_site
from tests.pages.test_in_a_browser import SCREENS, shown, sideways, visiting
from tests.prep_files import prep_file
from tests.resources import record_and_tell

pytestmark = pytest.mark.browser

PUEBLA = "pel-2023-2024-pue"


async def _begin(resources: Resources) -> None:
    await start_log(resources.ledger, ORIGIN, NOW, simulated=True)
    raw = prep_file()
    await PrepImport(
        resources.ledger, ORIGIN, PUEBLA, judge(read_published(raw), "prueba.csv", raw), NOW
    ).run()


@pytest.fixture(scope="module")
def night(postgres_18: EmbeddedPostgres) -> Iterator[Site]:
    """The site over a simulated log with a small night in it."""
    with fresh_database(postgres_18) as url:
        record_and_tell(url, ORIGIN, NOW, _begin)
        with running_site(url) as running:
            yield running


@pytest.mark.parametrize("path", [f"/procesos/{PUEBLA}", f"/procesos/{PUEBLA}/actas"])
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
