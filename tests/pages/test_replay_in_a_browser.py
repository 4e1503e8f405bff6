"""The replay room in a real Chromium: keys, playing, the way back, no script, a phone, a printer, and axe."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.pages.site import FEDERAL, JALISCO, Site
from tests.pages.test_in_a_browser import SCREENS, shown, sideways, visiting

pytestmark = pytest.mark.browser

ROOM = f"/auditoria?proceso={JALISCO}"
PAGES = {
    "the entry": "/auditoria",
    "the country": "/auditoria?entidad=pais",
    "a process": f"{ROOM}&paso=60",
    "an activity": f"/auditoria?proceso={FEDERAL}&actividad=F005-JAL",
    "by what had happened": f"{ROOM}&reloj=hechos&ocurrido=2026-10-15",
}


def number(page: Page) -> int:
    return int(page.get_attribute("#replay-shown", "data-number") or 0)


def is_at(page: Page, step: int) -> None:
    """Wait until the page shows a step, in its words, in its address and on its slider."""
    expect(page.locator("#replay-shown")).to_have_attribute("data-number", str(step))
    expect(page.locator("#replay-slider")).to_have_value(str(step))
    assert parse_qs(urlsplit(page.url).query)["paso"] == [str(step)]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_the_room_can_be_used_by_everybody(site: Site, browser: Browser, path: str, language: str) -> None:
    found, wide = {}, {}
    with visiting(browser) as (page, complaints):
        page.goto(site.address + shown(path, language))
        for (screen, width), scheme in zip(SCREENS.items(), ("light", "dark"), strict=True):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            result = Axe().run(page, options={"resultTypes": ["violations"]})
            if result.violations_count:
                found[screen] = result.generate_report()
            wide[screen] = sideways(page)
    assert found == {}
    assert wide == {"phone": 0, "desk": 0}
    assert complaints == []


def test_the_keyboard_steps_and_the_address_follows(site: Site, browser: Browser) -> None:
    steps = site.data("/replay", process=JALISCO)["steps"]
    with visiting(browser) as (page, complaints):
        page.goto(f"{site.address}{ROOM}&paso=20")
        for key, there in (
            ("ArrowRight", 21),
            ("ArrowRight", 22),
            ("ArrowLeft", 21),
            ("Home", 1),
            ("End", steps),
        ):
            page.keyboard.press(key)
            is_at(page, there)
        step = site.data("/replay", process=JALISCO, step=str(steps))
        assert f"{step['position']:,}" in page.inner_text(".replay-event .kicker")
        assert f"{steps:,}" in page.inner_text("#replay-status")
    assert complaints == []


def test_keys_stay_with_what_has_keys_of_its_own(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}{ROOM}&paso=20")
        page.focus("#replay-go")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        page.focus("#replay-speed")
        page.keyboard.press("End")
        page.wait_for_timeout(200)

        assert number(page) == 20


def test_a_link_that_was_pressed_keeps_the_focus(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}{ROOM}&paso=20")
        page.focus("#replay-next")
        page.keyboard.press("Enter")
        is_at(page, 21)

        assert page.evaluate("document.activeElement.id") == "replay-next"


def test_the_space_bar_plays_to_the_end_and_pauses(site: Site, browser: Browser) -> None:
    steps = site.data("/replay", process=JALISCO)["steps"]
    with visiting(browser) as (page, complaints):
        page.goto(f"{site.address}{ROOM}&paso={steps - 4}")
        page.select_option("#replay-speed", "10")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(" ")
        expect(page.locator("#replay-toggle")).to_have_text("Pausa")
        is_at(page, steps)
        expect(page.locator("#replay-toggle")).to_have_text("Reproducir")

        page.keyboard.press("Home")
        is_at(page, 1)
        page.keyboard.press(" ")
        expect(page.locator("#replay-shown")).not_to_have_attribute("data-number", "1")
        page.keyboard.press(" ")
        expect(page.locator("#replay-toggle")).to_have_text("Reproducir")
        page.wait_for_timeout(300)
        paused = number(page)
        page.wait_for_timeout(500)
        assert number(page) == paused < steps
    assert complaints == []


def test_the_slider_leads_to_any_step(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}{ROOM}&paso=20")
        page.locator("#replay-slider").fill("77")
        is_at(page, 77)


def test_back_leads_to_where_one_came_from_and_forth_to_the_step(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}/procesos/{JALISCO}")
        page.click("text=Revivir")
        expect(page.locator("#replay-toggle")).to_be_visible()
        page.keyboard.press("Home")
        is_at(page, 1)
        page.keyboard.press("ArrowRight")
        is_at(page, 2)
        page.go_back()
        assert urlsplit(page.url).path == f"/procesos/{JALISCO}"
        page.go_forward()
        is_at(page, 2)


def test_the_next_of_a_kind_is_gone_to(site: Site, browser: Browser) -> None:
    found = site.data("/replay", process=JALISCO, step="1", next_type="MilestoneCompleted")["number"]
    for script in (True, False):
        with visiting(browser, script=script) as (page, complaints):
            page.goto(f"{site.address}{ROOM}&paso=1")
            page.select_option("#replay-tipo", "MilestoneCompleted")
            page.click("#replay-kind button[value=siguiente]")
            expect(page.locator("#replay-shown")).to_have_attribute("data-number", str(found))
            assert f"paso={found}" in page.url
        assert complaints == []


def test_nothing_of_it_needs_script(site: Site, browser: Browser) -> None:
    steps = site.data("/replay", process=JALISCO)["steps"]
    with visiting(browser, script=False, width=320) as (page, complaints):
        page.goto(f"{site.address}/auditoria")
        page.fill("#s-proceso", JALISCO)
        page.click("form.filters button")
        assert number(page) == steps
        assert not page.is_visible("#replay-slider")
        assert not page.is_visible("#replay-play")
        for link, there in (("previous", steps - 1), ("first", 1), ("next", 2), ("last", steps)):
            page.click(f"#replay-{link}")
            assert number(page) == there
        page.fill("#replay-go", "60")
        page.click("#replay-go ~ button")
        assert number(page) == 60
        assert page.is_visible("text=Cómo estaba todo")
        assert sideways(page) == 0
    assert complaints == []


def test_steps_do_not_move_what_is_above_them(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}{ROOM}&paso=60")
        tops = []
        for there in range(61, 66):
            page.keyboard.press("ArrowRight")
            is_at(page, there)
            boxes = [
                page.locator(one).bounding_box()
                for one in ("#replay-slider", "#replay-shown", ".replay-state")
            ]
            tops.append([box["y"] for box in boxes if box])

        assert len({tuple(one) for one in tops}) == 1


def test_the_second_clock_is_played_day_by_day(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, complaints):
        page.goto(f"{site.address}{ROOM}&reloj=hechos&ocurrido=2026-10-15")
        before = number(page)
        page.keyboard.press("ArrowRight")
        expect(page.locator("#replay-shown")).to_have_attribute("data-number", str(before + 1))

        assert parse_qs(urlsplit(page.url).query)["ocurrido"] == ["2026-10-16"]
        assert re.search(r"16/10/2026", page.inner_text("#latest-title"))
    assert complaints == []


def test_a_printed_step_has_no_controls(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}{ROOM}&paso=60")
        page.emulate_media(media="print")

        assert not page.is_visible("#replay-nav")
        assert not page.is_visible("#replay-slider")
        assert page.is_visible("#event-title")
        assert page.is_visible("#state-title")
