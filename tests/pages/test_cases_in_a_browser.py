"""The pages of cases in a real Chromium: on a phone and a desk, in both themes, by keyboard and without script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.pages.docket import LISTED, PUBLIC
from tests.pages.site import Site
from tests.pages.test_in_a_browser import LOOKS, SCREENS, shown, sideways, visiting

pytestmark = pytest.mark.browser

PAGES = {
    "the docket": "/expedientes",
    "the docket, filtered": "/expedientes?funcion=electoral-justice&estado=en-curso&antes=2026-12-01",
    "a public case": f"/expedientes/{PUBLIC.id}",
    "a listed case": f"/expedientes/{LISTED.id}",
    "a step of a case": f"/procesos/{PUBLIC.id}/actividades/S02",
    "the country's functions": "/",
    "a state's functions": "/entidades/MX-JAL",
    "a folio, searched": "/buscar?q=canario",
}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_of_cases_can_be_used_by_everybody(
    docket: Site, browser: Browser, path: str, language: str
) -> None:
    found, wide = {}, {}
    with visiting(browser) as (page, complaints):
        page.goto(docket.address + shown(path, language))
        for screen, scheme in LOOKS[language]:
            page.set_viewport_size({"width": SCREENS[screen], "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            result = Axe().run(page, options={"resultTypes": ["violations"]})
            if result.violations_count:
                found[screen, scheme] = result.generate_report()
            wide[screen] = sideways(page)
    assert found == {}
    assert wide == {"phone": 0, "desk": 0}
    assert complaints == []


def test_the_docket_is_filtered_with_the_keyboard_and_without_script(docket: Site, browser: Browser) -> None:
    with visiting(browser, script=False, width=320) as (page, _):
        page.goto(docket.address + "/expedientes")
        page.focus("#f-folio")
        page.keyboard.type("canario-9")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "f-plazo":
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/expedientes?**")

        assert page.locator(".docket tbody tr").count() == 1
        page.locator(".docket tbody th a").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/expedientes/{PUBLIC.id}*")
        assert page.inner_text("h1") == PUBLIC.command.folio
        assert sideways(page) == 0


def test_a_case_on_paper_has_its_steps_and_neither_menu_nor_search(docket: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{docket.address}/expedientes/{PUBLIC.id}")
        page.emulate_media(media="print")

        assert page.is_visible(".case-steps li")
        assert not page.is_visible(".search")
        assert not page.is_visible(".sections.wide")
