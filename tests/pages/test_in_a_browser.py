"""Every page in a real Chromium: in both languages, both themes, on a phone and a desk, with and without script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.pages.site import FEDERAL, JALISCO, Site
from tests.torture.size import FULL

pytestmark = pytest.mark.browser

PAGES = {
    "national": "/",
    "entities": "/entidades",
    "a state": "/entidades/MX-JAL",
    "a state in doubt": "/entidades/MX-COA",
    "the standards": "/estandares",
    "the standards of a state with its own plan": "/estandares/MX-MEX",
    "processes": "/procesos",
    "the federal process": f"/procesos/{FEDERAL}?desde=2026-10-01&hasta=2026-12-31",
    "a local process, zoomed": f"/procesos/{JALISCO}?desde=2026-11-01&hasta=2026-12-31",
    "a milestone": f"/procesos/{FEDERAL}/actividades/F002",
    "a milestone in a state": f"/procesos/{FEDERAL}/actividades/F005-JAL",
    "an activity in 32 states": f"/procesos/{FEDERAL}/actividades/F005",
    "a monthly duty in 32 states": f"/procesos/{FEDERAL}/actividades/F008",
    "activities": "/actividades?situacion=sin-reporte",
    "search": "/buscar?q=consejos",
    "about": "/acerca",
    "acts of administration": "/actos-de-administracion",
    "the past, as a table": "/?al=6000&vista=tabla",
    "the checkpoint": "/sello",
    "the proof of an event, not signed yet": "/asientos/300/prueba",
    "a difference": "/cambios?desde=5000&entidad=MX-JAL",
    "both clocks": f"/procesos/{FEDERAL}/actividades/F005-JAL?al=6000&ocurrido=2026-10-15",
    "a problem": "/procesos/nada",
    "a rule": "/problemas/required-predecessor-open",
}
SCREENS = {"phone": 320, "desk": 1280}


@contextmanager
def visiting(browser: Browser, *, script: bool = True, width: int = 1280) -> Iterator[tuple[Page, list[str]]]:
    """Open a page to visit with; yields it and what its console complained of."""
    complaints: list[str] = []
    context = browser.new_context(
        locale="es-MX",
        timezone_id="America/Mexico_City",
        java_script_enabled=script,
        reduced_motion="reduce",
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        context.close()


def sideways(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(wide, 0)


def shown(path: str, language: str) -> str:
    return path + ("&" if "?" in path else "?") + f"lang={language}"


LOOKS = {
    "es": [("phone", "light"), ("desk", "dark")],
    "en": [("phone", "dark"), ("desk", "light")],
}
"""Each page in every theme and width; which language has which matters little, for the words are all that differs."""
if FULL:
    LOOKS = {language: [*LOOKS["es"], *LOOKS["en"]] for language in LOOKS}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_can_be_used_by_everybody(site: Site, browser: Browser, path: str, language: str) -> None:
    found, wide = {}, {}
    with visiting(browser) as (page, complaints):
        page.goto(site.address + shown(path, language))
        for screen, scheme in LOOKS[language]:
            page.set_viewport_size({"width": SCREENS[screen], "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            result = Axe().run(page, options={"resultTypes": ["violations"]})
            if result.violations_count:
                found[screen, scheme] = result.generate_report()
            wide[screen] = sideways(page)

        assert page.get_attribute("html", "lang") == {"es": "es-MX", "en": "en"}[language]
    assert found == {}
    assert wide == {"phone": 0, "desk": 0}
    # A problem's status is in the console of every browser.
    assert [line for line in complaints if "404" not in line] == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_needs_no_script(site: Site, browser: Browser, path: str) -> None:
    with visiting(browser, script=False, width=320) as (page, complaints):
        page.goto(site.address + path)

        assert page.is_visible("main h1")
        assert page.is_visible("footer")
        assert sideways(page) == 0
    assert [line for line in complaints if "404" not in line] == []


@pytest.mark.parametrize("path", ["/", f"/procesos/{JALISCO}"])
def test_script_adds_nothing_to_read(site: Site, browser: Browser, path: str) -> None:
    told = []
    for script in (True, False):
        with visiting(browser, script=script) as (page, _):
            page.goto(site.address + path)
            told.append(page.inner_text("main"))

    assert told[0] == told[1]


def test_the_reference_of_the_api_can_be_used_by_everybody(site: Site, browser: Browser) -> None:
    with visiting(browser, width=320) as (page, complaints):
        page.goto(site.address + "/api/v1")

        assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
        assert sideways(page) == 0
    assert complaints == []


def test_the_accessibility_check_finds_a_fault(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(site.address + "/acerca")
        page.evaluate("document.querySelector('html').removeAttribute('lang')")

        assert Axe().run(page).violations_count == 1


def test_the_policy_stops_what_is_not_ours(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, complaints):
        page.goto(site.address + "/acerca")
        page.evaluate("document.body.setAttribute('style', 'color: red')")

    assert any("Content Security Policy" in line for line in complaints)


def test_the_keyboard_reaches_the_search_and_the_map(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(site.address + "/")
        reached = []
        for _ in range(70):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))

        assert reached[0] == "skip"
        assert "q" in reached
        assert reached.count("tile") == 32


def test_the_map_can_be_touched_on_a_phone(site: Site, browser: Browser) -> None:
    with visiting(browser, width=320) as (page, _):
        page.goto(site.address + "/")
        boxes = [tile.bounding_box() for tile in page.query_selector_all("a.tile")]

    assert len(boxes) == 32
    assert all(box and box["width"] >= 44 and box["height"] >= 44 for box in boxes)


def test_filters_and_another_date_work_without_script(site: Site, browser: Browser) -> None:
    with visiting(browser, script=False) as (page, _):
        page.goto(f"{site.address}/procesos/{FEDERAL}")
        page.select_option("#f-situacion", "sin-reporte")
        page.select_option("#f-entidad", "MX-MOR")
        page.click("form.filters button")
        assert "situacion=sin-reporte" in page.url
        assert "entidad=MX-MOR" in page.url
        assert page.locator("table.activities tbody tr").count() == len(
            site.data(f"/processes/{FEDERAL}/milestones", standing="without_report", territory="MX-MOR")[
                "items"
            ]
        )

        page.goto(f"{site.address}/?lang=en")
        page.click("details.other-date summary")
        page.fill("#al-position", "3000")
        page.click("#al-position ~ button")
        assert "entry no. 3,000" in page.inner_text(".moment")
        assert "lang=en" in page.url


def test_two_moments_and_the_second_clock_are_asked_for_without_script(site: Site, browser: Browser) -> None:
    with visiting(browser, script=False) as (page, _):
        page.goto(f"{site.address}/procesos/{FEDERAL}?lang=en&al=6000")
        page.click("details.other-date summary")
        page.fill("#ocurrido", "2026-10-15T12:00")
        page.click("#ocurrido ~ button")
        assert "had happened by 15 Oct 2026 12:00" in page.inner_text(".notice.past")
        assert {"al=6000", "lang=en"} <= set(page.url.partition("?")[2].split("&"))

        page.click("details.other-date summary")
        page.click("text=what changed between two moments")
        page.fill("#f-desde", "5000")
        page.fill("#f-hasta", "6000")
        page.click("form.filters button")
        rows = site.data(f"/processes/{FEDERAL}/changes", since="5000", until="6000", limit="50")["items"]
        assert page.locator("article.change").count() == len(rows) > 0
        page.emulate_media(media="print")
        assert not page.is_visible("form.filters")
        assert page.is_visible("article.change >> nth=0")


def test_a_page_says_when_there_is_something_newer(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.clock.install()
        page.goto(f"{site.address}/acerca")
        page.evaluate("document.body.dataset.etag")
        page.route("**/acerca", lambda route: route.fulfill(status=200, headers={"ETag": 'W/"999999-00"'}))
        page.clock.fast_forward(60_000)
        page.wait_for_selector("#newer:not([hidden])")


@pytest.mark.parametrize("language", ["es", "en"])
def test_on_a_desk_the_search_is_beside_the_sections_and_not_below_them(
    site: Site, browser: Browser, language: str
) -> None:
    with visiting(browser, width=1280) as (page, _):
        page.goto(site.address + shown("/", language))
        tops = [page.locator(f".masthead-row > {part}").bounding_box() for part in (".brand", ".search")]
        height = page.evaluate("document.querySelector('.masthead-row').clientHeight")

    assert all(tops)
    middles = [box["y"] + box["height"] / 2 for box in tops if box]
    assert abs(middles[0] - middles[1]) < 8
    assert height < 60, "one line"
